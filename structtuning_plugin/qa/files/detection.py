"""Which format a file has: its records vote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from structtuning_plugin.errors import ConfigError, nearest
from structtuning_plugin.hookspecs import QAFormat
from structtuning_plugin.qa.files.discovery import QAFile


def format_of(file: QAFile, values: Sequence[Mapping[str, Any]], formats: Mapping[str, QAFormat]) -> QAFormat:
    """The format that the entry names; else, of those that fit more than half of the records, the one of lowest rank.

    Where none fits so many, the one that fits the most.

    Raises:
        ConfigError: no record fits, or `fields` names a column that no record has.
    """
    entry = file.entry
    _check_columns(file, values)
    candidates = [formats[entry.format]] if entry.format else [f for f in formats.values() if _takes(f, entry.fields)]
    votes = {f.name: sum(f.fits(value, entry.fields) for value in values) for f in candidates}
    best = _elected(candidates, votes, len(values))
    if best is None:
        raise ConfigError(
            f"No record of {file.id} is a question of the format{'' if entry.format else 's'} "
            f"{', '.join(sorted(f.name for f in candidates)) or 'named'}. Fields of its first record: "
            f"{', '.join(map(str, values[0])) if values else 'none'}. Say with `fields:` which of them is what "
            "(`{question: ..., answer: ...}`), or name a `format:`."
        )
    return best


def _elected(candidates: Sequence[QAFormat], votes: Mapping[str, int], records: int) -> QAFormat | None:
    """With a majority the rank decides: one record in disorder must not turn the file into another format."""
    ranked = sorted((f for f in candidates if votes[f.name]), key=lambda f: (f.rank, f.name))
    majority = [f for f in ranked if votes[f.name] * 2 > records]
    return majority[0] if majority else max(ranked, key=lambda f: votes[f.name], default=None)


def _takes(format_: QAFormat, fields: Mapping[str, str]) -> bool:
    """Whether the format knows all that the user maps; one that does not say is asked."""
    names = getattr(format_, "field_names", None)
    return names is None or set(fields) <= set(names)


def _check_columns(file: QAFile, values: Sequence[Mapping[str, Any]]) -> None:
    columns = {str(name) for value in values for name in value}
    for key, column in file.entry.fields.items():
        if column not in columns:
            raise ConfigError(f"`fields: {key}: {column}` of {file.id}: no record has `{column}`.{nearest(column, columns)}")
