"""QA files to pairs: what is there, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from structtuning_plugin.errors import CorpusError
from structtuning_plugin.hookspecs import QAFormat, QARequest, RecordError
from structtuning_plugin.qa.files.detection import format_of
from structtuning_plugin.qa.files.discovery import QAFile, discover, files_to_hash, identity
from structtuning_plugin.qa.files.records import Record, records
from structtuning_plugin.qa.files.settling import with_languages, with_several, without_duplicates
from structtuning_plugin.types import Dropped, QAPair

__all__ = ["QAFile", "discover", "files_to_hash", "identity", "read"]


def read(
    files: Sequence[QAFile], formats: Mapping[str, QAFormat], on_error: Literal["raise", "skip"]
) -> tuple[list[QAPair], list[Dropped]]:
    """The pairs of all files in order, and every record that was left out: together as many as there are records.

    Ids are the file's and the record's number from 1, `medqa.jsonl#12`; of JSON lines the line's. A question that was
    there before is listed as `duplicate`, which is no error.

    Raises:
        CorpusError: a file cannot be read at all, or, with `raise`, a record is no question.
        ConfigError: no format fits a file, or its `fields` name a column that it does not have.
    """
    pairs: list[QAPair] = []
    dropped: list[Dropped] = []
    for file in files:
        parsed, faults = _read_file(file, formats)
        if faults and on_error == "raise":
            raise CorpusError(_fault(faults[0], len(faults)))
        pairs += parsed
        dropped += faults
    kept, twice = without_duplicates(pairs)
    return kept, dropped + twice


def _read_file(file: QAFile, formats: Mapping[str, QAFormat]) -> tuple[list[QAPair], list[Dropped]]:
    found = records(file)
    if not found:
        return [], [Dropped(stage="qa", id=file.id, reason="no_records", detail="the file is empty")]
    values = [record.value for record in found if record.value is not None]
    format_ = format_of(file, values, formats)
    parsed = [_parse(file, record, format_) for record in found]
    pairs = [item for item in parsed if isinstance(item, QAPair)]
    return with_several(with_languages(pairs)), [item for item in parsed if isinstance(item, Dropped)]


def _parse(file: QAFile, record: Record, format_: QAFormat) -> QAPair | Dropped:
    name, entry = f"{file.id}#{record.number}", file.entry
    if record.value is None:
        return Dropped(stage="qa", id=name, reason=record.reason, detail=record.detail)
    if not format_.fits(record.value, entry.fields):
        fields = ", ".join(map(str, record.value)).encode("utf-8", "backslashreplace").decode("utf-8")
        return Dropped(stage="qa", id=name, reason="other_format", detail=f"not `{format_.name}`; fields: {fields or 'none'}")
    try:
        return format_.parse(QARequest(id=name, record=record.value, language=entry.language, fields=entry.fields))
    except RecordError as error:
        return Dropped(stage="qa", id=name, reason=error.reason, detail=error.detail)


def _fault(first: Dropped, count: int) -> str:
    name, _, number = first.id.rpartition("#")
    where = f"{name}, record {number}," if name else first.id
    return (
        f"{where} cannot be used: {first.detail} (`{first.reason}`). Mend or remove it, or set `on_error: skip` to list such "
        f"records in dropped.jsonl and go on ({count} of this file)."
    )
