"""Rank of sentences by how much they depend on their context.

The rules concern the beginning, end and length of a sentence, and words that refer to its context,
address the reader or label a picture: those of `languages.Context`, `Orders` and `Lexicon`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import regex

from structtuning_plugin import languages
from structtuning_plugin.languages import Context
from structtuning_plugin.questions.exercises.words import UNSPACED, WORD, size

# A sentence of rank `GOOD` is asked about freely; others fill up where there are few; the worst are
# no statements at all.
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
# Marks that open and close a part of a sentence.
_PAIRS = (("(", ")"), ("[", "]"), ("（", "）"), ("「", "」"), ("『", "』"), ("«", "»"), ("“", "”"))
_OPENING_MARKS = "«“„\"'‘(「『"


def is_apart(paragraph: str) -> bool:
    """Return True if a paragraph is a legend, an experiment, a note or a problem."""
    return bool(_apart().match(paragraph))


def rank_of(sentence: str, language: str) -> int | None:
    """Rank a sentence by how much it depends on its context, from 0; None for no statement."""
    length = size(sentence)
    if not _is_whole(sentence) or not _FEWEST <= length <= _MOST or _is_title(sentence, language):
        return None
    letters = sum(map(str.isalpha, sentence))
    if _MARKUP.search(sentence) or letters < 0.6 * len(sentence.replace(" ", "")):
        return None
    if not _is_in(language, sentence, letters):
        return None
    bare = sentence.lstrip(_OPENING_MARKS)
    signs = _signs(language)
    slight = (
        _has(signs.speaking, sentence),
        not _SHORT <= length <= _LONG,
        bool(_ENUMERATION.match(sentence)),
        sentence.endswith(("!", "！")),
        _has(signs.pointing, sentence),
    )
    grave = (
        leans(bare, language),
        _has(signs.elsewhere, sentence),
        bool(_SAID_BY.search(sentence)),
    )
    worst = (is_order(bare, language), bool(_LETTERS.search(sentence)))
    return sum(slight) + USABLE * sum(grave) + APART * sum(worst)


def is_only_short(sentence: str, language: str) -> bool:
    """Return True if a sentence is short or long, and has no other sign of its context.

    Another sentence of rank 1 addresses the reader or points somewhere.
    """
    signs = _signs(language)
    return (
        not _SHORT <= size(sentence) <= _LONG
        and not _has(signs.speaking, sentence)
        and not _has(signs.pointing, sentence)
        and not _ENUMERATION.match(sentence)
    )


def is_reference(text: str, language: str) -> bool:
    """Return True if a text refers to another place of the page or book, by number or by name.

    >>> is_reference("(Figure 2.14)", "en"), is_reference("(a thin rod)", "en")
    (True, False)
    """
    return _has(_signs(language).elsewhere, text)


def _has(pattern: Any, sentence: str) -> bool:
    return pattern is not None and pattern.search(sentence) is not None


def _is_in(language: str, sentence: str, letters: int) -> bool:
    """Return whether half of the letters are of the language's script: another one quotes."""
    script = _signs(language).script
    return script is None or 2 * len(script.findall(sentence)) >= letters


def is_balanced(text: str) -> bool:
    """Return True if each bracket and quotation that opens in a text also ends in it.

    >>> is_balanced("a rod (of steel)"), is_balanced("a rod (of"), is_balanced("a „rod“ of steel")
    (True, False, True)
    """
    counts = [(text.count(left), text.count(right)) for left, right in _PAIRS]
    low = text.count("„")
    if low:
        # „so“ in German, „so” in Polish: the marks on both sides of the last pair close.
        return low == sum(counts[-1]) and all(left == right for left, right in counts[:-1])
    return all(left == right for left, right in counts)


def _is_whole(sentence: str) -> bool:
    first = sentence.lstrip(_OPENING_MARKS)[:1]
    begins = bool(first) and not first.islower() and (first.isalpha() or first.isdigit())
    ends = (
        bool(_ENDS.search(sentence))
        and not _ASKS.search(sentence)
        and not _OPEN_END.search(sentence)
    )
    balanced = is_balanced(sentence) and sentence.count('"') % 2 == 0
    return begins and ends and balanced


def _is_title(sentence: str, language: str) -> bool:
    """Return True if nearly all long words have capitals, as in titles of books and pictures."""
    long = [word for word in WORD.findall(sentence) if len(word) > 3]
    return (
        not languages.get(language).capital_nouns
        and len(long) > 2
        and sum(word[0].isupper() for word in long) > 0.7 * len(long)
    )


