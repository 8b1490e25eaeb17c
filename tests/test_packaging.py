"""Wheel, sdist and editable install all find the wordings, which lie at the top of the checkout."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.extras import need_build_tools

LIST_WORDINGS = """
import sys
sys.path.insert(0, sys.argv[1])
import structtuning_plugin
from structtuning_plugin.core.templates import Wordings, builtin_templates
assert structtuning_plugin.__file__.startswith(sys.argv[1]), structtuning_plugin.__file__
found = {stage: Wordings([builtin_templates()], stage).sources for stage in ("scpt", "qa", "ssft", "study", "taxonomy")}
print("\\n".join(sorted(f"{stage}/{name}" for stage, sources in found.items() for name in sources)))
"""


@pytest.fixture(scope="module")
def built(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that was made from it."""
    need_build_tools()
    folder = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        str(folder),
        str(project),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def wordings_of(installation: Path) -> list[str]:
    """What a process finds that has the package from this folder alone."""
    command = [sys.executable, "-c", LIST_WORDINGS, str(installation)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=installation)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture(scope="module")
def in_checkout(project: Path) -> list[str]:
    return sorted(
        path.relative_to(project / "templates").with_suffix("").as_posix()
        for path in project.glob("templates/*/*/*/*.jinja")
    )


def test_checkout_and_editable_install(project: Path, in_checkout: list[str]) -> None:
    assert {name.split("/")[0] for name in in_checkout} == {
        "scpt",
        "qa",
        "ssft",
        "study",
        "taxonomy",
    }
    assert wordings_of(project) == in_checkout


def test_wheel(built: Path, tmp_path: Path, in_checkout: list[str]) -> None:
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path)
    assert wordings_of(tmp_path) == in_checkout
    assert "axolotl.cli_commands" in next(tmp_path.glob("*.dist-info/entry_points.txt")).read_text(
        encoding="utf-8"
    )


def test_sdist(built: Path, tmp_path: Path, in_checkout: list[str]) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        # Older patch releases of Python 3.10 and 3.11 know no filter.
        archive.extractall(
            tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {})
        )
    (folder,) = tmp_path.iterdir()
    assert wordings_of(folder) == in_checkout
    for needed in (
        "README.md",
        "LICENSE",
        "docs",
        "example_configs/quickstart.yaml",
        "tests/conftest.py",
    ):
        assert (folder / needed).exists(), needed
