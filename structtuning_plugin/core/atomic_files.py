"""Files for people, written atomically: the whole file or nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from structtuning_plugin.core.errors import ConfigError


def check_folder(path: str) -> None:
    """Check that the folder of an output file exists, before any work.

    Raises:
        ConfigError: If the folder does not exist.
    """
    if not Path(path).absolute().parent.is_dir():
        raise ConfigError(
            f"The folder of {path} does not exist: make it first, or name another file."
        )


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file atomically: `write` fills a temporary file, which is then moved into place.

    The temporary file is in the same folder and has the same suffix.

    Raises:
        ConfigError: If the file cannot be written.
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
