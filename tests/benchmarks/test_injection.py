"""The controlled experiment: nothing of what is asked at the end is trained on as a question, and all arms get the same text."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.hookspecs import ReadRequest
from tests.conftest import PROJECT

sys.path.insert(0, str(PROJECT / "benchmarks"))

from injection.arms import ARMS, GROUPS, OURS
from injection.corpus import Regime, markdown
from injection.grammar import LURE, ORIGIN, Size, make_books
from injection.questions import KINDS, PromptedQuestion, exam_questions, split, training_questions
from injection.scoring import chance, is_right, score
from injection.table import curve, mean_and_interval, table

SIZE = Size(chapters=3, sections=2, points=4)
SEEDS = st.integers(0, 10_000)


def asked(answer: str, kind: str = "one hop", form: str = "coat") -> PromptedQuestion:
    return PromptedQuestion(
        id=answer,
        kind=kind,
        form=form,
        question="?",
        answers=(answer,),
        reasoning="",
        involves=frozenset(),
    )


def paragraphs(text: str) -> list[str]:
    return [block for block in text.strip().split("\n\n") if not block.startswith("#")]


# --- the grammar


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_books_are_the_same_for_a_seed_and_share_no_name(seed: int) -> None:
    books = make_books(seed, 3, SIZE)
    assert books == make_books(seed, 3, SIZE)
    names = [
        name
        for book in books
        for name in (
            book.name,
            *(c.name for c in book.chapters),
            *(s.name for s in book.sections),
            *book.points,
        )
    ]
    assert len(names) == len(set(names)) == 3 * (1 + 3 + 6 + 24)


def test_what_is_inherited_is_that_of_section_and_chapter() -> None:
    (book,) = make_books(0, 1, SIZE)
    section = book.chapters[1].sections[0]
    for point in section.points:
        assert book.value(point, LURE) == section.lure
        assert book.value(point, ORIGIN) == book.chapters[1].origin


# --- the text


@pytest.mark.parametrize("regime", ["named", "pronoun"])
def test_every_fact_stands_beneath_its_heading_in_every_paraphrase(regime: Regime) -> None:
    (book,) = make_books(3, 1, SIZE)
    text = markdown(book, regime, 4, 0)
    request = ReadRequest(document_id="book.md", text=text, source="", language="en")
    (document,) = MarkdownReader().read(request).documents
    ends = [heading.start for heading in document.headings[1:]] + [len(document.text)]
    beneath = {
        head.title: document.text[head.start : end]
        for head, end in zip(document.headings, ends, strict=True)
    }
    assert [(head.level, head.title) for head in document.headings][:3] == [
        (1, book.name),
        (2, book.chapters[0].name),
        (3, book.chapters[0].sections[0].name),
    ]
    for point in book.points:
        for attribute in ("coat", "haunt", "sound", "follows"):
            assert beneath[point].count(book.value(point, attribute)) >= 4
        assert book.value(point, LURE) not in beneath[point]
        assert book.value(point, ORIGIN) not in beneath[point]
    for section in book.sections:
        assert beneath[section.name].count(section.lure) == 4
    for chapter in book.chapters:
        assert beneath[chapter.name].count(chapter.origin) == 4


def test_the_regimes_differ_in_what_passages_call_their_subject() -> None:
    (book,) = make_books(1, 1, Size(chapters=4, sections=4, points=5))
    blocks = markdown(book, "named", 10, 0).strip().split("\n\n")
    heading = ""
    for block in blocks:
        if block.startswith("#"):
            heading = block.lstrip("# ")
        else:
            sentences = re.findall(r"[^.]+\.", block)
            assert all(heading in sentence for sentence in sentences)
    said = paragraphs(markdown(book, "pronoun", 10, 0))
    without = sum(bool(re.search(r"\b(it|these|It|These)\b", block)) for block in said)
    assert 0.65 < without / len(said) < 0.75


def test_a_share_of_the_book_is_part_of_every_larger_one() -> None:
    (book,) = make_books(2, 1, Size(chapters=4, sections=4, points=5))
    nodes = 1 + 4 + 16 + 80
    whole = paragraphs(markdown(book, "pronoun", 10, 0))
    before: set[str] = set()
    for share, least, most in ((5, 0.3, 0.7), (10, 1, 1), (30, 3, 3), (100, 10, 10)):
        text = markdown(book, "pronoun", 10, 0, share)
        assert text.count("#" * 4 + " ") == 80  # every heading is there
        part = paragraphs(text)
        assert least * nodes <= len(part) <= most * nodes
        assert before <= set(part) <= set(whole)
        before = set(part)
    assert len(whole) == 10 * nodes


# --- the split


@given(SEEDS, st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_no_training_question_names_answers_with_or_passes_through_a_held_out_point(
    seed: int, points: int
) -> None:
    (book,) = make_books(seed, 1, Size(chapters=2, sections=3, points=points))
    parts = split(book, seed)
    assert sorted(parts.train + parts.held_out) == sorted(book.points)
    for one in training_questions(book, parts.train, seed):
        said = " ".join([one.question, *one.answers, one.reasoning])
        assert not [point for point in parts.held_out if point in said], one


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_an_exam_asks_about_every_held_out_point_in_every_kind(seed: int) -> None:
    (book,) = make_books(seed, 1, SIZE)
    parts = split(book, seed)
    exam = exam_questions(book, parts.held_out, seed)
    for point in parts.held_out:
        named = {one.kind for one in exam if point in one.question}
        assert named >= set(KINDS)
    assert all(any(point in one.question for point in parts.held_out) for one in exam)
    lessons = {one.question for one in training_questions(book, parts.train, seed)}
    assert lessons.isdisjoint(one.question for one in exam)


def test_inherited_facts_are_asked_in_training_so_that_only_the_place_is_new() -> None:
    (book,) = make_books(5, 1, SIZE)
    lessons = training_questions(book, split(book, 5).train, 5)
    given_answers = {answer for one in lessons if one.kind == "inherited" for answer in one.answers}
    assert given_answers == {*(s.lure for s in book.sections), *(c.origin for c in book.chapters)}


# --- scores


def test_an_answer_counts_letter_for_letter_behind_its_marker() -> None:
    assert is_right(asked("Gilu limis"), "Beasts > Gilu limis\n\nIt is so.\n\nAnswer: gilu limis.")
    assert is_right(asked("azure"), "azure")
    assert not is_right(asked("azure"), "Answer: azure coat")
    assert not is_right(asked("azure"), "azure\n\nAnswer: red")
    assert not is_right(asked("azure"), "")


def test_scores_and_chance_by_kind() -> None:
    questions = [
        asked("red"),
        asked("red"),
        asked("blue"),
        asked("caves", form="haunt"),
        asked("yes", "comparison"),
    ]
    assert score(questions, ["red", "blue", "blue", "hills", "yes"]) == {
        "one hop": [2, 4],
        "comparison": [1, 1],
    }
    # Of the coats two are red, of the haunts the one is caves.
    assert chance(questions) == {"one hop": 3 / 4, "comparison": 1.0}


def test_intervals_are_students() -> None:
    # t(0.975, 2) = 4.303; the standard error of 60, 62, 64 is 2 / sqrt(3).
    assert mean_and_interval([60.0, 62.0, 64.0]) == "62.0 ± 5.0"
    assert mean_and_interval([60.0]) == "60.0"


def test_a_table_has_chance_the_base_and_each_arm_in_each_way_of_asking() -> None:
    cost = {"tokens": 1000, "trained": 500, "steps": 3, "seconds": 2.0}
    half = {kind: [1, 2] for kind in KINDS}
    row = {
        "chance": dict.fromkeys(KINDS, 0.25),
        "base": cost,
        "asked": "brief",
        "costs": {},
        "scores": {"brief": half},
    }
    both = {
        "asked": "reason",
        "costs": {"pretraining": cost, "instruction": cost},
        "scores": {"reason": half, "brief": half},
    }
    lines = table([{**row, "arm": "base"}, {**row, **both, "arm": "compact+ssft"}]).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| best constant answers", "| base", "| compact+ssft", "| compact+ssft (brief)",
    ]  # fmt: skip
    assert lines[2].split(" | ")[2:4] == ["25.0", "25.0"]
    assert lines[4].endswith("| 2,000 | 1,000 | 6 | 4 |")


def test_the_curve_has_the_seeds_that_got_parts_of_the_book() -> None:
    def row(arm: str, seed: int, right: int) -> dict[str, Any]:
        return {
            "arm": arm,
            "seed": seed,
            "asked": "brief",
            "scores": {"brief": {kind: [right, 10] for kind in KINDS}},
        }

    part, plain = f"{OURS}@10%={OURS}", f"cpt+sft={OURS}"
    rows = [row(OURS, 0, 4), row(OURS, 1, 9), row(part, 0, 2), row(plain, 0, 1), row(plain, 1, 9)]
    assert curve(rows).splitlines() == [
        "| facts, by share of the book | 10 % | 100 % |",
        "|---|---|---|",
        "| compact+ssft | 20.0 | 40.0 |",
        "| cpt+sft | - | 10.0 |",
    ]


def test_an_arm_is_matched_to_one_that_is_not() -> None:
    matched = [arm for arm in ARMS.values() if arm.like]
    assert matched
    assert all(not ARMS[arm.like].like for arm in matched)
    assert {ARMS[name].like for name in GROUPS["tokens"] if name != OURS} == {OURS}


def test_arms_share_the_model_that_they_begin_with() -> None:
    names = {arm.name: arm.stage_names(ARMS) for arm in ARMS.values()}
    assert names["compact+sft=compact+ssft"] == ("compact", "compact+sft=compact+ssft")
    assert names["cpt+ssft=compact+ssft"] == ("cpt=compact+ssft", "cpt+ssft=compact+ssft")
    assert names["compact+ssft@30%=compact+ssft"][0] == "compact@30=compact+ssft"
    last = [last for _, last in names.values()]
    assert len(set(last)) == len(last)


# --- a whole run


def run(folder: Path, *arguments: str) -> str:
    command = [
        sys.executable,
        "benchmarks/injection/run.py",
        "--profile",
        "smoke",
        "-o",
        str(folder),
        *arguments,
    ]
    done = subprocess.run(
        command, cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-6000:]
    return output


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for line in (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()
    ]


def built(experiment: Path, stage: str) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The manifest and the rows of every artifact of a stage on the target book."""
    from datasets import load_from_disk

    folders = sorted((experiment / "target/work" / stage).glob("*/manifest.json"))
    return [
        (
            json.loads(path.read_text(encoding="utf-8")),
            list(load_from_disk(str(path.parent / "train"))),
        )
        for path in folders
    ]


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("injection")
    run(folder)
    return folder


