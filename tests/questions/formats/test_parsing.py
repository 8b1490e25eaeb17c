"""Golden samples, and every fault."""

from __future__ import annotations

from typing import Any

import pytest

from structtuning_plugin.core.types import Message, QAPair
from structtuning_plugin.hookspecs import RecordError
from tests.questions.formats.records import CHOICE, FORMATS, parse

USER, ASSISTANT, SYSTEM = (
    {"role": "user", "content": "What is a spleen?"},
    {"role": "assistant", "content": "An organ."},
    {"role": "system", "content": "Be brief."},
)


def test_mmedbench() -> None:
    assert parse("mmedbench", CHOICE, "en") == QAPair(
        id="set.jsonl#1",
        format="mmedbench",
        question="Which organ filters old blood cells?",
        answers=("Spleen",),
        language="en",
        explanation="Its red pulp retains worn cells.",
        options=(("A", "Liver"), ("B", "Spleen"), ("C", "Heart")),
        correct=("B",),
    )


@pytest.mark.parametrize(
    "idx",
    [["C", "A"], "A,C", "AC", "a, c", "A; C", "A、C", "A and C", '["A", "C"]', "(A)(C)", "Ａ,Ｃ"],
)
def test_several_right_answers(idx: Any) -> None:
    pair = parse("mmedbench", CHOICE | {"answer": ["Liver", "Heart"], "answer_idx": idx})
    assert (pair.correct, pair.answers, pair.several) == (("A", "C"), ("Liver", "Heart"), True)
    assert FORMATS["mmedbench"].answer(pair) == "A. Liver; C. Heart"
    assert FORMATS["mmedbench"].grade(pair, "C, A") == 1
    assert FORMATS["mmedbench"].grade(pair, "A") == 0


@pytest.mark.parametrize(
    ("options", "idx"),
    [
        (["Liver", "Spleen"], "B"),
        (["A. Liver", "B. Spleen"], 1),
        ([{"key": "A", "value": "Liver"}, {"key": "B", "value": "Spleen"}], "B"),
        ({"label": ["A", "B"], "text": ["Liver", "Spleen"]}, "B"),
        ({"1": "Liver", "2": "Spleen"}, "2"),
        ({"1": "Liver", "2": "Spleen"}, 2),
        ({"А": "Liver", "Б": "Spleen"}, "Б"),
        ({"a": "Liver", "b": "Spleen", "c": None}, "b"),
        ('{"A": "Liver", "B": "Spleen"}', "B"),
        ([("A", "Liver"), ("B", "Spleen")], "B"),
    ],
)
def test_shapes_of_options(options: Any, idx: Any) -> None:
    pair = parse("mmedbench", {"question": "Which?", "options": options, "answer_idx": idx})
    assert (pair.options, pair.correct) == ((("A", "Liver"), ("B", "Spleen")), ("B",))


def test_longbench() -> None:
    record = {
        "input": "Who?",
        "context": "Long.",
        "answers": ["Bob", "B. D."],
        "language": "English",
        "dataset": "x",
        "_id": "1",
    }
    assert parse("longbench", record) == QAPair(
        id="set.jsonl#1",
        format="longbench",
        question="Who?",
        answers=("Bob", "B. D."),
        language="en",
        context="Long.",
    )


def test_longbench_classes() -> None:
    record = {
        "input": "Type?",
        "answers": ["Food item"],
        "all_classes": ["Food", "Food item", "City"],
    }
    format_, pair = FORMATS["longbench"], parse("longbench", record)
    assert format_.ask(pair) == "Type?\n\n- Food\n- Food item\n- City"
    # "Food" lies inside the right one's name and does not count against it.
    assert format_.grade(pair, "I say: a Food item") == 1
    assert format_.grade(pair, "Food item or City") == 0.5
    assert format_.grade(pair, "City") == 0


def test_alpaca() -> None:
    record = {"instruction": "Name the relation.", "input": "Night : Day", "output": "Opposites."}
    pair = parse("alpaca", record)
    assert (pair.question, pair.answers) == ("Name the relation.\n\nNight : Day", ("Opposites.",))
    assert parse("alpaca", record | {"input": ""}).question == "Name the relation."


def test_messages() -> None:
    assert parse("messages", {"messages": [USER, ASSISTANT]}) == QAPair(
        id="set.jsonl#1",
        format="messages",
        question="What is a spleen?",
        answers=("An organ.",),
        language="",
    )


def test_a_conversation_is_kept_whole() -> None:
    more = (
        {"role": "user", "content": [{"type": "text", "text": "Where?"}]},
        {"role": "assistant", "content": "Left."},
    )
    pair = parse("messages", {"messages": [SYSTEM, USER, ASSISTANT, *more]})
    assert (pair.question, pair.answers) == ("Where?", ("Left.",))
    assert pair.turns == (
        Message(role="system", content="Be brief."),
        Message(role="user", content="What is a spleen?"),
        Message(role="assistant", content="An organ."),
        Message(role="user", content="Where?"),
        Message(role="assistant", content="Left."),
    )
    assert len(parse("messages", {"messages": [SYSTEM, USER, ASSISTANT]}).turns) == 3


def test_sharegpt() -> None:
    turns = [
        {"from": "system", "value": "Be brief."},
        {"from": "human", "value": "Q"},
        {"from": "gpt", "value": "A"},
    ]
    pair = parse("messages", {"conversations": turns})
    assert (pair.question, pair.answers, [turn.role for turn in pair.turns]) == (
        "Q",
        ("A",),
        ["system", "user", "assistant"],
    )


