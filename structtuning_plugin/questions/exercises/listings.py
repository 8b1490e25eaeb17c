"""Lists with a lead-in, and tables with a header, of a topic's chunks.

    The parts of a wheel are:          | Tyre | Width |
                                       |------|-------|
    - hub                              | Road | 28 mm |
    - rim                              | MTB  | 57 mm |

Lists without a lead-in, nested lists, and lists of long or unlike entries are left out: nothing
says what belongs to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from structtuning_plugin.core.types import Chunk, Document
from structtuning_plugin.questions.exercises.paragraphs import paragraphs
from structtuning_plugin.questions.exercises.ranking import is_balanced, leans
from structtuning_plugin.questions.exercises.words import key, size

_ITEM = regex.compile(r"(?m)^(?P<indent>[^\S\n]*)(?:[-*+•]|\d+[.)])[^\S\n]+(?=\S)")
_CODE = regex.compile(r"[{}<>|`$\\=_#]|https?:|\]\(")
_LEAD_END = regex.compile(r"[:：]\s*$")
_SENTENCE_JOINT = regex.compile(r"(?<=[.!?。！？])\s*(?=\S)")
_BAR = regex.compile(r"(?<!\\)\|")
_RULE = regex.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*")
_FEWEST_ITEMS, _MOST_ITEMS = 3, 12
_MOST_WORDS = 14
# Of a lead-in, so that it says what is listed.
_FEWEST_LEAD, _MOST_LEAD = 4, 40
_FEWEST_ROWS = 2
_LONGEST_CELL = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list: its lead-in without the colon, and the offset and text of each item."""

    chunk_id: str
    start: int
    lead: str
    items: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: its header, and the offset and cells of each row. The first cells are distinct."""

    chunk_id: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def listings_of(chunks: Iterable[Chunk], document: Document) -> Iterator[Listing | Table]:
    """Yield the lists and tables of a topic's chunks, in order."""
    for chunk in chunks:
        lead, runs = "", _runs(chunk, document)
        for start, end, kind in runs:
            text = document.text[start:end]
            structure: Listing | Table | None = None
            if kind == "list":
                opened = _lead_of(lead, document.language)
                structure = _parse_list(chunk.id, opened, text, start) if opened else None
            elif kind == "table":
                structure = _parse_table(chunk.id, text, start)
            if structure is not None:
                yield structure
            lead = text if kind == "paragraph" else ""


def _runs(chunk: Chunk, document: Document) -> list[tuple[int, int, str]]:
    """Return the paragraphs of a chunk; those of one list, with blank lines between, as one."""
    runs: list[tuple[int, int, str]] = []
    for start, end, kind in paragraphs(chunk, document):
        if kind == "list" and runs and runs[-1][2] == "list":
            runs[-1] = (runs[-1][0], end, kind)
        else:
            runs.append((start, end, kind))
    return runs


def _lead_of(paragraph: str, language: str) -> str:
    """Return the sentence that introduces a list, without its colon; empty if none does.

    It does not refer to the text before it.
    """
    if not _LEAD_END.search(paragraph):
        return ""
    last = _SENTENCE_JOINT.split(paragraph.strip())[-1]
    lead = " ".join(last.split()).rstrip(":：").rstrip()
    fits = _FEWEST_LEAD <= size(lead) <= _MOST_LEAD and not _CODE.search(lead)
    is_whole = not lead[:1].islower() and is_balanced(lead)
    return lead if fits and is_whole and not leans(lead, language) else ""


def _parse_list(chunk_id: str, lead: str, text: str, start: int) -> Listing | None:
    marks = list(_ITEM.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    items = []
    for mark, end in zip(marks, ends, strict=True):
        items.append((start + mark.end(), " ".join(text[mark.end() : end].split())))
    is_flat = len({mark["indent"] for mark in marks}) == 1 and not text[: marks[0].start()].strip()
    if not is_flat:
        return None
    return (
        Listing(chunk_id=chunk_id, start=start, lead=lead, items=tuple(items))
        if _are_items([item for _, item in items])
        else None
    )


def _are_items(items: list[str]) -> bool:
    """Return whether entries are short, plain and distinct."""
    plain = all(
        0 < size(item) <= _MOST_WORDS and not _CODE.search(item) and not item.endswith(("?", "？"))
        for item in items
    )
    return (
        plain
        and _FEWEST_ITEMS <= len(items) <= _MOST_ITEMS
        and len({key(item) for item in items}) == len(items)
    )


def _parse_table(chunk_id: str, text: str, start: int) -> Table | None:
    lines = []
    at = start
    for line in text.split("\n"):
        if line.strip():
            lines.append((at + len(line) - len(line.lstrip()), line.strip()))
        at += len(line) + 1
    if len(lines) < _FEWEST_ROWS + 2 or not _RULE.fullmatch(lines[1][1]):
        return None
    header = _cells(lines[0][1])
    rows = tuple((at, _cells(line)) for at, line in lines[2:])
    whole = all(len(cells) == len(header) for _, cells in rows)
    keys = {key(cells[0]) for _, cells in rows if cells}
    if not whole or len(header) < 2 or not all(header) or len(keys) < len(rows) or "" in keys:
        return None
    return Table(chunk_id=chunk_id, header=header, rows=rows)


def _cells(line: str) -> tuple[str, ...]:
    bare = line.removeprefix("|").removesuffix("|")
    return tuple(cell.replace("\\|", "|").strip() for cell in _BAR.split(bare))


def is_plain_cell(cell: str) -> bool:
    """Return True if a cell has words or a value that can be asked for."""
    return 0 < len(cell) <= _LONGEST_CELL and any(c.isalnum() for c in cell)
