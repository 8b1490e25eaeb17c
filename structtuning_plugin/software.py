"""Which software builds: it is part of every fingerprint, so that no change of it meets old artifacts."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import pluggy

from structtuning_plugin import __version__, plugins

# Everything that decides what is built. The bridge has a version of its own, which Axolotl's caches see.
_CODE = ("artifacts.py", "pipeline.py", "planning.py", "rendering.py", "types.py", "corpus", "llm", "samples", "taxonomy")


def software(manager: pluggy.PluginManager) -> list[str]:
    """Our version, a hash of our code (a checkout changes more often than its version), and the plugins' versions."""
    return [__version__, code_hash(), *plugins.versions(manager)]


@cache
def code_hash() -> str:
    """Hash of the source files that decide what is built."""
    package = Path(__file__).resolve().parent
    files = [path for name in _CODE for path in ((package / name).rglob("*.py") if "." not in name else [package / name])]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:20]
