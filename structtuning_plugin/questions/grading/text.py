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

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
# Han, Kana, Thai, Lao, Khmer, Burmese: scripts that write no blanks between words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")


def normalise(text: str, language: str = "en") -> str:
    """Lower case, no punctuation, English without articles, Chinese and Japanese without blanks.

    A text that is nothing but these stays as it is, in lower case.

    >>> normalise("The  Liver."), normalise("肝脏。 是", "zh")
    ('liver', '肝脏是')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = "".join(character for character in folded if not _is_punctuation(character))
    words = (_ARTICLES.sub(" ", bare) if language == "en" else bare).split()
    return ("" if language in ("zh", "ja") else " ").join(words or folded.split())


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
