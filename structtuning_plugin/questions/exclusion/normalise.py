"""Normalisation of text for comparison: words without case, width, accents and punctuation.

Unspaced scripts give words with a dictionary only: there every character is a word.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise

import regex

from structtuning_plugin import languages
from structtuning_plugin.core.types import QAPair
from structtuning_plugin.languages import unicode

_UNSPACED = f"{unicode.UNSPACED}{unicode.LONG_VOWEL}"
UNSPACED = regex.compile(rf"[{_UNSPACED}]\p{{M}}*+")
_WORD = regex.compile(rf"(?V1)[{_UNSPACED}]\p{{M}}*+|\p{{N}}++|[[\p{{L}}\p{{M}}]--[{_UNSPACED}]]++")
# Characters that no reader sees: soft hyphens, joiners, zero-width blanks, direction marks, Hangul
# fillers.
_UNSEEN = regex.compile(
    r"(?V1)[[\p{Cf}\p{Cc}\p{Variation_Selector}\p{Cs}ᅟᅠㅤﾠ͏]--[\t\n\v\f\r\x1c-\x1f\x85]]+"
)
_ACCENTS = regex.compile(f"[{unicode.ACCENTS}]+")
# Cyrillic letters that look like Latin ones are the usual trick. All Cyrillic text is mapped, on
# both sides, so that Russian words stay the words they are.
_LOOKALIKES = str.maketrans(
    unicode.PLAIN_SPELLINGS | dict(zip(*unicode.SMALL_LOOKALIKES, strict=True))
)
_INSIDE = regex.compile(r"(?<=\w)[\p{P}\p{S}]+(?=\w)")
_NUMBER = regex.compile(r"\p{N}+")
# Where a sentence may begin, and where one may end: a comma goes on ("anaemia, sideroblastic").
_START = regex.compile(r"[^\s.'’\-/_]|\.\s|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_END = regex.compile(r"[?!;:…。؟।¿¡\"“”«»」』]|\.(?:\s|$)|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_PLAIN = frozenset({"", " "})
# "A. one  B. two", "(1) one (2) two", "a) one": two or more such marks in a text are a list.
_MARK = regex.compile(r"(?<![\w.,\-/])\(?([a-j]|[1-9])[).:、](?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words of a text in order.

    `starts` are the indices at which a sentence may begin, `ends` those before which it may end.
    """

    words: tuple[str, ...]
    starts: frozenset[int]
    ends: frozenset[int]


def fold(text: str) -> str:
    r"""Fold a text to NFKC, lower case, without accents and invisible characters.

    Punctuation and line ends stay.

    >>> fold("ＡＢＣ Cœur\u00ad é")
    'abc coeur e'
    """
    apart = unicodedata.normalize("NFKD", _UNSEEN.sub("", text)).casefold()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", apart)).translate(_LOOKALIKES)
    return unicodedata.normalize("NFKC", bare)


def words_of(folded: str, tight: bool = False) -> Words:
    """Split a folded text into words.

    With `tight`, "l'eau" is one word, as it is in a text whose marks were removed.
    """
    text = _INSIDE.sub("", folded) if tight else folded
    matches = list(_WORD.finditer(text))
    starts, ends = {0}, {len(matches)}
    for index in range(1, len(matches)):
        gap = text[matches[index - 1].end() : matches[index].start()]
        if gap not in _PLAIN and _START.search(gap):
            starts.add(index)
            if _END.search(gap):
                ends.add(index)
    return Words(
        words=tuple(match[0] for match in matches), starts=frozenset(starts), ends=frozenset(ends)
    )


@languages.cached
def formula_words() -> frozenset[str]:
    """Collect the words, as `words_of` gives them, that say nothing of the subject of a question.

    They are the exam words and the function words of every language that has exam words. All
    languages count at once, so that a wrongly detected one changes nothing.
    """
    words: set[str] = set()
    for language in languages.registered():
        if language.exam_words:
            words |= language.exam_words | language.lexicon.function
    return frozenset(words_of(fold(" ".join(sorted(words)))).words)


def take_list(folded: str) -> tuple[str, tuple[str, ...]]:
    """Split a text into the part before its list of options, and the options without letters.

    Without a list, the whole text is the first part.

    >>> take_list("which? a. one b. two")
    ('which? ', ('one', 'two'))
    """
    marks = list(_MARK.finditer(folded))
    for first, second in ("ab", "12"):
        listed = _list_of(
            [mark for mark in marks if mark[1].isalpha() == first.isalpha()], first, second
        )
        names = {mark[1] for mark in listed}
        if len(names) >= 2 and first in names:
            ends = [*(mark.start() for mark in listed[1:]), len(folded)]
            pieces = tuple(
                folded[mark.end() : end].strip() for mark, end in zip(listed, ends, strict=True)
            )
            return folded[: listed[0].start()], pieces
    return folded, ()


def _list_of(marks: list[regex.Match[str]], first: str, second: str) -> list[regex.Match[str]]:
    """Return the marks from the start of the list: "hepatitis B:" is none of its options."""
    for index, (one, two) in enumerate(pairwise(marks)):
        if (one[1], two[1]) == (first, second):
            return marks[index:]
    while marks and marks[0][1] in {mark[1] for mark in marks[1:]}:
        marks = marks[1:]
    return marks


def spellings(folded: str) -> frozenset[str]:
    """Return the text's letters in alphabetical order, and its numbers.

    The result is the same for any order of words and any blanks and marks. Numbers are compared
    whole, or by the order of their digits (blanks within numbers); unspaced texts by their digits.
    """
    letters = "".join(sorted(filter(str.isalpha, folded)))
    numbers = _NUMBER.findall(folded)
    digits = "".join(numbers)
    if 2 * len(UNSPACED.findall(folded)) > len(letters):
        return frozenset({letters + "".join(sorted(digits))})
    return frozenset({f"{letters} {' '.join(sorted(numbers))}", f"{letters}  {digits}"})


# --- What of a record is compared: every question in it, with its options and answers.


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedQuestion:
    """A question to compare, folded.

    `text` is the question, `options` its choices, `answers` the right ones. `answers` is empty if
    the text may contain them itself. `cut` is True if an instruction was removed from the text.
    """

    text: str
    options: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    cut: bool = False

    @property
    def asked(self) -> str:
        return "\n".join([self.text, *self.options])

    @property
    def answered(self) -> str:
        return "\n".join([self.text, *self.answers]) if self.answers else self.asked


def read_text(
    text: str, options: tuple[str, ...] = (), answers: tuple[str, ...] = ()
) -> ComparedQuestion:
    """Read a question, with the options that its text lists."""
    right = tuple(map(fold, answers))
    if options:
        return ComparedQuestion(text=fold(text), options=tuple(map(fold, options)), answers=right)
    stem, listed = take_list(fold(text))
    return ComparedQuestion(text=stem, options=listed, answers=right)


def questions_of(pair: QAPair) -> list[ComparedQuestion]:
    """Return the questions of a record.

    Those are its question, or each user turn of a conversation and each with the turn before it. A
    system turn is no question.
    """
    if not pair.turns:
        return [read_text(pair.question, tuple(text for _, text in pair.options), pair.answers)]
    after = [*pair.turns[1:], None]
    turns = [
        (turn.content, (reply.content,) if reply and reply.role == "assistant" else ())
        for turn, reply in zip(pair.turns, after, strict=True)
        if turn.role == "user"
    ]
    # "And why?" asks something only together with what was asked before.
    led = [(f"{before}\n{text}", reply) for (before, _), (text, reply) in pairwise(turns)]
    return [read_text(text, answers=reply) for text, reply in [*turns, *led]]
