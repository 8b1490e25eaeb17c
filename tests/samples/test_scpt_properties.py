"""Samples of continual pre-training: what must hold for any tree."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from structtuning_plugin.core.errors import BudgetError
from structtuning_plugin.core.tokens import count_tokens
from structtuning_plugin.core.types import Chunk, Document, SizedSample
from structtuning_plugin.samples.budget import Budget, plan_budget
from structtuning_plugin.samples.scpt import ScptBuilder, ScptContext
from structtuning_plugin.taxonomy import mindmap
from structtuning_plugin.taxonomy.mindmap import MapNode
from structtuning_plugin.taxonomy.tree import Tree
from tests.codecs import CharCodec, WordCodec
from tests.samples.building import SHIPPED, built, filled, settings_of
from tests.taxonomy_strategies import documents, few_examples
from tests.trees import document, grow

sizes = st.integers(64, 700)
contexts = st.sampled_from(("path", "mindmap"))
codecs = st.sampled_from((CharCodec(), CharCodec(bos=False), WordCodec()))


def any_build(
    docs: list[Document], sequence_len: int, codec: CharCodec, **scpt: Any
) -> tuple[Tree, list[Chunk], Budget, ScptBuilder]:
    settings = settings_of(**scpt)
    budget = plan_budget(sequence_len, None, settings, codec)
    tree, chunks = grow(docs, chunk_tokens=budget.chunk, codec=codec)
    context = ScptContext(
        tree=tree,
        chunks=chunks,
        wordings=SHIPPED,
        settings=settings,
        budget=budget,
        codec=codec,
        seed=1,
    )
    try:
        builder = filled(context)
    except BudgetError as error:
        # Only a budget of a few tokens cannot hold ten letters of a title.
        assume("The title" not in str(error))
        raise
    return tree, chunks, budget, builder


@few_examples
@given(documents(), sizes, contexts, codecs, st.booleans())
def test_every_row_fits_and_is_counted_right(
    docs: list[Document], sequence_len: int, context: str, codec: CharCodec, title: bool
) -> None:
    _, _, budget, builder = any_build(
        docs, sequence_len, codec, context=context, title_in_completion=title
    )
    for row in builder.rows:
        assert row.prompt_tokens == count_tokens(codec, [row.sample.prompt])[0]
        tokens = count_tokens(codec, [row.sample.completion])[0]
        assert row.trained == tokens + row.sample.eos
        assert len(codec.prefix) + row.prompt_tokens + row.trained <= sequence_len
        assert row.prompt_tokens <= budget.prompt
        assert row.sample.completion.strip()
        assert row.sample.prompt.endswith("\n\n" if row.sample.kind == "passage" else "\n")


@few_examples
@given(documents(), sizes, contexts, codecs, st.booleans())
def test_passages_are_the_corpus(
    docs: list[Document], sequence_len: int, context: str, codec: CharCodec, title: bool
) -> None:
    tree, chunks, _, builder = any_build(
        docs, sequence_len, codec, context=context, title_in_completion=title
    )
    rows = [row for row in builder.rows if row.sample.kind == "passage"]
    blank = {item.id for item in builder.dropped if item.reason == "blank"}
    text: dict[str, str] = {}
    for row in rows:
        own = row.sample.completion
        if title:
            line, own = own.split("\n\n", 1)
            assert tree.title(tree.topics[row.sample.topic_id]).startswith(line.removesuffix("…"))
        text[row.sample.id] = own
    for doc in docs:
        ids = [f"passage/{chunk.id}" for chunk in chunks if chunk.document_id == doc.id]
        blanks = {f"passage/{chunk.id}": chunk.text for chunk in chunks if not chunk.text.strip()}
        assert "".join(text[name] if name in text else blanks[name] for name in ids) == doc.text
    assert blank == set(blanks)
    assert [row.sample.id for row in rows] == [
        f"passage/{chunk.id}" for chunk in chunks if chunk.text.strip()
    ]


@few_examples
@given(documents(), contexts)
def test_eos_is_missing_only_where_a_topic_goes_on(docs: list[Document], context: str) -> None:
    _, chunks, _, builder = any_build(docs, 128, CharCodec(), context=context, eos_mid_topic=False)
    chunk_of = {chunk.id: chunk for chunk in chunks}
    rows = [row.sample for row in builder.rows if row.sample.kind == "passage"]
    for number, sample in enumerate(rows):
        goes_on = any(
            chunk_of[later.chunk_ids[0]].topic_id == sample.topic_id for later in rows[number + 1 :]
        )
        assert sample.eos is not goes_on
    assert all(row.sample.eos for row in builder.rows if row.sample.kind != "passage")


@few_examples
@given(documents(), contexts, st.integers(1, 20))
def test_every_knowledge_point_is_located_or_dropped(
    docs: list[Document], context: str, wordings: int
) -> None:
    tree, _, _, builder = any_build(docs, 700, CharCodec(), context=context, wordings=wordings)
    asked: dict[str, list[SizedSample]] = {}
    for row in builder.rows:
        if row.sample.kind == "locate":
            asked.setdefault(row.sample.topic_id, []).append(row)
    dropped = Counter(
        item.id.split("/")[1] for item in builder.dropped if item.id.startswith("locate/")
    )
    pool = len(SHIPPED.pool("en", "locate"))
    for topic in tree.root.walk():
        rows = asked.get(topic.id, [])
        if topic is tree.root or not tree.is_knowledge(topic) or tree.is_repeat(topic):
            assert not rows
            assert not dropped[topic.id]
        elif tree.name(topic) is None:
            assert not rows
            assert dropped[topic.id] == 1
        else:
            assert len(rows) + dropped[topic.id] == min(wordings, pool)
            assert len({row.sample.template for row in rows}) == len(rows)
            shortest = context == "path"
            place = tree.place_titles(topic) if shortest else tree.path_titles(topic)
            assert {row.sample.completion for row in rows} <= {" > ".join(place)}


@few_examples
@given(documents(), contexts)
def test_everything_that_is_said_is_true_and_asked_of_one_topic(
    docs: list[Document], context: str
) -> None:
    tree, _, _, builder = any_build(docs, 700, CharCodec(), context=context)
    answers: dict[tuple[str, str], str] = {}
    for sample in (row.sample for row in builder.rows if row.sample.kind != "passage"):
        topic = tree.topics[sample.topic_id]
        assert (
            answers.setdefault((sample.template, sample.prompt), sample.completion)
            == sample.completion
        )
        assert (tree.name(topic) or "\x00") in sample.prompt
        parent = tree.parent(topic)
        if sample.kind == "parent":
            assert parent is not None
            # Of titles that differ in case alone and are shown as one, the upper is shown.
            assert sample.completion.casefold() == tree.title(parent).casefold()
        elif sample.kind == "siblings":
            assert sample.completion == "; ".join(map(tree.title, tree.siblings(topic)))
        elif sample.kind == "children":
            assert len(tree.children(topic)) > 1
            assert sample.completion == "; ".join(map(tree.title, tree.children(topic)))
        elif sample.kind.endswith("_map"):
            top = (
                tree.chapter(topic)
                if (sample.kind, context) == ("section_map", "mindmap")
                else topic
            )
            lines = sample.completion.split("\n")
            assert lines[0] == mindmap.render(MapNode(title=tree.title(top)))
            assert len(lines) > 1
            shown = [
                mindmap.render(MapNode(title=tree.title(below))) for below in tree.children(top)
            ]
            drawn = [line[3:] for line in lines[1:] if line[:3] in ("├─ ", "└─ ")]
            assert drawn == shown


@few_examples
@given(documents(), contexts, st.integers(0, 3))
def test_the_same_inputs_give_the_same_rows(docs: list[Document], context: str, seed: int) -> None:
    first, second = (built(grow(docs), seed=seed, context=context) for _ in range(2))
    assert first.rows == second.rows
    assert first.dropped == second.dropped


def test_a_title_repeated_below_itself_has_one_answer() -> None:
    book = document(
        "0.md",
        (1, "Brakes"),
        (2, "Pads"),
        "Pads press on the rim.\n\n",
        (2, "Cables"),
        "Cables pull the pads.\n\n",
        (1, "Wheels"),
        "Wheels turn.\n\n",
        title="Brakes",
    )
    tree, chunks = grow([book])
    builder = built((tree, chunks), context="path")
    for kind in ("children", "section_map"):
        names = [
            tree.name(tree.topics[row.sample.topic_id])
            for row in builder.rows
            if row.sample.kind == kind
        ]
        assert names.count("Brakes") == (kind == "children")
