"""Fields of a record that hold the options of its question, found by their names and shapes."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from structtuning_plugin.questions.formats.fields import is_missing, structured_field

_LISTS = ("choices", "options", "Options", "candidates", "endings")
# Beginnings of the names of fields with one option each; a letter or a number follows.
_PREFIXES = (
    "", "choice_", "choice", "option_", "option", "op", "opt_", "opt", "sol", "ending", "answer",
    "answer_",
)  # fmt: skip
_LABELS = (
    string.ascii_uppercase[:10],
    string.ascii_lowercase[:10],
    "123456789",
    "0123456789",
)
_CORRECT = (
    ("correct_answer", "distractor"),
    ("correct_answer", "incorrect_answer"),
    ("Correct Answer", "Incorrect Answer "),
)
_OPTION_NAME = re.compile(
    r"(?:(?:choice|option|opt?|sol|ending|answer|distractor|incorrect|wrong|cand\w*)[ _-]?)?"
    r"(?:[a-j]|\d)",
    re.IGNORECASE,
)


def find_name(record: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return the first of the names that the record has with a value; empty without one."""
    return next((name for name in names if name in record and not is_missing(record[name])), "")


def find_options(record: Mapping[str, Any], named: str | None = None) -> tuple[Any, bool] | None:
    """Return a record's options and whether they are numbered by position; None without any.

    Args:
        record: The record.
        named: Field with the options, or the fields with one option each, with commas between.
    """
    if named is not None and named not in record:
        names = [name.strip() for name in named.split(",")]
        known = all(name in record for name in names)
        return ([record[name] for name in _filled(record, names)], True) if known else None
    for name in (named,) if named is not None else _LISTS:
        value = structured_field(record[name]) if name in record else None
        if isinstance(value, Mapping) or (isinstance(value, (list, tuple)) and len(value) > 1):
            return value, not isinstance(value, Mapping)
    return _columns(record) if named is None else None


def _columns(record: Mapping[str, Any]) -> tuple[dict[str, Any], bool] | None:
    """Return the options of a record that has a field for each."""
    for prefix in _PREFIXES:
        for labels in _LABELS:
            if not prefix and labels.isdecimal():
                continue
            names = [prefix + label for label in labels]
            if names[0] in record and names[1] in record:
                filled = _filled(record, names)
                texts = {name.removeprefix(prefix): record[name] for name in filled}
                return texts, labels.isalpha()
    return None


def _filled(record: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Return the names up to the last one that has a value."""
    present = [name for name in names if name in record]
    while present and (is_missing(record[present[-1]]) or record[present[-1]] == ""):
        present.pop()
    return present


def find_correct(record: Mapping[str, Any]) -> list[Any] | None:
    """Return the right answer and the wrong ones of a record with a field for each; else None."""
    wrong = record.get("incorrect_answers") if "incorrect_answers" in record else None
    if "correct_answer" in record and isinstance(wrong, (list, tuple)) and wrong:
        return [record["correct_answer"], *wrong]
    for right, prefix in _CORRECT:
        if right in record and f"{prefix}1" in record:
            names = [f"{prefix}{number}" for number in range(1, 10)]
            return [record[right], *(record[name] for name in names if name in record)]
    return None


def look_like_options(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of fields whose values or names look like options."""
    for name, value in record.items():
        content = structured_field(value)
        if isinstance(content, Mapping):
            content = next((item for item in content.values() if isinstance(item, list)), None)
        is_list = isinstance(content, (list, tuple)) and 1 < len(content) <= 26
        is_named = isinstance(value, (str, int, float)) and _OPTION_NAME.fullmatch(name)
        if is_named or (is_list and all(isinstance(item, str) for item in content or ())):
            yield name
