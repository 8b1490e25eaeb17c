"""Sets of questions that were read in part, in silence: each is read whole, up to the rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import Plan, RecipeFacts, make_plan
from structtuning_plugin.config import parse_block
from structtuning_plugin.core.progress import Progress
from tests.chats import WordChat
from tests.codecs import WordCodec

BOOK = "# Engine\n\n## Fuel\n\nThe pump meters the fuel.\n\n## Water\n\nThe radiator cools it.\n"
ASK = "Which part meters the fuel?"
PARTS = ("governor", "pump", "thermostat", "belt")
LISTED = "\n".join(f"{letter}. {part}" for letter, part in zip("ABCD", PARTS, strict=True))


def rows_of(tmp_path: Path, kinds: tuple[str, ...], **files: Any) -> list[dict[str, Any]]:
    """Build `ssft` from question files, by name; return its rows."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.md").write_text(BOOK, encoding="utf-8")
    paths = []
    for name, content in files.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        paths.append(str(path))
    block = {
        "stage": "ssft",
        "domain": "Cars",
        "corpus": ["corpus"],
        "work_dir": "work",
        "ssft": {"qa": paths, "kinds": list(kinds)},
    }
    facts = RecipeFacts(sequence_len=1024, seed=1, tokenizer="words", chat="words")
    plan: Plan = make_plan(parse_block(block).absolute(tmp_path), facts)
    build(plan, WordCodec(), Progress(quiet=True), WordChat())
    return plan.load_rows("ssft")


def turns_of(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in row["messages"]]


CHOICES = {
    "mmlu": {"choices": list(PARTS), "answer": 1, "subject": "cars"},
    "ceval": {"id": 0, **dict(zip("ABCD", PARTS, strict=True)), "answer": "B"},
    "longbench_v2": {
        "_id": "x", "domain": "QA", "difficulty": "easy", "length": "short", "context": "Long.",
        "answer": "B",
        **{f"choice_{letter}": part for letter, part in zip("ABCD", PARTS, strict=True)},
    },
    "medmcqa": {
        "id": "y", "cop": 1, "exp": None, "subject_name": "Cars", "choice_type": "single",
        **{f"op{letter}": part for letter, part in zip("abcd", PARTS, strict=True)},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", CHOICES)
def test_options_are_asked_and_the_right_one_is_answered(name: str, tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, ("answer",), **{name: [{"question": ASK, **CHOICES[name]}]})
    (_, question), (_, answer) = turns_of(row)
    assert f"{ASK}\n\n{LISTED}" in question
    assert answer == "B. pump"


def test_history_and_system_are_trained_on_whole(tmp_path: Path) -> None:
    record = {
        "instruction": "And how often is it changed?",
        "input": "",
        "output": "Every spring.",
        "system": "You are a mechanic.",
        "history": [["What does the filter hold?", "Sparks of metal."]],
    }
    (row,) = rows_of(tmp_path, ("answer",), lf=[record])
    assert turns_of(row) == [
        ("system", "You are a mechanic."),
        ("user", "What does the filter hold?"),
        ("assistant", "Sparks of metal."),
        ("user", "And how often is it changed?"),
        ("assistant", "Every spring."),
    ]


@pytest.mark.parametrize(
    "record",
    [
        {"question": ASK, "answer": "<think>\nPumps move liquids.\n</think>\n\nThe pump."},
        {
            "messages": [
                {"role": "user", "content": ASK},
                {
                    "role": "assistant",
                    "content": "The pump.",
                    "reasoning_content": "Pumps move liquids.",
                },
            ]
        },
    ],
    ids=["tags", "reasoning_content"],
)
def test_thoughts_are_the_explanation_and_no_word_is_damaged(
    record: dict[str, Any], tmp_path: Path
) -> None:
    rows = {row["kind"]: row for row in rows_of(tmp_path, ("answer", "reasoned"), r=[record])}
    assert turns_of(rows["answer"])[-1] == ("assistant", "The pump.")
    reasoned = turns_of(rows["reasoned"])[-1][1]
    assert "\n\nPumps move liquids.\n\n" in reasoned
    assert reasoned.endswith(": The pump.")
    assert "think" not in reasoned


PAIR = {"question": ASK, "answer": "The pump."}
SHAPES = {
    "trl": [
        {
            "prompt": [{"role": "user", "content": ASK}],
            "completion": [{"role": "assistant", "content": "The pump."}],
        }
    ],
    "squad": {
        "version": "v2.0",
        "data": [
            {
                "title": "Cars",
                "paragraphs": [
                    {
                        "context": "The pump meters.",
                        "qas": [
                            {
                                "id": "1",
                                "question": ASK,
                                "answers": [{"text": "The pump.", "answer_start": 0}],
                            }
                        ],
                    }
                ],
            }
        ],
    },
    "synthetic_data_kit": {"summary": "Cars.", "qa_pairs": [PAIR], "metrics": {"total": 1}},
    "graphgen": {"5f1a": {**PAIR, "loss": 1.2}},
    "graphgen_sharegpt": [
        {"conversations": [{"from": "human", "value": ASK}, {"from": "gpt", "value": "The pump."}]}
    ],
    "easy_dataset": [{"instruction": ASK, "input": "", "output": "The pump.", "system": ""}],
    "distilabel": [{"instruction": ASK, "generation": "The pump.", "model_name": "m"}],
}


@pytest.mark.parametrize("name", SHAPES)
def test_files_of_generators_are_trained_on_as_they_are(name: str, tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, ("answer",), **{name: SHAPES[name]})
    (_, question), (_, answer) = turns_of(row)
    assert ASK in question
    assert answer == "The pump."
