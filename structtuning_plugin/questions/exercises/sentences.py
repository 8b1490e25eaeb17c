"""Sentences of a topic's chunks, ranked by how much they depend on their context."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import regex

from structtuning_plugin import languages
from structtuning_plugin.core.types import Chunk, Document
from structtuning_plugin.corpus.chunking import sentences
from structtuning_plugin.corpus.segmenters import segmenter_code
from structtuning_plugin.questions.exercises import Sentence
from structtuning_plugin.questions.exercises.definitions import entry_term
from structtuning_plugin.questions.exercises.paragraphs import paragraphs
from structtuning_plugin.questions.exercises.ranking import APART, GOOD, USABLE, is_apart, rank_of
from structtuning_plugin.questions.exercises.words import size, stems

# Characters of a topic's text that are looked at, however long it is.
LOOKED_AT = 120_000

# A line of its own that names what the next paragraph explains.
_LABEL = regex.compile(r"\s*(\S[^\n.!?。！？]{0,58}[:：])\s*")
_FEWEST_LABELS = 2
_MOST_WORDS_OF_LABEL = 5

_ITEM = regex.compile(r"\n(?=[^\S\n]*(?:[-*+•]|\d+[.)])\s)")
_MARK = regex.compile(r"[^\S\n]*(?:[-*+•]|\d+[.)])\s+")
# Marks around a line that names a part of the text.
_AROUND_LABELS = " \n\t*_#:："
_BOLD_LINE = regex.compile(r"\s*(\*\*|__)[^*_\n]{3,100}\1\s*")
_PART_OF_PROBLEM = regex.compile(r"\s*(?:\(\p{L}\)|\(?\p{L}\)|!\[)")
# Paragraphs between the name of a problem and its solution.
_LONGEST_PROBLEM = 12
# A paragraph with such an end is a problem: its sentences say what is given.
_QUESTION_ENDS = ("?", "？")
# Shorter lines than this were broken on purpose: those of a list or a poem.
_WRAPPED = 40


def sentences_of(chunks: Iterable[Chunk], document: Document) -> list[Sentence]:
    """Return the sentences of a topic's chunks in order, of any rank. Code and tables have none."""
    sentences: list[Sentence] = []
    chunk_ids, parts = _parts_of(chunks, document)
    labels = _labels(parts, document.text)
    worked = worked_examples(parts, document)
    for number, (start, end, kind) in enumerate(parts):
        if number in worked:
            continue
        if kind == "paragraph":
            own = list(_entries_or_within(chunk_ids[number], document, start, end))
            sentences += _labelled(own, start, labels.get(number), document)
        elif kind == "list":
            is_led = _is_led(parts[:number], document.text)
            for at, stop in _items(document.text, start, end):
                own = list(_entries_or_within(chunk_ids[number], document, at, stop))
                sentences += _led(own, document) if is_led else own
    return sentences


def _parts_of(
    chunks: Iterable[Chunk], document: Document
) -> tuple[list[str], list[tuple[int, int, str]]]:
    """Return the paragraphs that are looked at, and the chunk of each."""
    chunk_ids: list[str] = []
    parts: list[tuple[int, int, str]] = []
    characters = 0
    for chunk in chunks:
        if characters >= LOOKED_AT:
            break
        for part in paragraphs(chunk, document):
            chunk_ids.append(chunk.id)
            parts.append(part)
            characters += part[1] - part[0]
    return chunk_ids, parts


def worked_examples(parts: Sequence[tuple[int, int, str]], document: Document) -> set[int]:
    """Return the numbers of the paragraphs of worked examples, which hold for one case only.

    These are the problem before the line that opens the solution ("Strategy"), what is between that
    line and the last one ("Significance"), and the paragraph after that. The problem begins with a
    bold line that names it; without one it is a paragraph and its questions ("(a) ...").

    Args:
        parts: Start, end and kind of each paragraph of a topic.
        document: The document.
    """
    names = languages.get(document.language).exercises.context.worked
    texts = [document.text[start:end] for start, end, _ in parts]
    lines = [text.strip(_AROUND_LABELS).casefold() for text in texts]
    places = [number for number, line in enumerate(lines) if line in names]
    result: set[int] = set()
    for place, following in pairwise([*places, len(parts)]):
        goes_on = following < len(parts) and lines[following] != names[0]
        opens = lines[place] == names[0]
        first = _problem_before(texts[:place], result) if opens else place
        result.update(range(first, following if goes_on else place + 2))
    return result


