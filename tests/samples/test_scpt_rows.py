"""Rows of all kinds: what they carry, and what they depend on."""

from __future__ import annotations

import pytest

from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.taxonomy import mindmap
from structtuning_plugin.taxonomy.mindmap import MapNode
from tests.kinds import ALL_KINDS
from tests.samples.building import BIKES, HANDBOOK, NOTES, built, told
from tests.taxonomy_strategies import ODD_TITLES
from tests.trees import document, grow, titled


def test_a_row_says_where_it_is_from(bare: Wordings) -> None:
    builder = built(BIKES, bare, wordings=1)
    tree, chunks = BIKES
    passage = builder.rows[3]
    assert passage.sample.id == "passage/handbook.md:62-78"
    assert passage.sample.chunk_ids == ("handbook.md:62-78",)
    assert tree.topics[passage.sample.topic_id].title == "Adjustment"
    assert (passage.prompt_tokens, passage.trained, passage.turn) == (
        len("Brakes > Adjustment\n\n"),
        len("Turn the screw. "),
        0,
    )
    # Its topic goes on in the next passage, so no EOS closes it.
    assert not passage.sample.eos
    assert (builder.rows[4].sample.eos, builder.rows[4].trained) == (
        True,
        len("Once more.\n\n") + 1,
    )
    assert [row.sample.chunk_ids for row in builder.rows[: len(chunks)]] == [
        (chunk.id,) for chunk in chunks
    ]

    pads = titled(tree, "The Handbook", "1. Brakes", "Pads")
    about = [row.sample for row in builder.rows if row.sample.topic_id == pads.id][1:]
    assert [sample.id for sample in about] == [
        f"locate/{pads.id}/0",
        f"siblings/{pads.id}",
        f"parent/{pads.id}",
    ]
    assert {sample.chunk_ids for sample in about} == {()}
    assert all(sample.eos for sample in about)


def test_only_the_kinds_that_are_wanted(bare: Wordings) -> None:
    assert {row.sample.kind for row in built(BIKES, bare, kinds=("passage",)).rows} == {"passage"}
    assert {row.sample.kind for row in built(BIKES, bare, kinds=("passage", "parent")).rows} == {
        "passage",
        "parent",
    }
    assert {row.sample.kind for row in built(BIKES, bare, kinds=None, preset="paper").rows} == {
        "passage",
        "section_map",
        "chapter_map",
        "book_map",
    }


@pytest.mark.parametrize("context", ["path", "mindmap"])
@pytest.mark.parametrize("odd", ODD_TITLES, ids=range(len(ODD_TITLES)))
def test_hostile_titles_and_texts_pass_unchanged(bare: Wordings, odd: str, context: str) -> None:
    text = f"{odd} {{{{ 7*7 }}}} {{% raw %}} </s> **x** ├─ \x00\n"
    grown = grow(
        [
            document(
                "b.md",
                (1, "Book"),
                (2, "Before"),
                "a",
                (2, " ".join(odd.split())),
                text,
                (2, "After"),
                "b",
            )
        ]
    )
    tree, _ = grown
    topic = tree.root.subtopics[0].subtopics[1]
    builder = built(grown, bare, context=context)
    passage = next(row.sample for row in builder.rows if row.sample.completion == text)
    title = tree.title(topic)
    if context == "path":
        assert passage.prompt == f"Book > {title}\n\n"
    else:
        assert f"Text of {title}, that is {title}:" in passage.prompt
        marked = mindmap.render(MapNode(title=title, marked=True))
        assert f"\n   ├─ {marked}\n" in passage.prompt
        assert passage.prompt.count("\n   ├─ Before\n") == 1
    if tree.is_knowledge(topic):
        assert (f"Above {title}:\n", "Book") in told(builder, "parent")
    assert "49" not in "".join(prompt for prompt, _ in told(builder, *ALL_KINDS))


@pytest.mark.parametrize("context", ["path", "mindmap"])
def test_another_seed_changes_wordings_and_nothing_else(context: str) -> None:
    one, other = built(BIKES, seed=1, context=context), built(BIKES, seed=2, context=context)
    assert [row.sample.id for row in one.rows] == [row.sample.id for row in other.rows]
    assert [row.sample.completion for row in one.rows] == [
        row.sample.completion for row in other.rows
    ]
    assert [row.sample.template for row in one.rows] != [row.sample.template for row in other.rows]


def test_a_sample_does_not_depend_on_others() -> None:
    alone = built(grow([HANDBOOK, NOTES]), kinds=("passage", "locate"))
    among = built(grow([HANDBOOK, NOTES]))
    assert [row for row in among.rows if row.sample.kind in ("passage", "locate")] == alone.rows


def test_a_row_without_eos_is_counted_without_it() -> None:
    grown = grow([document("b.md", (1, "Book"), "one two three four five six. " * 90)])
    builder = built(grown, eos_mid_topic=False)
    passages = [row for row in builder.rows if row.sample.kind == "passage"]
    assert [row.sample.eos for row in passages] == [*[False] * (len(passages) - 1), True]
    assert len(passages) > 1
    assert [row.trained for row in passages] == [
        len(row.sample.completion) + row.sample.eos for row in passages
    ]
