"""Whatever the tree and the room: rows fit, answers are whole, and nothing is lost unnamed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.types import QAPair
from structtuning_plugin.samples.ssft import structure_forms
from structtuning_plugin.taxonomy.tree import Tree
from tests.samples.ssft_building import (
    FORMATS,
    LANGUAGES,
    builder_of,
    choice,
    free,
    linked,
    samples,
)
from tests.taxonomy_strategies import examples, trees

contexts = st.sampled_from(("path", "mindmap"))


@st.composite
def pair_lists(draw: st.DrawFn) -> list[QAPair]:
    """Questions with answers of any length, with and without options and reasoning."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        language = draw(st.sampled_from(LANGUAGES))
        answer = " ".join(["word"] * draw(st.integers(1, 30)))
        reasoning = " ".join(["so"] * draw(st.integers(0, 30)))
        if draw(st.booleans()):
            found.append(
                choice(
                    f"q#{number}", (answer, "other"), "A", language=language, explanation=reasoning
                )
            )
        else:
            found.append(
                free(f"q#{number}", answer=answer, language=language, explanation=reasoning)
            )
    return found


@examples
@given(trees, pair_lists(), contexts, st.integers(5, 90), st.data())
def test_structure_gives_way_and_answers_do_not(
    tree: Tree, pairs: list[QAPair], context: str, room: int, data: st.DataObject
) -> None:
    topics = st.lists(st.sampled_from(sorted(tree.topics)), min_size=1, max_size=3, unique=True)
    places = [[tree.topics[name] for name in data.draw(topics)] for _ in pairs]
    builder = builder_of(tree, sequence_len=room, context=context)
    builder.add_answers(pairs)
    builder.add_reasoned(
        pairs, [linked(pair, *place) for pair, place in zip(pairs, places, strict=True)], {}
    )

    ids = [f"{kind}/{pair.id}" for kind in ("answer", "reasoned") for pair in pairs]
    left_out = [dropped.id for dropped in builder.dropped]
    assert sorted([*left_out, *(sample.id for sample in samples(builder))]) == sorted(ids)
    assert {dropped.reason for dropped in builder.dropped} <= {"too_long"}

    by_id = dict(zip([pair.id for pair in pairs], zip(pairs, places, strict=True), strict=True))
    for row, sample in zip(builder.rows, samples(builder), strict=True):
        pair, place = by_id[sample.qa_id]
        assert row.prompt_tokens + row.trained <= room
        assert sample.messages[-1].content.endswith(FORMATS[pair.format].answer(pair))
        if sample.kind == "reasoned":
            assert pair.explanation in sample.messages[-1].content
            assert sample.structure in list(structure_forms(tree, place, builder.settings))
            assert sample.structure in sample.messages[-1].content


@examples
@given(trees, contexts, st.integers(5, 60))
def test_the_fullest_structure_that_fits_is_taken(tree: Tree, context: str, room: int) -> None:
    topics = list(tree.topics.values())[-3:]
    pair = free()
    builder = builder_of(tree, sequence_len=room, context=context)
    builder.add_reasoned([pair], [linked(pair, *topics)], {})
    whole = builder_of(tree, context=context)
    whole.add_reasoned([pair], [linked(pair, *topics)], {})
    bare = (
        whole.rows[0].prompt_tokens
        + whole.rows[0].trained
        - len(samples(whole)[0].structure.split())
    )
    forms = structure_forms(tree, topics, builder.settings)
    sizes = [(bare + len(form.split()), form) for form in forms]
    fitting = [form for size, form in sizes if size <= room]
    assert [sample.structure for sample in samples(builder)] == fitting[:1]
    if not fitting:
        (dropped,) = builder.dropped
        shortest = min(size for size, _ in sizes)
        assert (
            dropped.detail
            == f"{shortest} tokens with the least structure, but sequence_len is {room}"
        )


@examples
@given(trees, contexts, st.integers(5, 60))
def test_questions_about_the_tree_fit_and_none_is_lost(tree: Tree, context: str, room: int) -> None:
    wide, narrow = (
        builder_of(tree, sequence_len=size, context=context) for size in (100_000, room)
    )
    wide.add_structure()
    narrow.add_structure()
    assert all(row.prompt_tokens + row.trained <= room for row in narrow.rows)
    kept = [
        *(sample.id for sample in samples(narrow)),
        *(d.id for d in narrow.dropped if d.reason == "too_long"),
    ]
    assert sorted(kept) == sorted(sample.id for sample in samples(wide))
    assert len({sample.id for sample in samples(wide)}) == len(wide.rows)
