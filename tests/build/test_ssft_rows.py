"""What a build of instruction tuning writes, and what it says of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.questions.files import loading as reading
from structtuning_plugin.samples.plain_chat import PlainChat
from structtuning_plugin.taxonomy.tree import Tree
from tests.build.building import PROGRESS
from tests.build.ssft_building import (
    HELD_OUT,
    OWN,
    answer_of,
    built,
    counts_of,
    dropped_of,
    plan_of,
    rows_of,
    write_qa,
)
from tests.chats import WordChat
from tests.codecs import WordCodec
from tests.samples.ssft_building import FORMATS


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return built(tmp_path_factory.mktemp("ssft"), ssft={"holdout": HELD_OUT})


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Without questions of the user's own."""
    return built(tmp_path_factory.mktemp("alone"), ssft={"qa": []})


def test_counts_of_the_manifest_are_those_of_the_files(plan: Plan) -> None:
    rows, counts = rows_of(plan), counts_of(plan)
    assert counts["train"]["samples"] == Counter(row["kind"] for row in rows)
    kinds = {"answer", "reasoned", "structure", "exercise", "tell"}
    assert set(counts["train"]["samples"]) == kinds
    assert counts["train"]["trained_tokens"] == sum(row["trained_tokens"] for row in rows)
    assert counts["train"]["trained_tokens"] == sum(
        counts["train"]["trained_tokens_by_kind"].values()
    )
    assert (
        counts["train"]["longest_sample"]
        == max(row["prompt_tokens"] + row["trained_tokens"] for row in rows)
        <= 512
    )
    assert counts["dropped"] == Counter(dropped.reason for dropped in dropped_of(plan))
    assert (counts["questions"], counts["held_out_questions"]) == (32, 6)
    assert counts["eval"]["samples"] == {}
    assert len({row["id"] for row in rows}) == len(rows)


def test_every_given_question_is_answered_and_the_linked_ones_are_reasoned(plan: Plan) -> None:
    questions = {
        question["id"]: question for question in artifacts.load_questions(plan.folder("ssft"))
    }
    linked = {name for name, question in questions.items() if question["link"]["topic_ids"]}
    assert {row["qa_id"] for row in rows_of(plan, "answer")} == set(questions)
    assert {row["qa_id"] for row in rows_of(plan, "reasoned")} == linked
    assert counts_of(plan)["linked"] == len(linked) > 10
    unlinked = {
        dropped.id.removeprefix("reasoned/")
        for dropped in dropped_of(plan)
        if dropped.reason in ("no_fit", "no_passage")
    }
    assert unlinked == set(questions) - linked
    assert (
        counts_of(plan)["dropped"]["no_fit"]
        == sum(q["link"]["reason"] == "no_fit" for q in questions.values())
        > 0
    )


def test_the_loss_is_on_the_assistants_turns(plan: Plan) -> None:
    for row in rows_of(plan):
        assert [message["training"] for message in row["messages"]] == [
            message["role"] == "assistant" for message in row["messages"]
        ]
        (size,) = WordChat().sizes(
            [[artifacts.Message(role=m["role"], content=m["content"]) for m in row["messages"]]]
        )
        assert (size.total, size.trained) == (
            row["prompt_tokens"] + row["trained_tokens"],
            row["trained_tokens"],
        )


def test_every_answer_to_a_given_question_is_graded_right(plan: Plan) -> None:
    pairs = {pair.id: pair for pair in reading.read(plan.questions.train, FORMATS, "raise")[0]}
    for row in rows_of(plan, "answer", "reasoned"):
        pair = pairs[row["qa_id"]]
        assert FORMATS[pair.format].grade(pair, answer_of(row)) == 1.0
        assert row["structure"] == answer_of(row)[: len(row["structure"])]


# --- shares


def test_no_kind_exceeds_its_share(plan: Plan) -> None:
    counts = counts_of(plan)["train"]
    tokens, total = counts["trained_tokens_by_kind"], counts["trained_tokens"]
    assert tokens["structure"] <= 0.05 * total
    assert tokens["tell"] <= 0.20 * total
    assert {dropped.detail for dropped in dropped_of(plan, "share")} <= {
        "structure is limited to 5%",
        "tell is limited to 20%",
    }
    assert len(rows_of(plan, "answer")) == 32


def test_the_same_limits_hold_without_own_questions(alone: Plan) -> None:
    counts = counts_of(alone)["train"]
    assert set(counts["samples"]) == {"structure", "exercise", "tell"}
    assert counts["trained_tokens_by_kind"]["structure"] <= 0.05 * counts["trained_tokens"]
    assert counts_of(alone)["questions"] == 0


def test_own_questions_change_no_exercise(plan: Plan, alone: Plan, tmp_path: Path) -> None:
    with_own = built(tmp_path)
    names = [row["id"] for row in rows_of(alone, "exercise")]
    assert [row["id"] for row in rows_of(with_own, "exercise")] == names


def test_a_question_that_is_held_out_takes_no_other_away(alone: Plan, tmp_path: Path) -> None:
    exercises = rows_of(alone, "exercise")
    first = exercises[0]
    exam = write_qa(
        tmp_path / "exam.jsonl",
        [{"question": first["messages"][0]["content"], "answer": answer_of(first)}],
    )
    limited = built(tmp_path, ssft={"holdout": [exam]})
    gone = {dropped.id for dropped in dropped_of(limited, "holdout")}
    assert first["id"] in gone
    remaining = {row["id"] for row in rows_of(limited, "exercise")}
    assert remaining == {row["id"] for row in exercises} - gone


