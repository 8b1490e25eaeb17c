"""Sentences of a chunk that can stand alone: whoever reads one knows what it speaks of.

Judged by rule: where a sentence begins and ends, how long it is, and whether it leans on what was said before it. The
words that it may lean with are those of `taxonomy.segmentation.lexicon`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from structtuning_plugin.corpus.joints import sentences
from structtuning_plugin.taxonomy.segmentation.lexicon import lexicon_of
from structtuning_plugin.types import Chunk, Document

# Characters of a topic's text that are looked at: a few exercises need no more, however long it is.
LOOKED_AT = 12_000

_WORD = regex.compile(r"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_ENDS = regex.compile(r"[.!。！．।॥؟۔።][»”’\"')\]）」』]*$")
_ASKS = regex.compile(r"[?？]")
# Of what stands elsewhere on the page, or in no text at all.
_POINTS_OUT = regex.compile(
    r"\b(?:figs?|figures?|tables?|plates?|diagram|exp(?:eriment)?s?|chapters?|sections?|pages?|p|pp|exercises?|examples?|see|tableau|tabla|figura|capítulo|"
    r"chapitre|гл|рис|рисун\w*|табл\w*|глав[аеу]|раздел\w*|rys|rysun\w*|tabel\w*|rozdzia\w*)\b\.?\s*[\dIVXLCA-Z(]|https?:|www\.|[图表図]\s*\d|第\s*[\d.]+\s*[章节節]|前章|次章|次節|上节|下节|"
    r"\b(?:above|below|previous|following|aforesaid|aforementioned|described|mentioned|just|thus far|hereafter|ci-dessus|ci-dessous|précédent\w*|suivante?s?|siguientes?|anterior\w*|"
    r"выше|ниже|следующ\w*|предыдущ\w*|powyżej|poniżej|następując\w*)\b|如下|以下|上述|前述|下图|下表|上面|下面|下記|上記",
    regex.IGNORECASE,
)
_SPEAKER = regex.compile(
    r"\b(?:we|us|our|ours|I|me|my|you|your|yours|let|nous|notre|nos|vous|votre|vos|nosotros|nuestr[oa]s?|usted|ustedes|мы|нас|нам|наш\w*|вы|вас|вам|ваш\w*|"
    r"my|nas|nam|nasz\w*)\b|我们|咱们|您|你|私たち|我々|あなた|ください",
    regex.IGNORECASE,
)
_MARKUP = regex.compile(r"[{}<>|`$\\=_#*]|\p{Cc}|\p{Co}|\N{REPLACEMENT CHARACTER}")
# A colon or a semicolon opens what stands after the sentence's end in a list, or carries on a list.
_OPEN_END = regex.compile(r"[:;：；,，、]$")
_ENUMERATION = regex.compile(r"^(?:[\p{L}\d]{1,3}[.)、．]|[-–—•*·(\[（])")
# Speech, and a name after it: the words are somebody's, not the book's.
_SAID_BY = regex.compile(r"^[\"“«'‘]|[—–-]\s?\p{Lu}[\p{L}.]*$")
_ITEM = regex.compile(r"\n(?=[^\S\n]*(?:[-*+•]|\d+[.)])\s)")
_MARK = regex.compile(r"[^\S\n]*(?:[-*+•]|\d+[.)])\s+")
# A text in another script quotes, or was left untranslated there.
_SCRIPTS = {
    "ru": r"\p{Cyrillic}", "uk": r"\p{Cyrillic}", "bg": r"\p{Cyrillic}", "zh": r"\p{Han}", "ja": r"[\p{Han}\p{Hiragana}\p{Katakana}]",
    "ko": r"\p{Hangul}", "el": r"\p{Greek}", "ar": r"\p{Arabic}", "fa": r"\p{Arabic}", "he": r"\p{Hebrew}", "hi": r"\p{Devanagari}", "th": r"\p{Thai}",
}  # fmt: skip
_OWN_SCRIPT = {language: regex.compile(script) for language, script in _SCRIPTS.items()}
_PAIRS = (("(", ")"), ("[", "]"), ("（", "）"), ("「", "」"), ("『", "』"), ("“", "”"), ("«", "»"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """`document.text[start:end]`, without blanks around it. `rank` 0 stands alone best; higher ones lean or point."""

    chunk_id: str
    text: str
    start: int
    end: int
    rank: int


def sentences_of(chunks: Iterable[Chunk], document: Document) -> list[Sentence]:
    """The sentences of a topic's chunks in order, whatever their rank; code and tables have none."""
    found: list[Sentence] = []
    seen = 0
    for chunk in chunks:
        if seen >= LOOKED_AT:
            break
        for start, end, kind in _blocks(chunk, document):
            seen += end - start
            if kind == "paragraph":
                found += _of_block(chunk.id, document.text[start:end], start, document.language)
            elif kind == "list":
                for at, stop in _items(document.text, start, end):
                    found += _of_block(chunk.id, document.text[at:stop], at, document.language)
    return found


