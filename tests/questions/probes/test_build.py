"""Whole builds with `probes:`, and the command."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from structtuning_plugin.build.held_out import build_probes, split_corpus
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.cli import structtuning
from structtuning_plugin.commands import probes as probing
from structtuning_plugin.config import parse_block
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.questions.exclusion import Decontaminator
from structtuning_plugin.questions.probes.files import Probe
from tests.build.ssft_building import built, counts_of, dropped_of, hashes, plan_of, rows_of
from tests.extras import need_plots
from tests.kinds import KEPT_OUT
from tests.questions.walks.building import asked, client_of, subject

PROBES = {"share": 0.3, "per_point": 7}


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return built(tmp_path_factory.mktemp("probed"), probes=PROBES)


@pytest.fixture(scope="module")
def probes(probed: Plan) -> list[Probe]:
    return build_probes(probed, split_corpus(probed, *probed.load_taxonomy()))


def test_probes_never_occur_in_the_rows_of_their_own_run(probed: Plan, probes: list[Probe]) -> None:
    corpus = split_corpus(probed, *probed.load_taxonomy())
    guard = Decontaminator([probe.pair for probe in probes])
    rows = rows_of(probed, *KEPT_OUT)
    assert {row["kind"] for row in rows} == {"reasoned", "structure", "exercise", "tell"}
    assert len(probes) > 30
    for row in rows:
        assert not corpus.probed & set(row["topic_ids"])
        assert not guard.overlap(
            "\n".join(turn["content"] for turn in row["messages"]), row["language"]
        )
    assert not {row["id"] for row in rows_of(probed)} & {probe.id for probe in probes}


def about(sample_id: str) -> str:
    """The id of a sample; of an exercise without its form, its topic and its fact."""
    kind, topic, *rest = sample_id.split("/")
    if kind != "exercise":
        return sample_id
    return f"exercise/{topic}/{rest[-1].partition('-')[0]}"


def test_nothing_else_is_left_out_and_nothing_is_lost(probed: Plan, tmp_path: Path) -> None:
    """A fact is asked as often, if with other wrong answers; a probed text is never drafted."""
    plain = built(tmp_path)
    names = split_corpus(probed, *probed.load_taxonomy()).probed

    def made(plan: Plan) -> list[str]:
        return sorted(
            [
                *(about(row["id"]) for row in rows_of(plan)),
                *(about(d.id) for d in dropped_of(plan) if d.reason in ("share", "probed")),
            ]
        )

    told = {f"tell/{name}" for name in names}
    assert len(told & set(made(plain))) == 15
    assert made(probed) == [name for name in made(plain) if name not in told]
    assert counts_of(probed)["dropped"]["probed"] == len(dropped_of(probed, "probed"))
    assert dropped_of(plain, "probed") == []
    assert len(rows_of(probed, "answer")) == len(rows_of(plain, "answer"))
    assert rows_of(probed, "reasoned")


def test_builds_are_the_same_and_the_block_decides_the_rows(probed: Plan, tmp_path: Path) -> None:
    again = built(tmp_path, probes=PROBES)
    assert hashes(Path(again.block.work_dir)) == hashes(Path(probed.block.work_dir))
    for other in ({}, {"probes": {**PROBES, "share": 0.2}}, {"probes": {**PROBES, "per_point": 2}}):
        changed = plan_of(tmp_path, **other)
        assert [stage for stage in again.stages if changed.keys[stage] != again.keys[stage]] == [
            "ssft"
        ]
    both = plan_of(tmp_path, stage=["scpt", "ssft"], probes=PROBES)
    without = plan_of(tmp_path, stage=["scpt", "ssft"])
    assert [stage for stage in both.stages if both.keys[stage] != without.keys[stage]] == ["ssft"]


def test_probes_do_not_depend_on_the_stage(
    probed: Plan, probes: list[Probe], tmp_path: Path
) -> None:
    from structtuning_plugin.build.pipeline import build
    from tests.build.building import PROGRESS
    from tests.codecs import WordCodec

    first = plan_of(tmp_path, stage="scpt", probes=PROBES)
    build(first, WordCodec(), PROGRESS)
    assert build_probes(first, split_corpus(first, *first.load_taxonomy())) == probes


def test_no_walk_is_taken_over_a_probed_point_and_no_reasoning_asked_for(tmp_path: Path) -> None:
    client = client_of()
    plan = built(tmp_path, client=client, probes=PROBES, ssft={"walks": {"count": 30}})
    corpus = split_corpus(plan, *plan.load_taxonomy())
    secret = [chunk.text.strip() for chunk in corpus.chunks if chunk.topic_id in corpus.probed]
    assert secret
    shown = [
        passage
        for request in asked(client)
        for passage in subject(request).values.get("passages", ())
    ]
    assert shown
    assert not set(secret) & set(shown)
    assert len(rows_of(plan, "walk")) > 10
    assert not [d.id for d in dropped_of(plan, "probed") if d.id.startswith("walk/")]


def test_what_is_held_out_for_evaluation_is_not_probed(tmp_path: Path) -> None:
    plan = built(tmp_path, probes=PROBES, eval={"share": 0.2})
    corpus = split_corpus(plan, *plan.load_taxonomy())
    assert corpus.probed
    assert not corpus.probed & corpus.held_out
    assert rows_of(plan, part="eval")
    assert not corpus.probed & {
        name for row in rows_of(plan, *KEPT_OUT) for name in row["topic_ids"]
    }


@pytest.mark.parametrize("given", [{"share": 0}, {"share": 0.6}, {"per_point": 0}, {"shares": 0.2}])
def test_the_block_is_checked(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        parse_block({"domain": "D", "corpus": ["c"], "probes": given})


# --- the command


@pytest.fixture
def run(probed: Plan, monkeypatch: pytest.MonkeyPatch) -> Any:
    def invoke(*arguments: str, plan: Plan = probed) -> Result:
        monkeypatch.setattr(probing, "open_recipe", lambda path: SimpleNamespace(plan=plan))
        return CliRunner().invoke(structtuning, ["probes", "recipe.yaml", *arguments])

    return invoke


def test_probes_are_listed(run: Any, probes: list[Probe]) -> None:
    done = run("--kind", "parent", "--count", "2")
    assert done.exit_code == 0, done.output
    parents = [probe for probe in probes if probe.kind == "parent"]
    assert done.stdout.count("--- probe/") == 2
    assert f"{parents[0].pair.question}\n⟦{parents[0].pair.answers[0]}⟧" in done.stdout
    assert done.stderr.strip() == "2 probes of 2 knowledge points: parent 2"
    listed = json.loads(run("--json").stdout)
    assert [row["id"] for row in listed] == [probe.id for probe in probes]


def test_probes_are_written_and_answers_are_scored(
    run: Any, probes: list[Probe], tmp_path: Path
) -> None:
    done = run("-o", str(tmp_path / "probes.jsonl"))
    assert done.exit_code == 0, done.output
    records = [
        json.loads(line)
        for line in (tmp_path / "probes.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [row["id"] for row in records] == [probe.id for probe in probes]
    after, before = tmp_path / "after.jsonl", tmp_path / "before.jsonl"
    after.write_text(
        "".join(json.dumps({"id": r["id"], "text": r["answer"]}) + "\n" for r in records),
        encoding="utf-8",
    )
    before.write_text(
        "".join(json.dumps({"id": r["id"], "text": "zzz"}) + "\n" for r in records[1:]),
        encoding="utf-8",
    )

    table = run("--predictions", str(after), "--before", str(before))
    assert table.exit_code == 0, table.output
    points = len({probe.topic_id for probe in probes})
    assert table.stdout.splitlines()[:2] == [
        " points       n   score   exact   change  branch",
        f"{points:>7} {len(probes):>7}  100.0%  100.0%   +100.0  all",
    ]
    assert len(table.stdout.splitlines()) == 2 + len({p.branch for p in probes}) + 1 + 2 + len(
        {p.kind for p in probes}
    )
    scored = json.loads(run("--predictions", str(before), "--json").stdout)
    assert scored["unanswered"] == [probes[0].id]
    assert scored["scores"][0]["change"] is None
    assert scored["scores"][0]["n"] == len(probes) - 1


def test_a_plot_of_the_branches(run: Any, probes: list[Probe], tmp_path: Path) -> None:
    need_plots()
    answers = tmp_path / "a.jsonl"
    answers.write_text(json.dumps({"id": probes[0].id, "text": "x"}) + "\n", encoding="utf-8")
    done = run("--predictions", str(answers), "--plot", str(tmp_path / "a.svg"))
    assert done.exit_code == 0, done.output
    assert "<!-- Probes of memory -->" in (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert (
        f"{len(probes) - 1} probes of {len(probes)} without an answer; they do not count."
        in done.stderr
    )


def test_what_cannot_be_done_is_told(run: Any, probed: Plan, tmp_path: Path) -> None:
    unknown = run("--kind", "pth")
    assert unknown.exit_code == 1
    assert "Unknown kind of probe `pth`. Did you mean `path`?" in unknown.output
    assert (
        "`--before` needs the answers of a run: add `--predictions RUN`."
        in run("--before", "x").output
    )
    assert "`--plot` needs the answers of a run" in run("--plot", "x.png").output
    assert "does not exist: make it first" in run("-o", str(tmp_path / "no" / "x.jsonl")).output
    bare = run(plan=plan_of(tmp_path))
    assert (
        "This recipe keeps no knowledge point for probes: add `probes:` to its block" in bare.output
    )
    assert (
        "is missing. Run `axolotl structtuning build`"
        in run(plan=plan_of(tmp_path, probes={})).output
    )
