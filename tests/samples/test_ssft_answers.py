"""Answers to given questions.

The structure first, then the reasoning, and the answer as the last thing.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.types import Message, QAPair
from structtuning_plugin.questions.grading.final_answer import marker
from structtuning_plugin.questions.walks.prompts import Reasoning
from structtuning_plugin.samples.ssft import SsftBuilder
from structtuning_plugin.taxonomy import mindmap
from tests.chats import WordChat
from tests.samples import building
from tests.samples.building import BIKES
from tests.samples.ssft_building import (
    FORMATS,
    LANGUAGES,
    bare_wordings,
    builder_of,
    choice,
    free,
    linked,
    said,
    samples,
    unlinked,
)
from tests.taxonomy_strategies import examples
from tests.trees import titled

TREE = BIKES[0]
PADS = titled(TREE, "The Handbook", "1. Brakes", "Pads")
CABLE = titled(TREE, "The Handbook", "2. Gears", "Adjustment", "Cable")
EXPLANATION = "They rub.\n\nAnd they wear, since they rub; the answer is near."


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Wordings]:
    return bare_wordings(tmp_path_factory.mktemp("bare"))


def reasoned(pair: QAPair, *topics: object, **more: object) -> SsftBuilder:
    builder = builder_of(TREE, **more)  # type: ignore[arg-type]
    builder.add_reasoned([pair], [linked(pair, *topics)], {})  # type: ignore[arg-type]
    return builder


def test_a_given_question_is_asked_twice(bare: dict[str, Wordings]) -> None:
    pair = choice(
        "q#1",
        ("Rubber", "Glass", "Cork"),
        "AC",
        question="What are they made of?",
        explanation=EXPLANATION,
    )
    builder = builder_of(TREE, wordings=bare)
    builder.add_answers([pair])
    builder.add_reasoned([pair], [linked(pair, PADS, CABLE)], {})
    asked = "What are they made of?\n\nA. Rubber\nB. Glass\nC. Cork\n\n(several)"
    structure = "Brakes > Pads\nAdjustment > Cable"
    assert said(builder) == {
        "answer/q#1": (f"{asked} Answer only.", "A. Rubber; C. Cork"),
        "reasoned/q#1": (
            f"{asked} Reason.",
            f"{structure}\n\n{EXPLANATION}\n\nAnswer: A. Rubber; C. Cork",
        ),
    }
    brief, long = samples(builder)
    assert (brief.kind, brief.structure, brief.topic_ids, brief.template) == (
        "answer",
        "",
        (),
        "en/brief/01+en/choices/01",
    )
    assert (long.kind, long.structure, long.topic_ids) == (
        "reasoned",
        structure,
        (PADS.id, CABLE.id),
    )
    assert long.template == "en/reason/01+en/choices/01+en/reasoned-path/01"
    assert brief.qa_id == long.qa_id == "q#1"


def test_instructions_of_ones_own_stay_as_they_are(bare: dict[str, Wordings]) -> None:
    pair = QAPair(id="q#1", format="alpaca", question="Name it.", answers=("Pad",), language="en")
    builder = builder_of(TREE, wordings=bare)
    builder.add_answers([pair])
    builder.add_reasoned([pair], [linked(pair, PADS)], {})
    assert [question for question, _ in said(builder).values()] == ["Name it.", "Name it. Reason."]


def test_the_structure_is_what_locate_completes() -> None:
    taught = {
        row.sample.topic_id: row.sample.completion  # type: ignore[union-attr]
        for row in building.built(BIKES).rows
        if row.sample.kind == "locate"
    }
    for topic_id, place in taught.items():
        (sample,) = samples(reasoned(free(), TREE.topics[topic_id], CABLE))
        assert sample.structure.splitlines() == list(dict.fromkeys([place, taught[CABLE.id]]))
        assert sample.messages[-1].content.startswith(sample.structure + "\n\n")


def test_a_mind_map_has_every_node_once() -> None:
    (sample,) = samples(reasoned(free(explanation=EXPLANATION), CABLE, PADS, context="mindmap"))
    assert sample.structure == (
        "Bicycles\n└─ The Handbook\n   ├─ Brakes\n   │  └─ Pads\n   └─ Gears\n      └─ Adjustment\n         └─ Cable"
    )
    answer = sample.messages[-1].content
    assert (
        answer.index(sample.structure)
        < answer.index(EXPLANATION)
        < answer.index("Answer: Because.")
    )
    assert answer.endswith("\n\nAnswer: Because.")
    assert mindmap.parse(sample.structure)


@pytest.mark.parametrize("context", ["path", "mindmap"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_grader_finds_every_answer(language: str, context: str) -> None:
    pairs = [
        free("free", answer="42 kg", language=language, explanation=EXPLANATION),
        free("bare", answer="toe-in", language=language),
        choice(
            "one",
            ("Rubber", "Glass", "Cork"),
            "B",
            language=language,
            explanation="A and C are wrong. Answer: A",
        ),
        choice(
            "several",
            ("Rubber", "Glass", "Cork", "Tin"),
            "BD",
            language=language,
            explanation="答案：A",
        ),
        QAPair(
            id="lb",
            format="longbench",
            question="Class?",
            answers=("Food",),
            options=(("", "Food"), ("", "Fool")),
            language=language,
        ),
    ]
    templates = set()
    for seed in range(12):
        builder = builder_of(TREE, seed=seed, context=context)
        builder.add_answers(pairs)
        builder.add_reasoned(pairs, [linked(pair, PADS, CABLE) for pair in pairs], {})
        by_id = {pair.id: pair for pair in pairs}
        assert len(samples(builder)) == 2 * len(pairs)
        for sample in samples(builder):
            pair = by_id[sample.qa_id]
            assert FORMATS[pair.format].grade(pair, sample.messages[-1].content) == 1.0, (
                sample.messages[-1].content
            )
            if sample.kind == "reasoned":
                _in_order(sample.messages[-1].content, sample.structure, pair)
                templates.add(sample.template.rpartition("+")[2])
    assert {template.split("/")[0] for template in templates} == {language}
    assert len(templates) > 5


def _in_order(answer: str, structure: str, pair: QAPair) -> None:
    last = FORMATS[pair.format].answer(pair)
    mark = marker(pair.language)
    end = f"{mark}{last}" if mark.endswith("：") else f"{mark} {last}"
    assert answer.endswith(f"\n\n{end}")
    head = answer.removesuffix(end)
    assert head.index(structure) + len(structure) <= head.rindex(pair.explanation or "\n\n")


TRICKY = st.sampled_from(
    (
        "B",
        "no",
        "The answer is C",
        "Answer: A",
        "答案：B",
        "None of the above",
        "```",
        "a > b",
        "A. x; B. y",
        "答えはC",
        "**B**",
    )
) | st.just("1\n\n\n2")


@examples
@given(
    st.sampled_from(LANGUAGES),
    st.sampled_from(("path", "mindmap")),
    TRICKY,
    TRICKY | st.just(""),
    st.integers(0, 99),
)
def test_no_words_of_an_answer_mislead_the_grader(
    language: str, context: str, answer: str, reasoning: str, seed: int
) -> None:
    for pair in (
        free("f", answer=answer, language=language, explanation=reasoning),
        choice(
            "c",
            (" ".join(answer.split()), "other", "third"),
            "A",
            language=language,
            explanation=reasoning,
        ),
    ):
        shape = FORMATS[pair.format]
        assume(shape.grade(pair, shape.answer(pair)) == 1.0)
        (sample,) = samples(reasoned(pair, PADS, seed=seed, context=context))
        assert sample.messages[-1].content.endswith(shape.answer(pair))
        assert shape.grade(pair, sample.messages[-1].content) == 1.0


@pytest.mark.parametrize(
    "text", ["One.\n\n\nTwo.", "For example, e.g. the latest; 参考 [1].", "a\n\nb\n\n\n\nc"]
)
def test_reasoning_and_answer_stand_there_untouched(text: str) -> None:
    for pair in (free(explanation=text), free(answer=text), free(answer=text, explanation=text)):
        answer = samples(reasoned(pair, PADS))[0].messages[-1].content
        assert answer.count(text) == (pair.explanation == text) + (pair.answers[0] == text)
        assert "\n\n\n" not in answer.replace(text, "-")


def test_reasoning_that_a_model_wrote_takes_the_place_of_the_given(
    bare: dict[str, Wordings],
) -> None:
    pair, other = free("a", explanation="Given."), free("b", explanation="Given.")
    builder = builder_of(TREE, wordings=bare)
    new = Reasoning(text="New.", request="key", model="m", verdict="supported: yes")
    builder.add_reasoned([pair, other], [linked(pair, PADS), linked(other, PADS)], {"a": new})
    first, second = samples(builder)
    place = "Brakes > Pads"
    assert first.messages[-1].content == f"{place}\n\nNew.\n\nAnswer: Because."
    assert (first.request, first.model, first.verdict) == ("key", "m", "supported: yes")
    assert second.messages[-1].content == f"{place}\n\nGiven.\n\nAnswer: Because."
    assert (second.request, second.model, second.verdict) == ("", "", "")


def test_an_unlinked_question_keeps_its_plain_answer_and_is_named() -> None:
    pair = free()
    builder = builder_of(TREE)
    builder.add_answers([pair])
    builder.add_reasoned([pair], [unlinked(pair, 0.123)], {})
    assert list(said(builder)) == ["answer/q#1"]
    assert [(d.stage, d.id, d.reason, d.detail) for d in builder.dropped] == [
        ("ssft", "reasoned/q#1", "no_fit", "its best passage covers 0.12 of it")
    ]


MESSAGES = replace(free("m#1"), format="messages")
TURNS = (
    Message(role="system", content="Be brief."),
    Message(role="user", content="What is a pad?"),
    Message(role="assistant", content="A brake's shoe."),
    Message(role="user", content="And why?"),
    Message(role="assistant", content="It rubs."),
)


def test_a_conversation_of_several_turns_is_kept_as_given() -> None:
    pair = replace(MESSAGES, question="And why?", answers=("It rubs.",), turns=TURNS)
    builder = builder_of(TREE, system="Ours.")
    builder.add_answers([pair])
    builder.add_reasoned([pair], [linked(pair, PADS)], {})
    (sample,) = samples(builder)
    assert (sample.messages, sample.template) == (TURNS, "as given")
    assert [(d.id, d.reason) for d in builder.dropped] == [("reasoned/m#1", "multi_turn")]


def test_one_exchange_after_a_systems_turn_is_reasoned_with_that_turn() -> None:
    turns = (TURNS[0], *TURNS[1:3])
    pair = QAPair(
        id="m#1",
        format="messages",
        question="What is a pad?",
        answers=("A brake's shoe.",),
        language="en",
        turns=turns,
    )
    builder = builder_of(TREE, system="Ours.")
    builder.add_answers([pair])
    builder.add_reasoned([pair], [linked(pair, PADS)], {})
    given_, long = samples(builder)
    assert given_.messages == turns
    assert [message.role for message in long.messages] == ["system", "user", "assistant"]
    assert long.messages[0] == TURNS[0]


def test_a_systems_turn_of_the_block_opens_every_other_conversation() -> None:
    builder = builder_of(TREE, system="Ours.")
    builder.add_answers([free()])
    builder.add_structure()
    assert {sample.messages[0] for sample in samples(builder)} == {
        Message(role="system", content="Ours.")
    }


def test_every_message_is_made_harmless() -> None:
    several = replace(MESSAGES, question="And why?", answers=("It rubs.",), turns=TURNS)
    pairs = [free(explanation="They rub."), choice("c", ("x", "y"), "A"), several]
    builder = builder_of(TREE, chat=WordChat(neutral=str.upper), system="ours.")
    builder.add_answers(pairs)
    builder.add_reasoned(pairs, [linked(pair, PADS) for pair in pairs], {})
    builder.add_structure()
    assert len(samples(builder)) > 20
    for sample in samples(builder):
        assert all(message.content == message.content.upper() for message in sample.messages)
        assert sample.structure in sample.messages[-1].content


def test_what_the_template_refuses_is_left_out_with_its_reason() -> None:
    builder = builder_of(TREE, chat=WordChat(refused="system"), system="Ours.")
    builder.add_answers([free()])
    assert builder.rows == []
    assert [(d.id, d.reason, d.detail) for d in builder.dropped] == [
        ("answer/q#1", "chat_template", "no turn of the system")
    ]


def test_what_a_held_out_question_overlaps_is_left_out() -> None:
    asked: list[tuple[str, str]] = []

    def is_held_out(text: str, language: str) -> str:
        asked.append((text, language))
        return "overlaps exam#3 (bag, 1.00)" if "secret" in text else ""

    pair, other = (
        free("a", question="A secret?"),
        free("b", explanation="No secret.", language="fr"),
    )
    builder = builder_of(TREE, is_held_out=is_held_out, system="secret")
    builder.add_answers([pair, other])
    builder.add_reasoned([other], [linked(other, PADS)], {})
    assert list(said(builder)) == ["answer/b"]
    assert [(d.id, d.reason, d.detail) for d in builder.dropped] == [
        ("answer/a", "holdout", "overlaps exam#3 (bag, 1.00)"),
        ("reasoned/b", "holdout", "overlaps exam#3 (bag, 1.00)"),
    ]
    assert {language for _, language in asked} == {"en", "fr"}


def test_a_conversation_of_exactly_sequence_len_is_kept_and_of_one_token_more_is_not() -> None:
    whole = builder_of(TREE)
    whole.add_answers([free()])
    size = whole.rows[0].prompt_tokens + whole.rows[0].trained
    just, less = builder_of(TREE, sequence_len=size), builder_of(TREE, sequence_len=size - 1)
    for builder in (just, less):
        builder.add_answers([free()])
    assert (just.rows, just.dropped) == (whole.rows, [])
    assert less.rows == []
    detail = f"{size} tokens with the least structure, but sequence_len is {size - 1}"
    assert [(d.id, d.reason, d.detail) for d in less.dropped] == [
        ("answer/q#1", "too_long", detail)
    ]


def test_structure_is_pruned_only_where_the_row_is_a_token_too_long(
    bare: dict[str, Wordings],
) -> None:
    def structure(sequence_len: int) -> list[tuple[str, int]]:
        builder = reasoned(
            free(explanation=EXPLANATION), PADS, CABLE, wordings=bare, sequence_len=sequence_len
        )
        sizes = [row.prompt_tokens + row.trained for row in builder.rows]
        return [
            (sample.structure, size) for sample, size in zip(samples(builder), sizes, strict=True)
        ]

    pads, cable = (
        "Brakes > Pads",
        "Adjustment > Cable",
    )
    forms = (
        f"{pads}\n{cable}",
        pads,
        "Pads",
    )
    size = structure(1000)[0][1]
    for form, following in pairwise(forms):
        assert structure(size) == [(form, size)]
        less = size - len(form.split()) + len(following.split())
        assert structure(size - 1) == [(following, less)]
        size = less
    assert structure(size - 1) == []
