"""StructTuning (arXiv 2407.16724) as a plugin for Axolotl.

A recipe names it as `plugins: [structtuning_plugin.StructTuningPlugin]`.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = ["StructTuningPlugin", "__version__"]

StructTuningPlugin: type[Any]  # loaded on demand, below


def __getattr__(name: str) -> Any:
    # Loaded on demand: `axolotl --help` imports this package and must not pay for torch.
    if name != "StructTuningPlugin":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from structtuning_plugin.core.errors import PluginError

    try:
        from structtuning_plugin.axolotl_bridge.plugin import StructTuningPlugin
    except ImportError as error:
        # Axolotl logs an ImportError of a plugin and trains on without it; this one must stop it.
        raise PluginError(
            f"structtuning-plugin cannot be loaded: {error}. Install it again, with axolotl>=0.19."
        ) from error
    return StructTuningPlugin
