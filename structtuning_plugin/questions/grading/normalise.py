"""Writing alike what looks alike, before an answer is searched for letters."""

from __future__ import annotations

import re
import unicodedata

from structtuning_plugin.questions.grading.text import normalise

_LOOKALIKE = str.maketrans("АВЕКМНОРСТХ", "ABEKMHOPCTX")
_PAIR = re.compile(r"(?<!\w)[А-Я]\s*/\s*(?=[A-Z](?!\w))")
# А, В, О, С are also words (but, in, about, with): a letter that a word follows is one only where this word says so.
_LONE = re.compile(
    r"(?<![\w\-'’])[АВЕКМНОРСТХ](?![\w\-'’])"
    r"(?!\s+(?!(?:и|или|так|потому|поскольку|ведь|не|это|является|верн\w*|неверн\w*|правильн\w*|неправильн\w*)(?!\w))[а-яёА-ЯЁ]{2})"
    r"(?!\s+[а-яё](?!\w)(?<!и))"
)
_MARKDOWN = re.compile(r"\*+|`+|__+|(?<!\w)_|_(?!\w)|\$|^[ \t]*(?:#+|>)[ \t]*", re.MULTILINE)


def unified(text: str) -> str:
    """Half-width, without markdown, lone Cyrillic letters as the Latin ones that they look like.

    >>> unified("**Ответ**: В"), unified("（Ｂ）")
    ('Ответ: B', '(B)')
    """
    plain = _MARKDOWN.sub("", unicodedata.normalize("NFKC", text))
    return _LONE.sub(lambda match: match[0].translate(_LOOKALIKE), _PAIR.sub("", plain)).strip()


def folded(text: str) -> str:
    """For comparing an answer with an option's text: without case, punctuation and an English article before it."""
    # Articles elsewhere stay: "A. liver" is a letter and a text, not "a liver".
    # "2.5" is not "25": a private character stands for the point.
    plain = re.sub(r"(?<=\d)[.,](?=\d)", "\ue000", unified(text))
    return normalise(re.sub(r"^(?:[Tt]he|[Aa]n?)\s+", "", plain), "")
