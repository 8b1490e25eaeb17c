"""Version of the code that builds: part of every fingerprint, so that an update builds anew."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

import pluggy

from structtuning_plugin import __version__, plugins

PACKAGE = Path(__file__).resolve().parent.parent

# Modules that show what was built, or measure a trained model: no artifact depends on them.
# Everything else counts.
SHOW_ONLY = (
    "__main__.py",
    "build/dry_run.py",
    "build/summary.py",
    "cli.py",
    "commands",
    "evaluation",
    "export",
)


def code_version(manager: pluggy.PluginManager) -> list[str]:
    """List our version, the hash of our code, and the versions of the installed plugins.

    The hash is next to the version because a checkout changes more often than its version.
    """
    return [__version__, code_hash(), *plugins.versions(manager)]


def decides_build(module: Path) -> bool:
    """Return whether artifacts depend on a module, given by its path inside the package."""
    return not any(module == Path(name) or Path(name) in module.parents for name in SHOW_ONLY)


@cache
def code_hash() -> str:
    """Hash the source of every module that decides what is built; 20 hexadecimal digits."""
    return hash_of_sources(PACKAGE)


def hash_of_sources(package: Path) -> str:
    """Hash the modules of a package folder that decide what is built, ordered by path."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if decides_build(name):
            digest.update(name.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:20]


# Folders in the order in which they import each other: a step depends on its own and on earlier
# ones. The bridge has the tokenizer, which counts from `taxonomy` on.
_ROOMS = ("core", "languages", "config", "corpus", "llm", "taxonomy", "questions")
_BRIDGE = "axolotl_bridge"
_FIRST_WITH_TOKENS = "taxonomy"
# Requirements that read, cut and count, and two that ours bring along.
_NOT_USED = re.compile(r"extra == ['\"](?:dev|test|plots|dense)['\"]")
_NAME = re.compile(r"[\w.-]+")
_INDIRECT = ("tokenizers", "transformers")


@cache
def step_version(room: str) -> tuple[str, ...]:
    """List what decides a step on single documents, besides plugins: our code, and libraries.

    Args:
        room: Folder of the package that has the step: `corpus`, `taxonomy` or `questions`.
    """
    rooms = _ROOMS[: _ROOMS.index(room) + 1]
    if _FIRST_WITH_TOKENS in rooms:
        rooms = (*rooms, _BRIDGE)
    return (__version__, hash_of_rooms(PACKAGE, rooms), *_library_versions())


def hash_of_rooms(package: Path, rooms: tuple[str, ...]) -> str:
    """Hash the modules of some folders of a package, and those beside all folders."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if len(name.parts) == 1 or name.parts[0] in rooms:
            digest.update(name.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:20]


@cache
def _library_versions() -> tuple[str, ...]:
    """List the installed versions of the libraries that we require."""
    requirements: list[str] = list(_INDIRECT)
    with suppress(metadata.PackageNotFoundError):  # a folder on the path is no distribution
        requirements += metadata.requires("structtuning-plugin") or ()
    versions = []
    for requirement in sorted(requirements):
        name = _NAME.match(requirement)
        if name is None or _NOT_USED.search(requirement):
            continue
        with suppress(metadata.PackageNotFoundError):
            versions.append(f"{name[0]} {metadata.version(name[0])}")
    return tuple(versions)
