"""Rows as exporters see them: prompts with completions, or conversations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from structtuning_plugin.hookspecs import ExportRequest

Row = Mapping[str, Any]


def parts_of(request: ExportRequest) -> Iterator[tuple[str, str]]:
    """Yield stage and part of all rows, in order."""
    for stage, parts in request.parts.items():
        for part in parts:
            yield stage, part


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> int:
    """Write one JSON object a line, in UTF-8; return how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    return count


def turns_of(row: Row) -> list[dict[str, str]]:
    """Return the turns of a conversation with `role` and `content`."""
    return [{"role": turn["role"], "content": turn["content"]} for turn in row["messages"]]


def open_rows_notice(request: ExportRequest, toolkit: str) -> list[str]:
    """Return the notice about rows without EOS, if there are any."""
    count = 0
    for stage, part in parts_of(request):
        for row in request.rows(stage, part):
            count += row.get("eos") is False
    if not count:
        return []
    return [
        f"{count:,} rows end within their topic and are built without EOS (`eos: false`). "
        f"{toolkit} ends every completion with EOS. Build with `scpt.eos_mid_topic: true` for "
        "the same loss."
    ]
