"""Tests that register languages leave the process as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from structtuning_plugin import languages


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """Register again, after a test, the languages that were registered before it."""
    before = languages.registered()
    yield
    languages.use(before)
