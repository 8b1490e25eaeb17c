"""Records of public sets and of the tools that make sets: each is read whole, or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.config.questions import QAEntry
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.types import Dropped, Message, QAPair
from structtuning_plugin.questions.files.loading import discover, read
from tests.questions.formats.records import FORMATS

ASK = "Which part meters the fuel?"
PARTS = ("governor", "injection pump", "thermostat", "fan belt")
OPTIONS = tuple(zip("ABCD", PARTS, strict=True))
WHY = "The pump doses each stroke."


def load(
    path: Path, *records: Any, text: str | None = None, **entry: Any
) -> tuple[list[QAPair], list[Dropped], list[str]]:
    content = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    path.write_text(content if text is None else text, encoding="utf-8")
    lines: list[str] = []
    files = discover([QAEntry(path=str(path), **entry)], FORMATS)
    pairs, dropped = read(files, FORMATS, "raise", lines.append)
    return pairs, dropped, lines


def turns(*texts: str) -> tuple[Message, ...]:
    roles = ("system", "user", "assistant", "user", "assistant")
    return tuple(Message(role=role, content=text) for role, text in zip(roles, texts, strict=False))


CHOICES: dict[str, dict[str, Any]] = {
    "MMLU": {"question": ASK, "subject": "cars", "choices": list(PARTS), "answer": 1},
    "MMLU of a CSV file": {"question": ASK, "choices": json.dumps(PARTS), "answer": "1"},
    "MMLU-Pro": {"question": ASK, "options": list(PARTS), "answer": "B", "answer_index": 1},
    "C-Eval": {"question": ASK, **dict(OPTIONS), "answer": "B", "explanation": WHY},
    "CMMLU": {"Question": ASK, **dict(OPTIONS), "Answer": "B"},
    "LongBench v2": {
        "question": ASK, "context": "Long.", "answer": "B",
        **{f"choice_{letter}": text for letter, text in OPTIONS},
    },
    "MedMCQA": {
        "question": ASK, "cop": 1, "exp": WHY,
        **{f"op{letter.lower()}": text for letter, text in OPTIONS},
    },
    "ARC": {
        "question": ASK, "choices": {"text": list(PARTS), "label": list("ABCD")}, "answerKey": "B",
    },
    "ARC with numbers": {
        "question": ASK, "choices": {"text": list(PARTS), "label": list("1234")}, "answerKey": "2",
    },
    "OpenBookQA": {
        "question_stem": ASK, "answerKey": "B",
        "choices": {"text": list(PARTS), "label": list("ABCD")},
    },
    "CommonsenseQA by text": {"question": ASK, "choices": list(PARTS), "answer": PARTS[1]},
    "option1": {
        "question": ASK, "answer": "2",
        **{f"option{number}": text for number, text in enumerate(PARTS, start=1)},
    },
    "MedQA": {"question": ASK, "options": dict(OPTIONS), "answer_idx": "B", "answer": PARTS[1]},
}  # fmt: skip


@pytest.mark.parametrize("name", CHOICES)
def test_options_of_public_sets_are_read(name: str, tmp_path: Path) -> None:
    record = CHOICES[name]
    pairs, dropped, _ = load(tmp_path / "q.jsonl", record)
    assert dropped == []
    assert (pairs[0].question, pairs[0].options, pairs[0].correct) == (ASK, OPTIONS, ("B",))
    assert pairs[0].answers == ("injection pump",)
    assert pairs[0].explanation == (WHY if WHY in record.values() else "")


def test_numbers_count_from_one_in_a_file_that_has_the_number_of_options(tmp_path: Path) -> None:
    records = [
        {"question": f"{ASK} {cop}", "cop": cop, "opa": "a", "opb": "b", "opc": "c", "opd": "d"}
        for cop in (1, 4, 2)
    ]
    pairs, _, _ = load(tmp_path / "q.jsonl", *records)
    assert [pair.correct for pair in pairs] == [("A",), ("D",), ("B",)]


def test_fields_with_one_option_each_are_named_in_one_key(tmp_path: Path) -> None:
    record = {"q": ASK, "first": "governor", "second": "injection pump", "right": "B"}
    fields = {"question": "q", "options": "first, second", "answer": "right"}
    pairs, _, _ = load(tmp_path / "q.jsonl", record, fields=fields)
    assert pairs[0].options == OPTIONS[:2]
    assert pairs[0].correct == ("B",)


@pytest.mark.parametrize(
    "record",
    [
        {"correct_answer": "b", "distractor1": "a", "distractor2": "c", "support": WHY},
        {"Correct Answer": "b", "Incorrect Answer 1": "a", "Incorrect Answer 2": "c"},
        {"correct_answer": "b", "incorrect_answers": ["a", "c"]},
    ],
)
def test_right_and_wrong_answers_become_options_in_an_order_by_hash(
    record: dict[str, Any], tmp_path: Path
) -> None:
    pairs, _, _ = load(tmp_path / "q.jsonl", {"question": ASK, **record})
    assert sorted(text for _, text in pairs[0].options) == ["a", "b", "c"]
    assert pairs[0].answers == ("b",)
    again, _, _ = load(tmp_path / "q.jsonl", {**record, "question": ASK})
    assert again[0].options == pairs[0].options


def test_mmlus_own_csv_files_have_no_line_of_names(tmp_path: Path) -> None:
    row = ",".join([ASK, *PARTS, "B"])
    pairs, _, _ = load(tmp_path / "q.csv", text=f"{row}\n{row.replace('fuel', 'oil')}\n")
    assert [pair.correct for pair in pairs] == [("B",), ("B",)]


THOUGHT = "The governor? No, the pump."
TEXTS: dict[str, dict[str, Any]] = {
    "TRL strings": {"prompt": ASK, "completion": "The pump."},
    "TRL messages": {
        "prompt": [{"role": "user", "content": ASK}],
        "completion": [{"role": "assistant", "content": "The pump."}],
    },
    "prompt and response": {"prompt": ASK, "response": "The pump."},
    "Dolly": {"instruction": ASK, "context": "", "response": "The pump.", "category": "qa"},
    "distilabel": {"instruction": ASK, "generation": "The pump.", "model_name": "m"},
    "distilabel messages": {
        "conversation": [
            {"role": "user", "content": ASK}, {"role": "assistant", "content": "The pump."},
        ],
    },
    "SQuAD": {
        "question": ASK, "context": "Long.",
        "answers": {"text": ["The pump.", "The pump."], "answer_start": [3, 3]},
    },
    "TriviaQA": {"question": ASK, "answer": {"value": "The pump.", "aliases": ["The pump."]}},
    "R1 alpaca": {
        "instruction": ASK, "input": "", "output": f"<think>\n{THOUGHT}\n</think>\n\nThe pump.",
    },
    "R1 messages": {
        "messages": [
            {"role": "user", "content": ASK},
            {"role": "assistant", "content": f"<think>{THOUGHT}</think>The pump."},
        ]
    },
    "reasoning_content": {
        "messages": [
            {"role": "user", "content": ASK},
            {"role": "assistant", "content": "The pump.", "reasoning_content": THOUGHT},
        ]
    },
    "medical-o1": {"Question": ASK, "Complex_CoT": THOUGHT, "Response": "The pump."},
    "plain with a column": {"question": ASK, "answer": "The pump.", "reasoning": THOUGHT},
    "R1-Zero": {
        "question": ASK, "answer": f"<think>{THOUGHT}</think><answer>The pump.</answer>",
    },
    "easy-dataset": {
        "question": ASK, "answer": "The pump.", "cot": THOUGHT, "chunkName": "c", "labels": "x",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_free_answers_of_public_sets_are_read(name: str, tmp_path: Path) -> None:
    record = TEXTS[name]
    pairs, _, _ = load(tmp_path / "q.jsonl", record)
    assert (pairs[0].question, pairs[0].answers, pairs[0].turns) == (ASK, ("The pump.",), ())
    assert pairs[0].explanation == (THOUGHT if THOUGHT in json.dumps(record) else "")


def test_the_steps_of_gsm8k_are_the_explanation(tmp_path: Path) -> None:
    record = {"question": "How many bolts?", "answer": "Two plus two is <<2+2=4>>4.\n#### 4"}
    pairs, _, _ = load(tmp_path / "q.jsonl", record)
    assert (pairs[0].answers, pairs[0].explanation) == (("4",), "Two plus two is 4.")


@pytest.mark.parametrize(
    "record",
    [
        {
            "instruction": "And now?", "input": "", "output": "The pump.", "system": "Be brief.",
            "history": [["Hello", "<think>Hm.</think>Good day."]],
        },
        {
            "instruction": "And now?", "output": "The pump.", "system_prompt": "Be brief.",
            "history": [
                {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good day."},
            ],
        },
        {
            "system": "Be brief.",
            "conversations": [
                {"from": "human", "value": "Hello"}, {"from": "gpt", "value": "Good day."},
                {"from": "human", "value": "And now?"}, {"from": "gpt", "value": "The pump."},
            ],
        },
        {
            "prompt": [
                {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"},
                {"role": "assistant", "content": "Good day."},
                {"role": "user", "content": "And now?"},
            ],
            "completion": "The pump.",
        },
    ],
)  # fmt: skip
def test_history_and_system_are_turns(record: dict[str, Any], tmp_path: Path) -> None:
    pairs, _, lines = load(tmp_path / "q.jsonl", record)
    assert pairs[0].turns == turns("Be brief.", "Hello", "Good day.", "And now?", "The pump.")
    assert lines == []


@pytest.mark.parametrize("history", ["Hello", ["Hello"], [["a", "b", "c"]]])
def test_a_history_of_another_shape_is_refused(history: Any, tmp_path: Path) -> None:
    record = {"instruction": "And?", "output": "Yes.", "history": history}
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps(record), encoding="utf-8")
    _, dropped = read(discover([QAEntry(path=str(path))], FORMATS), FORMATS, "skip")
    assert [item.reason for item in dropped] == ["bad_history"]


def test_an_answer_that_ends_within_its_thoughts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps({"question": ASK, "answer": "<think>So"}), encoding="utf-8")
    _, dropped = read(discover([QAEntry(path=str(path))], FORMATS), FORMATS, "skip")
    assert [item.reason for item in dropped] == ["no_answer"]


FILES: dict[str, Any] = {
    "synthetic-data-kit": {
        "summary": "Cars.",
        "qa_pairs": [{"question": ASK, "answer": "The pump."}],
        "conversations": [[{"role": "user", "content": ASK}]],
    },
    "synthetic-data-kit cot": {
        "summary": "Cars.",
        "cot_examples": [{"question": ASK, "reasoning": THOUGHT, "answer": "The pump."}],
        "conversations": [],
    },
    "GraphGen": {"9f2c": {"question": ASK, "answer": "The pump.", "loss": 0.1}},
    "SQuAD's own": {
        "data": [
            {
                "title": "Cars",
                "paragraphs": [
                    {"context": "Long.", "qas": [{"question": ASK, "answers": [
                        {"text": "The pump.", "answer_start": 3}]}]},
                ],
            }
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files_of_generators_are_read(name: str, tmp_path: Path) -> None:
    pairs, dropped, _ = load(tmp_path / "q.json", text=json.dumps(FILES[name]))
    assert dropped == []
    assert [(pair.question, pair.answers) for pair in pairs] == [(ASK, ("The pump.",))]
    assert pairs[0].explanation == (THOUGHT if "cot" in name else "")


def test_fields_that_nothing_uses_are_listed_once(tmp_path: Path) -> None:
    records = [
        {"question": f"{ASK} {number}", "answer": "The pump.", "id": number, "source": source}
        for number, source in enumerate(("book", None))
    ]
    _, _, lines = load(tmp_path / "q.jsonl", *records)
    assert lines == ["q.jsonl is read as `plain`; fields not used: id (2), source (1)"]


@pytest.mark.parametrize(
    ("record", "names"),
    [
        ({"answer": "B", "cand_a": "x", "cand_b": "y"}, "`cand_a`, `cand_b`"),
        ({"answer": 1, "alternatives": ["x", "y"]}, "`alternatives`"),
        ({"answer": "(c)", "list": {"text": ["x", "y", "z"]}}, "`list`"),
    ],
)
def test_letters_without_options_are_refused(
    record: dict[str, Any], names: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=f"Fields that look like options: {names}"):
        load(tmp_path / "q.jsonl", {"question": ASK, **record})


def test_letters_are_answers_where_the_questions_list_the_options(tmp_path: Path) -> None:
    records = [
        {"question": f"{ASK} {number}\nA. governor\nB. pump", "answer": "B"} for number in range(6)
    ]
    assert len(load(tmp_path / "q.jsonl", *records)[0]) == 6
    for record in records:
        record["question"] = record["question"].partition("\n")[0]
    with pytest.raises(ConfigError, match="none of its other fields"):
        load(tmp_path / "q.jsonl", *records)


def test_numbers_are_answers_where_no_field_looks_like_options(tmp_path: Path) -> None:
    records = [{"question": f"How many {number}?", "answer": number} for number in range(9)]
    assert len(load(tmp_path / "q.jsonl", *records)[0]) == 9
