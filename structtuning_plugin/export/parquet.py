"""Exporters `parquet` and `hub-folder`: all columns of the rows as Parquet.

    parquet       scpt/train.parquet
    hub-folder    data/scpt/train-00000-of-00001.parquet, listed in README.md for `load_dataset`

Nothing is uploaded: `hf upload --repo-type dataset NAME FOLDER` does that for a `hub-folder`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.export.rows import parts_of
from structtuning_plugin.hookspecs import ExportRequest

_BATCH = 10_000
# Names of the hub for our parts.
_SPLITS = {"train": "train", "eval": "validation"}


class ParquetExporter:
    """Exporter `parquet`."""

    name = "parquet"

    def write(self, request: ExportRequest) -> list[str]:
        """Write one file for each part."""
        for stage, part in parts_of(request):
            _write(request.folder / stage / f"{part}.parquet", request.rows(stage, part))
        return []


class HubFolderExporter:
    """Exporter `hub-folder`."""

    name = "hub-folder"

    def write(self, request: ExportRequest) -> list[str]:
        """Write one file for each part, where the hub looks for it."""
        for stage, part in parts_of(request):
            name = f"{_SPLITS.get(part, part)}-00000-of-00001.parquet"
            _write(request.folder / "data" / stage / name, request.rows(stage, part))
        return ["Nothing is uploaded. Read README.md, and choose a license, before you do."]


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    import pyarrow
    from pyarrow import parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    rows = iter(rows)
    first = list(map(dict, islice(rows, _BATCH)))
    table = pyarrow.Table.from_pylist(first)
    with parquet.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)
        while batch := list(map(dict, islice(rows, _BATCH))):
            writer.write_table(pyarrow.Table.from_pylist(batch, schema=table.schema))


@hookimpl
def register_exporters() -> list[ParquetExporter | HubFolderExporter]:
    """Register the exporters `parquet` and `hub-folder`."""
    return [ParquetExporter(), HubFolderExporter()]
