"""Titles, and trees of them, that an outline must carry unharmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from structtuning_plugin.core.types import Document, Span, Topic, TopicKind
from structtuning_plugin.taxonomy.io.validation import KINDS, joined
from structtuning_plugin.taxonomy.titles import is_one_line
from tests.taxonomy_strategies import titles
from tests.trees import document

hostile = st.one_of(
    titles,
    st.sampled_from(
        (
            "<!--",
            "-->",
            "a <!-- b@1 --> c",
            "# x",
            "- x",
            "\\<",
            "&lt;",
            "&amp;lt;",
            "&#32;",
            "&#9999999;",
            "x  ",
            "\tx",
        )
    ),
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.text("&lt;#32amp<!->\\ -*`~@=%", max_size=12),
).filter(is_one_line)
words = st.one_of(
    st.sampled_from(("b.md", "a b/ü -->.md", "empty", "x@1", "~", "kind=topic", "細.md", "%20")),
    st.text(min_size=1, max_size=6),
)


@st.composite
def hostile_trees(draw: st.DrawFn) -> tuple[Topic, list[Document]]:
    """Folders, subjects, documents without text, topics without text, text of several documents on
    one node.
    """
    names = draw(st.lists(words, min_size=1, max_size=4, unique=True))
    docs = [
        document(
            name,
            "x" * draw(st.integers(0, 6)),
            title="t",
            language=draw(st.sampled_from(("en", "fr"))),
        )
        for name in names
    ]
    numbers = iter(range(10_000))

    def node(kind: TopicKind, children: Sequence[Topic] = (), spans: Sequence[Span] = ()) -> Topic:
        return Topic(
            id=draw(words) + str(next(numbers)),
            title=draw(hostile),
            kind=draw(st.sampled_from((kind, kind, kind, *KINDS))),
            source=draw(st.sampled_from(("headings", "folders", "parts", "file", "my own", ""))),
            language=draw(st.sampled_from(("en", "fr", "xx", ""))),
            spans=joined([*spans, *(span for child in children for span in child.spans)]),
            own_spans=tuple(spans),
            subtopics=tuple(children),
        )

    def branches(doc: Document) -> Topic:
        depths = [0]
        for _ in range(draw(st.integers(0, 5))):
            depths.append(draw(st.integers(1, depths[-1] + 1)))
        size = len(doc.text)
        cuts = [
            0,
            *sorted(
                draw(
                    st.lists(
                        st.integers(0, size), min_size=len(depths) - 1, max_size=len(depths) - 1
                    )
                )
            ),
            size,
        ]
        beneath: dict[int, list[Topic]] = {}
        for place in reversed(range(len(depths))):
            depth, start, end = depths[place], cuts[place], cuts[place + 1]
            spans = [Span(document_id=doc.id, start=start, end=end)] if end > start else []
            if end > start + 1 and draw(st.booleans()):
                spans = [replace(spans[0], end=start + 1), replace(spans[0], start=start + 1)]
            children = beneath.pop(depth + 1, [])[::-1]
            beneath.setdefault(depth, []).append(
                node("topic" if depth else "document", children, spans)
            )
        return beneath[0][0]

    entries = [branches(doc) for doc in docs]
    if draw(st.booleans()):
        cut = draw(st.integers(0, len(entries)))
        entries = [
            node(draw(st.sampled_from(("folder", "subject"))), entries[:cut]),
            *entries[cut:],
        ]
    more = document("more.md" * 2, "both", title="t")
    spans = [Span(document_id=more.id, start=0, end=4)]
    last = document("last.md" * 2, "texts", title="t")
    entries.append(node("topic", (), [*spans, Span(document_id=last.id, start=0, end=5)]))
    return node("domain", entries), [*docs, more, last]
