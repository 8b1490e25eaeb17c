"""Facts in builds: how often each is told, recited and asked, and which limits hold."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from structtuning_plugin.build.coverage import FactCount, describe, load_facts, merge
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.core.errors import ConfigError
from tests.build.building import PROGRESS
from tests.build.building import plan_of as scpt_plan
from tests.build.ssft_building import counts_of, dropped_of, plan_of, rows_of, write_qa
from tests.chats import WordChat
from tests.codecs import CharCodec, WordCodec

# A clause with one sentence each: many headings, little text.
PARTS = ("belt", "liner", "gauge", "valve", "piston", "filter", "turbine", "crankshaft")
HEADINGS = "# Codex\n\n" + "".join(
    f"## Clause {number}: {PARTS[number % 8]} {number}\n\n"
    f"The {PARTS[number % 8]} of clause {number} seals the heat that the {PARTS[number % 7]} "
    f"gives off at {number + 20} degrees.\n\n"
    for number in range(120)
)
FORCED = """# Kite Guide

## Frame

### Spars

Please note that this part is short. See the file for more. You can also use other woods since they
bend.

### Bridle

Now we tie it as shown above. This will soon need another look. The package has a page on this.

## Sail

### Cutting

Let's cut it first. Otherwise the rest of this will not fit. Here you may want to check again.
"""
FIVE = [
    {"question": f"Which tool number {number} is used?", "answer": f"tool {number}"}
    for number in range(5)
]


def corpus(folder: Path, text: str) -> dict[str, object]:
    path = folder / "corpus" / "book.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return {"corpus": [{"path": str(path.parent), "language": "en"}]}


def built_ssft(folder: Path, text: str, **changes: object) -> Plan:
    plan = plan_of(folder, **corpus(folder, text), **changes)  # type: ignore[arg-type]
    build(plan, WordCodec(), PROGRESS, WordChat())
    return plan


@pytest.mark.parametrize("wordings", [1, 3])
@pytest.mark.parametrize("share", [0.05, 0.25])
def test_a_share_is_a_limit(tmp_path: Path, share: float, wordings: int) -> None:
    settings = {"shares": {"locate": share}, "wordings": wordings}
    plan = scpt_plan(tmp_path, chunk_tokens=256, **corpus(tmp_path, HEADINGS), scpt=settings)
    build(plan, CharCodec(), PROGRESS)
    counts = plan.store.require("scpt", plan.keys["scpt"])["counts"]["train"]
    tokens = counts["trained_tokens_by_kind"]
    assert 0 < tokens["locate"] <= share * counts["trained_tokens"]
    maps = sum(tokens.get(kind, 0) for kind in ("section_map", "chapter_map", "book_map"))
    assert maps <= 0.05 * counts["trained_tokens"]


def test_own_questions_never_remove_exercises(tmp_path: Path) -> None:
    alone = built_ssft(tmp_path / "alone", HEADINGS, ssft={"qa": []})
    own = write_qa(tmp_path / "five.jsonl", FIVE)
    with_own = built_ssft(tmp_path / "own", HEADINGS, ssft={"qa": [own]})

    exercises = [row["id"] for row in rows_of(alone, "exercise")]
    assert exercises
    assert [row["id"] for row in rows_of(with_own, "exercise")] == exercises
    tokens = [counts_of(plan)["train"]["trained_tokens_by_kind"] for plan in (alone, with_own)]
    assert tokens[1]["structure"] >= tokens[0]["structure"] > 0
    assert len(rows_of(with_own, "answer")) == 5


def test_a_corpus_without_facts_has_no_exercise(tmp_path: Path) -> None:
    own = write_qa(tmp_path / "five.jsonl", FIVE)
    plan = built_ssft(tmp_path, FORCED, ssft={"qa": [own]})
    assert {row["kind"] for row in rows_of(plan)} == {"answer"}
    assert counts_of(plan)["facts"] == {
        "sentences": 8,
        "facts": 0,
        "told": 0,
        "recited": 0,
        "asked": 0,
        "asked_both_ways": 0,
        "questions_per_fact": 0.0,
    }


def test_a_budget_drops_later_forms_first(tmp_path: Path) -> None:
    whole = built_ssft(tmp_path / "whole", HEADINGS, ssft={"qa": []})
    tokens = counts_of(whole)["train"]["trained_tokens_by_kind"]["exercise"]
    half = built_ssft(tmp_path / "half", HEADINGS, ssft={"qa": [], "exercise_tokens": tokens // 2})
    assert counts_of(half)["train"]["trained_tokens_by_kind"]["exercise"] <= tokens // 2
    dropped = {item.id for item in dropped_of(half, "budget")}
    assert {item.detail for item in dropped_of(half, "budget")} == {
        f"exercise has a budget of {tokens // 2:,} tokens"
    }
    asked = {row["id"] for row in rows_of(half, "exercise")}
    assert asked
    assert dropped
    assert not asked & dropped
    # Facts: the last part of an id before its digest.
    first = {name.split("/")[-1].split("-")[0] for name in asked}
    twice = [name for name, times in Counter(map(_fact, asked)).items() if times > 1]
    never = {_fact(name) for name in dropped} - first
    assert not (twice and never)


def _fact(sample_id: str) -> str:
    return sample_id.split("/")[-1].split("-")[0]


@pytest.mark.parametrize("forms", [1, 2])
def test_forms_per_fact(tmp_path: Path, forms: int) -> None:
    plan = built_ssft(tmp_path, HEADINGS, ssft={"qa": [], "forms_per_fact": forms})
    times = Counter(
        _fact(row["id"]) for row in rows_of(plan, "exercise") if "extract_next" not in row["id"]
    )
    assert max(times.values()) == forms


def test_counts_of_both_stages_are_added_up(tmp_path: Path) -> None:
    plan = built_ssft(tmp_path, HEADINGS, stage=["scpt", "ssft"], ssft={"qa": []})
    told, asked = load_facts(plan.folder("scpt")), load_facts(plan.folder("ssft"))
    assert [fact.id for fact in told] == [fact.id for fact in asked]
    assert all(fact.told == 1 and fact.asked == 0 for fact in told)
    assert describe(merge([told, asked]))["told"] == len(told)
    assert merge([told, asked])[0].asked == asked[0].asked
    # No path more often than its facts: one of them here, so it is asked for by `locate` alone.
    rows = [*plan.load_rows("scpt"), *plan.load_rows("ssft")]
    paths = Counter(row["topic_id"] for row in rows if row["kind"] == "locate")
    paths.update(row["topic_ids"][0] for row in rows if row.get("structure"))
    facts = Counter(fact.topic_id for fact in told)
    assert all(paths[topic] <= count for topic, count in facts.items())


def test_the_published_form_counts_no_facts(tmp_path: Path) -> None:
    own = write_qa(tmp_path / "five.jsonl", FIVE)
    plan = built_ssft(tmp_path, HEADINGS, ssft={"qa": [own], "preset": "paper"})
    assert "facts" not in counts_of(plan)
    assert load_facts(plan.folder("ssft")) == []


def test_a_share_of_exercises_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, ssft={"shares": {"exercise": 0.5}})
    assert str(caught.value).endswith(
        "structtuning.ssft.shares: `exercise` takes no share: all of your own questions and "
        "exercises are kept. Limit the other kinds."
    )


def test_questions_in_the_first_stage(tmp_path: Path) -> None:
    settings = {"questions": 0.5}
    plan = scpt_plan(tmp_path, chunk_tokens=256, **corpus(tmp_path, HEADINGS), scpt=settings)
    build(plan, CharCodec(), PROGRESS)
    counts = plan.store.require("scpt", plan.keys["scpt"])["counts"]["train"]
    tokens = counts["trained_tokens_by_kind"]
    assert 0.4 * tokens["passage"] < tokens["question"] <= 0.5 * tokens["passage"]
    row = next(row for row in plan.load_rows("scpt") if row["kind"] == "question")
    assert row["prompt"].startswith("Question: ")
    assert row["prompt"].endswith("\nAnswer:\n")
    assert row["completion"]


def test_what_a_merge_adds_up() -> None:
    fact = {"id": "f", "topic_id": "t", "kind": "sentence", "text": "A."}
    one, two = FactCount(**fact, told=1, asked=2), FactCount(**fact, recited=3, asked_back=1)
    assert merge([[one], [two], []]) == [
        FactCount(**fact, told=1, recited=3, asked=2, asked_back=1)
    ]
    assert describe([FactCount(**fact, told=1, asked=2, asked_back=1)]) == {
        "facts": 1,
        "told": 1,
        "recited": 0,
        "asked": 1,
        "asked_both_ways": 1,
        "questions_per_fact": 3.0,
    }
