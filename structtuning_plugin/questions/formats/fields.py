"""What a record holds: one field, a text, several texts, a language. Shared by all formats."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from structtuning_plugin import languages
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.hookspecs import QARequest, RecordError


def has(record: Mapping[str, Any], fields: Mapping[str, str], *names: str) -> bool:
    """Whether the record has all these fields, under the names that the user gave them."""
    return all(fields.get(name, name) in record for name in names)


def value(request: QARequest, name: str) -> Any:
    """A field as it stands in the record, or None; JSON inside a text (a cell of a CSV file) is not read."""
    found = request.record.get(request.fields.get(name, name))
    return None if isinstance(found, float) and math.isnan(found) else found


def structured(request: QARequest, name: str) -> Any:
    """A field that may be a list or an object; of a CSV file it is one written as JSON."""
    found = value(request, name)
    if isinstance(found, str) and found.strip()[:1] in ("[", "{"):
        try:
            return json.loads(found)
        except ValueError:
            return found
    return found.tolist() if hasattr(found, "tolist") else found


def as_text(found: Any, name: str) -> str:
    r"""A value as text without control characters, with "\n" line ends, stripped; "" for None.

    Raises:
        RecordError: it is a list or an object, or holds half of a surrogate pair, which no file can be written with.
    """
    if found is None:
        return ""
    if not isinstance(found, (str, int, float)):
        raise RecordError("not_text", f"`{name}` is a {type(found).__name__}, not a text")
    cleaned = clean(found)[0] if isinstance(found, str) else str(found)
    if any("\ud800" <= character <= "\udfff" for character in cleaned):
        raise RecordError("not_text", f"`{name}` holds half of a surrogate pair")
    return cleaned.strip()


def text(request: QARequest, name: str) -> str:
    """A field as text; "" where there is none."""
    return as_text(value(request, name), name)


def needed(request: QARequest, name: str, reason: str) -> str:
    """A field as text; a RecordError with that reason where it is empty."""
    found = text(request, name)
    if not found:
        raise RecordError(reason, f"`{request.fields.get(name, name)}` is empty")
    return found


def texts(request: QARequest, name: str) -> tuple[str, ...]:
    """A field that holds one text or a list of them: those that are not empty, each once."""
    found = structured(request, name)
    several = found if isinstance(found, (list, tuple)) else [found]
    return tuple(dict.fromkeys(cleaned for item in several if (cleaned := as_text(item, name))))


def language(request: QARequest) -> str:
    """The user's word, else the record's, as an ISO 639-1 code; "" where neither is one: then the reader detects it.

    A record may name it in English ("Chinese") or by region ("zh-CN"); "python" is no language here.
    """
    if request.language:
        return request.language
    found = value(request, "language")
    name = found.strip().casefold() if isinstance(found, str) else ""
    code = name.replace("_", "-").partition("-")[0]
    return (
        languages.code_of(name)
        or languages.code_of(code)
        or (code if len(code) == 2 and code.isascii() and code.isalpha() else "")
    )
