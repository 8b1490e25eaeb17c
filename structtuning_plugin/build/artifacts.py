"""Files of the artifacts: what the stages write and read back.

`open_stage` is for other programs: the samples of a finished build, and the chunks that they are
made of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from sys import intern
from typing import Any

from structtuning_plugin.build.store import Store, read_jsonl, write_jsonl
from structtuning_plugin.core.errors import ArtifactError
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
from structtuning_plugin.questions.study.forms import StudyForm
from structtuning_plugin.taxonomy.io import json_file as taxonomy_files

DOCUMENTS, TAXONOMY, CHUNKS, DROPPED, FAULTS, QUESTIONS, FORMS = (
    "documents.jsonl",
    "taxonomy.json",
    "chunks.jsonl",
    "dropped.jsonl",
    "llm_faults.jsonl",
    "questions.jsonl",
    "forms.jsonl",
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
    """Write documents."""
    write_jsonl(folder / DOCUMENTS, map(_document_row, documents))


def _document_row(document: Document) -> dict[str, Any]:
    """Return a document as a mapping; `asdict` copies each value of it, which takes long."""
    row = _fields_of(document)
    row["headings"] = list(map(_fields_of, document.headings))
    row["blocks"] = list(map(_fields_of, document.blocks))
    return row


def _fields_of(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _names_of(value.__class__)}


@cache
def _names_of(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def load_documents(folder: Path) -> list[Document]:
    """Load documents."""
    documents = []
    for row in read_jsonl(folder / DOCUMENTS):
        for heading in row["headings"]:
            heading["evidence"] = tuple(heading["evidence"])
        row["headings"] = tuple(Heading(**heading) for heading in row["headings"])
        row["doubts"] = tuple(row["doubts"])
        # A kind is one string for all blocks, not one for each.
        row["blocks"] = tuple(
            Block(**{**block, "kind": intern(block["kind"])}) for block in row["blocks"]
        )
        documents.append(Document(**row))
    return documents


def save_taxonomy(folder: Path, root: Topic, documents: Sequence[Document]) -> None:
    """Write a taxonomy."""
    text = json.dumps(taxonomy_files.to_json(root, documents), ensure_ascii=False, indent=1)
    (folder / TAXONOMY).write_text(text + "\n", encoding="utf-8", newline="\n")


def save_chunks(folder: Path, chunks: Iterable[Chunk]) -> None:
    """Write chunks without their text, which is in the documents."""
    names = [name for name in _names_of(Chunk) if name != "text"]
    rows = ({name: getattr(chunk, name) for name in names} for chunk in chunks)
    write_jsonl(folder / CHUNKS, rows)


def load_chunks(folder: Path, documents: Mapping[str, Document]) -> list[Chunk]:
    """Load chunks, with their text from the documents (by id)."""
    chunks = []
    for row in read_jsonl(folder / CHUNKS):
        document = documents[row["document_id"]]
        text = document.text[row["start"] : row["end"]]
        row |= {"document_id": document.id, "topic_id": intern(row["topic_id"])}
        chunks.append(Chunk(**row, text=text))
    return chunks


def save_dropped(folder: Path, dropped: Iterable[Dropped]) -> None:
    """Write what was left out."""
    write_jsonl(folder / DROPPED, map(_fields_of, dropped))


def load_dropped(folder: Path) -> list[Dropped]:
    """Load what was left out."""
    return [Dropped(**row) for row in read_jsonl(folder / DROPPED)]


def save_faults(folder: Path, faults: Iterable[Fault]) -> None:
    """Write the replies of a language model that could not be used as they came."""
    write_jsonl(folder / FAULTS, map(asdict, faults))


def load_faults(folder: Path) -> list[Fault]:
    """Load the replies of a language model that could not be used as they came."""
    return [
        Fault(**{**row, "requests": tuple(row.get("requests", ()))})
        for row in read_jsonl(folder / FAULTS)
    ]


def save_forms(folder: Path, forms: Iterable[StudyForm]) -> None:
    """Write what the language model wrote from the corpus."""
    write_jsonl(folder / FORMS, map(asdict, forms))


def load_forms(folder: Path) -> list[StudyForm]:
    """Load what the language model wrote from the corpus."""
    forms = []
    for row in read_jsonl(folder / FORMS):
        row |= {name: tuple(row[name]) for name in ("topic_ids", "chunk_ids", "facts")}
        forms.append(StudyForm(**row))
    return forms


def save_rows(folder: Path, rows: Sequence[SizedSample]) -> None:
    """Write rows of prompt and completion."""
    _save_table(folder, map(_scpt_row, rows), _SCPT_TYPES)


def save_conversations(folder: Path, rows: Sequence[SizedSample]) -> None:
    """Write rows of messages."""
    table = (
        {**_ssft_row(row), "messages": message_rows(_conversation(row).messages)} for row in rows
    )
    _save_table(folder, table, {**_SSFT_TYPES, "messages": "messages"})


def message_rows(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Return messages as a row has them: `training` says whether the loss is on one."""
    return [
        {"role": m.role, "content": m.content, "training": m.role == "assistant"} for m in messages
    ]


