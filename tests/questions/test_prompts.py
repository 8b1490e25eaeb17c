"""The text of a question: what evaluation asks is a form that training can produce."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import structtuning_plugin
from structtuning_plugin.core.templates import Wording
from structtuning_plugin.core.types import Document, Message, QAPair
from structtuning_plugin.questions.exercises.generate import make_exercises
from structtuning_plugin.questions.prompts import PromptBuilder, Style, UserTurn
from structtuning_plugin.samples.ssft import SsftContext
from structtuning_plugin.taxonomy.tree import Tree
from tests.questions.probes.building import World, books_of, shelves
from tests.samples.building import BIKES
from tests.samples.ssft_building import (
    FORMATS,
    LANGUAGES,
    QUESTIONS,
    KindBuilder,
    builder_of,
    linked,
    samples,
)
from tests.taxonomy_strategies import few_examples
from tests.trees import titled

STYLES: tuple[Style, ...] = ("brief", "reason")
OPTIONS = (("A", "Thiamine"), ("B", "Retinol"), ("C", "Niacin"))
TREE = BIKES[0]
PADS = titled(TREE, "The Handbook", "1. Brakes", "Pads")


class FirstContext(SsftContext):
    """Training that draws the first template of each pool, as evaluation does."""

    def _pick(self, pool: str, wordings: Sequence[Wording], sample_id: str) -> Wording:
        return wordings[0]


def first_builder(tree: Tree, **ssft: Any) -> KindBuilder:
    """Build rows with the first template of each pool."""
    builder = builder_of(tree, **ssft)
    context = FirstContext(
        **{item.name: getattr(builder.context, item.name) for item in fields(SsftContext)}
    )
    return KindBuilder(
        context=context,
        chat=builder.chat,
        sequence_len=builder.sequence_len,
        is_held_out=builder.is_held_out,
    )


def trained_messages(
    pairs: Sequence[QAPair], style: Style, tree: Tree, topic: Any, system: str
) -> list[tuple[Message, ...]]:
    """The turns before the answers that training makes of pairs, in a style."""
    builder = first_builder(tree, system=system)
    if style == "brief":
        builder.add_answers(pairs)
    else:
        builder.add_reasoned(pairs, [linked(pair, topic) for pair in pairs], {})
    return [sample.messages[:-1] for sample in samples(builder)]


def evaluation(tree: Tree, style: Style, system: str = "") -> PromptBuilder:
    return PromptBuilder(
        wordings=QUESTIONS,
        domain=tree.title(tree.root),
        formats=FORMATS,
        style=style,
        system=system,
    )


def conversation(system: bool, questions: int) -> tuple[Message, ...]:
    turns = [Message(role="system", content="Be exact.")] if system else []
    for number in range(questions):
        turns.append(Message(role="user", content=f"Question {number}?"))
        turns.append(Message(role="assistant", content=f"Answer {number}."))
    return tuple(turns)


@st.composite
def pairs(draw: st.DrawFn) -> QAPair:
    """Pairs of every format, with options or without, and conversations of one question or more."""
    turns = conversation(draw(st.booleans()), draw(st.integers(1, 3)))
    if draw(st.booleans()):
        turns = ()
    options = OPTIONS if draw(st.booleans()) and not turns else ()
    correct = draw(st.sampled_from([(), ("A",), ("A", "C")])) if options else ()
    return QAPair(
        id="q.jsonl#1",
        format="messages" if turns else draw(st.sampled_from(sorted(FORMATS))),
        question=turns[-2].content if turns else draw(st.sampled_from(["Which?", "哪一种?"])),
        answers=(turns[-1].content,) if turns else ("Thiamine",),
        language=draw(st.sampled_from((*LANGUAGES, "pl"))),
        options=options,
        correct=correct,
        several=draw(st.booleans()),
        topic=draw(st.sampled_from(["", "Vitamins"])),
        turns=turns,
    )


@given(pairs(), st.sampled_from(STYLES), st.sampled_from(["", "Be brief."]))
def test_a_pair_is_evaluated_as_it_was_trained(pair: QAPair, style: Style, system: str) -> None:
    """Of a conversation with several questions `answer` makes the only row, for any style."""
    several = sum(turn.role == "user" for turn in pair.turns) > 1
    trained = trained_messages([pair], "brief" if several else style, TREE, PADS, system)
    assert [evaluation(TREE, style, system).build_messages(pair)] == trained


# Questions of probes that training asks too; those on a relation (`parent`, ...) it never asks.
TRAINED_FORMS = {"path", "cloze", "term", "definition", "extract_next"}


def trained_questions(world: World) -> set[str]:
    """All questions that training makes of the tree and the text."""
    builder = first_builder(world.tree)
    builder.add_structure()
    most = 3 * world.config.per_point
    for found in make_exercises(world.tree, world.documents, world.chunks, most, world.seed):
        # Some are asked for their place too, after the same question.
        builder.add_exercises([replace(exercise, spells_path=False) for exercise in found])
    return {sample.messages[-2].content for sample in samples(builder)}


@few_examples
@given(shelves, st.sampled_from(LANGUAGES))
def test_a_probe_is_the_question_that_training_asks(books: list[Document], language: str) -> None:
    world = World([replace(book, language=language) for book in books])
    questions = trained_questions(world)
    for probe in world.probes:
        form = probe.id.split("/")[2]
        if form in TRAINED_FORMS:
            assert probe.pair.question in questions
        elif form == "common":
            topic, other = (world.tree.topics[name] for name in probe.names)
            names = {"first": world.tree.name(topic), "second": world.tree.name(other)}
            prompts = FirstContext.prompts(first_builder(world.tree).context, "any")
            assert (
                probe.pair.question == prompts.render_topic(form, world.tree, topic, **names).text
            )


@few_examples
@given(shelves, st.sampled_from(STYLES))
def test_a_probe_is_evaluated_as_a_pair_is_trained(books: list[Document], style: Style) -> None:
    world = World(books)
    pairs = [probe.pair for probe in world.probes]
    topic = next(topic for topic in world.tree.root.walk() if topic.kind == "topic")
    prompts = evaluation(world.tree, style)
    trained = trained_messages(pairs, style, world.tree, topic, "")
    assert [prompts.build_messages(pair) for pair in pairs] == trained


def test_every_form_of_probe_is_among_the_checked_ones() -> None:
    world = World(
        books_of([2, 3, 3, 4, 4, 3, 2, 3, 4, 4, 3, 4, 3, 2, 3, 3]), per_point=20, share=0.5
    )
    forms = {probe.id.split("/")[2] for probe in world.probes}
    # These texts allow no question for a defined term: all words of a topic share its stem.
    assert forms == {*TRAINED_FORMS, "common", "parent", "siblings", "children"} - {"term"}


@pytest.mark.parametrize("language", [*LANGUAGES, "pl"])
@pytest.mark.parametrize("pool", ["parent_of", "siblings_of", "children_of"])
def test_a_relation_is_asked_in_the_templates_of_the_language(pool: str, language: str) -> None:
    topic = replace(PADS, language=language)
    turn = evaluation(TREE, "brief").render_topic(pool, TREE, topic)
    known = language if language in LANGUAGES else "en"
    assert turn.templates == (f"{known}/{pool}/01",)
    assert "Pads" in turn.text


def render(pair: QAPair, style: Style) -> UserTurn:
    return evaluation(TREE, style).render_pair(pair)


@pytest.mark.parametrize("style", ["brief", "reason"])
def test_a_topic_of_longbench_comes_before_its_question(style: Style) -> None:
    pair = QAPair(
        id="q.jsonl#1",
        format="longbench",
        question="Who wrote it?",
        answers=("Ann",),
        language="en",
        topic="The Wheel, chapter 2",
    )
    assert "The Wheel, chapter 2\n\nWho wrote it?" in render(pair, style).text


def test_an_instruction_stays_as_it_is() -> None:
    pair = QAPair(
        id="q.jsonl#1",
        format="alpaca",
        question="Name three tools.",
        answers=("...",),
        language="en",
    )
    turn = render(pair, "brief")
    assert (turn.text, turn.templates) == ("Name three tools.", ())


def test_no_code_outside_a_format_compares_with_its_name() -> None:
    """A comparison such as `pair.format == "longbench"` would leave third-party formats out."""
    package = Path(structtuning_plugin.__file__).parent
    places = []
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Compare) or "format" not in ast.unparse(node.left):
                continue
            literals = {c.value for c in ast.walk(node) if isinstance(c, ast.Constant)}
            if literals & (set(FORMATS) - {"plain"}):
                places.append(f"{path.relative_to(package)}:{node.lineno}")
    assert places == []
