"""Access to a record's fields for all formats: one field, a text, several texts, a language."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.hookspecs import QARequest, RecordError

_LANGUAGES = {
    "ar": "arabic ara", "bg": "bulgarian bul", "cs": "czech ces", "da": "danish dan",
    "de": "german deu", "el": "greek ell", "en": "english eng", "es": "spanish castilian spa",
    "fa": "persian fas", "fi": "finnish fin", "fr": "french fra", "he": "hebrew heb",
    "hi": "hindi hin", "hu": "hungarian hun", "id": "indonesian ind", "it": "italian ita",
    "ja": "japanese jpn", "ko": "korean kor", "nl": "dutch nld", "no": "norwegian nor",
    "pl": "polish pol", "pt": "portuguese por", "ro": "romanian ron", "ru": "russian rus",
    "sv": "swedish swe", "th": "thai tha", "tr": "turkish tur", "uk": "ukrainian ukr",
    "ur": "urdu urd", "vi": "vietnamese vie", "zh": "chinese mandarin zho cmn",
}  # fmt: skip
_CODES = {name: code for code, names in _LANGUAGES.items() for name in names.split()}


def has(record: Mapping[str, Any], fields: Mapping[str, str], *names: str) -> bool:
    """Return True if the record has all these fields, under the names that the user mapped."""
    return all(fields.get(name, name) in record for name in names)


def value(request: QARequest, name: str) -> Any:
    """Return a field's value, or None. JSON within a text (a cell of a CSV file) stays text."""
    field = request.record.get(request.fields.get(name, name))
    return None if isinstance(field, float) and math.isnan(field) else field


def structured(request: QARequest, name: str) -> Any:
    """Return a field that may be a list or an object; in a CSV file it is one written as JSON."""
    field = value(request, name)
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
        _CODES.get(name)
        or _CODES.get(code)
        or (code if len(code) == 2 and code.isascii() and code.isalpha() else "")
    )
