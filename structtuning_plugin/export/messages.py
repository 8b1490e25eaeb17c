"""Exporter `messages`: conversations as JSON lines, in the shape of OpenAI's API.

    {"messages": [{"role": "user", "content": "What is a spoke?"},
                  {"role": "assistant", "content": "A thin rod..."}]}

The loss is on all turns of the assistant.
"""

from __future__ import annotations

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.export.rows import Row, parts_of, turns_of, write_lines
from structtuning_plugin.hookspecs import ExportRequest


class MessagesExporter:
    """Exporter `messages`."""

    name = "messages"

    def write(self, request: ExportRequest) -> list[str]:
        """Write the conversations of each part.

        Raises:
            ConfigError: If a stage has no conversations.
        """
        for stage, part in parts_of(request):
            records = (_record(row, stage) for row in request.rows(stage, part))
            write_lines(request.folder / stage / f"{part}.jsonl", records)
        return []


def _record(row: Row, stage: str) -> dict[str, object]:
    if "messages" not in row:
        raise ConfigError(
            f"The rows of `{stage}` are prompts with completions for a base model, and no "
            "conversations. Use `--what ssft`, or `--to completion`."
        )
    return {"messages": turns_of(row)}


@hookimpl
def register_exporters() -> list[MessagesExporter]:
    """Register the exporter `messages`."""
    return [MessagesExporter()]
