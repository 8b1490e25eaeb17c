"""Folders for people, written atomically: the whole folder or nothing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from structtuning_plugin.core.atomic_files import check_folder
from structtuning_plugin.core.errors import ConfigError

MARK = "structtuning_export.json"


def check_output(path: Path) -> None:
    """Check that a folder can be written: it is new, empty, or an earlier export.

    Raises:
        ConfigError: If it is anything else, or the folder above it does not exist.
    """
    check_folder(str(path))
    if path.is_dir() and any(path.iterdir()) and not (path / MARK).is_file():
        raise ConfigError(
            f"The folder {path} has files that are no export. Name a new folder with `-o FOLDER`."
        )
    if path.exists() and not path.is_dir():
        raise ConfigError(f"{path} is a file. `--to` writes a folder: name one with `-o FOLDER`.")


def write_folder(path: Path, mark: Mapping[str, Any], fill: Callable[[Path], None]) -> None:
    """Fill a temporary folder next to the path, and move it into place.

    Args:
        path: The folder; an earlier export there is replaced.
        mark: What the folder is made from; it is written last.
        fill: Fills the folder.

    Raises:
        ConfigError: If it cannot be written.
    """
    path = path.absolute()
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    old = path.with_name(f".{os.getpid()}.old.{path.name}")
    try:
        temporary.mkdir()
        fill(temporary)
        text = json.dumps(mark, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        (temporary / MARK).write_text(text, encoding="utf-8", newline="\n")
        if path.exists():
            path.replace(old)
        temporary.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
