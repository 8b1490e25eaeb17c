"""Access to a record's fields for all formats: one field, a text, several texts, a language."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from structtuning_plugin import languages
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.hookspecs import QARequest, RecordError
from structtuning_plugin.llm.message import read_final_text, split_thoughts


def has(record: Mapping[str, Any], fields: Mapping[str, str], *names: str) -> bool:
    """Return True if the record has all these fields, under the names that the user mapped."""
    return all(fields.get(name, name) in record for name in names)


def value(request: QARequest, name: str) -> Any:
    """Return a field's value, or None. JSON within a text (a cell of a CSV file) stays text."""
    field = request.record.get(request.fields.get(name, name))
    return None if is_missing(field) else field


def is_missing(field: Any) -> bool:
    """Return True for None, and for the number that Parquet and pandas write in its place."""
    return field is None or (isinstance(field, float) and math.isnan(field))


def structured(request: QARequest, name: str) -> Any:
    """Return a field that may be a list or an object; in a CSV file it is one written as JSON."""
    return structured_field(value(request, name))


def structured_field(field: Any) -> Any:
    """Return the list or the object that a text is, written as JSON; any other value as it is."""
    if isinstance(field, str) and field.strip()[:1] in ("[", "{"):
        try:
            return json.loads(field)
        except ValueError:
            return field
    return field.tolist() if hasattr(field, "tolist") else field


def as_text(field: Any, name: str) -> str:
    r"""Return a value as text: no control characters, "\n" as line end, stripped; "" for None.

    Raises:
        RecordError: the value is a list or an object, or has half of a surrogate pair, which no
            file can be written with.
    """
    if field is None:
        return ""
    if not isinstance(field, (str, int, float)):
        raise RecordError("not_text", f"`{name}` is a {type(field).__name__}, not a text")
    cleaned = clean(field)[0] if isinstance(field, str) else str(field)
    if any("\ud800" <= character <= "\udfff" for character in cleaned):
        raise RecordError("not_text", f"`{name}` holds half of a surrogate pair")
    return cleaned.strip()


def text(request: QARequest, name: str) -> str:
    """Return a field as text; "" without the field."""
    return as_text(value(request, name), name)


def needed(request: QARequest, name: str, reason: str) -> str:
    """Return a field as text.

    Raises:
        RecordError: with this reason, if the text is empty.
    """
    content = text(request, name)
    if not content:
        raise RecordError(reason, f"`{request.fields.get(name, name)}` is empty")
    return content


def texts(request: QARequest, name: str) -> tuple[str, ...]:
    """Return the different texts of a field that has one text or a list; empty ones are skipped."""
    field = structured(request, name)
    several = field if isinstance(field, (list, tuple)) else [field]
    return tuple(dict.fromkeys(cleaned for item in several if (cleaned := as_text(item, name))))


# Fields with the thoughts before an answer, where the format has no explanation of its own.
_THOUGHTS = (
    "reasoning_content", "reasoning", "thinking", "thoughts", "cot", "Complex_CoT", "complex_cot",
)  # fmt: skip


def split_answer(content: str) -> tuple[str, str]:
    r"""Split the text of an answer into the answer and the thoughts before it.

    >>> split_answer("<think>Its red pulp...</think>\n\nThe spleen")
    ('The spleen', 'Its red pulp...')

    Raises:
        RecordError: no_answer, if the text ends within its thoughts.
    """
    parts = split_thoughts(content)
    if not parts.complete:
        raise RecordError("no_answer", "the answer ends within its thoughts")
    if not parts.thoughts:
        return content, ""
    return read_final_text(content), parts.thoughts


def thoughts(request: QARequest) -> str:
    """Return the text of a field of the record that holds thoughts; empty without one."""
    names = [name for name in _THOUGHTS if isinstance(request.record.get(name), str)]
    return as_text(request.record[names[0]], names[0]) if names else ""


def language(request: QARequest) -> str:
    """Return the ISO 639-1 code that the user set, or that the record has.

    A record may name the language in English ("Chinese") or by region ("zh-CN"); "python" is no
    language here. "" without either: the language is detected then.
    """
    if request.language:
        return request.language
    field = value(request, "language")
    name = field.strip().casefold() if isinstance(field, str) else ""
    code = name.replace("_", "-").partition("-")[0]
    return (
        languages.code_of(name)
        or languages.code_of(code)
        or (code if len(code) == 2 and code.isascii() and code.isalpha() else "")
    )
