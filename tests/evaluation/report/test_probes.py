"""The section on probes, from a tree that was built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from structtuning_plugin.build.held_out import build_probes, split_corpus
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.evaluation.report.probes import remembered
from structtuning_plugin.evaluation.report.runs import read_runs
from structtuning_plugin.evaluation.report.types import Table
from structtuning_plugin.evaluation.types import PromptedQuestion
from structtuning_plugin.questions.probes.files import PROBE_KINDS, Probe, record_of
from tests.build.ssft_building import built, plan_of
from tests.evaluation.asking import asked, gold, questions
from tests.evaluation.report.building import Page, run_of
from tests.evaluation.report.conftest import Report
from tests.questions.probes.building import probe

BOOK = "Bicycles > The Bicycle: How It Works and How to Care for It"


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return built(tmp_path_factory.mktemp("probed"), probes={"share": 0.3, "per_point": 4})


@pytest.fixture(scope="module")
def probes(probed: Plan) -> list[Probe]:
    return build_probes(probed, split_corpus(probed, *probed.load_taxonomy()))


@pytest.fixture
def questioned(probes: list[Probe], tmp_path: Path) -> list[PromptedQuestion]:
    return asked(questions(tmp_path / "probes.jsonl", *map(record_of, probes)))


def test_chapters_in_the_order_of_the_tree_and_the_weakest_first(
    report: Report, probed: Plan, probes: list[Probe], questioned: list[PromptedQuestion]
) -> None:
    chapters = list(dict.fromkeys(probe.branch for probe in probes))
    known = {probe.pair.id for probe in probes if probe.branch != chapters[2]}
    right = [
        gold(item) if probe.id in known else "zzz"
        for item, probe in zip(questioned, probes, strict=True)
    ]
    run_of(Path("after"), questioned, right)
    run_of(Path("before"), questioned, ["zzz"] * len(probes))
    done = report("--run", "after", "--against", "before", plan=probed)
    assert done.exit_code == 0, done.output
    page = Page(Path("page.html").read_text(encoding="utf-8"))
    rows = page.tables["Probes by chapter, in the order of the tree"]
    assert rows[0] == ["chapter", "before", "after", "change, after"]
    assert [row[0] for row in rows[1:]] == [
        "all chapters",
        *(name.removeprefix(f"{BOOK} > ") for name in chapters),
    ]
    assert [row[3] for row in rows[2:]] == [
        "+0.0" if name == chapters[2] else "+100.0" for name in chapters
    ]
    weakest = chapters[2].removeprefix(f"{BOOK} > ")
    assert any(
        line.startswith(f"after knows least of: {weakest} (0.0 %), ") for line in page.text("p")
    )
    assert f"All chapters are below {BOOK}." in page.text("p")
    kinds = page.tables["Probes by kind"]
    asked_for = {probe.kind for probe in probes}
    assert [row[0] for row in kinds[1:]] == [kind for kind in PROBE_KINDS if kind in asked_for]
    assert "Probes by chapter" in page.attributes("svg", "aria-label")


def test_without_answers_to_probes_there_is_no_section(
    report: Report, probed: Plan, exam: list[PromptedQuestion]
) -> None:
    run_of(Path("ours"), exam, ["B"] * 3)
    assert report("--run", "ours", plan=probed).exit_code == 0
    assert "Probes of memory" not in Path("page.html").read_text(encoding="utf-8")


def test_a_tree_that_is_not_built_is_told(
    report: Report, exam: list[PromptedQuestion], tmp_path: Path
) -> None:
    run_of(Path("ours"), exam, ["B"] * 3)
    done = report("--run", "ours", plan=plan_of(tmp_path / "unbuilt", probes={}))
    assert done.exit_code == 0, done.output
    told, written = done.stderr.splitlines()
    assert told.startswith("The report has no section of probes: ")
    assert told.endswith("Run `axolotl structtuning build` or `axolotl preprocess` first.")
    assert written == "Written: page.html"


def section_of(
    folder: Path, found: list[Probe], answered: int
) -> tuple[tuple[str, ...], Table, str]:
    items = asked(questions(folder / "p.jsonl", *map(record_of, found)))[:answered]
    place = run_of(folder / "run", items, ["zzz"] * answered)
    section = remembered(read_runs([str(place)], None), found)
    assert section is not None
    plot, table, *_ = section.parts
    assert isinstance(table, Table)
    return section.lines, table, str(getattr(plot, "svg", ""))


def test_one_point_has_no_interval_and_missing_answers_are_told(tmp_path: Path) -> None:
    found = [
        replace(probe("parent", "Brakes", name=str(n), topic=str(n), branch=f"D > {'AB'[n % 2]}"))
        for n in range(4)
    ]
    lines, table, _ = section_of(tmp_path, found, 3)
    assert table.rows == (
        ("all chapters", "0.0 % (0.0 to 0.0), n = 3"), ("A", "0.0 % (0.0 to 0.0), n = 2"), ("B", "0.0 %, n = 1"),
    )  # fmt: skip
    assert "1 of 4 probes have no answer in <bdi>run</bdi>; they do not count." in lines


def test_very_many_chapters_are_all_in_the_table_but_not_in_the_chart(tmp_path: Path) -> None:
    found = [
        probe("parent", "Brakes", name=str(n), topic=str(n), branch=f"D > C{n}") for n in range(60)
    ]
    lines, table, plot = section_of(tmp_path, found, 60)
    assert len(table.rows) == 61
    assert [row[0] for row in table.rows[1:]] == [f"C{n}" for n in range(60)]
    assert "The chart has the 40 chapters of 60 that score lowest; the table has all." in lines
    assert sum(f">C{n}<" in plot for n in range(60)) == 40
