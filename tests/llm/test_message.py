"""Messages of reasoning models: the answer, the thoughts, and whether the message is whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.llm.message import Parts, read_message, split_thoughts
from tests.strategies import examples

HARMONY = "<|channel|>analysis<|message|>A? no<|end|><|start|>assistant<|channel|>final<|message|>B"


@pytest.mark.parametrize(
    ("text", "answer", "thoughts"),
    [
        ("B", "B", ""),
        ("<think>A? No.</think>B", "B", "A? No."),
        ("<think>\nA?\n</think>\n\n<think>Or C?</think>B", "B", "A?\nOr C?"),
        ("A? No.</think>\nB", "B", "A? No."),
        ("<thinking>A</thinking>B", "B", "A"),
        ("<reasoning>A</reasoning> B", "B", "A"),
        ("<THINK>A</THINK>B", "B", "A"),
        ("[THINK]A[/THINK]B", "B", "A"),
        ("◁think▷A◁/think▷B", "B", "A"),
        ("First line.\n<think>A</think>\nB", "First line.\n\nB", "A"),
        (HARMONY, "B", "A? no"),
        (HARMONY + "<|return|>", "B", "A? no"),
        ("analysisThe user asks. A? no.assistantfinalB", "B", None),
        ('{"a": "<think>"}', '{"a": "<think>"}', ""),
        ("Write <think> before it.", "Write <think> before it.", ""),
        ("Analysis of variance.", "Analysis of variance.", ""),
        ("analysis of variance", "analysis of variance", ""),
        ("<think></think>B", "B", ""),
    ],
)
def test_the_answer_is_outside_of_the_thoughts(
    text: str, answer: str, thoughts: str | None
) -> None:
    parts = split_thoughts(text)
    assert (parts.answer, parts.complete) == (answer, True)
    assert thoughts is None or parts.thoughts == thoughts


@pytest.mark.parametrize(
    "text",
    [
        "<think>\nThe answer could be B",
        '<think>First draft: {"groups": []}\nBut wait',
        "<think>A</think><think>or",
        "[THINK]A",
        "<|channel|>analysis<|message|>The answer is B",
        "analysisWe must say B",
    ],
)
def test_a_message_that_ends_within_a_thought_has_no_answer(text: str) -> None:
    parts = split_thoughts(text)
    assert (parts.answer, parts.complete) == ("", False)
    assert parts.thoughts


@pytest.mark.parametrize(
    ("message", "text", "thoughts"),
    [
        ({"content": "B"}, "B", ""),
        ({"content": None}, "", ""),
        ({"content": None, "reasoning_content": "A?"}, "", "A?"),
        ({"content": "B", "reasoning": "A?"}, "B", "A?"),
        ({"content": [{"type": "text", "text": "B"}]}, "B", ""),
        ({"content": ["B", "C"]}, "BC", ""),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "A?"}]},
                    {"type": "text", "text": "B"},
                ]
            },
            "B",
            "A?",
        ),
        (
            {
                "content": [
                    {"type": "reasoning", "text": "A?"},
                    {"type": "output_text", "text": "B"},
                ]
            },
            "B",
            "A?",
        ),
        (
            {"content": None, "tool_calls": [{"function": {"arguments": '{"a": 1}'}}]},
            '{"a": 1}',
            "",
        ),
        ({"content": "B", "tool_calls": [{"function": {"arguments": "{}"}}]}, "B", ""),
    ],
)
def test_fields_of_a_message(message: dict[str, Any], text: str, thoughts: str) -> None:
    assert read_message(message) == (text, thoughts)


def test_content_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="the content is a dict, not a text"):
        read_message({"content": {"a": 1}})


words = st.text(st.characters(exclude_characters="<>[]|◁▷", codec="utf-8"), max_size=20)


@examples
@given(words, words)
def test_thoughts_before_an_answer_never_become_a_part_of_it(thought: str, answer: str) -> None:
    parts = split_thoughts(f"<think>{thought}</think>{answer}")
    assert parts == Parts(answer=answer.strip(), thoughts=thought.strip())


@examples
@given(st.text(max_size=60))
def test_no_text_is_refused(text: str) -> None:
    parts = split_thoughts(text)
    assert parts.complete or not parts.answer or parts.answer in text
