"""Loading of QA files: their pairs, and the records that are left out."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from structtuning_plugin.config.questions import QAEntry
from structtuning_plugin.core.errors import ConfigError, CorpusError, nearest
from structtuning_plugin.core.types import Dropped, QAPair
from structtuning_plugin.hookspecs import QAFormat, QARequest, RecordError
from structtuning_plugin.languages import detect, most_common
from structtuning_plugin.questions.files.columns import (
    UsedFields,
    check_options,
    describe_unused,
)
from structtuning_plugin.questions.files.discovery import QAFile, discover, files_to_hash, identity
from structtuning_plugin.questions.files.records import Record, records

# --- The format of a file: its records vote.


def format_of(
    file: QAFile, values: Sequence[Mapping[str, Any]], formats: Mapping[str, QAFormat]
) -> QAFormat:
    """Return the format that the entry names, or the one that its records vote for.

    Of the formats that fit more than half of the records, the one of lowest rank wins; without such
    a format, the one that fits most records.

    Raises:
        ConfigError: no record fits, or `fields` names a column that no record has.
    """
    entry = file.entry
    _check_columns(file, values)
    candidates = (
        [formats[entry.format]]
        if entry.format
        else [f for f in formats.values() if _takes(f, entry.fields)]
    )
    votes = {f.name: sum(f.fits(value, entry.fields) for value in values) for f in candidates}
    best = _elected(candidates, votes, len(values))
    if best is None:
        names = ", ".join(sorted(f.name for f in candidates)) or "named"
        raise ConfigError(
            f"No record of {file.id} is a question of the format{'' if entry.format else 's'} "
            f"{names}. Fields of its first record: "
            f"{', '.join(map(str, values[0])) if values else 'none'}. "
            f"{_cure(entry, values, formats)}"
        )
    return best


def _cure(
    entry: QAEntry, values: Sequence[Mapping[str, Any]], formats: Mapping[str, QAFormat]
) -> str:
    """Return what to change in an entry whose format no record has."""
    votes = {f.name: sum(f.fits(value, {}) for value in values) for f in formats.values()}
    fitting = _elected(list(formats.values()), votes, len(values)) if entry.format else None
    if fitting is not None:
        return f"They are of the format `{fitting.name}`: take `format: {entry.format}` out."
    return (
        "Say with `fields:` which of them is what (`{question: ..., answer: ...}`), or name a "
        "`format:`."
    )


def _elected(
    candidates: Sequence[QAFormat], votes: Mapping[str, int], records: int
) -> QAFormat | None:
    """Choose by rank among the formats with a majority.

    One record in disorder must not turn the file into another format.
    """
    ranked = sorted((f for f in candidates if votes[f.name]), key=lambda f: (f.rank, f.name))
    majority = [f for f in ranked if votes[f.name] * 2 > records]
    return majority[0] if majority else max(ranked, key=lambda f: votes[f.name], default=None)


def _takes(format_: QAFormat, fields: Mapping[str, str]) -> bool:
    """Return True if the format has all fields that the user maps, or does not state its fields."""
    names = getattr(format_, "field_names", None)
    return names is None or set(fields) <= set(names)


def _check_columns(file: QAFile, values: Sequence[Mapping[str, Any]]) -> None:
    columns = {str(name) for value in values for name in value}
    for key, column in file.entry.fields.items():
        parts = [part.strip() for part in column.split(",")] if key == "options" else [column]
        if column not in columns and not columns.issuperset(parts):
            raise ConfigError(
                f"`fields: {key}: {column}` of {file.id}: no record has `{column}`."
                f"{nearest(column, columns)}"
            )


# --- What is decided for a whole file, or for all of them: languages, how many may be right, what
# is said twice.

# Letters (a Han character or a Kana is worth two) below which the language of a question is a
# guess.
_TELLING = 40
# Share of a file below which another language in the same script is taken for a mistake: of 500
# Spanish questions a detector finds 10 Galician and 4 Aragonese.
_RARE = 0.05


def with_languages(pairs: Sequence[QAPair]) -> list[QAPair]:
    """Fill in the language of each pair without one: the detected one, or its file's usual one.

    The usual language is that of most longer questions. Short questions get it, and questions whose
    own language is rare in the file if the script is that of the usual language.
    """
    texts = {pair.id: _text(pair) for pair in pairs if not pair.language}
    languages = {name: detect(text) for name, text in texts.items() if _letters(text) >= _TELLING}
    usual = most_common(languages.values()) if languages else detect("\n".join(texts.values()))
    settled = {
        name: language
        for name, language in languages.items()
        if not _mistaken(name, languages, usual, texts)
    }
    return [
        pair if pair.language else replace(pair, language=settled.get(pair.id, usual))
        for pair in pairs
    ]


def _mistaken(
    name: str, languages: Mapping[str, str], usual: str, texts: Mapping[str, str]
) -> bool:
    language = languages[name]
    if language == usual or sum(other == language for other in languages.values()) >= _RARE * len(
        languages
    ):
        return False
    pattern = next(texts[other] for other, its in languages.items() if its == usual)
    return _script(texts[name]) == _script(pattern)


def _letters(text: str) -> int:
    return sum(
        1 + (unicodedata.east_asian_width(letter) == "W") for letter in text if letter.isalpha()
    )


def _script(text: str) -> str:
    """Return the Unicode script of most letters: LATIN, CYRILLIC...; Han and Kana are one."""
    names = Counter(
        unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha()
    )
    name = names.most_common(1)[0][0] if names else ""
    return "CJK" if name in ("HIRAGANA", "KATAKANA") else name


def _text(pair: QAPair) -> str:
    return "\n".join([pair.question, *(text for _, text in pair.options), *pair.answers])


def with_several(pairs: Sequence[QAPair]) -> list[QAPair]:
    """Decide for each file whether its questions may have more than one right option.

    A single question that may have several would give its answer away.
    """
    several = any(len(pair.correct) > 1 for pair in pairs)
    return [replace(pair, several=several and bool(pair.correct)) for pair in pairs]


def without_duplicates(pairs: Sequence[QAPair]) -> tuple[list[QAPair], list[Dropped]]:
    """Keep the first of equal questions, and list the others.

    Equal questions have the same options, answers and earlier turns.
    """
    first: dict[tuple[str, ...], str] = {}
    unique: list[QAPair] = []
    dropped: list[Dropped] = []
    for pair in pairs:
        earlier = first.setdefault(_key(pair), pair.id)
        if earlier == pair.id:
            unique.append(pair)
        else:
            dropped.append(
                Dropped(stage="qa", id=pair.id, reason="duplicate", detail=f"the same as {earlier}")
            )
    return unique, dropped


def _key(pair: QAPair) -> tuple[str, ...]:
    options = [text for _, text in pair.options]
    turns = [f"{turn.role} {turn.content}" for turn in pair.turns]
    parts = ([pair.question], options, sorted(pair.answers), turns)
    return tuple(
        "\n".join(" ".join(unicodedata.normalize("NFKC", text).casefold().split()) for text in part)
        for part in parts
    )


__all__ = [
    "QAFile",
    "bad_record_error",
    "discover",
    "files_to_hash",
    "identity",
    "is_bad_record",
    "read",
]


def read(
    files: Sequence[QAFile],
    formats: Mapping[str, QAFormat],
    on_error: Literal["raise", "skip"],
    tell: Callable[[str], None] | None = None,
) -> tuple[list[QAPair], list[Dropped]]:
    """Read the pairs of all files in order, and every record that is left out.

    Together they are as many as there are records. Ids are the file's id and the record's number
    from 1, `medqa.jsonl#12`; of JSON lines the line's number. A repeated question is listed as
    `duplicate`, which is no error. `tell` gets a line for each file with fields that are not used.

    Raises:
        CorpusError: a file cannot be read at all, or, with `raise`, a record is no question.
        ConfigError: no format fits a file, its `fields` name a column that it does not have, or
            its answers are letters or numbers of options that its format does not read.
    """
    pairs: list[QAPair] = []
    dropped: list[Dropped] = []
    for file in files:
        parsed, faults = _read_file(file, formats, tell)
        if faults and on_error == "raise":
            raise bad_record_error(faults)
        pairs += parsed
        dropped += faults
    unique, twice = without_duplicates(pairs)
    return unique, dropped + twice


def _read_file(
    file: QAFile, formats: Mapping[str, QAFormat], tell: Callable[[str], None] | None
) -> tuple[list[QAPair], list[Dropped]]:
    rows = records(file)
    if not rows:
        return [], [
            Dropped(stage="qa", id=file.id, reason="no_records", detail="the file is empty")
        ]
    values = [record.value for record in rows if record.value is not None]
    format_ = format_of(file, values, formats)
    for_file = getattr(format_, "for_file", None)
    if for_file is not None:
        format_ = for_file(values, file.entry.fields)
    used = UsedFields()
    parsed = [_parse(file, record, format_, used) for record in rows]
    pairs = [item for item in parsed if isinstance(item, QAPair)]
    check_options(file.id, format_.name, pairs, used.unused(values))
    if tell is not None and (line := describe_unused(file.id, format_.name, used.unused(values))):
        tell(line)
    return with_several(with_languages(pairs)), [
        item for item in parsed if isinstance(item, Dropped)
    ]


def _parse(file: QAFile, record: Record, format_: QAFormat, used: UsedFields) -> QAPair | Dropped:
    name, entry = f"{file.id}#{record.number}", file.entry
    if record.value is None:
        return Dropped(stage="qa", id=name, reason=record.reason, detail=record.detail)
    if not format_.fits(record.value, entry.fields):
        fields = (
            ", ".join(map(str, record.value)).encode("utf-8", "backslashreplace").decode("utf-8")
        )
        return Dropped(
            stage="qa",
            id=name,
            reason="other_format",
            detail=f"not `{format_.name}`; fields: {fields or 'none'}",
        )
    try:
        return format_.parse(
            QARequest(
                id=name,
                record=used.watch(record.value),
                language=entry.language,
                fields=entry.fields,
            )
        )
    except RecordError as error:
        return Dropped(stage="qa", id=name, reason=error.reason, detail=error.detail)


def is_bad_record(item: Dropped) -> bool:
    """Return True for a record that only `on_error: skip` leaves out."""
    return item.stage == "qa" and item.reason != "duplicate"


def bad_record_error(faults: Sequence[Dropped]) -> CorpusError:
    """Return the error about records that are no questions, with the first one's fault."""
    first = faults[0]
    name, _, number = first.id.rpartition("#")
    where = f"{name}, record {number}," if name else first.id
    count = sum((fault.id.rpartition("#")[0] or fault.id) == (name or first.id) for fault in faults)
    return CorpusError(
        f"{where} cannot be used: {first.detail} (`{first.reason}`). "
        "Fix or remove it, or set `on_error: skip` to list such "
        f"records in dropped.jsonl and go on ({count} of this file)."
    )
