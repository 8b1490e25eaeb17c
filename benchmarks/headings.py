"""Headings of a real book that are there, but not marked, and how many of them come back.

    python benchmarks/headings.py --data ../shared/data [--book NAME] [--unchanged]

Each variant takes the marks of `structured.md` away and leaves another sign: the book's titles are
numbered and all marked as `#`; or their lines are bold, in capitals, numbered or underlined. Counted are
headings at their places (recall, precision) and headings with the right parent. `--unchanged` reads
all books and guides as they are: no heading without a mark, and no other level.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from structtuning_plugin.core.types import Document
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.corpus.readers.text import TextReader
from structtuning_plugin.hookspecs import ReadRequest

BOOK = "books/practical-physiology-pd-en"

# Level, number and title of a heading, to the lines that replace it.
Mark = Callable[[int, str, str], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures of one variant."""

    variant: str
    gold: int
    headings: int
    right: int
    parents: int

    def row(self) -> str:
        """Return a row of the table."""
        precision = self.right / max(1, self.headings)
        return (
            f"| {self.variant} | {self.gold} | {self.headings} | {self.right / self.gold:.1%} | "
            f"{precision:.1%} | {self.parents} |"
        )


VARIANTS: dict[str, tuple[str, Mark]] = {
    "all #, numbered": ("md", lambda level, number, title: [f"# {number}{title}"]),
    "bold": ("md", lambda level, number, title: [f"**{title}**"]),
    "bold, numbered": ("md", lambda level, number, title: [f"**{number}{title}**"]),
    "capitals": ("md", lambda level, number, title: [title.upper()]),
    "capitals in text": ("txt", lambda level, number, title: [title.upper()]),
    "numbered": ("md", lambda level, number, title: [f"{number}{title}"]),
    "numbered in text": ("txt", lambda level, number, title: [f"{number}{title}"]),
    "underlined in text": ("txt", lambda level, number, title: [title, "-" * len(title)]),
    "mixed": (
        "md",
        lambda level, number, title: [title.upper() if level < 3 else f"**{title}**"],
    ),
}


def headings_of(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Iterate over the marked headings of a book: line, level, title."""
    for place, line in enumerate(lines):
        marks = len(line) - len(line.lstrip("#"))
        if 1 <= marks <= 6 and line[marks : marks + 1] == " ":
            yield place, marks, line[marks + 1 :].strip()


def numbers_of(levels: list[int]) -> list[str]:
    """Return the number of each heading, `1.2.3 `; none for the title of the book."""
    counters: list[int] = []
    numbers = []
    for level in levels:
        depth = level - 1
        counters = [*counters[:depth], *[0] * (depth - len(counters))]
        if depth:
            counters[-1] += 1
        numbers.append(".".join(map(str, counters)) + " " if depth else "")
    return numbers


def parents_of(levels: list[int], titles: list[str]) -> list[str]:
    """Return the title of each heading's parent."""
    stack: list[tuple[int, str]] = []
    parents = []
    for level, title in zip(levels, titles, strict=True):
        while stack and stack[-1][0] >= level:
            stack.pop()
        parents.append(stack[-1][1] if stack else "")
        stack.append((level, title))
    return parents


def change(source: str, mark: Mark) -> tuple[str, list[tuple[str, str]]]:
    """Replace the marks; return the source, and title and parent of each heading."""
    lines = source.split("\n")
    headings = list(headings_of(lines))
    levels = [level for _, level, _ in headings]
    numbers = numbers_of(levels)
    titles = [title for _, _, title in headings]
    replaced = {
        place: "\n".join(mark(level, number, title))
        for (place, level, title), number in zip(headings, numbers, strict=True)
    }
    changed = "\n".join(replaced.get(place, line) for place, line in enumerate(lines))
    return changed, list(zip(titles, parents_of(levels, titles), strict=True))


def read(source: str, suffix: str) -> Document:
    """Read a source as Markdown or as plain text."""
    reader = TextReader() if suffix == "txt" else MarkdownReader()
    request = ReadRequest(document_id=f"book.{suffix}", text=source, source="", language="en")
    return reader.read(request).documents[0]


def key(title: str) -> str:
    """Return a title without number and case."""
    words = title.casefold().split()
    return " ".join(words[1:] if words and words[0][:1].isdigit() else words)


def measure(variant: str, source: str) -> Figures:
    """Measure one variant of a book."""
    suffix, mark = VARIANTS[variant]
    changed, gold = change(source, mark)
    headings = read(changed, suffix).headings
    parents = parents_of([h.level for h in headings], [h.title for h in headings])
    pairs = [(key(h.title), key(parent)) for h, parent in zip(headings, parents, strict=True)]
    aims = [(key(title), key(parent)) for title, parent in gold]
    right, same_parent = count_in_order(pairs, aims)
    return Figures(
        variant=variant, gold=len(gold), headings=len(headings), right=right, parents=same_parent
    )


def count_in_order(pairs: list[tuple[str, str]], aims: list[tuple[str, str]]) -> tuple[int, int]:
    """Count the titles that come back in order, and those of them with the right parent."""
    right, same_parent, place = 0, 0, 0
    for title, parent in pairs:
        ahead = next((i for i in range(place, len(aims)) if aims[i][0] == title), None)
        if ahead is None:
            continue
        right += 1
        same_parent += aims[ahead][1] == parent
        place = ahead + 1
    return right, same_parent


def list_changes(data: Path) -> list[str]:
    """List the headings of all books and guides whose marks were not taken as they are."""
    rows = []
    for path in sorted(data.rglob("*")):
        if path.name not in ("structured.md", "flat.txt"):
            continue
        source = path.read_text(encoding="utf-8")
        started = time.perf_counter()
        headings = read(source, path.suffix[1:]).headings
        seconds = time.perf_counter() - started
        changes = [h.title for h in headings if h.origin != "marked"]
        rows.append(
            f"| {path.relative_to(data)} | {len(headings)} | {len(changes)} | {seconds:.1f} |"
        )
    return rows


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with books/")
    parser.add_argument("--book", default=BOOK)
    parser.add_argument("--unchanged", action="store_true")
    arguments = parser.parse_args()
    source = (arguments.data / arguments.book / "structured.md").read_text(encoding="utf-8")
    print("| variant | headings | read | recall | precision | right parents |")
    print("|---|---|---|---|---|---|")
    for variant in VARIANTS:
        print(measure(variant, source).row())
    if arguments.unchanged:
        print("\n| text | headings | not as marked | s |\n|---|---|---|---|")
        print("\n".join(list_changes(arguments.data)))


if __name__ == "__main__":
    main()
