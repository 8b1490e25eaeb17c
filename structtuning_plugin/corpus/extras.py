"""Libraries of the readers, which are installed with an extra of the package."""

from __future__ import annotations

import importlib
from typing import Any

from structtuning_plugin.core.errors import CorpusError


def import_extra(module: str, extra: str) -> Any:
    """Import a module that an extra installs.

    Args:
        module: Name of the module.
        extra: Extra of the package that installs it: "html", "pdf", ...

    Raises:
        CorpusError: If it is not installed, with the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise CorpusError(
            f"The library {module.partition('.')[0]} is not installed. Install it with "
            f"`pip install 'structtuning-plugin[{extra}]'`, or all readers' libraries with "
            "`[documents]`"
        ) from None