def save_plain(
    folder: Path,
    rows: Sequence[SizedSample],
    flatten: Callable[[Sequence[Message], str], tuple[str, str]],
) -> None:
    """Write conversations as rows of prompt and completion.

    Args:
        folder: Folder of the table.
        rows: Rows of the stage `ssft`.
        flatten: Turns messages in a language into prompt and completion.
    """
    types = {**_SSFT_TYPES, "prompt": "text", "completion": "text", "eos": "truth"}

    def flat_row(row: SizedSample) -> dict[str, Any]:
        sample = _conversation(row)
        prompt, completion = flatten(sample.messages, sample.language)
        return {**_ssft_row(row), "prompt": prompt, "completion": completion, "eos": True}

    _save_table(folder, map(flat_row, rows), types)


def load_lengths(folder: Path) -> list[int]:
    """Load the tokens of each row, without a prefix such as BOS."""
    import datasets

    rows = datasets.load_from_disk(str(folder))
    figures = rows["prompt_tokens"], rows["trained_tokens"]
    return [prompt + trained for prompt, trained in zip(*figures, strict=True)]


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


def _save_table(folder: Path, rows: Iterable[Mapping[str, Any]], types: Mapping[str, str]) -> None:
    """Write rows as a `datasets` folder (`save_to_disk`), which Axolotl loads.

    Args:
        folder: Folder of the table.
        rows: Rows with a value for each column; each is needed once.
        types: Type of each column, a key of `arrow_types`.
    """
    import datasets
    import pyarrow

    text = pyarrow.large_string()
    arrow_types = {
        "text": text,
        "texts": pyarrow.list_(text),
        "number": pyarrow.int32(),
        "truth": pyarrow.bool_(),
        "messages": pyarrow.list_(
            pyarrow.struct([("role", text), ("content", text), ("training", pyarrow.bool_())])
        ),
    }
    schema = pyarrow.schema([(name, arrow_types[kind]) for name, kind in types.items()])
    columns: dict[str, list[Any]] = {name: [] for name in types}
    for row in rows:
        for name, column in columns.items():
            column.append(_cell(row[name]))
    # The default fingerprint is random: the bytes of the folder would differ at every build.
    name = fingerprint(columns["id"], folder.name)
    is_bar_enabled = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        table = datasets.table.InMemoryTable(pyarrow.table(columns, schema=schema))
        datasets.Dataset(table, fingerprint=name).save_to_disk(str(folder))
    finally:
        if is_bar_enabled:
            datasets.enable_progress_bars()


def _cell(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def load_rows(folder: Path) -> list[dict[str, Any]]:
    """Load rows as mappings of their columns."""
    import datasets

    return list(datasets.load_from_disk(str(folder)))


def save_questions(folder: Path, pairs: Sequence[QAPair], links: Sequence[Link]) -> None:
    """Write the user's questions that are trained on, each with the link to its passages."""
    rows = ({**asdict(pair), "link": asdict(link)} for pair, link in zip(pairs, links, strict=True))
    write_jsonl(folder / QUESTIONS, rows)


def load_questions(folder: Path) -> list[dict[str, Any]]:
    """Load what `save_questions` wrote."""
    return list(read_jsonl(folder / QUESTIONS))


# Finished builds, for other programs.


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedStage:
    """Finished artifact of a stage of training.

    Args:
        work_dir: Folder of all artifacts.
        stage: `scpt` or `ssft`.
        key: Fingerprint of the artifact, the name of its folder.
        manifest: The block (`config`), the counts, and the keys of the artifacts that it was built
            from (`built_from`).
    """

    work_dir: Path
    stage: str
    key: str
    manifest: Mapping[str, Any]

    def rows(self, part: str = "train") -> Iterator[dict[str, Any]]:
        """Iterate over the samples as mappings of their columns.

        Args:
            part: `train`, or `eval` for what is held out.

        Raises:
            ArtifactError: If the build has no such part.
        """
        folder = self.work_dir / self.stage / self.key / part
        if not folder.is_dir():
            raise ArtifactError(
                f"The build {self.key} of `{self.stage}` has no part `{part}`. Allowed: train, and "
                "eval if the block has `eval:`."
            )
        yield from load_rows(folder)

    def chunks(self) -> dict[str, Chunk]:
        """Load the chunks that the samples are made of, with their text, by id.

        Raises:
            ArtifactError: If the documents or the taxonomy of the build were deleted.
        """
        store, built_from = Store(self.work_dir), self.manifest["built_from"]
        for stage in ("documents", "taxonomy"):
            store.require(stage, built_from[stage])
        documents = load_documents(store.path("documents", built_from["documents"]))
        by_id = {document.id: document for document in documents}
        chunks = load_chunks(store.path("taxonomy", built_from["taxonomy"]), by_id)
        return {chunk.id: chunk for chunk in chunks}


def open_stage(work_dir: Path | str, stage: str, key: str = "") -> FinishedStage:
    """Open the finished artifact of a stage of training.

    Args:
        work_dir: Folder of all artifacts, as in the block.
        stage: `scpt` or `ssft`.
        key: Fingerprint of the artifact; needed where the folder has several of the stage.

    Raises:
        ArtifactError: If there is none, or several and no key.
    """
    store = Store(Path(work_dir))
    keys = [key] if key else store.finished(stage)
    if len(keys) > 1:
        raise ArtifactError(
            f"{store.root} has {len(keys)} builds of `{stage}`: {', '.join(keys)}. Give the key of "
            "one; `axolotl structtuning validate` shows which belongs to a recipe."
        )
    if not keys:
        raise ArtifactError(
            f"{store.root} has no finished build of `{stage}`. Run `axolotl structtuning build` "
            "first."
        )
    manifest = store.require(stage, keys[0])
    return FinishedStage(work_dir=store.root, stage=stage, key=keys[0], manifest=manifest)
