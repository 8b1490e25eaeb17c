"""Skips of tests that need an extra of the package which is not installed."""

from __future__ import annotations

import pytest


def need_dense() -> None:
    """Skip the test without sentence-transformers (extra `dense`)."""
    pytest.importorskip("sentence_transformers", reason="the extra `dense` is not installed")


def need_plots() -> None:
    """Skip the test without matplotlib (extra `plots`)."""
    pytest.importorskip("matplotlib", reason="the extra `plots` is not installed")


def need_build_tools() -> None:
    """Skip the test without `build` and `hatchling` (extra `dev`), which make a wheel offline."""
    for module in ("build", "hatchling"):
        pytest.importorskip(module, reason="the extra `dev` is not installed")


def need_ray() -> None:
    """Skip the test without Ray (extra `ray`)."""
    pytest.importorskip("ray.data", reason="the extra `ray` is not installed")