def _items(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The items of a list, without their marks."""
    bounds = [start, *(match.end() for match in _ITEM.finditer(text, start, end)), end]
    for at, stop in zip(bounds, bounds[1:], strict=False):
        mark = _MARK.match(text, at, stop)
        yield (mark.end() if mark else at), stop


def _blocks(chunk: Chunk, document: Document) -> Iterator[tuple[int, int, str]]:
    """The paragraphs inside a chunk, with the kind of block that each is of."""
    blocks = [block for block in document.blocks if block.start < chunk.end]
    inside = [(max(block.start, chunk.start), block.kind) for block in blocks]
    # Blocks before the chunk are all at its start now; the last of them is the one that it begins in.
    bounds = dict(inside) or {chunk.start: "paragraph"}
    starts = sorted(bounds)
    for start, end in zip(starts, [*starts[1:], chunk.end], strict=True):
        yield from _paragraphs(document.text, start, min(end, chunk.end), str(bounds[start]))


def _paragraphs(text: str, start: int, end: int, kind: str) -> Iterator[tuple[int, int, str]]:
    position = start
    for piece in regex.split(r"(\n\s*\n)", text[start:end]):
        if piece.strip():
            yield position, position + len(piece), kind
        position += len(piece)


def _of_block(chunk_id: str, text: str, offset: int, language: str) -> Iterator[Sentence]:
    bounds = [0, *sentences(text, language)]
    if bounds[-1] != len(text):
        bounds.append(len(text))
    for start, end in zip(bounds, bounds[1:], strict=False):
        raw = text[start:end]
        sentence = raw.strip()
        if not sentence or "\n" in sentence and not _is_wrapped(sentence):
            continue
        at = offset + start + len(raw) - len(raw.lstrip())
        rank = _rank(sentence, language)
        if rank is not None:
            yield Sentence(chunk_id=chunk_id, text=sentence, start=at, end=at + len(sentence), rank=rank)


def _is_wrapped(sentence: str) -> bool:
    """Whether line ends inside are mere wrapping, not those of a list or a poem."""
    lines = sentence.split("\n")
    return all(len(line) >= 40 for line in lines[:-1])


def _rank(sentence: str, language: str) -> int | None:
    """How ill a sentence stands alone, from 0; None if it is no sentence that could be asked about."""
    length = size(sentence)
    if not _is_whole(sentence) or not 4 <= length <= 60:
        return None
    if _MARKUP.search(sentence) or sum(c.isalpha() for c in sentence) < 0.6 * len(sentence.replace(" ", "")):
        return None
    if not _is_in(language, sentence):
        return None
    faults = [
        leans(sentence, language),
        bool(_POINTS_OUT.search(sentence)),
        bool(_SPEAKER.search(sentence)),
        not 8 <= length <= 40,
        bool(_ENUMERATION.match(sentence)) or bool(_SAID_BY.search(sentence)),
    ]
    return 2 * faults[0] + 2 * faults[1] + sum(faults[2:])


def _is_in(language: str, sentence: str) -> bool:
    script = _OWN_SCRIPT.get(language)
    return script is None or 2 * len(script.findall(sentence)) >= sum(character.isalpha() for character in sentence)


def _is_whole(sentence: str) -> bool:
    first = sentence.lstrip("«“\"'‘(「『")[:1]
    begins = bool(first) and not first.islower() and (first.isalpha() or first.isdigit())
    ends = bool(_ENDS.search(sentence)) and not _ASKS.search(sentence) and not _OPEN_END.search(sentence)
    balanced = all(sentence.count(left) == sentence.count(right) for left, right in _PAIRS) and sentence.count('"') % 2 == 0
    return begins and ends and balanced


def size(text: str) -> int:
    """Words; in unspaced scripts two and a half characters count for one.

    >>> size("A bicycle has two wheels."), size("自転車には車輪が二つある。")
    (5, 4)
    """
    wide = len(_UNSPACED.findall(text))
    return len(_WORD.findall(_UNSPACED.sub(" ", text))) + round(wide / 2.75)


def leans(sentence: str, language: str) -> bool:
    """Whether it begins with a word that needs what was said before, or points back early."""
    lexicon = lexicon_of(language)
    bare = sentence.lstrip("«“\"'‘(「『").casefold()
    for opening in lexicon.leaning:
        if bare.startswith(opening) and (_UNSPACED.match(opening) or not bare[len(opening) : len(opening) + 1].isalnum()):
            return True
    words = [word.casefold() for word in _WORD.findall(bare)]
    if _UNSPACED.match(bare):
        return any(point in bare[:8] for point in lexicon.pointing)
    # A pronoun before any noun it could stand for: the first words hold none.
    return any(word in lexicon.pointing for word in words[:4])


def first_word(sentence: str) -> str:
    """The word that a sentence begins with; empty if there is none."""
    match = _WORD.search(sentence)
    return str(match[0]) if match else ""
