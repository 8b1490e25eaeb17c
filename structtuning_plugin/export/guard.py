"""Guard of exporters: what a plugin's exporter returns is checked.

The registry gives every exporter that guard.
"""

from __future__ import annotations

from structtuning_plugin.core.plugin_calls import PluginEntry, is_sequence_of, quote
from structtuning_plugin.hookspecs import Exporter, ExportRequest


class GuardedExporter:
    """Exporter whose notices are checked."""

    def __init__(self, exporter: Exporter, entry: PluginEntry) -> None:
        self.name = entry.name
        self._exporter = exporter
        self._entry = entry

    def write(self, request: ExportRequest) -> list[str]:
        """Fill a folder; return notices.

        Raises:
            PluginError: If the exporter fails, or returns anything but notices.
        """
        stages = ", ".join(request.parts)
        call = self._entry.call("write", stages, "a list of notices, each a line of text")
        with call:
            notices = self._exporter.write(request)
        if not is_sequence_of(str)(notices):
            raise call.fault(quote(notices))
        return list(notices)
