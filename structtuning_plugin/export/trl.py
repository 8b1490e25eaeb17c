"""Exporter `trl`: datasets and settings for the `SFTTrainer` of TRL.

    scpt/train.jsonl           {"prompt": "...", "completion": "..."}
    scpt/train_tokens.jsonl    {"input_ids": [1, 17, ...], "labels": [-100, ..., 17, 2]}
    scpt/sft_config.json       {"completion_only_loss": true, "max_length": 2048, "packing": false}
    ssft/train.jsonl           {"messages": [...]}
    ssft/sft_config.json       {"assistant_only_loss": true, ...}

TRL tokenises prompt and completion as one text, and masks as many tokens as the prompt has by
itself. Where that gives other tokens or another mask than ours, the tokens are written too: TRL
trains a dataset with `input_ids` and `labels` as it is.

Source: https://huggingface.co/docs/trl/sft_trainer
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.export.rows import Row, parts_of, turns_of, write_lines
from structtuning_plugin.hookspecs import ExportRequest

IGNORED = -100
_BATCH = 1_000


class TrlExporter:
    """Exporter `trl`."""

    name = "trl"

    def write(self, request: ExportRequest) -> list[str]:
        """Write the rows of each part, and the settings that give them our loss."""
        notices: list[str] = []
        for stage, part in parts_of(request):
            is_chat = any("messages" in row for row in islice(request.rows(stage, part), 1))
            path = request.folder / stage / f"{part}.jsonl"
            write_lines(path, map(_record, request.rows(stage, part)))
            _write_settings(request, stage, is_chat)
            if is_chat:
                notices.append(_CHAT_NOTICE)
            elif count := sum(_differs(request, row) for row in _encoded(request, stage, part)):
                tokens = path.with_name(f"{part}_tokens.jsonl")
                write_lines(tokens, (row["ours"] for row in _encoded(request, stage, part)))
                notices.append(_describe(stage, part, count))
        return list(dict.fromkeys(notices))


_CHAT_NOTICE = (
    "`assistant_only_loss` needs a chat template with `{% generation %}` marks; TRL has its own "
    "for known model families."
)


def _describe(stage: str, part: str, count: int) -> str:
    return (
        f"{stage}/{part}.jsonl: TRL would train {count:,} rows with other tokens or another mask, "
        "because it joins prompt and completion before it tokenises them, adds EOS to all, or adds "
        f"no BOS. {part}_tokens.jsonl has our tokens and labels for the same loss."
    )


def _record(row: Row) -> dict[str, object]:
    if "messages" in row:
        return {"messages": turns_of(row)}
    return {"prompt": row["prompt"], "completion": row["completion"]}


def _write_settings(request: ExportRequest, stage: str, is_chat: bool) -> None:
    settings = {
        "max_length": request.sequence_len,
        "packing": False,
        "assistant_only_loss" if is_chat else "completion_only_loss": True,
    }
    text = json.dumps(settings, indent=2) + "\n"
    (request.folder / stage / "sft_config.json").write_text(text, encoding="utf-8")


def _encoded(request: ExportRequest, stage: str, part: str) -> Iterator[dict[str, Any]]:
    """Yield rows with our tokens and labels, in batches."""
    rows = iter(request.rows(stage, part))
    while batch := list(islice(rows, _BATCH)):
        prompts = request.codec.encode([row["prompt"] for row in batch])
        completions = request.codec.encode([row["completion"] for row in batch])
        for row, prompt, completion in zip(batch, prompts, completions, strict=True):
            masked = [*request.codec.prefix, *prompt]
            trained = [*completion, request.codec.eos] if row["eos"] else completion
            labels = [IGNORED] * len(masked) + trained
            yield {**row, "ours": {"input_ids": masked + trained, "labels": labels}}


def _differs(request: ExportRequest, row: Row) -> bool:
    """Return whether TRL makes other tokens or labels of the text of a row."""
    closing = "" if row["completion"].endswith(request.eos_text) else request.eos_text
    text = row["prompt"] + row["completion"] + closing
    ids, prompt = request.encode_raw([text, row["prompt"]])
    labels = [IGNORED] * len(prompt) + ids[len(prompt) :]
    return bool({"input_ids": ids, "labels": labels} != row["ours"])


@hookimpl
def register_exporters() -> list[TrlExporter]:
    """Register the exporter `trl`."""
    return [TrlExporter()]
