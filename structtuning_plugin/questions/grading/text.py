"""How alike two texts are: exact match, token F1 and ROUGE-L, in any script.

From the definitions of LongBench (Bai et al. 2024, `metrics.py`) and SQuAD (Rajpurkar et al. 2016). One thing differs:
scripts without spaces are compared character by character, where LongBench asks a segmenter of Chinese words.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from structtuning_plugin import languages
from structtuning_plugin.languages.unicode import (
    CAPITAL_LOOKALIKES,
    CYRILLIC_LETTERS,
    UNSPACED_CODE_POINTS,
)

_TOKEN = re.compile(rf"[{UNSPACED_CODE_POINTS}]|[^\s{UNSPACED_CODE_POINTS}]+")
_MARKDOWN = re.compile(r"\*+|`+|__+|(?<!\w)_|_(?!\w)|\$|^[ \t]*(?:#+|>)[ \t]*", re.MULTILINE)


def normalise(text: str, language: str = "en") -> str:
    """Lower case, without punctuation and articles, and without blanks where words have none.

    A text that is nothing but these stays as it is, in lower case.

    >>> normalise("The  Liver."), normalise("肝脏。 是", "zh")
    ('liver', '肝脏是')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = "".join(character for character in folded if not _is_punctuation(character))
    own = languages.get(language)
    words = _without_articles(bare, own.grading.articles).split()
    return (" " if own.spaced else "").join(words or folded.split())


def _without_articles(text: str, articles: tuple[str, ...]) -> str:
    return re.sub(rf"\b(?:{'|'.join(articles)})\b", " ", text) if articles else text


def _is_punctuation(character: str) -> bool:
    return character in string.punctuation or unicodedata.category(character).startswith("P")


def tokens(text: str, language: str = "en") -> list[str]:
    """The words of the normalised text, and each character of a script without spaces.

    >>> tokens("The T-cell"), tokens("肝脏 X", "zh")
    (['tcell'], ['肝', '脏', 'x'])
    """
    return _TOKEN.findall(normalise(text, language))


def exact_match(given: str, answers: Iterable[str], language: str = "en") -> bool:
    """Whether it is one of the answers, once both are normalised."""
    return normalise(given, language) in {normalise(answer, language) for answer in answers}


def token_f1(given: str, answers: Iterable[str], language: str = "en") -> float:
    """Harmonic mean of the tokens' precision and recall, with the answer that it is best with; 0..1."""
    ours = tokens(given, language)
    return max(
        (_f1(_in_both(ours, theirs), ours, theirs) for theirs in _tokenised(answers, language)),
        default=0.0,
    )


def rouge_l(given: str, answers: Iterable[str], language: str = "en") -> float:
    """As `token_f1`, but of the longest common subsequence (ROUGE-L with beta 1); 0..1."""
    ours = tokens(given, language)
    return max(
        (_f1(_subsequence(ours, theirs), ours, theirs) for theirs in _tokenised(answers, language)),
        default=0.0,
    )


def _tokenised(answers: Iterable[str], language: str) -> list[list[str]]:
    return [tokens(answer, language) for answer in answers]


def _in_both(ours: Sequence[str], theirs: Sequence[str]) -> int:
    return sum((Counter(ours) & Counter(theirs)).values())


def _f1(shared: int, ours: Sequence[str], theirs: Sequence[str]) -> float:
    # 2PR / (P + R) with P = shared / len(ours), R = shared / len(theirs).
    return 2 * shared / (len(ours) + len(theirs)) if shared else 0.0


def _subsequence(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """Length of the longest common subsequence, a row of the table per machine word (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for at, token in enumerate(ours):
        places[token] = places.get(token, 0) | 1 << at
    everything = (1 << len(ours)) - 1
    row = everything
    for token in theirs:
        matched = row & places.get(token, 0)
        row = ((row + matched) | (row - matched)) & everything
    return len(ours) - row.bit_count()


# --- One spelling of what looks alike, before an answer is searched for letters.

_LOOKALIKE = str.maketrans(*CAPITAL_LOOKALIKES)
_PAIR = re.compile(r"(?<!\w)[А-Я]\s*/\s*(?=[A-Z](?!\w))")


def unified(text: str) -> str:
    """Half-width, without markdown, lone Cyrillic letters as the Latin ones that they look like.

    >>> unified("**Ответ**: В"), unified("（Ｂ）")
    ('Ответ: B', '(B)')
    """
    plain = _MARKDOWN.sub("", unicodedata.normalize("NFKC", text))
    paired = _PAIR.sub("", plain)
    return _lone_letter().sub(lambda match: match[0].translate(_LOOKALIKE), paired).strip()


@languages.cached
def _lone_letter() -> re.Pattern[str]:
    """Compile the pattern of a Cyrillic letter that is a choice.

    А, В, О and С are also words (but, in, about, with). Before a word, a letter is a choice only if
    that word can follow one.
    """
    words = [word for own in languages.registered() for word in own.grading.after_letter]
    short = "".join(word for word in words if len(word) == 1)
    following = rf"(?!(?:{'|'.join(words)})(?!\w))" if words else ""
    return re.compile(
        rf"(?<![\w\-'’])[{CAPITAL_LOOKALIKES[0]}](?![\w\-'’])"
        rf"(?!\s+{following}[{CYRILLIC_LETTERS}]{{2}})"
        rf"(?!\s+[{CYRILLIC_LETTERS[:4]}](?!\w){f'(?<![{short}])' if short else ''})"
    )


def folded(text: str) -> str:
    """For comparing an answer with an option's text: without case, punctuation and an article before it."""
    # Articles elsewhere stay: "A. liver" is a letter and a text, not "a liver".
    # "2.5" is not "25": a private character stands for the point.
    plain = re.sub(r"(?<=\d)[.,](?=\d)", "\ue000", unified(text))
    return normalise(_first_article().sub("", plain), "")


@languages.cached
def _first_article() -> re.Pattern[str]:
    """Compile the pattern of an article, with or without a capital, at the beginning of a text."""
    articles = [word for own in languages.registered() for word in own.grading.articles]
    forms = "|".join(f"[{word[0].upper()}{word[0]}]{word[1:]}" for word in articles)
    return re.compile(rf"^(?:{forms})\s+" if forms else r"(?!)")
