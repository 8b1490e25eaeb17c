"""Version of the code that builds: part of every fingerprint, so that an update builds anew."""

from __future__ import annotations

import hashlib
from functools import cache
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