def test_plain_under_other_names() -> None:
    record = {
        "prompt": "What?",
        "gold": ["An organ.", "A gland."],
        "why": "Because.",
        "subject": "Anatomy",
        "language": "zh-CN",
    }
    pair = parse(
        "plain", record, question="prompt", answer="gold", explanation="why", topic="subject"
    )
    assert (pair.question, pair.answers, pair.explanation) == (
        "What?",
        ("An organ.", "A gland."),
        "Because.",
    )
    assert (pair.topic, pair.language) == ("Anatomy", "zh")


@pytest.mark.parametrize("answer", ["Spleen", "spleen.", "B", ["B"], 1, ["Spleen"]])
def test_plain_with_options(answer: Any) -> None:
    pair = parse("plain", {"question": "Which?", "options": ["Liver", "Spleen"], "answer": answer})
    assert (pair.correct, pair.answers) == (("B",), ("Spleen",))


@pytest.mark.parametrize(
    ("said", "given", "code"),
    [
        ("en", None, "en"), ("zh-CN", None, "zh"), ("Chinese", None, "zh"), ("fra", None, "fr"), ("python", None, ""),
        (None, None, ""), (3, None, ""), ("en", "ru", "ru"),
    ],
)  # fmt: skip
def test_language(said: Any, given: str | None, code: str) -> None:
    assert (
        parse("plain", {"question": "q", "answer": "a", "language": said}, given).language == code
    )


def test_text_is_cleaned() -> None:
    pair = parse("plain", {"question": " a\x00b\r\nc ", "answer": 42})
    assert (pair.question, pair.answers) == ("ab\nc", ("42",))


FAULTS = [
    ("mmedbench", CHOICE | {"question": " "}, "empty_question"),
    ("mmedbench", CHOICE | {"options": {}}, "no_options"),
    ("mmedbench", CHOICE | {"options": None}, "no_options"),
    ("mmedbench", CHOICE | {"options": {"A": " ", "B": "x"}}, "empty_option"),
    ("mmedbench", CHOICE | {"options": {"a": "x", "A": "y"}}, "repeated_option"),
    ("mmedbench", CHOICE | {"options": [str(n) for n in range(27)]}, "too_many_options"),
    ("mmedbench", CHOICE | {"answer_idx": "F"}, "unknown_letter"),
    ("mmedbench", CHOICE | {"answer_idx": "A,F"}, "unknown_letter"),
    ("mmedbench", CHOICE | {"options": ["x", "y"], "answer_idx": 2}, "unknown_letter"),
    ("mmedbench", CHOICE | {"answer_idx": 1}, "unknown_letter"),
    ("mmedbench", CHOICE | {"answer_idx": ""}, "no_answer"),
    ("mmedbench", CHOICE | {"answer_idx": None}, "no_answer"),
    ("mmedbench", CHOICE | {"answer": "Heart"}, "answer_mismatch"),
    ("mmedbench", CHOICE | {"question": "half \ud800"}, "not_text"),
    ("longbench", {"input": "", "answers": ["x"]}, "empty_question"),
    ("longbench", {"input": "q", "answers": []}, "no_answer"),
    ("longbench", {"input": "q", "answers": [" "]}, "no_answer"),
    ("longbench", {"input": "q", "answers": ["x"], "all_classes": ["y"]}, "unknown_class"),
    ("alpaca", {"instruction": "", "output": "x"}, "empty_question"),
    ("alpaca", {"instruction": "x", "output": ""}, "no_answer"),
    ("alpaca", {"instruction": ["x"], "output": "x"}, "not_text"),
    ("plain", {"question": "", "answer": "x"}, "empty_question"),
    ("plain", {"question": "x", "answer": None}, "no_answer"),
    ("plain", {"question": "x", "answer": "z", "options": ["x", "y"]}, "unknown_letter"),
    ("messages", {"messages": []}, "no_turns"),
    ("messages", {"messages": "text"}, "no_turns"),
    ("messages", {"messages": ["text"]}, "unknown_role"),
    ("messages", {"messages": [USER | {"role": "narrator"}, ASSISTANT]}, "unknown_role"),
    ("messages", {"messages": [USER, ASSISTANT | {"content": " "}]}, "empty_turn"),
    ("messages", {"messages": [USER, USER, ASSISTANT]}, "same_role_twice"),
    ("messages", {"messages": [USER]}, "no_answer"),
    ("messages", {"messages": [ASSISTANT, USER]}, "no_answer"),
    ("messages", {"messages": [ASSISTANT]}, "no_question"),
    ("messages", {"messages": [SYSTEM, ASSISTANT]}, "no_question"),
    ("messages", {"messages": [USER, SYSTEM, ASSISTANT]}, "late_system"),
    ("messages", {"messages": [USER, {"role": "tool", "content": "1"}, ASSISTANT]}, "tool_turn"),
    ("messages", {"messages": [USER, ASSISTANT | {"tool_calls": [{"id": "1"}]}]}, "tool_turn"),
    ("messages", {"messages": [USER | {"content": [{"type": "image"}]}, ASSISTANT]}, "not_text"),
]


@pytest.mark.parametrize(("name", "record", "reason"), FAULTS)
def test_faults(name: str, record: dict[str, Any], reason: str) -> None:
    with pytest.raises(RecordError) as caught:
        parse(name, record)
    assert caught.value.reason == reason
    assert caught.value.detail


def test_what_a_fault_says() -> None:
    with pytest.raises(RecordError, match=r"^`F` of `A,F` is none of the options A, B, C$"):
        parse("mmedbench", CHOICE | {"answer_idx": "A,F"})
    with pytest.raises(RecordError, match=r"^turns 1 and 2 are both the user's$"):
        parse("messages", {"messages": [USER, USER, ASSISTANT]})
    with pytest.raises(RecordError, match=r"^`answer` is the text of C, `answer_idx` says B$"):
        parse("mmedbench", CHOICE | {"answer": "Heart"})
