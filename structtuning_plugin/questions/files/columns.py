"""Fields of a file's records that its format does not use, and options among them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.types import QAPair
from structtuning_plugin.questions.formats.option_fields import look_like_options

# Fields that are read by `evaluate`.
_OF_EVALUATION = frozenset(("wrong", "rewordings", "dataset"))
# Names shown in a message.
_SHOWN = 12
# Share of the answers that are letters or numbers, from which the file is one of choices.
_MOST = 0.8
# Records from which letters as answers are no coincidence where no field looks like options.
_FEWEST = 5
_LETTER = re.compile(r"\(?[A-Ja-jА-Е]\)?[.)]?")
_NUMBER = re.compile(r"\d{1,2}")
_LISTED = re.compile(r"(?<!\w)[A-Da-dА-Г1-4][.)．、:：]")


class _Record(dict[str, Any]):
    """Record that notes the fields that are read."""

    def __init__(self, record: Mapping[str, Any], names: set[str]) -> None:
        super().__init__(record)
        self._names = names

    def __getitem__(self, name: str) -> Any:
        self._names.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._names.add(name)
        return super().get(name, default)

    def __iter__(self) -> Iterator[str]:
        self._names.update(super().keys())
        return super().__iter__()

    def items(self) -> Any:
        self._names.update(super().keys())
        return super().items()

    def values(self) -> Any:
        self._names.update(super().keys())
        return super().values()


class UsedFields:
    """Names of the fields that a format reads from the records of one file."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def watch(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an equal record that notes the fields that are read."""
        return _Record(record, self._names)

    def unused(self, records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return the records without the fields that are read from any of them."""
        names = self._names | _OF_EVALUATION
        return [
            {name: value for name, value in record.items() if name not in names}
            for record in records
        ]


def describe_unused(file_id: str, format_name: str, unused: Sequence[Mapping[str, Any]]) -> str:
    """Describe the fields that nothing uses, with the number of their records; empty for none."""
    counts = Counter(
        name for record in unused for name, value in record.items() if value is not None
    )
    if not counts:
        return ""
    names = [f"{name} ({count:,})" for name, count in list(counts.items())[:_SHOWN]]
    rest = len(counts) - len(names)
    more = f" and {rest} more" if rest else ""
    return f"{file_id} is read as `{format_name}`; fields not used: {', '.join(names)}{more}"


def check_options(
    file_id: str,
    format_name: str,
    pairs: Sequence[QAPair],
    unused: Sequence[Mapping[str, Any]],
) -> None:
    """Check that a file whose answers name options has options.

    Raises:
        ConfigError: most answers are letters or small numbers, no question has options, and the
            records have fields that look like options, or no question lists them in its text.
    """
    bare = [pair for pair in pairs if not pair.options and not pair.turns]
    letters = [pair for pair in bare if _LETTER.fullmatch(pair.answers[0])]
    numbers = [pair for pair in bare if _NUMBER.fullmatch(pair.answers[0])]
    if not pairs or len(letters) + len(numbers) < _MOST * len(pairs):
        return
    names = list(dict.fromkeys(name for record in unused for name in look_like_options(record)))
    listed = sum(len(_LISTED.findall(pair.question)) > 1 for pair in letters)
    capitals = sum(pair.answers[0].strip("().").isupper() for pair in letters)
    few = len(pairs) < _FEWEST or capitals < _MOST * len(pairs)
    if not names and (few or listed * 2 > len(letters)):
        return
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN]) or "none of its other fields"
    raise ConfigError(
        f"The answers of {file_id} are letters or numbers of options "
        f"(`{pairs[0].answers[0]}`), but it is read as `{format_name}` without options. "
        f"Fields that look like options: {shown}. "
        'Map them by `format: multiple_choice` and `fields: {options: "A, B, C, D", answer: ...}`, '
        "with the names of the file, or write the options into the questions."
    )
