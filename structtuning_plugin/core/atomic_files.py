"""Files for people: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from structtuning_plugin.core.errors import ConfigError


def check_folder(path: str) -> None:
    """Whether there is a folder for the file, told before any work.

    Raises:
        ConfigError: there is none.
    """
    if not Path(path).absolute().parent.is_dir():
        raise ConfigError(
            f"The folder of {path} does not exist: make it first, or name another file."
        )


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Has `write` fill a file beside it, with the same suffix, and moves that into place.

    Raises:
        ConfigError: the file cannot be written.
    """
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        write(temporary)
        temporary.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error}") from None
    finally:
        with suppress(OSError):
            temporary.unlink()
