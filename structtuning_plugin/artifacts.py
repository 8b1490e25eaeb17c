"""What the stages write into their artifacts and read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from structtuning_plugin.llm.values import Fault
from structtuning_plugin.samples.shares import SizedSample
from structtuning_plugin.store import fingerprint, read_jsonl, write_jsonl
from structtuning_plugin.taxonomy import files as taxonomy_files
from structtuning_plugin.types import Block, Chunk, Document, Dropped, Heading, Topic

DOCUMENTS, TAXONOMY, CHUNKS, DROPPED, FAULTS = (
    "documents.jsonl",
    "taxonomy.json",
    "chunks.jsonl",
    "dropped.jsonl",
    "llm_faults.jsonl",
)

COLUMNS = ("id", "kind", "topic_id", "prompt", "completion", "eos", "template", "chunk_ids", "prompt_tokens", "trained_tokens")


def save_documents(folder: Path, documents: Iterable[Document]) -> None:
    write_jsonl(folder / DOCUMENTS, map(asdict, documents))


def load_documents(folder: Path) -> list[Document]:
    return [
        Document(
            **{
                **row,
                "headings": tuple(Heading(**heading) for heading in row["headings"]),
                "blocks": tuple(Block(**block) for block in row["blocks"]),
            }
        )
        for row in read_jsonl(folder / DOCUMENTS)
    ]


def save_taxonomy(folder: Path, root: Topic, documents: Sequence[Document]) -> None:
    text = json.dumps(taxonomy_files.to_json(root, documents), ensure_ascii=False, indent=1)
    (folder / TAXONOMY).write_text(text + "\n", encoding="utf-8", newline="\n")


def save_chunks(folder: Path, chunks: Iterable[Chunk]) -> None:
    """Without their text, which stands in the documents."""
    rows = (asdict(chunk) for chunk in chunks)
    write_jsonl(folder / CHUNKS, ({key: row[key] for key in row if key != "text"} for row in rows))


def load_chunks(folder: Path, documents: Mapping[str, Document]) -> list[Chunk]:
    return [
        Chunk(**row, text=documents[row["document_id"]].text[row["start"] : row["end"]]) for row in read_jsonl(folder / CHUNKS)
    ]


def save_dropped(folder: Path, dropped: Iterable[Dropped]) -> None:
    write_jsonl(folder / DROPPED, map(asdict, dropped))


def load_dropped(folder: Path) -> list[Dropped]:
    return [Dropped(**row) for row in read_jsonl(folder / DROPPED)]


def save_faults(folder: Path, faults: Iterable[Fault]) -> None:
    """Answers of a language model that could not be used as they came."""
    write_jsonl(folder / FAULTS, map(asdict, faults))


def load_faults(folder: Path) -> list[Fault]:
    return [Fault(**row) for row in read_jsonl(folder / FAULTS)]


def save_rows(folder: Path, rows: Sequence[SizedSample]) -> None:
    """The rows as a `datasets` folder (`save_to_disk`), which is what Axolotl loads."""
    import datasets
    import pyarrow

    columns = {name: [_cell(row, name) for row in rows] for name in COLUMNS}
    text, number = pyarrow.large_string(), pyarrow.int32()
    types = {
        **dict.fromkeys(COLUMNS, text),
        "eos": pyarrow.bool_(),
        "chunk_ids": pyarrow.list_(text),
        "prompt_tokens": number,
        "trained_tokens": number,
    }
    table = pyarrow.table(columns, schema=pyarrow.schema([(name, types[name]) for name in COLUMNS]))
    # A fingerprint of our own: the default one is random, and the folder's bytes would differ at every build.
    name = fingerprint([row.sample.id for row in rows], folder.name)
    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        datasets.Dataset(datasets.table.InMemoryTable(table), fingerprint=name).save_to_disk(str(folder))
    finally:
        if shown:
            datasets.enable_progress_bars()


def _cell(row: SizedSample, name: str) -> Any:
    if name == "prompt_tokens":
        return row.prompt_tokens
    if name == "trained_tokens":
        return row.trained
    value = getattr(row.sample, name)
    return list(value) if name == "chunk_ids" else value


def load_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows as mappings of `COLUMNS`."""
    import datasets

    return list(datasets.load_from_disk(str(folder)))