@pytest.mark.axolotl
@pytest.mark.training
def test_a_smoke_run(smoke: Path) -> None:
    rows = rows_of(smoke)
    assert [row["arm"] for row in rows] == ["base", "cpt+sft", "compact+ssft"]
    base = rows[0]
    right = sum(count for count, _ in base["scores"]["brief"].values())
    expected = sum(
        base["chance"][kind] * count for kind, (_, count) in base["scores"]["brief"].items()
    )
    assert right <= expected, "the base knows the target book"

    before = (smoke / "results.jsonl").read_bytes()
    assert "[injection]" not in run(smoke), "an arm that is there is not run again"
    assert (smoke / "results.jsonl").read_bytes() == before


@pytest.mark.axolotl
@pytest.mark.training
def test_every_arm_is_trained_on_the_same_text_and_on_all_that_the_plugin_counted(
    smoke: Path,
) -> None:
    experiment = smoke / "smoke-pronoun-0"
    found = built(experiment, "scpt")
    texts = [
        Counter(row["completion"] for row in rows if row["kind"] == "passage") for _, rows in found
    ]
    assert len(texts) == 2
    assert texts[0] == texts[1]
    assert sorted({row["prompt"].strip() == "" for _, rows in found for row in rows}) == [
        False,
        True,
    ]

    costs = {
        (cost["tokens"], cost["trained"])
        for row in rows_of(smoke)
        for cost in row["costs"].values()
    }
    counts = [
        manifest["counts"]["train"]
        for stage in ("scpt", "ssft")
        for manifest, _ in built(experiment, stage)
    ]
    assert costs == {(count["total_tokens"], count["trained_tokens"]) for count in counts}


@pytest.mark.axolotl
@pytest.mark.training
def test_no_row_of_instruction_tuning_names_a_held_out_point_but_in_a_path(smoke: Path) -> None:
    (book,) = make_books(0, 2, Size(chapters=2, sections=2, points=3))[-1:]
    held_out = split(book, 0).held_out
    rows = [row for _, rows in built(smoke / "smoke-pronoun-0", "ssft") for row in rows]
    assert {row["kind"] for row in rows} == {"answer", "reasoned"}
    for row in rows:
        said = "\n".join(message["content"] for message in row["messages"]).replace(
            row["structure"] or "\n", "\n"
        )
        assert not [point for point in held_out if point in said], row
