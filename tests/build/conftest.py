"""Fixtures for the tests of the whole flow."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build.building import write_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus")
