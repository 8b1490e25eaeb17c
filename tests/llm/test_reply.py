"""JSON in answers as models wrap and break it."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from structtuning_plugin.llm.reply import LONGEST_ANSWER, read_answer
from structtuning_plugin.llm.types import Reply

GOOD = '{"a": [1, {"b": "x } ] \\" y"}]}'
DATA = {"a": [1, {"b": 'x } ] " y'}]}


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}\n```\nDone {{really}} [yes].",
        f"Sure: {GOOD} I hope it's fine",
        f"Note [1]: {GOOD}",
        f"<think>maybe {{}} or [1, 2</think>\n{GOOD}",
        f"\ufeff {GOOD}".strip("\ufeff"),
        GOOD[:-1],
        GOOD[:-1] + ",}",
        GOOD.replace('"a"', "'a'"),
        GOOD.replace('"a"', "a"),
    ],
)
def test_wrapped_and_slightly_broken_json_is_read(text: str) -> None:
    reading = read_answer(Reply(text=text))
    assert (reading.data, reading.reason) == (DATA, "")


@pytest.mark.parametrize(
    ("text", "finish", "reason"),
    [
        ("", "stop", "empty"),
        ("  \n", "stop", "empty"),
        ("<think>only thoughts</think>", "stop", "empty"),
        ("", "length", "cut_off"),
        ("I cannot do that.", "stop", "no_json"),
        ("42", "stop", "no_json"),
        ('"text"', "stop", "no_json"),
        ('{"a": [1, 2', "stop", "cut_off"),
        ('{"a": [1, 2], "b": {"c', "stop", "cut_off"),
        ('{"a": [{"b": 1}, {"b": 2}', "length", "cut_off"),
        ('```json\n{"a": [1,', "stop", "cut_off"),
        ("x" * (LONGEST_ANSWER + 1), "stop", "too_long"),
        ("[" * 100_000, "stop", "cut_off"),
        ("[" * 100_000 + "]" * 100_000, "stop", "no_json"),
        ('{"a":' * 20_000 + "1" + "}" * 20_000, "stop", "no_json"),
    ],
)
def test_what_cannot_be_used_has_a_reason(text: str, finish: str, reason: str) -> None:
    assert read_answer(Reply(text=text, finish=finish)).reason == reason


def test_a_whole_answer_that_hit_the_limit_is_used() -> None:
    assert read_answer(Reply(text=GOOD, finish="length")).reason == ""


def test_what_was_saved_of_an_answer_cut_off_is_for_the_repair() -> None:
    reading = read_answer(Reply(text='{"a": [{"b": 1}, {"b": 2}, {"b', finish="length"))
    assert reading.data["a"][:2] == [{"b": 1}, {"b": 2}]


def test_nothing_in_the_data_resists_being_written() -> None:
    for text in ('{"a": "\\ud800"}', '{"a": "\ud800"}', "{'a': '\\ud800'}"):
        json.dumps(read_answer(Reply(text=text)).data, ensure_ascii=False).encode("utf-8")


def test_constants_that_json_lacks_are_no_numbers() -> None:
    data = read_answer(Reply(text='{"a": NaN, "b": Infinity}')).data
    assert data is None or all(not isinstance(value, float) for value in data.values())


@settings(deadline=None)
@example({"</think>": 1})
@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_every_object_is_read_as_it_is(data: object) -> None:
    whole = {"data": data}
    assert read_answer(Reply(text=json.dumps(whole))).data == json.loads(
        json.dumps(whole).encode("utf-8", "replace")
    )


@settings(deadline=None)
@given(st.text(alphabet='{}[]",:\\ab1 \n`'))
def test_no_text_crashes_the_reader(text: str) -> None:
    reading = read_answer(Reply(text=text))
    assert reading.reason or isinstance(reading.data, (dict, list))
