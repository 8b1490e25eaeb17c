"""How ill a sentence stands alone: whoever reads it must know what it speaks of.

Judged by rule: where it begins and ends, how long it is, whether it leans on what was said before it, speaks to the reader
or labels a picture. The words that tell are those of `leaning` and of `taxonomy.segmentation.lexicon`.
"""

from __future__ import annotations

from typing import Any

import regex

from structtuning_plugin.questions.exercises.anaphora import (
    ELSEWHERE,
    ONE_OF_SEVERAL,
    POINTING_BACK,
    SPEAKING,
)
from structtuning_plugin.questions.exercises.imperatives import is_order
from structtuning_plugin.questions.exercises.stems import UNSPACED, WORD, size
from structtuning_plugin.taxonomy.offline.lexicon import lexicon_of

# A sentence of rank `GOOD` is asked about freely; others fill up where there are few; the worst are no statements at all.
GOOD = 0
USABLE = 2
APART = 4
ANY = 99
_FEWEST, _SHORT, _LONG, _MOST = 4, 8, 40, 60

_ENDS = regex.compile(r"[.!。！．।॥؟۔።][»”’\"')\]）」』]*$")
_ASKS = regex.compile(r"[?？]")
_MARKUP = regex.compile(r"[{}<>|`$\\=_#*]|[^\P{Cc}\n]|\p{Co}|\N{REPLACEMENT CHARACTER}")
# A colon or a semicolon opens what stands after the sentence's end in a list, or carries on a list.
_OPEN_END = regex.compile(r"[:;：；,，、]$")
_ENUMERATION = regex.compile(r"^(?:[\p{L}\d]{1,3}[.)、．]|[-–—•*·(\[（])")
# Speech, and a name after it: the words are somebody's, not the book's.
_SAID_BY = regex.compile(r"^[\"“«'‘]|[—–-]\s?\p{Lu}[\p{L}.]*$")
# The letters of a picture before what they mark: "H, true skin of the pulp."
_LETTERS = regex.compile(
    r"^\p{Lu}(?:['′,]|\s[-—]|\sand\s\p{Lu}\b)|[;,.]\s\p{Lu},\s\p{Ll}|\b\p{Lu},\s\p{Lu},"
)
# A paragraph that begins so is no part of the running text: a legend, an experiment, a note, a problem.
_APART = regex.compile(
    r"\s*[\[(*_]*(?:figs?|figure|table|plate|experiments?|exp|note|footnote|illustration|exercise|example|tableau|tabla|figura"
    r"|рис|рисунок|табл|таблица|abb|abbildung|tabelle|rys|tabela)\b\.?\s*\d|\s*[图表図]\s*\d|\s*\[?(?:illustration|image)\b",
    regex.IGNORECASE,
)
# A text in another script quotes, or was left untranslated there.
_SCRIPTS = {
    **dict.fromkeys(("ru", "uk", "bg"), r"\p{Cyrillic}"),
    **dict.fromkeys(("ar", "fa"), r"\p{Arabic}"),
    "zh": r"\p{Han}",
    "ja": r"[\p{Han}\p{Hiragana}\p{Katakana}]",
    "ko": r"\p{Hangul}",
    "el": r"\p{Greek}",
    "he": r"\p{Hebrew}",
    "hi": r"\p{Devanagari}",
    "th": r"\p{Thai}",
}
_OWN_SCRIPT = {language: regex.compile(script) for language, script in _SCRIPTS.items()}
# Demonstratives that stand for "is" there.
_COPULA = {"ru": regex.compile(r"[—–-]\s*это\b"), "pl": regex.compile(r"(?<=\w\s)to\b")}
_PAIRS = (("(", ")"), ("[", "]"), ("（", "）"), ("「", "」"), ("『", "』"), ("“", "”"), ("«", "»"))
_OPENING_MARKS = "«“\"'‘(「『"


def is_apart(paragraph: str) -> bool:
    """Whether a paragraph stands beside the running text: its sentences say what a picture shows, or what to try out."""
    return bool(_APART.match(paragraph))


def rank_of(sentence: str, language: str) -> int | None:
    """How ill a sentence stands alone, from 0; None if it is no sentence that could be asked about."""
    length = size(sentence)
    if not _is_whole(sentence) or not _FEWEST <= length <= _MOST or _is_title(sentence, language):
        return None
    if _MARKUP.search(sentence) or sum(c.isalpha() for c in sentence) < 0.6 * len(
        sentence.replace(" ", "")
    ):
        return None
    if not _is_in(language, sentence):
        return None
    bare = sentence.lstrip(_OPENING_MARKS)
    slight = (
        _has(SPEAKING, sentence, language),
        not _SHORT <= length <= _LONG,
        bool(_ENUMERATION.match(sentence)),
        _has(POINTING_BACK, sentence, language),
    )
    grave = (
        leans(bare, language),
        _has(ELSEWHERE, sentence, language),
        bool(_SAID_BY.search(sentence)),
    )
    worst = (is_order(bare, language), bool(_LETTERS.search(sentence)))
    return sum(slight) + USABLE * sum(grave) + APART * sum(worst)


def _has(patterns: dict[str, Any], sentence: str, language: str) -> bool:
    return language in patterns and patterns[language].search(sentence) is not None


def _is_in(language: str, sentence: str) -> bool:
    script = _OWN_SCRIPT.get(language)
    return script is None or 2 * len(script.findall(sentence)) >= sum(
        character.isalpha() for character in sentence
    )


def _is_whole(sentence: str) -> bool:
    first = sentence.lstrip(_OPENING_MARKS)[:1]
    begins = bool(first) and not first.islower() and (first.isalpha() or first.isdigit())
    ends = (
        bool(_ENDS.search(sentence))
        and not _ASKS.search(sentence)
        and not _OPEN_END.search(sentence)
    )
    balanced = (
        all(sentence.count(left) == sentence.count(right) for left, right in _PAIRS)
        and sentence.count('"') % 2 == 0
    )
    return begins and ends and balanced


def _is_title(sentence: str, language: str) -> bool:
    """Whether nearly all long words have capitals, as in titles of books and pictures; German writes every noun so."""
    long = [word for word in WORD.findall(sentence) if len(word) > 3]
    return (
        language != "de"
        and len(long) > 2
        and sum(word[0].isupper() for word in long) > 0.7 * len(long)
    )


def leans(sentence: str, language: str) -> bool:
    """Whether it begins with a word that needs what was said before, or points back early.

    >>> leans("They turn around the hub.", "en"), leans("Wheels turn around the hub.", "en")
    (True, False)
    """
    lexicon = lexicon_of(language)
    folded = sentence.casefold()
    for opening in lexicon.leaning:
        if folded.startswith(opening) and (
            UNSPACED.match(opening) or not folded[len(opening) : len(opening) + 1].isalnum()
        ):
            return True
    if language in ONE_OF_SEVERAL and ONE_OF_SEVERAL[language].match(sentence):
        return True
    if UNSPACED.match(folded):
        return any(point in folded[:8] for point in lexicon.pointing)
    # A pronoun before any noun that it could stand for: the first words hold none.
    bare = _COPULA[language].sub(" ", folded) if language in _COPULA else folded
    return any(word in lexicon.pointing for word in WORD.findall(bare)[:4])
