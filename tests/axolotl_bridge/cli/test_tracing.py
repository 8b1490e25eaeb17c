"""`trace` and `coverage`: where a sample comes from, and what no sample speaks of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.axolotl_bridge.cli.conftest import BOOK, Run, refused
from tests.axolotl_bridge.conftest import Recipe, WriteRecipe
from tests.axolotl_bridge.questions import write_questions

pytestmark = pytest.mark.axolotl

Asking = Callable[..., Recipe]
SPOKES = "Bicycles > The Bicycle > Wheels > Spokes"
# The end of its path, which no other topic shares.
SHORT = "Wheels > Spokes"
TEXT = "A spoke is pulled, never pushed. Thirty-six of them carry a rider."
QUESTION = "How many spokes carry a rider, pulled and never pushed?"


def rows_of(run: Run, recipe: str, what: str) -> dict[str, dict[str, Any]]:
    rows = map(json.loads, run("export", recipe, "--what", what).stdout.splitlines())
    return {row["id"]: row for row in rows}


# --- trace


def test_trace_of_a_question_names_everything_it_comes_from(run: Run, answered: str) -> None:
    row = rows_of(run, answered, "ssft")["reasoned/questions.jsonl#1"]
    (topic_id,), (chunk_id,) = row["topic_ids"], row["chunk_ids"]
    start, end = map(int, chunk_id.removeprefix("book.md:").split("-"))
    link = json.loads(run("trace", answered, row["id"], "--json").stdout)["question"]["link"]
    assert link["topic_ids"] == [topic_id]
    asked, wording = row["template"].split("+")
    shown = run("trace", answered, row["id"]).stdout
    origin, sample = shown.split("\n\n", 1)
    assert origin.splitlines() == [
        "id         reasoned/questions.jsonl#1",
        "kind       reasoned",
        f"wordings   {asked}",
        f"           {wording}",
        f"topics     {SPOKES}",
        f"structure  {SHORT}",
        f"chunks     book.md, characters {start}-{end}: {TEXT}",
        'question   id: "questions.jsonl#1"',
        '           format: "plain"',
        f'           question: "{QUESTION}"',
        '           answers: ["Thirty-six."]',
        '           language: "en"',
        '           explanation: "Each is pulled."',
        f"           link: {json.dumps(link)}",
        f"tokens     masked: {row['prompt_tokens']}",
        f"           trained: {row['trained_tokens']}",
    ]
    assert (
        sample
        == run("preview", answered, "--kind", "reasoned", "--count", "9").stdout.split("\n\n\n")[0]
        + "\n\n\n"
    )
    assert sample.startswith(
        f"--- {row['id']}  wording {row['template']}  {row['prompt_tokens']} masked + "
    )
    trained = re.findall("⟦(.*?)⟧", sample, re.DOTALL)
    assert len(trained) == 1
    assert trained[0].startswith(f"{SHORT}\n")
    assert trained[0].endswith("Thirty-six.<|im_end|>")


def test_trace_as_json(run: Run, answered: str) -> None:
    result = run("trace", answered, "reasoned/questions.jsonl#1", "--json")
    found = json.loads(result.stdout)
    assert list(found) == [
        "id",
        "kind",
        "wordings",
        "topics",
        "structure",
        "chunks",
        "question",
        "tokens",
    ]
    assert found["topics"] == [SPOKES]
    start = found["chunks"][0]["start"]
    end = start + len(TEXT) + len("\n\n")
    assert found["chunks"] == [{"file": "book.md", "start": start, "end": end, "text": TEXT}]
    assert found["question"]["question"] == QUESTION
    assert (found["question"]["link"]["pair_id"], found["question"]["answers"]) == (
        "questions.jsonl#1",
        ["Thirty-six."],
    )
    assert "Loading" not in result.stderr


def test_trace_of_a_question_as_given_names_no_topic(run: Run, answered: str) -> None:
    lines = run("trace", answered, "answer/questions.jsonl#3").stdout.splitlines()
    assert lines[3:6] == ["topics     -", "structure  -", "chunks     -"]
    found = json.loads(run("trace", answered, "answer/questions.jsonl#3", "--json").stdout)
    assert (found["topics"], found["chunks"], found["question"]["link"]["reason"]) == (
        [],
        [],
        "no_fit",
    )


def test_trace_of_a_passage(run: Run, built: str) -> None:
    rows = rows_of(run, built, "scpt")
    row = next(
        row for row in rows.values() if row["kind"] == "passage" and "Spokes" in row["prompt"]
    )
    (chunk_id,) = row["chunk_ids"]
    name, span = chunk_id.rsplit(":", 1)
    start, end = map(int, span.split("-"))
    text = " ".join(row["completion"].split())[:120]
    shown = run("trace", built, row["id"]).stdout
    assert shown.split("\n\n", 1)[0].splitlines() == [
        f"id         passage/{chunk_id}",
        "kind       passage",
        f"wordings   {row['template']}",
        f"topics     Bicycles > {row['prompt'].strip()}",
        "structure  -",
        f"chunks     {name}, characters {start:,}-{end:,}: {text}",
        f"tokens     masked: {row['prompt_tokens'] + 1}",  # and BOS
        f"           trained: {row['trained_tokens']}",
    ]
    assert (
        f"  {row['prompt_tokens'] + 1} masked + {row['trained_tokens']} trained tokens\n" in shown
    )


def test_trace_finds_what_is_held_out_for_evaluation(run: Run, built: str) -> None:
    figures = json.loads(run("build", built, "--json").stdout)["stages"]["scpt"]
    import datasets

    held_out = datasets.load_from_disk(figures["eval_dir"])[0]
    assert json.loads(run("trace", built, held_out["id"], "--json").stdout)["kind"] == "passage"


def test_an_unknown_id_is_answered_with_the_nearest(run: Run, answered: str) -> None:
    refused(
        run("trace", answered, "reasoned/question.jsonl#1"),
        r"There is no sample `reasoned/question.jsonl#1` in this build. Did you mean `reasoned/questions.jsonl#1`\? "
        r"Allowed: reasoned/questions.jsonl#1, reasoned/questions.jsonl#2\.",
    )
    refused(
        run("trace", answered, "reason/questions.jsonl#1"),
        r"in this build. .*Allowed: answer/\.\.\., reasoned/\.\.\.\.",
    )


def test_among_many_the_nearest_id_is_told_alone(
    run: Run, asking: Asking, write: WriteRecipe, home: Path
) -> None:
    names = (
        "Amsterdam",
        "Brno",
        "Calais",
        "Delft",
        "Essen",
        "Funchal",
        "Ghent",
        "Hull",
        "Izmir",
        "Jena",
        "Kyoto",
        "Lyon",
    )
    asked = [
        {"question": f"{what} {name}?", "answer": f"{name}."}
        for name in names
        for what in ("What is", "Where lies")
    ]
    write_questions(home, asked)
    write(asking())
    assert run("build", "recipe.yaml").exit_code == 0
    refused(
        run("trace", "recipe.yaml", "answer/questions.json#24"),
        r"Did you mean `answer/questions.jsonl#24`\? Ids look like `answer/questions.jsonl#1`; `export` and `preview` show them.",
    )


def test_what_was_left_out_is_told_with_its_reason(run: Run, answered: str) -> None:
    refused(
        run("trace", answered, "reasoned/questions.jsonl#3"),
        r"The sample `reasoned/questions.jsonl#3` was left out \(`no_fit`\): its best passage covers 0\.\d\d of it\.",
    )


def test_trace_before_the_build_says_what_to_run(
    run: Run, asking: Asking, write: WriteRecipe
) -> None:
    write(asking())
    for command in (["trace", "recipe.yaml", "x"], ["coverage", "recipe.yaml"]):
        refused(
            run(*command),
            r"is missing. Run `axolotl structtuning build` or `axolotl preprocess` first",
        )


# --- coverage

HEAD = " points  no chunk  no sample  no question  samples  questions"
WHEELS = "Bicycles > The Bicycle > Wheels"
BRAKES = "Bicycles > The Bicycle > Brakes"
# Facts that no sample tells, recites or asks for.
UNUSED = "      0        0      0          0    0.00"
# Bells have no text at all, so they are not judged.
WITHOUT_FACTS = (
    "2 knowledge points without a fact, so nothing is asked about it:",
    f"  {WHEELS}",
    f"  {WHEELS} > Rims",
)
KEYS = ("points", "no_chunk", "no_sample", "no_question", "samples", "questions")


def test_coverage_counts_points_branch_by_branch(run: Run, answered: str) -> None:
    shown = run("coverage", answered)
    assert shown.stdout.splitlines() == [
        f"{HEAD}   facts   told  recited  asked  both ways  a fact  branch",
        f"      7         1          5            5        2          2       3{UNUSED}  all",
        f"      3         0          2            2        1          1       1{UNUSED}  {WHEELS}",
        f"      4         1          3            3        1          1       2{UNUSED}  {BRAKES}",
        "",
        "5 knowledge points without a sample:",
        "  Bicycles > The Bicycle > Wheels",
        "  Bicycles > The Bicycle > Wheels > Rims",
        "  Bicycles > The Bicycle > Brakes",
        "  Bicycles > The Bicycle > Brakes > Rim brakes",
        "  Bicycles > The Bicycle > Brakes > Bells",
        "",
        "1 knowledge point without a chunk:",
        "  Bicycles > The Bicycle > Brakes > Bells",
        "",
        *WITHOUT_FACTS,
    ]
    assert shown.stderr == ""


def test_coverage_as_json(run: Run, answered: str) -> None:
    found = json.loads(run("coverage", answered, "--json").stdout)
    assert {
        name: tuple(counts[key] for key in KEYS) for name, counts in found["branches"].items()
    } == {
        "all": (7, 1, 5, 5, 2, 2),
        "Bicycles > The Bicycle > Wheels": (3, 0, 2, 2, 1, 1),
        "Bicycles > The Bicycle > Brakes": (4, 1, 3, 3, 1, 1),
    }
    points = {
        point["path"].rsplit(" > ", 1)[1]: (point["chunks"], point["samples"], point["questions"])
        for point in found["points"]
    }
    assert points == {
        "Wheels": (3, 0, 0),  # its own text and that beneath it
        "Rims": (1, 0, 0),
        "Spokes": (1, 1, 1),
        "Brakes": (2, 0, 0),
        "Rim brakes": (1, 0, 0),
        "Disc brakes": (1, 1, 1),
        "Bells": (0, 0, 0),
    }
    assert {len(point["id"]) for point in found["points"]} == {16}


def test_coverage_of_scpt_counts_its_samples_and_no_questions(
    run: Run, asking: Asking, write: WriteRecipe
) -> None:
    write(asking(stage="scpt", scpt={"kinds": ["passage"]}))
    assert run("build", "recipe.yaml").exit_code == 0
    found = json.loads(run("coverage", "recipe.yaml", "--json").stdout)
    assert [tuple(counts[key] for key in KEYS) for counts in found["branches"].values()] == [
        (7, 1, 2, 7, 5, 0),
        (3, 0, 0, 3, 3, 0),
        (4, 1, 2, 4, 2, 0),
    ]


def test_many_points_are_not_all_listed(
    run: Run, asking: Asking, write: WriteRecipe, corpus: Path
) -> None:
    names = [
        f"{letter}{other}"
        for letter in "KLMN"
        for other in ("aster", "iser", "oster", "unst", "yra", "erm")
    ]
    (corpus / "book.md").write_text(
        BOOK + "\n## More\n\n" + "\n\n".join(f"### {name}" for name in names) + "\n",
        encoding="utf-8",
    )
    write(asking())
    assert run("build", "recipe.yaml").exit_code == 0
    shown = run("coverage", "recipe.yaml").stdout
    assert "\n30 knowledge points without a sample:\n" in shown
    assert "\n26 knowledge points without a chunk:\n" in shown
    assert "  ... and 10 more; `--json` lists all\n\n26 knowledge points" in shown
    assert shown.endswith(
        "  ... and 6 more; `--json` lists all\n\n" + "\n".join(WITHOUT_FACTS) + "\n"
    )
    assert len(json.loads(run("coverage", "recipe.yaml", "--json").stdout)["points"]) == 32


def test_points_kept_for_probes_are_not_missed(
    run: Run, asking: Asking, write: WriteRecipe
) -> None:
    write(asking(probes={"share": 0.5}))
    assert run("build", "recipe.yaml").exit_code == 0
    found = json.loads(run("coverage", "recipe.yaml", "--json").stdout)
    kept = [point for point in found["points"] if point["probed"]]
    assert kept
    assert not any(point["samples"] for point in kept)
    bare = [point for point in found["points"] if not point["samples"] and not point["probed"]]
    assert (found["branches"]["all"]["no_sample"], found["branches"]["all"]["probed"]) == (
        len(bare),
        len(kept),
    )
    shown = run("coverage", "recipe.yaml").stdout
    assert (
        shown.splitlines()[-1]
        == f"{len(kept)} knowledge point{'s' if len(kept) > 1 else ''} kept for probes"
    )


# --- both


def test_no_title_and_no_question_steers_the_terminal(
    run: Run, asking: Asking, write: WriteRecipe, corpus: Path, home: Path
) -> None:
    (corpus / "book.md").write_text(
        BOOK.replace("### Spokes", "### Spokes \u202e backwards"), encoding="utf-8"
    )
    asked = {"question": QUESTION + " \u2066\x9b31m", "answer": "Thirty-six \u202e."}
    name = "evil\x1b[31m.jsonl"
    write_questions(home, [asked], name)
    write(asking({"qa": [name]}))
    assert run("build", "recipe.yaml").exit_code == 0
    sample = next(iter(rows_of(run, "recipe.yaml", "ssft")))
    shown = [
        run("trace", "recipe.yaml", sample).stdout,
        run("trace", "recipe.yaml", f"reasoned/{name}#1").stdout,
        run("trace", "recipe.yaml", f"reasoned/{name}#2").stderr,
        run("coverage", "recipe.yaml").stdout,
        run("preview", "recipe.yaml").stdout,
        run("validate", "recipe.yaml").stdout,
    ]
    assert all(shown)
    assert [text for text in shown if any(mark in text for mark in "\u202e\u2066\x9b\x1b")] == []