def leans(sentence: str, language: str) -> bool:
    """Return True if a sentence begins with a reference to the text before, or has one early.

    >>> leans("They turn around the hub.", "en"), leans("Wheels turn around the hub.", "en")
    (True, False)
    """
    lexicon = languages.get(language).lexicon
    signs = _signs(language)
    folded = sentence.casefold()
    openings = lexicon.leaning if folded.startswith(lexicon.leaning) else ()
    for opening in openings:
        if folded.startswith(opening) and (
            UNSPACED.match(opening) or not folded[len(opening) : len(opening) + 1].isalnum()
        ):
            return True
    if signs.one_of_several is not None and signs.one_of_several.match(sentence):
        return True
    if UNSPACED.match(folded):
        return any(point in folded[:8] for point in lexicon.pointing)
    # A pronoun before any noun that it could stand for: the first words hold none.
    bare = folded if signs.copula is None else signs.copula.sub(" ", folded)
    return any(word in lexicon.pointing for word in WORD.findall(bare)[:4])


def points_elsewhere(sentence: str, language: str) -> bool:
    """Return True if a sentence has a word that points at another sentence.

    >>> points_elsewhere("This part is called the hub.", "en")
    True
    """
    return leans(sentence, language) or _has(_signs(language).pointing, sentence)


def is_order(sentence: str, language: str) -> bool:
    """Return whether a sentence, without marks at its beginning, tells the reader to do something.

    >>> is_order("Oil the chain every month.", "en"), is_order("Chains need oil.", "en")
    (True, False)
    """
    return has_order_form(sentence, language) or _begins_with_order(sentence, language)


def has_order_form(sentence: str, language: str) -> bool:
    """Return True if the verb at the beginning of a sentence has the form of an order.

    >>> has_order_form("Add a drop of oil.", "en"), has_order_form("Adds a drop of oil.", "en")
    (True, False)
    """
    order = _signs(language).order
    return order is not None and order.match(sentence) is not None


def _begins_with_order(sentence: str, language: str) -> bool:
    own = languages.get(language)
    orders = own.exercises.orders
    words = [word.casefold() for word in WORD.findall(sentence[:60])[:2]]
    if len(words) < 2 or words[1] not in orders.objects or words[0].endswith("ing"):
        return False
    return words[0] not in orders.no_verbs and words[0] not in own.lexicon.function


# --- Patterns of a language


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signs:
    """Compiled patterns of one language; None where it has no such pattern."""

    elsewhere: Any
    speaking: Any
    pointing: Any
    one_of_several: Any
    copula: Any
    order: Any
    script: Any


@languages.cached
def _signs(language: str) -> _Signs:
    own = languages.get(language)
    context, order = own.exercises.context, own.exercises.orders.pattern
    verbose = regex.VERBOSE | regex.IGNORECASE
    return _Signs(
        elsewhere=_compile(language, "elsewhere", _reference() + _pictures(context)),
        speaking=_compile(language, "speaking"),
        pointing=_compile(language, "pointing"),
        one_of_several=_group(context.one_of_several, verbose),
        copula=_group(context.copula),
        order=_group(order, verbose),
        script=_group(own.script),
    )


def _group(pattern: str, flags: int = 0) -> Any:
    return regex.compile(rf"(?:{pattern})", flags) if pattern else None


def _compile(language: str, name: str, more: str = "") -> Any:
    """Compile a field of `Context`, and `more`; None where a language has no such words.

    Words without blanks count in texts of every language.
    """
    own = languages.get(language)
    words = _patterns(own.exercises.context, name)
    if not words:
        return None
    parts = [] if own.spaced else [*words]
    for other in languages.registered():
        if not other.spaced:
            parts.extend(_patterns(other.exercises.context, name))
    if more:
        parts.append(more)
    if not own.spaced:
        return regex.compile("|".join(parts))
    return regex.compile("|".join([rf"\b(?:{'|'.join(words)})\b", *parts]), regex.IGNORECASE)


def _patterns(context: Context, name: str) -> tuple[str, ...]:
    patterns: tuple[str, ...] = getattr(context, name)
    return patterns


def _pictures(context: Context) -> str:
    return rf"|(?ix:{context.pictures})" if context.pictures else ""


def _reference() -> str:
    """Build the pattern of a reference by number ("Fig. 12", "Table A", "гл. 3") or by link."""
    contexts = [language.exercises.context for language in languages.registered()]
    words = "|".join(word for context in contexts for word in context.numbered)
    number = r"(?:[\dIVXLC(]|(?-i:[A-Z])(?![\w'’]))"
    return rf"\b(?i:{words})\b\.?\s*{number}|https?:|www\."


@languages.cached
def _apart() -> Any:
    """Compile the pattern of starts of captions and notes, and of marks of lost pictures."""
    spaced: list[str] = []
    unspaced: list[str] = []
    for language in languages.registered():
        (spaced if language.spaced else unspaced).extend(language.exercises.context.captions)
    pattern = (
        rf"\s*[\[(*_]*(?:{'|'.join(spaced)})\b\.?\s*\d"
        rf"|\s*(?:{'|'.join(unspaced)})\s*\d"
        r"|\s*\[?(?:illustration|image)\b"
    )
    return regex.compile(pattern, regex.IGNORECASE)
