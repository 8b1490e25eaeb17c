"""Fixtures for the tests of samples."""

from __future__ import annotations

import pytest

from structtuning_plugin.core.templates import Wordings
from tests.samples.building import BARE, wordings_of


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Wordings:
    return wordings_of(tmp_path_factory.mktemp("bare"), BARE)
