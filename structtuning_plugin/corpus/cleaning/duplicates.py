"""Duplicates among the documents and among their passages: the first in corpus order is kept.

Of nearly equal documents, the one with the most headings is kept.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from structtuning_plugin.config.corpus import DuplicateRule
from structtuning_plugin.core.types import BlockKind, Document, Dropped
from structtuning_plugin.corpus.cleaning.editing import Edit, apply_edits
from structtuning_plugin.corpus.cleaning.likeness import find_alike, words_of

DUPLICATE, NEAR_DUPLICATE = "duplicate", "near_duplicate"

# Words of the shortest texts that are compared: below, a formula of a trade comes back by itself.
# In a script without blanks, two characters count as a word.
_FEWEST_WORDS, _FEWEST_WORDS_NEAR = 15, 25
_WORDS_PER_LETTER = 5
# Code, and a table of figures, say something else with one other character.
_NEAR_KINDS: tuple[BlockKind, ...] = ("paragraph", "list")
_QUOTED = 60


def drop_documents(
    documents: Sequence[Document], compared: Sequence[Document], rule: DuplicateRule, least: float
) -> tuple[list[Document], list[Dropped]]:
    """Drop documents that repeat another one.

    Of equal documents the first is kept. Of nearly equal ones it is the one with the most headings,
    and of those the first: a text without marks may come before the same text with them.

    Args:
        documents: The documents in corpus order.
        compared: The same documents as they are compared, without the lines of their sites.
        rule: What is dropped.
        least: Least likeness of near duplicates, 0..1.
    """
    if rule == "keep":
        return list(documents), []
    earlier = _exact([_content(document) for document in compared])
    reasons = {index: (DUPLICATE, first, 1.0) for index, first in earlier.items()}
    if rule == "near":
        indices = [
            index
            for index, document in enumerate(compared)
            if index not in reasons and len(document.text) >= _WORDS_PER_LETTER * _FEWEST_WORDS_NEAR
        ]
        ranked = sorted(indices, key=lambda index: -len(compared[index].headings))
        for match in find_alike(
            lambda place: words_of(compared[ranked[place]].text), range(len(ranked)), least
        ):
            original = ranked[match.earlier]
            reasons[ranked[match.index]] = (NEAR_DUPLICATE, original, match.likeness)
    dropped = [
        Dropped(
            stage="read",
            id=documents[index].id,
            reason=reason,
            detail=_detail(reason, documents[first].id, score),
        )
        for index, (reason, first, score) in sorted(reasons.items())
    ]
    remaining = [document for index, document in enumerate(documents) if index not in reasons]
    return remaining, dropped


def _content(document: Document) -> str:
    titles = "\n".join(heading.title for heading in document.headings)
    return _normalised(f"{titles}\n\n{document.text}", "paragraph")


def _normalised(text: str, kind: BlockKind) -> str:
    """Return a text with single blanks and in lower case; code only without blanks around it."""
    return text.strip() if kind == "code" else " ".join(text.casefold().split())


def _exact(texts: Iterable[str]) -> dict[int, int]:
    """Map each index whose text came before to the first index with that text."""
    first_with: dict[bytes, int] = {}
    firsts: dict[int, int] = {}
    for index, text in enumerate(texts):
        if not text.strip():
            continue
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        first = first_with.setdefault(digest, index)
        if first != index:
            firsts[index] = first
    return firsts


def _detail(reason: str, first: str, score: float) -> str:
    return f"the same as {first}" if reason == DUPLICATE else f"{score:.2f} like {first}"


@dataclass(frozen=True, slots=True)
class _Passage:
    """The block `text[start:end]` of the document with an index."""

    document: int
    start: int
    end: int
    kind: BlockKind


def drop_passages(
    documents: Sequence[Document], rule: DuplicateRule, least: float
) -> tuple[list[Document], list[Dropped]]:
    """Drop blocks of text that an earlier block of any document repeats; arguments as above."""
    if rule == "keep":
        return list(documents), []
    passages = [
        passage for index, document in enumerate(documents) for passage in _blocks(index, document)
    ]

    def text_of(index: int) -> str:
        passage = passages[index]
        return documents[passage.document].text[passage.start : passage.end]

    earlier = _exact(
        _normalised(text_of(index), passages[index].kind) for index in range(len(passages))
    )
    reasons = {index: (DUPLICATE, first, 1.0) for index, first in earlier.items()}
    if rule == "near":
        indices = [
            index
            for index, passage in enumerate(passages)
            if index not in reasons
            and passage.kind in _NEAR_KINDS
            and _is_long(text_of(index), _FEWEST_WORDS_NEAR)
        ]
        for match in find_alike(lambda index: words_of(text_of(index)), indices, least):
            reasons[match.index] = (NEAR_DUPLICATE, match.earlier, match.likeness)
    edits: dict[int, list[Edit]] = {}
    copies: dict[int, Counter[int]] = {}
    dropped: list[Dropped] = []
    for index, (reason, first, score) in sorted(reasons.items()):
        passage, original = passages[index], passages[first]
        edits.setdefault(passage.document, []).append(
            Edit(start=passage.start, end=passage.end, reason=reason)
        )
        copies.setdefault(original.document, Counter())[original.start] += 1
        place = f"{documents[original.document].id}:{original.start}-{original.end}"
        opening = " ".join(text_of(index)[: 2 * _QUOTED].split())[:_QUOTED]
        dropped.append(
            Dropped(
                stage="read",
                id=f"{documents[passage.document].id}:{passage.start}-{passage.end}",
                reason=reason,
                detail=f"{_detail(reason, place, score)}: {opening}",
            )
        )
    cleaned = [
        apply_edits(_with_copies(document, copies.get(index)), edits.get(index, ()))
        for index, document in enumerate(documents)
    ]
    return cleaned, dropped


def _with_copies(document: Document, copies: Counter[int] | None) -> Document:
    """Note at each block how many copies of it are left out; `copies` are by the block's start."""
    if not copies:
        return document
    blocks = (replace(block, copies=copies[block.start]) for block in document.blocks)
    return replace(document, blocks=tuple(blocks))


def _blocks(index: int, document: Document) -> Iterator[_Passage]:
    starts = [block.start for block in document.blocks]
    bounds = sorted({*starts, *(heading.start for heading in document.headings)})
    bounds.append(len(document.text))
    for block in document.blocks:
        end = bounds[bisect_right(bounds, block.start)] if block.start < bounds[-1] else bounds[-1]
        if _is_long(document.text[block.start : end], _FEWEST_WORDS):
            yield _Passage(index, block.start, end, block.kind)


def _is_long(text: str, words: int) -> bool:
    """Return whether a text has so many words; letters decide where it is far from the limit."""
    if len(text) < 2 * words:
        return False
    count = len(text.split())
    if count >= words:
        return True
    return not text.isascii() and len(words_of(text)) >= 2 * words