def _problem_before(texts: Sequence[str], solved: Collection[int]) -> int:
    """Return the number of the paragraph that a problem begins with; it ends with the last text."""
    numbers = range(len(texts) - 1, max(-1, len(texts) - 1 - _LONGEST_PROBLEM), -1)
    for number in numbers:
        if number in solved:
            break
        if _BOLD_LINE.fullmatch(texts[number]):
            return number
    place = len(texts) - 1
    while place > 0 and place - 1 not in solved and _PART_OF_PROBLEM.match(texts[place]):
        place -= 1
    return place


def _labels(parts: Sequence[tuple[int, int, str]], text: str) -> dict[int, int]:
    """Return the starts of the labels before paragraphs, by the number of the paragraph.

    A list of definitions has several: a single line with a colon introduces what follows.
    """
    labels: dict[int, int] = {}
    for number, ((start, end, kind), (_, _, after)) in enumerate(pairwise(parts)):
        match = _LABEL.fullmatch(text, start, end)
        is_label = match is not None and size(match[1]) <= _MOST_WORDS_OF_LABEL
        if match is not None and is_label and kind == after == "paragraph":
            labels[number + 1] = match.start(1)
    names = {text[start : text.index("\n", start)] for start in labels.values()}
    return labels if len(names) == len(labels) >= _FEWEST_LABELS else {}


def _labelled(
    sentences: list[Sentence], start: int, label: int | None, document: Document
) -> list[Sentence]:
    """Put the label of a paragraph before its first sentence, which says what the label means.

    Where the label is no term, the sentence depends on it.
    """
    if label is None or not sentences:
        return sentences
    first, *others = sentences
    if document.text[start : first.start].strip():
        return sentences
    text = document.text[label : first.end]
    if not entry_term(" ".join(text.split()), document.language):
        return [replace(first, rank=first.rank + USABLE), *others]
    entry = replace(first, text=text, start=label, rank=GOOD, stems=tuple(sorted(stems(text))))
    return [entry, *others]


