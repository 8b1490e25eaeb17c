"""What the stages write into their artifacts and read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from structtuning_plugin.build.store import read_jsonl, write_jsonl
from structtuning_plugin.core.hashing import fingerprint
from structtuning_plugin.core.types import (
    Block,
    Chunk,
    Document,
    Dropped,
    Heading,
    Message,
    QAPair,
    SizedSample,
    SsftSample,
    Topic,
)
from structtuning_plugin.llm.types import Fault
from structtuning_plugin.questions.linking import Link
from structtuning_plugin.taxonomy.io import json_file as taxonomy_files

DOCUMENTS, TAXONOMY, CHUNKS, DROPPED, FAULTS, QUESTIONS = (
    "documents.jsonl",
    "taxonomy.json",
    "chunks.jsonl",
    "dropped.jsonl",
    "llm_faults.jsonl",
    "questions.jsonl",
)

COLUMNS = (
    "id",
    "kind",
    "topic_id",
    "prompt",
    "completion",
    "eos",
    "template",
    "chunk_ids",
    "prompt_tokens",
    "trained_tokens",
)


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
        Chunk(**row, text=documents[row["document_id"]].text[row["start"] : row["end"]])
        for row in read_jsonl(folder / CHUNKS)
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
    """Rows of prompt and completion."""
    _save_table(folder, [_scpt_row(row) for row in rows], _SCPT_TYPES)


def save_conversations(folder: Path, rows: Sequence[SizedSample]) -> None:
    """Rows of messages."""
    whole = [
        {**_ssft_row(row), "messages": message_rows(_conversation(row).messages)} for row in rows
    ]
    _save_table(folder, whole, {**_SSFT_TYPES, "messages": "messages"})


def message_rows(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Messages as they stand in a row: `training` says whether the loss is on one."""
    return [
        {"role": m.role, "content": m.content, "training": m.role == "assistant"} for m in messages
    ]


def save_plain(
    folder: Path,
    rows: Sequence[SizedSample],
    flatten: Callable[[Sequence[Message], str], tuple[str, str]],
) -> None:
    """Conversations as rows of prompt and completion."""
    flat: list[dict[str, Any]] = []
    for row in rows:
        sample = _conversation(row)
        prompt, completion = flatten(sample.messages, sample.language)
        flat.append({**_ssft_row(row), "prompt": prompt, "completion": completion, "eos": True})
    _save_table(
        folder, flat, {**_SSFT_TYPES, "prompt": "text", "completion": "text", "eos": "truth"}
    )


_SCPT_TYPES = {
    **dict.fromkeys(COLUMNS, "text"),
    "eos": "truth",
    "chunk_ids": "texts",
    "prompt_tokens": "number",
    "trained_tokens": "number",
}
_SSFT_TYPES = {
    **dict.fromkeys(
        ("id", "kind", "template", "language", "structure", "qa_id", "request", "model", "verdict"),
        "text",
    ),
    **dict.fromkeys(("topic_ids", "chunk_ids"), "texts"),
    **dict.fromkeys(("prompt_tokens", "trained_tokens"), "number"),
}


def _scpt_row(row: SizedSample) -> dict[str, Any]:
    figures = {"prompt_tokens": row.prompt_tokens, "trained_tokens": row.trained}
    return {
        **figures,
        **{name: getattr(row.sample, name) for name in COLUMNS if name not in figures},
    }


def _ssft_row(row: SizedSample) -> dict[str, Any]:
    figures = {"prompt_tokens": row.prompt_tokens, "trained_tokens": row.trained}
    return {
        **figures,
        **{name: getattr(row.sample, name) for name in _SSFT_TYPES if name not in figures},
    }


def _conversation(row: SizedSample) -> SsftSample:
    assert isinstance(row.sample, SsftSample)
    return row.sample


def _save_table(folder: Path, rows: Sequence[Mapping[str, Any]], types: Mapping[str, str]) -> None:
    """The rows as a `datasets` folder (`save_to_disk`), which is what Axolotl loads."""
    import datasets
    import pyarrow

    text = pyarrow.large_string()
    known = {
        "text": text,
        "texts": pyarrow.list_(text),
        "number": pyarrow.int32(),
        "truth": pyarrow.bool_(),
        "messages": pyarrow.list_(
            pyarrow.struct([("role", text), ("content", text), ("training", pyarrow.bool_())])
        ),
    }
    schema = pyarrow.schema([(name, known[kind]) for name, kind in types.items()])
    columns = {name: [_cell(row[name]) for row in rows] for name in types}
    # A fingerprint of our own: the default one is random, and the folder's bytes would differ at every build.
    name = fingerprint([row["id"] for row in rows], folder.name)
    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        table = datasets.table.InMemoryTable(pyarrow.table(columns, schema=schema))
        datasets.Dataset(table, fingerprint=name).save_to_disk(str(folder))
    finally:
        if shown:
            datasets.enable_progress_bars()


def _cell(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def load_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows as mappings of their columns."""
    import datasets

    return list(datasets.load_from_disk(str(folder)))


def save_questions(folder: Path, pairs: Sequence[QAPair], links: Sequence[Link]) -> None:
    """The user's questions that are trained on, each with what it is about."""
    rows = ({**asdict(pair), "link": asdict(link)} for pair, link in zip(pairs, links, strict=True))
    write_jsonl(folder / QUESTIONS, rows)


def load_questions(folder: Path) -> list[dict[str, Any]]:
    """What `save_questions` wrote."""
    return list(read_jsonl(folder / QUESTIONS))
