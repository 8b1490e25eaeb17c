"""Options and the letters of the right ones, in the spellings of records, for all formats.

Options become `A`, `B`, ... in their order, unless their own names are single Latin letters.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from structtuning_plugin.hookspecs import RecordError
from structtuning_plugin.questions.formats.fields import as_text

Options = tuple[tuple[str, str], ...]
Names = Mapping[str, str]

_LETTERED = re.compile(r"\(?([A-Z])\s*[.):．、）]\s*(?=\S)")


def read_options(value: Any) -> tuple[Options, Names]:
    """Read the options: letters and texts, and the letter of each name that the record uses.

    Args:
        value: an object {name: text}, a list of texts, a list of {name, text} objects, or
            {label: [...], text: [...]}.

    Raises:
        RecordError: no_options, empty_option, repeated_option or too_many_options.
    """
    entries = [
        (_name(name), " ".join(as_text(text, "options").split())) for name, text in _pairs(value)
    ]
    if not entries:
        raise RecordError("no_options", "`options` has no option")
    if len(entries) > len(string.ascii_uppercase):
        raise RecordError(
            "too_many_options", f"`options` has {len(entries)} options; there are 26 letters"
        )
    if empty := [name for name, text in entries if not text]:
        raise RecordError("empty_option", f"the option {empty[0]} is empty")
    names = [name for name, _ in entries]
    if len(set(names)) < len(names):
        raise RecordError("repeated_option", f"`options` has a name twice: {', '.join(names)}")
    own = all(name in string.ascii_uppercase for name in names)
    letters = names if own else list(string.ascii_uppercase[: len(names)])
    texts = [text for _, text in entries]
    return tuple(zip(letters, texts, strict=True)), dict(zip(names, letters, strict=True))


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        if isinstance(value.get("text"), list):  # columns: {"label": [...], "text": [...]}
            labels: list[Any] = next(
                (
                    value[key]
                    for key in ("label", "key", "letter")
                    if isinstance(value.get(key), list)
                ),
                [],
            )
            return list(zip(labels, value["text"], strict=False)) or _numbered(value["text"])
        # Parquet gives every record all options of its file; those it has not are None.
        return [(name, text) for name, text in value.items() if text is not None]
    if not isinstance(value, (list, tuple)):
        raise RecordError(
            "no_options", f"`options` is a {type(value).__name__}; an object or a list is needed"
        )
    if value and all(isinstance(item, Mapping) for item in value):
        return [
            (_field(item, "key", "label", "letter", "id"), _field(item, "value", "text", "content"))
            for item in value
        ]
    if value and all(
        isinstance(item, tuple) and len(item) == 2 for item in value
    ):  # a map of a Parquet file
        return list(value)
    return _numbered(value)


def _numbered(texts: Sequence[Any]) -> list[tuple[str, Any]]:
    """Number a list of options by position.

    Letters at the start of the texts, "A. ...", are removed if all have theirs.
    """
    letters = string.ascii_uppercase
    marks = [_LETTERED.match(text) if isinstance(text, str) else None for text in texts]
    if texts and all(mark and mark[1] == letters[at] for at, mark in enumerate(marks[:26])):
        texts = [text[mark.end() :] for text, mark in zip(texts, marks, strict=True) if mark]
    return [(letters[at] if at < len(letters) else str(at), text) for at, text in enumerate(texts)]


def _field(item: Mapping[str, Any], *names: str) -> Any:
    return next((item[name] for name in names if item.get(name) is not None), "")


def _name(value: Any) -> str:
    return unicodedata.normalize("NFKC", str(value)).strip(" .():[]").upper()


def read_letters(value: Any, options: Options, names: Names, listed: bool) -> tuple[str, ...]:
    """Return the letters of the right options, in the order of the options.

    Args:
        value: "B", "A,B", "AB", a list of these, or, if the options are a list, a number from 0.
        options: the options.
        names: letters by the names that the record uses.
        listed: True if the options are a list.

    Raises:
        RecordError: no_answer, or unknown_letter for a part that names no option.
    """
    several = value if isinstance(value, (list, tuple)) else [value]
    chosen = {
        letter
        for item in several
        if item is not None
        for letter in _letters(item, options, names, listed)
    }
    if not chosen:
        raise RecordError("no_answer", "no right option is named")
    return tuple(letter for letter, _ in options if letter in chosen)


def _letters(item: Any, options: Options, names: Names, listed: bool) -> list[str]:
    if (
        isinstance(item, (int, float))
        and not isinstance(item, bool)
        and listed
        and item == int(item)
    ):
        if 0 <= item < len(options):
            return [options[int(item)][0]]
        raise RecordError("unknown_letter", f"there is no option {item}, counted from 0")
    answer = unicodedata.normalize("NFKC", as_text(item, "answer_idx")).upper()
    if _name(answer) in names:
        return [names[_name(answer)]]
    pieces = [piece for piece in re.split(r"[\s,;/&+、.()\[\]|]+|\bAND\b", answer) if piece]
    # "ABD" without anything between.
    parts = [part for piece in pieces for part in ([piece] if piece in names else piece)]
    if unknown := [part for part in parts if part not in names]:
        raise RecordError(
            "unknown_letter",
            f"`{unknown[0]}` of `{answer}` is none of the options {', '.join(names)}",
        )
    return [names[part] for part in parts]


def texts_of(letters: Sequence[str], options: Options) -> tuple[str, ...]:
    """Return the texts of these options, in the order of the options."""
    return tuple(text for letter, text in options if letter in letters)