# --- evaluation


def test_exercises_on_held_out_topics_are_evaluated_on_and_all_else_about_them_goes_nowhere(
    tmp_path: Path,
) -> None:
    held = built(tmp_path / "held", eval={"share": 0.2})
    whole = built(tmp_path / "whole", ssft={"shares": {}})
    evaluation = rows_of(held, part="eval")
    assert {row["kind"] for row in evaluation} == {"exercise"}
    topics = {topic for row in evaluation for topic in row["topic_ids"]}
    for row in rows_of(held, "structure", "exercise", "tell", "walk"):
        assert not topics & set(row["topic_ids"])
    assert len(rows_of(held, "answer")) == 32
    reasoned = [row["id"] for row in rows_of(held, "reasoned")]
    assert reasoned == [row["id"] for row in rows_of(whole, "reasoned")]
    gone = dropped_of(held, "held_out")
    assert {(dropped.stage, dropped.detail) for dropped in gone} == {
        ("ssft", "it speaks of a topic held out for evaluation")
    }
    assert any(dropped.id.startswith("structure/") for dropped in gone)
    assert counts_of(held)["eval"]["samples"] == {"exercise": len(evaluation)}
    # The text of a held-out topic is no answer either.
    every = {row["id"] for row in rows_of(whole)} | {
        dropped.id for dropped in dropped_of(whole, "share")
    }
    shown = {row["id"] for row in [*rows_of(held), *evaluation]} | {
        d.id for d in dropped_of(held) if d.reason in ("share", "held_out")
    }
    # Held-out topics give no wrong answers, so the same facts are asked in other words.
    assert {asked_of(n) for n in every if not n.startswith("tell/")} == {
        asked_of(n) for n in shown if not n.startswith("tell/")
    }
    assert {n for n in shown - every if not n.startswith("exercise/")} == set()


def asked_of(name: str) -> str:
    """The id of a sample; of an exercise its topic and fact, in whatever form it is asked."""
    if not name.startswith("exercise/"):
        return name
    kind, topic, _, question = name.split("/")
    return f"{kind}/{topic}/{question.split('-')[0]}"


# --- other forms of rows


def test_plain_rows_are_prompt_and_completion(tmp_path: Path) -> None:
    codec = WordCodec()
    plain = plan_of(tmp_path, ssft={"format": "plain"})
    assert build(plain, codec, PROGRESS, PlainChat(codec, plain.wordings["qa"]))
    rows = rows_of(plain)
    assert rows
    for row in rows:
        assert row["prompt"].startswith("Question: ")
        assert row["prompt"].endswith("\nAnswer:\n")
        assert row["eos"] is True
        prompt, completion = (len(ids) for ids in codec.encode([row["prompt"], row["completion"]]))
        assert (row["prompt_tokens"], row["trained_tokens"]) == (1 + prompt, completion + 1)


def test_a_mixed_run_has_both(tmp_path: Path) -> None:
    both = built(tmp_path, stage=["ssft", "scpt"])
    assert both.stages == ("documents", "taxonomy", "scpt", "ssft")
    assert {row["kind"] for row in both.load_rows("scpt")} >= {"passage", "locate"}
    assert {row["kind"] for row in both.load_rows("ssft")} == {
        "answer",
        "reasoned",
        "structure",
        "exercise",
        "tell",
    }


def test_maps_in_the_papers_preset(tmp_path: Path) -> None:
    paper = built(tmp_path, ssft={"preset": "paper"})
    assert set(counts_of(paper)["train"]["samples"]) == {"answer", "reasoned", "structure"}
    for row in rows_of(paper, "reasoned"):
        assert f"```\n{row['structure']}\n```" in answer_of(row)
        assert row["structure"].startswith("Bicycles\n└─ ") or " > " in row["structure"]


def test_paths_are_those_of_the_tree(plan: Plan) -> None:
    root, documents, _ = plan.load_taxonomy()
    tree = Tree(root, {document.id: document for document in documents})
    rows = [row for row in rows_of(plan, "reasoned", "exercise") if row["structure"]]
    assert {row["kind"] for row in rows} == {"reasoned", "exercise"}
    for row in rows:
        assert row["structure"].split("\n") == [
            " > ".join(tree.place_titles(tree.topics[name])) for name in row["topic_ids"]
        ]


# --- refusals


def test_no_row_to_train_on_is_refused(tmp_path: Path) -> None:
    empty = plan_of(tmp_path, ssft={"qa": [], "kinds": ["answer", "reasoned"]})
    with pytest.raises(ConfigError) as caught:
        build(empty, WordCodec(), PROGRESS, WordChat())
    assert str(caught.value) == (
        "The stage `ssft` has no row to train on: give questions in `ssft.qa`, or a kind of `ssft.kinds` that is made from the "
        "corpus (`structure`, `exercise`), or raise `sequence_len`."
    )
    assert not empty.has("ssft")


def test_rows_need_a_chat(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        build(plan_of(tmp_path), WordCodec(), PROGRESS)
    assert (
        str(caught.value)
        == "Rows of `ssft` need a chat: give `build` one, or set `ssft.format: plain`."
    )


def test_the_example_reads_its_own_questions() -> None:
    assert all(Path(path).is_file() for path in [*OWN, *HELD_OUT])
