"""Fixtures for all tests. No test reaches the network or a hub."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

os.environ.update(HF_HUB_OFFLINE="1", AXOLOTL_DO_NOT_TRACK="1", TOKENIZERS_PARALLELISM="false")
# No question reaches a model that is not on this machine, from subprocesses neither.
os.environ["STRUCTTUNING_LLM_LOOPBACK_ONLY"] = "1"
# `axolotl train` starts `accelerate` and `torchrun` by name, and the environment need not be an
# activated one.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

PROJECT = Path(__file__).resolve().parent.parent


# Files whose tests take minutes; two workers are busy to the end only if these come first.
_SLOWEST = (
    "tests/training/",
    "tests/benchmarks/",
    "tests/axolotl_bridge/",
    "tests/evaluation/",
    "tests/build/",
    "tests/extending/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slowest folders; the order within a file stays."""
    rank = {folder: place for place, folder in enumerate(_SLOWEST)}

    def place_of(item: pytest.Item) -> int:
        return next((rank[each] for each in _SLOWEST if item.nodeid.startswith(each)), len(rank))

    items.sort(key=place_of)


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real books and messy files, which the project does not ship."""
    folder = Path(os.environ.get("STRUCTTUNING_TEST_DATA", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder} (set STRUCTTUNING_TEST_DATA)")
    return folder
