r"""Exporter `completion`: prompts and completions as JSON lines.

    {"prompt": "Bicycles > Brakes\n\n", "completion": "A brake turns...", "eos": true}

The loss is on the completion, and on EOS where `eos` is true.
"""

from __future__ import annotations

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.export.rows import Row, parts_of, write_lines
from structtuning_plugin.hookspecs import ExportRequest

_COLUMNS = ("prompt", "completion", "eos")


class CompletionExporter:
    """Exporter `completion`."""

    name = "completion"

    def write(self, request: ExportRequest) -> list[str]:
        """Write the rows of each part.

        Raises:
            ConfigError: If a stage has conversations, which are no prompt and completion.
        """
        for stage, part in parts_of(request):
            rows = request.rows(stage, part)
            records = ({name: _column(row, name, stage) for name in _COLUMNS} for row in rows)
            write_lines(request.folder / stage / f"{part}.jsonl", records)
        return []


def _column(row: Row, name: str, stage: str) -> object:
    if name not in row:
        raise ConfigError(
            f"The rows of `{stage}` are conversations, which only a chat template turns into "
            "prompt and completion. Use `--what scpt`, `--to messages`, or build with "
            "`ssft.format: plain`."
        )
    return row[name]


@hookimpl
def register_exporters() -> list[CompletionExporter]:
    """Register the exporter `completion`."""
    return [CompletionExporter()]
