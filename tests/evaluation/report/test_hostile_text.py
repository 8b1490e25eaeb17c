"""Text of others stays text, wherever it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.evaluation.report.charts import chart
from structtuning_plugin.evaluation.report.page import page
from structtuning_plugin.evaluation.report.plots import Series, legible
from structtuning_plugin.evaluation.report.types import (
    AnsweredQuestion,
    Chart,
    Column,
    Excerpt,
    Questions,
    Section,
    Table,
)
from structtuning_plugin.evaluation.types import PromptedQuestion
from tests.build.ssft_building import plan_of
from tests.evaluation.asking import FREE, asked, questions
from tests.evaluation.report.building import HOSTILE, Page, run_of
from tests.evaluation.report.conftest import Report

LONG = "</title><script>x</script> " + "title " * 900


def everywhere(text: str) -> list[Section]:
    two = [Series(name=text, means=[0.5], ends=[None]), Series(name=text, means=[0], ends=[None])]
    said = Excerpt(text=text, more=1)
    answered = AnsweredQuestion(
        about=text, language=text, question=said, answer=said, right=(said,), before=said
    )
    return [
        Section(
            anchor="a",
            title=text,
            lines=(text,),
            parts=(
                Table(
                    caption=text,
                    columns=(Column(title=text), Column(title=text, words=True)),
                    rows=((text, text),),
                ),
                chart("plot", text, [text], two),
                Questions(caption=text, items=(answered,)),
            ),
        )
    ]


@pytest.mark.parametrize(
    "text", [HOSTILE, LONG, "\ud800", "$x^2$ \\$ ${x", '" onclick="x" \' {{ 7 * 7 }} {% raw %}']
)
def test_no_text_becomes_markup(text: str) -> None:
    plain, found = Page(page("T", everywhere("plain"))), Page(page(text, everywhere(text)))
    assert [tag for tag, _ in found.tags] == [tag for tag, _ in plain.tags]
    assert [sorted(attrs) for _, attrs in found.tags] == [sorted(attrs) for _, attrs in plain.tags]
    shown = legible(text).strip()
    for tag in ("h1", "h2", "h3", "h4", "caption", "p"):
        assert found.text(tag)[0] == shown
    assert found.text("dd")[-1].startswith(shown[:2000].strip())
    found_text = page(text, everywhere(text))
    assert found_text.encode("utf-8").decode("utf-8") == found_text
    assert not set(found_text) & {"\x00", "\x07", "\x85"}


@given(st.text(st.characters(codec=None)))
def test_only_control_characters_and_halves_of_pairs_are_replaced(text: str) -> None:
    found = legible(text)
    assert len(found) == len(text)
    changed = {one for one, other in zip(text, found, strict=True) if one != other}
    assert all(
        c in "\ufffe\uffff" or c < " " or "\x7f" <= c < "\xa0" or "\ud800" <= c <= "\udfff"
        for c in changed
    )
    assert legible("a\tb\n\u200dש漢😀") == "a\tb\n\u200dש漢😀"


def test_labels_of_a_chart_stay_text_and_plots_do_not_collide() -> None:
    labels = ["<b>&amp;</b>", "]]>", "微生物学", "\u202eabc", "x" * 5000]
    both = [
        chart(name, "C", labels, [Series(name="s", means=[0.1] * 5, ends=[(0, 1)] * 5)])
        for name in ("one", "two")
    ]
    found = Page("".join(one.svg for one in both))
    assert [text for text in found.text("text") if text in labels] == [*labels[:4], *labels[:4]]
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(set(ids)) == len(ids) > 0
    for one, name in zip(both, ("one", "two"), strict=True):
        assert isinstance(one, Chart)
        assert f"url(#{name}-" in one.svg
        assert one.svg.startswith("<svg ")


def test_a_whole_page_of_hostile_names(report: Report, tmp_path: Path) -> None:
    name = "<script>x<&]]>\u202e.jsonl"
    rows: list[dict[str, Any]] = [
        FREE,
        {"question": HOSTILE, "answer": HOSTILE},
        {"question": "שלום?", "answer": "עולם"},
    ]
    found: list[PromptedQuestion] = asked(questions(tmp_path / name, *rows))
    run_of(
        tmp_path / "<script>ours",
        found,
        [HOSTILE, "x" * 5000, "عالم"],
        model="<script>m",
        perplexity={},
    )
    done = report(
        "--run", "<script>ours", plan=plan_of(tmp_path, domain="<script>D & </title>" + "x" * 80)
    )
    assert done.exit_code == 0, done.output
    page = Page(Path("page.html").read_text(encoding="utf-8"))
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.text("h1")[0].startswith("Evaluation: <script>D & </title>")
    assert page.tables["Runs"][0] == ["", "<script>ours"]
    assert page.tables["Scores by set of questions"][1][0] == f"{name} (token F1)"
    assert "… and 3,000 characters more" in "".join(page.text("dd"))
