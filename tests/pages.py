"""Packages that a page of the documentation shows.

Each file is a code block below a line with its name.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.extras import need_build_tools

FILE = re.compile(r"^`([\w./-]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files_of(page: Path) -> dict[str, str]:
    """The files that a page shows, by their path in the package."""
    return dict(FILE.findall(page.read_text(encoding="utf-8")))


def install(page: Path, folder: Path) -> Path:
    """Install the package that a page shows; returns the folder to put on PYTHONPATH."""
    need_build_tools()
    source, target = folder / "source", folder / "site"
    for name, text in files_of(page).items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-build-isolation", "--no-index", "--target", str(target)),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return target
