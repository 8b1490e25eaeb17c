"""The text of a question: what evaluation asks is a form that training can produce."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import structtuning_plugin
from structtuning_plugin import plugins
from structtuning_plugin.core.templates import Wordings, builtin_templates
from structtuning_plugin.core.types import QAPair
from structtuning_plugin.evaluation.prompts import Prompter
from structtuning_plugin.questions.prompts import Style, user_turn

FORMATS = plugins.qa_formats(plugins.build_plugin_manager())
TEMPLATES = Wordings([builtin_templates()], "qa")
LANGUAGES = ("en", "zh", "fr", "ja", "ru", "es", "pl")
OPTIONS = (("A", "Thiamine"), ("B", "Retinol"), ("C", "Niacin"))


@st.composite
def pairs(draw: st.DrawFn) -> QAPair:
    options = OPTIONS if draw(st.booleans()) else ()
    correct = draw(st.sampled_from([(), ("A",), ("A", "C")])) if options else ()
    return QAPair(
        id="q.jsonl#1",
        format=draw(st.sampled_from(sorted(FORMATS))),
        question=draw(st.sampled_from(["Which vitamin is meant?", "Hvilket?", "哪一种?"])),
        answers=("Thiamine",),
        language=draw(st.sampled_from(LANGUAGES)),
        options=options,
        correct=correct,
        several=draw(st.booleans()),
        topic=draw(st.sampled_from(["", "Vitamins"])),
    )


def trained_forms(pair: QAPair, style: Style, domain: str) -> set[str]:
    """Render the question with every template that training may draw."""
    forms = set()
    for number in range(64):
        turn = user_turn(
            pair,
            style,
            FORMATS[pair.format],
            TEMPLATES,
            domain,
            lambda pool, templates, number=number: templates[number % len(templates)],
        )
        forms.add(turn.text)
    return forms


@given(pairs(), st.sampled_from(["brief", "reason"]), st.sampled_from(["Medicine", ""]))
def test_what_is_evaluated_is_asked_as_in_training(pair: QAPair, style: Style, domain: str) -> None:
    prompter = Prompter(formats=FORMATS, wordings=TEMPLATES, domain=domain, style=style)
    (message,) = prompter.messages(pair)
    assert message.content in trained_forms(pair, style, domain)


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
    turn = user_turn(pair, style, FORMATS["longbench"], TEMPLATES, "Bicycles")
    assert "The Wheel, chapter 2\n\nWho wrote it?" in turn.text


def test_an_instruction_stays_as_it_is() -> None:
    pair = QAPair(
        id="q.jsonl#1",
        format="alpaca",
        question="Name three tools.",
        answers=("...",),
        language="en",
    )
    turn = user_turn(pair, "brief", FORMATS["alpaca"], TEMPLATES, "Bicycles")
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
