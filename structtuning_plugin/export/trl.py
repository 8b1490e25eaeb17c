"""Exporter `trl`: datasets and settings for the `SFTTrainer` of TRL.

    scpt/train.jsonl          {"prompt": "...", "completion": "..."}
    scpt/sft_config.json      {"completion_only_loss": true, "max_length": 2048, ...}
    ssft/train.jsonl          {"messages": [...]}
    ssft/sft_config.json      {"assistant_only_loss": true, ...}

Source: https://huggingface.co/docs/trl/sft_trainer
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.export.rows import (
    Row,
    open_rows_notice,
    parts_of,
    turns_of,
    write_lines,
)
from structtuning_plugin.hookspecs import ExportRequest

_BATCH = 1_000


class TrlExporter:
    """Exporter `trl`."""

    name = "trl"

    def write(self, request: ExportRequest) -> list[str]:
        """Write the rows of each part, and the settings that give them our loss."""
        has_chat: dict[str, bool] = {}
        for stage, part in parts_of(request):
            records = _records(request, stage, part, has_chat)
            write_lines(request.folder / stage / f"{part}.jsonl", records)
        for stage, is_chat in has_chat.items():
            settings = {
                "max_length": request.sequence_len,
                "packing": False,
                "assistant_only_loss" if is_chat else "completion_only_loss": True,
            }
            text = json.dumps(settings, indent=2) + "\n"
            (request.folder / stage / "sft_config.json").write_text(text, encoding="utf-8")
        notices = open_rows_notice(request, "TRL")
        if joined := _count_joined(request, has_chat):
            notices.append(
                f"{joined:,} rows have a token across the end of the prompt or text that spells a "
                "control token: TRL tokenises prompt and completion as one text, so their tokens "
                "differ there from those that we train."
            )
        if any(has_chat.values()):
            notices.append(
                "`assistant_only_loss` needs a chat template with `{% generation %}` marks; TRL "
                "has its own for known model families."
            )
        return notices


def _records(
    request: ExportRequest, stage: str, part: str, has_chat: dict[str, bool]
) -> Iterator[dict[str, object]]:
    for row in request.rows(stage, part):
        has_chat[stage] = "messages" in row
        yield (
            {"messages": turns_of(row)}
            if has_chat[stage]
            else {"prompt": row["prompt"], "completion": row["completion"]}
        )


def _count_joined(request: ExportRequest, has_chat: dict[str, bool]) -> int:
    """Count the rows whose joint text has other tokens than prompt and completion by themselves."""
    count = 0
    for stage, part in parts_of(request):
        if has_chat.get(stage):
            continue
        rows = iter(request.rows(stage, part))
        while batch := list(islice(rows, _BATCH)):
            count += sum(_are_joined(request, batch))
    return count


def _are_joined(request: ExportRequest, rows: list[Row]) -> list[bool]:
    joint = request.encode_raw([row["prompt"] + row["completion"] for row in rows])
    prompts = request.codec.encode([row["prompt"] for row in rows])
    completions = request.codec.encode([row["completion"] for row in rows])
    return [
        ids != [*prompt, *completion]
        for ids, prompt, completion in zip(joint, prompts, completions, strict=True)
    ]


@hookimpl
def register_exporters() -> list[TrlExporter]:
    """Register the exporter `trl`."""
    return [TrlExporter()]
