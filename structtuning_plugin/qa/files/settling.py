"""What is decided for a whole file, or for all of them: languages, how many may be right, what is said twice."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from structtuning_plugin.corpus.languages import language_of, most_common_language
from structtuning_plugin.types import Dropped, QAPair

# Letters (a Han character or a Kana is worth two) beneath which the language of a question is a guess.
_TELLING = 40
# Share of a file beneath which another language in the same script is taken for a mistake: of 500 Spanish questions a
# detector finds 10 Galician and 4 Aragonese.
_RARE = 0.05


def with_languages(pairs: Sequence[QAPair]) -> list[QAPair]:
    """Each pair without a language gets the one detected, or its file's usual one.

    The usual one is that of most longer questions; short ones have it, and those whose own is rare in the file while
    the script is the usual one's.
    """
    texts = {pair.id: _text(pair) for pair in pairs if not pair.language}
    found = {name: language_of(text) for name, text in texts.items() if _letters(text) >= _TELLING}
    usual = most_common_language(found.values()) if found else language_of("\n".join(texts.values()))
    settled = {name: language for name, language in found.items() if not _mistaken(name, found, usual, texts)}
    return [pair if pair.language else replace(pair, language=settled.get(pair.id, usual)) for pair in pairs]


def _mistaken(name: str, found: Mapping[str, str], usual: str, texts: Mapping[str, str]) -> bool:
    language = found[name]
    if language == usual or sum(other == language for other in found.values()) >= _RARE * len(found):
        return False
    pattern = next(texts[other] for other, its in found.items() if its == usual)
    return _script(texts[name]) == _script(pattern)


def _letters(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(letter) == "W") for letter in text if letter.isalpha())


def _script(text: str) -> str:
    """What most letters are called in Unicode: LATIN, CYRILLIC...; Han and Kana are one."""
    names = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha())
    name = names.most_common(1)[0][0] if names else ""
    return "CJK" if name in ("HIRAGANA", "KATAKANA") else name


def _text(pair: QAPair) -> str:
    return "\n".join([pair.question, *(text for _, text in pair.options), *pair.answers])


def with_several(pairs: Sequence[QAPair]) -> list[QAPair]:
    """Whether a question may have more than one right option is a matter of its file: one alone would give it away."""
    several = any(len(pair.correct) > 1 for pair in pairs)
    return [replace(pair, several=several and bool(pair.correct)) for pair in pairs]


def without_duplicates(pairs: Sequence[QAPair]) -> tuple[list[QAPair], list[Dropped]]:
    """The first of each question with the same options, answers and earlier turns; the later ones are listed."""
    first: dict[tuple[str, ...], str] = {}
    kept: list[QAPair] = []
    dropped: list[Dropped] = []
    for pair in pairs:
        earlier = first.setdefault(_key(pair), pair.id)
        if earlier == pair.id:
            kept.append(pair)
        else:
            dropped.append(Dropped(stage="qa", id=pair.id, reason="duplicate", detail=f"the same as {earlier}"))
    return kept, dropped


def _key(pair: QAPair) -> tuple[str, ...]:
    options = [text for _, text in pair.options]
    turns = [f"{turn.role} {turn.content}" for turn in pair.turns]
    parts = ([pair.question], options, sorted(pair.answers), turns)
    return tuple("\n".join(" ".join(unicodedata.normalize("NFKC", text).casefold().split()) for text in part) for part in parts)
