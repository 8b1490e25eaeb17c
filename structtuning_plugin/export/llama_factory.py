"""Exporter `llama-factory`: `dataset_info.json` with records in the shapes alpaca and sharegpt.

    scpt_train.json    [{"instruction": "Bicycles > Brakes...", "input": "", "output": "..."}]
    ssft_train.json    [{"conversations": [{"from": "human", "value": "..."}, ...]}]

Source: https://llamafactory.readthedocs.io/en/latest/getting_started/data_preparation.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.export.rows import Row, open_rows_notice, parts_of
from structtuning_plugin.hookspecs import ExportRequest

_SPEAKERS = {"system": "system", "user": "human", "assistant": "gpt"}
_ALPACA = {
    "formatting": "alpaca",
    "columns": {"prompt": "instruction", "query": "input", "response": "output"},
}
_SHAREGPT = {
    "formatting": "sharegpt",
    "columns": {"messages": "conversations"},
    "tags": {
        "role_tag": "from",
        "content_tag": "value",
        "user_tag": "human",
        "assistant_tag": "gpt",
        "system_tag": "system",
    },
}


class LlamaFactoryExporter:
    """Exporter `llama-factory`."""

    name = "llama-factory"

    def write(self, request: ExportRequest) -> list[str]:
        """Write the records of each part, and the file that names them."""
        info: dict[str, Any] = {}
        skipped, shapes = 0, set()
        for stage, part in parts_of(request):
            rows = [row for row in request.rows(stage, part) if _is_possible(row)]
            skipped += sum(not _is_possible(row) for row in request.rows(stage, part))
            is_chat = any("messages" in row for row in rows)
            shapes.add(is_chat)
            name = f"{stage}_{part}"
            records = [_sharegpt(row) if is_chat else _alpaca(row) for row in rows]
            _write_json(request, f"{name}.json", records)
            info[name] = {"file_name": f"{name}.json", **(_SHAREGPT if is_chat else _ALPACA)}
        _write_json(request, "dataset_info.json", info)
        return [*_notices(shapes, skipped), *open_rows_notice(request, "LLaMA-Factory")]


def _notices(shapes: set[bool], skipped: int) -> list[str]:
    notices = []
    if False in shapes:
        notices.append(
            "Prompts with completions: train them with a template that adds nothing around them "
            "and ends the answer with EOS. `template: empty` adds nothing, and no EOS either."
        )
    if True in shapes:
        notices.append(
            "Conversations: `mask_history: false` (the default) has the loss on all turns of the "
            "assistant, as here; `mask_history: true` has it on the last one."
        )
    if skipped:
        notices.append(
            f"{skipped:,} conversations are left out: LLaMA-Factory takes turns of user and "
            "assistant in strict alternation only."
        )
    return notices


def _alpaca(row: Row) -> dict[str, str]:
    return {"instruction": row["prompt"], "input": "", "output": row["completion"]}


def _sharegpt(row: Row) -> dict[str, Any]:
    turns = [
        {"from": _SPEAKERS[turn["role"]], "value": turn["content"]} for turn in row["messages"]
    ]
    return {"conversations": turns}


def _is_possible(row: Row) -> bool:
    """Return whether the turns alternate, from the user to the assistant, after a system turn."""
    if "messages" not in row:
        return True
    roles = [turn["role"] for turn in row["messages"]]
    roles = roles[1:] if roles[:1] == ["system"] else roles
    expected = ["user", "assistant"] * (len(roles) // 2)
    return bool(roles) and roles == expected


def _write_json(
    request: ExportRequest, name: str, content: Mapping[str, Any] | Sequence[Any]
) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    (request.folder / name).write_text(text, encoding="utf-8", newline="\n")


@hookimpl
def register_exporters() -> list[LlamaFactoryExporter]:
    """Register the exporter `llama-factory`."""
    return [LlamaFactoryExporter()]
