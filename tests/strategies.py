"""Hypothesis strategies: documents with headings and blocks of every kind, in odd scripts.

`markdown_samples` come with what a reader must make of them, since they are put together from known
pieces.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from structtuning_plugin.core.types import Block, BlockKind, Document, Heading

# No deadline: the first example may load a model.
examples = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

# Beyond the first plane, combining marks, joined emoji, scripts without blanks or with other
# directions.
WORDS = (
    "cell", "membrane", "T-cell", "naïve", "e\u0301tat", "Клетка", "клетки", "细胞", "細胞膜", "さいぼう", "नमस्ते", "ไทย",
    "العربية", "𝒳𝒴", "👩‍🔬", "🇫🇷", "x²", "don’t", "\u00a0wide", "a,b", "3.5",
)  # fmt: skip

words = st.sampled_from(WORDS)
titles = (
    st.lists(words, min_size=1, max_size=5).map(" ".join).map(lambda title: " ".join(title.split()))
)


@st.composite
def sentence_texts(draw: st.DrawFn, longest: int = 12) -> str:
    """A capital letter, words, a full stop."""
    return (
        "The "
        + " ".join(draw(st.lists(words, min_size=1, max_size=longest)))
        + draw(st.sampled_from((".", "!", "?", "。")))
    )


@st.composite
def paragraphs(draw: st.DrawFn) -> str:
    """Sentences, some of them on lines of their own."""
    blank = draw(st.sampled_from((" ", "\n")))
    return blank.join(draw(st.lists(sentence_texts(), min_size=1, max_size=5)))


@st.composite
def code_blocks(draw: st.DrawFn) -> str:
    lines = draw(
        st.lists(
            st.sampled_from(("def f(x):", "    return x", "", "# no heading", "x = '细胞'")),
            min_size=1,
            max_size=6,
        )
    )
    return "\n".join(("```", *lines, "```"))


@st.composite
def tables(draw: st.DrawFn) -> str:
    rows = draw(st.lists(st.tuples(words, words), min_size=1, max_size=5))
    return "\n".join(("| a | b |", "|---|---|", *(f"| {left} | {right} |" for left, right in rows)))


@st.composite
def lists(draw: st.DrawFn) -> str:
    items = draw(st.lists(sentence_texts(longest=4), min_size=1, max_size=5))
    return "\n".join(f"- {item}" for item in items)


blocks: st.SearchStrategy[tuple[BlockKind, str]] = st.one_of(
    st.tuples(st.just("paragraph"), paragraphs()),
    st.tuples(st.just("code"), code_blocks()),
    st.tuples(st.just("table"), tables()),
    st.tuples(st.just("list"), lists()),
)


@dataclass(frozen=True)
class MarkdownSample:
    """A source, and the text, headings and blocks that it must give."""

    source: str
    text: str
    headings: tuple[Heading, ...]
    blocks: tuple[Block, ...]


@st.composite
def _heading_sources(draw: st.DrawFn) -> tuple[int, str, str]:
    """Level, title, and one of the ways to write them."""
    title = draw(titles)
    if draw(st.booleans()):
        level = draw(st.integers(1, 2))
        return level, title, f"{title}\n{'=-'[level - 1] * draw(st.integers(3, 9))}"
    level = draw(st.integers(1, 6))
    closing = draw(st.sampled_from(("", " #", " ######")))
    return level, title, f"{'#' * level} {title}{closing}"


@st.composite
def markdown_samples(draw: st.DrawFn) -> MarkdownSample:
    """Headings and blocks in any order, one to three blank lines apart."""
    source, text, found, starts, last = "", "", [], [], ""
    for _ in range(draw(st.integers(0, 8))):
        gap = "\n" * draw(st.integers(2, 4))
        if draw(st.booleans()):
            level, title, written = draw(_heading_sources())
            found.append((level, title, len(text)))
            source, last = source + written + gap, ""
            continue
        kind, written = draw(blocks)
        if kind == last == "list":  # two lists that touch are one
            continue
        starts.append(Block(kind=kind, start=len(text)))
        source, text, last = source + written + gap, text + written + gap, kind
    text = text.rstrip()
    headings = tuple(
        Heading(level=level, title=title, start=min(start, len(text)))
        for level, title, start in found
    )
    return MarkdownSample(source, text, headings, tuple(starts))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document as a reader gives it; its headings stand at blocks."""
    text, starts = "", []
    for kind, written in draw(st.lists(blocks, max_size=8)):
        starts.append(Block(kind=kind, start=len(text)))
        text += written + "\n" * draw(st.integers(1, 3))
    return _document(draw, text.rstrip(), tuple(starts))


@st.composite
def odd_documents(draw: st.DrawFn) -> Document:
    """Any characters at all, blocks that start anywhere."""
    text = draw(
        st.text(
            st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\n"),
            max_size=200,
        )
    )
    places = draw(st.sets(st.integers(0, len(text)), max_size=6))
    kinds: st.SearchStrategy[BlockKind] = st.sampled_from(("paragraph", "code", "table", "list"))
    return _document(
        draw, text, tuple(Block(kind=draw(kinds), start=start) for start in sorted(places))
    )


def _document(draw: st.DrawFn, text: str, found: tuple[Block, ...]) -> Document:
    places = draw(st.sets(st.sampled_from(found), max_size=4)) if found else set()
    headings = sorted((block.start, draw(st.integers(1, 6)), draw(titles)) for block in places)
    return Document(
        id="book/cells.md",
        text=text,
        title="cells",
        language=draw(st.sampled_from(("en", "zh", "ru", "ja", "fr", "es", "pl", "xx"))),
        headings=tuple(
            Heading(level=level, title=title, start=start) for start, level, title in headings
        ),
        blocks=found,
    )


@st.composite
def partitions(draw: st.DrawFn, document: Document) -> list[tuple[int, int]]:
    """Spans that cover a document once, in order: between its headings or anywhere."""
    size = len(document.text)
    bounds = {heading.start for heading in document.headings} | draw(
        st.sets(st.integers(0, size), max_size=2)
    )
    return [
        (start, end) for start, end in itertools.pairwise(sorted({0, size, *bounds})) if end > start
    ]