def _items(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the items of a list, without their marks."""
    for at, stop in pairwise(
        [start, *(match.end() for match in _ITEM.finditer(text, start, end)), end]
    ):
        mark = _MARK.match(text, at, stop)
        yield (mark.end() if mark else at), stop


def _is_led(parts: Sequence[tuple[int, int, str]], text: str) -> bool:
    """Return True if the paragraph before a list ends with a colon."""
    before = next((part for part in reversed(parts) if part[2] != "list"), None)
    return before is not None and text[before[0] : before[1]].rstrip().endswith((":", "："))


def _led(sentences: list[Sentence], document: Document) -> list[Sentence]:
    """Rank an item of one sentence lower: it goes on with the sentence that introduces the list."""
    if len(sentences) != 1 or entry_term(sentences[0].text, document.language):
        return sentences
    return [replace(sentences[0], rank=sentences[0].rank + USABLE)]


def _entries_or_within(
    chunk_id: str, document: Document, start: int, end: int
) -> Iterator[Sentence]:
    """Yield the entries of a glossary, one a line, if the lines are entries; else sentences."""
    lines = list(_lines(document.text, start, end))
    language = document.language
    if not all(entry_term(document.text[at:stop], language) for at, stop in lines):
        yield from _within(chunk_id, document, start, end)
        return
    for at, stop in lines:
        text = document.text[at:stop]
        yield Sentence(
            chunk_id=chunk_id,
            text=text,
            start=at,
            end=stop,
            rank=GOOD,
            stems=tuple(sorted(stems(text))),
        )


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the lines that are not blank, without blanks around them."""
    at = start
    for line in text[start:end].splitlines(keepends=True):
        bare = line.strip()
        if bare:
            begin = at + line.index(bare[0])
            yield begin, begin + len(bare)
        at += len(line)


def _within(chunk_id: str, document: Document, start: int, end: int) -> Iterator[Sentence]:
    text = document.text[start:end]
    worse = APART if is_apart(text) or text.rstrip().endswith(_QUESTION_ENDS) else 0
    for at, stop in pairwise(sorted({0, len(text), *sentence_ends(text, document.language)})):
        raw = text[at:stop]
        sentence = raw.strip()
        rank = rank_of(sentence, document.language) if _is_one(sentence) else None
        if rank is not None:
            begin = start + at + len(raw) - len(raw.lstrip())
            yield Sentence(
                chunk_id=chunk_id,
                text=sentence,
                start=begin,
                end=begin + len(sentence),
                rank=rank + worse,
                stems=tuple(sorted(stems(sentence))),
            )


def _is_one(sentence: str) -> bool:
    """Return True if the line ends within a sentence come from wrapping."""
    return all(len(line) >= _WRAPPED for line in sentence.split("\n")[:-1])


# --- Where sentences end; the plain cases without a segmenter, which takes a hundred times as long
# to see the same.

# A point between digits ends nothing.
_MARK_ENDS = regex.compile(r"[.!?…](?!(?<=\d\.)\d)")
# A capital letter after a small word and a full stop begins a sentence, unless the word is short
# for another.
_PLAIN_END = regex.compile(r"(?<=(?<!\.)\b([\p{L}'’-]*\p{Ll}{2}))[.!?](?=\s+\p{Lu}|\s*$)\s*")
# What a segmenter must look at: quotations and brackets that hold sentences, or end with one.
_NESTED = regex.compile(
    r"\((?:[^()]*[.!?…][^()]*)\)|\[(?:[^\[\]]*[.!?…][^\[\]]*)\]"
    r"|[“«](?:[^”»]*[.!?…])|\"(?:[^\"]*[.!?…][^\"]*)\""
    r"|[.!?…]\s?[\"”»)\]'’]|[「」『』（）]|\s['‘]|(?m:^\s*[-(\[])"
)
_WIDE_END = regex.compile(r"[。！？]+\s*")
_WIDE_NESTED = regex.compile(r"[「『（(“\"‘](?:[^」』）)”\"’]*)[。！？]|[。！？][」』）)”’\"]")


def sentence_ends(text: str, language: str) -> list[int]:
    """Return the offsets at which sentences end, blanks included.

    The result is that of `corpus.chunking.sentences`, which decides all cases that are not plain.

    >>> text = "The heart beats. Blood flows through vessels. It is red."
    >>> [text[:end] for end in sentence_ends(text, "en")][0]
    'The heart beats. '
    """
    full_width = languages.get(language).sentences.full_width
    if full_width and not _MARK_ENDS.search(text) and not _WIDE_NESTED.search(text):
        return [match.end() for match in _WIDE_END.finditer(text)]
    matches = list(_PLAIN_END.finditer(text))
    short = _abbreviations(language)
    plain = len(matches) == len(_MARK_ENDS.findall(text)) and all(
        match[1].casefold() not in short for match in matches
    )
    if plain and not _NESTED.search(text) and not _WIDE_END.search(text):
        return [match.end() for match in matches]
    return sentences(text, language)


@languages.cached
def _abbreviations(language: str) -> frozenset[str]:
    """Collect the abbreviations of the segmenter's rules and of the language."""
    from pysbd.languages import LANGUAGE_CODES

    rules = LANGUAGE_CODES[segmenter_code(language)]
    own = languages.get(language).sentences.abbreviations
    return own | frozenset(rules.Abbreviation.ABBREVIATIONS)
