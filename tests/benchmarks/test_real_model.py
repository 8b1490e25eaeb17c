"""The bench on a real model: no exam question is trained on, arms get equal tokens, sides are fair."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT
from tests.extras import need_plots

sys.path.insert(0, str(PROJECT / "benchmarks"))

from real_model.arms import ARMS, ROW_SETS, is_buildable
from real_model.domains import ExamQuestion, load_domain, make_injection, select_chapters
from real_model.prepare import LeakGuard
from real_model.profiles import PHYSIOLOGY_FOLDS, PROFILES
from real_model.run import add_result, load_results
from real_model.scoring import compute_margin
from real_model.table import (
    ArmScores,
    choose_rows,
    compute_constant_share,
    compute_gain,
    subtract,
    write_checks,
    write_tables,
)
from real_model.training import Row, compute_rate, draw, split_batches, split_steps

SMOKE = PROFILES["smoke"]


def question(name: str, text: str, **changes: Any) -> ExamQuestion:
    values = {"side": "trained", "half": "test", "kind": "one-hop", "answers": ("air",)}
    return ExamQuestion(id=name, question=text, wrong=("blood",), **{**values, **changes})


def rows_of(*lengths: int) -> list[Row]:
    """Rows of so many tokens; every token of a row is its place, the first has no loss."""
    return [
        ([place] * length, [-100, *[place] * (length - 1)]) for place, length in enumerate(lengths)
    ]


# --- arms


def test_every_arm_is_made_of_known_row_sets() -> None:
    assert {name for arm in ARMS.values() for name in arm.row_sets} == set(ROW_SETS)
    assert ARMS["base"].stages == ()
    for profile in PROFILES.values():
        assert set(profile.arms) <= set(ARMS)


def test_the_plugin_knows_the_settings_of_every_row_set() -> None:
    assert [name for name, row_set in ROW_SETS.items() if not is_buildable(row_set)] == []


@pytest.mark.parametrize("is_balanced", [True, False])
def test_arms_get_equal_tokens(is_balanced: bool) -> None:
    long, short = rows_of(*[40] * 30), rows_of(*[7] * 10)
    drawn = draw([long, short], 2_000, 0, is_balanced)
    tokens = sum(len(ids) for ids, _ in drawn)
    assert 2_000 - 40 - 7 < tokens <= 2_000
    assert drawn == draw([long, short], 2_000, 0, is_balanced)
    assert drawn != draw([long, short], 2_000, 1, is_balanced)
    share = sum(len(ids) for ids, _ in drawn if len(ids) == 7) / tokens
    assert share == pytest.approx(0.5, abs=0.03) if is_balanced else share < 0.07


def test_every_row_is_drawn_once_before_one_is_drawn_twice() -> None:
    drawn = draw([rows_of(*[10] * 8)], 120, 3, False)
    assert len(drawn) == 12
    assert len({ids[0] for ids, _ in drawn[:8]}) == 8


def test_steps_and_batches_hold_every_row_once() -> None:
    rows = rows_of(*range(3, 40))
    steps = split_steps(rows, 100)
    assert [row for step in steps for row in step] == rows
    assert all(sum(len(ids) for ids, _ in step) >= 100 for step in steps[:-1])
    for step in steps:
        batches = list(split_batches(step, 64))
        assert sorted(ids[0] for batch in batches for ids, _ in batch) == [
            ids[0] for ids, _ in step
        ]
        for batch in batches:
            assert len(batch) == 1 or len(batch) * max(len(ids) for ids, _ in batch) <= 64


def test_the_learning_rate_warms_up_and_falls_to_a_tenth() -> None:
    rates = [compute_rate(step, 100) for step in range(100)]
    assert rates[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] == pytest.approx(0.1, abs=0.001)


# --- domains


@pytest.mark.parametrize("fold", [0, 1])
def test_the_invented_book_has_sides_that_share_no_fact(fold: int) -> None:
    domain = make_injection(PROFILES["cpu"], fold)
    sides = Counter(item.side for item in domain.exam)
    assert sides == {"trained": 200, "control": 200}
    halves = Counter((item.side, item.half) for item in domain.exam)
    assert set(halves.values()) == {100}
    lessons = {lesson["question"] for lesson in domain.lessons}
    for item in domain.exam:
        assert item.wrong
        assert not set(item.wrong) & set(item.answers)
        assert not {item.question, *item.rewordings} & lessons
        subject = item.question.rstrip("?").split()
        if item.side == "control" and item.kind in ("section", "chapter"):
            assert item.answers[0] not in domain.text, subject


def test_both_folds_train_the_whole_invented_book_together() -> None:
    texts = [make_injection(SMOKE, fold).text for fold in (0, 1)]
    heads = [{line for line in text.splitlines() if line.startswith("## ")} for text in texts]
    assert not heads[0] & heads[1]
    assert len(heads[0] | heads[1]) == 2


def test_chapters_are_cut_out_whole() -> None:
    text = "# Book\n\nPreface.\n\n## One\n\nA.\n\n### Part\n\nB.\n\n## Two\n\nC.\n"
    assert select_chapters(text, ["Two"]) == "# Book\n\nPreface.\n\n## Two\n\nC.\n"
    assert select_chapters(text, ["One", "Two"]) == text


def test_the_exam_of_the_real_book_is_on_its_chapters(shared_data: Path) -> None:
    if not (shared_data.parent / "exam/physiology.jsonl").is_file():
        pytest.skip("no exam")
    sides = []
    for fold in (0, 1):
        domain = load_domain("physiology", PROFILES["gpu"], fold, shared_data.parent)
        assert len(domain.exam) == 103
        assert all(len(item.wrong) == 3 for item in domain.exam)
        assert all(f"\n## {chapter}\n" in domain.text for chapter in PHYSIOLOGY_FOLDS[fold])
        assert not any(f"\n## {chapter}\n" in domain.text for chapter in PHYSIOLOGY_FOLDS[1 - fold])
        sides.append({item.id for item in domain.exam if item.side == "trained"})
    assert not sides[0] & sides[1]
    assert len(sides[0] | sides[1]) == 103


# --- no leak


def test_exam_questions_and_paraphrases_are_taken_out() -> None:
    exam = [question("q1", "Which gas do the lungs take out of the air that is breathed?")]
    guard = LeakGuard(exam, 0.8)
    texts = [
        ["The lungs take oxygen out of the air.", "It is so."],
        ["which gas do the lungs take out of the air that is breathed", "Oxygen"],
        ["Which gas do the lungs take out of the air which is breathed in?", "Oxygen"],
    ]
    rows = [{"kind": "answer", "texts": text, "ids": ([], [])} for text in texts]
    kept, proof = guard.filter(rows, is_checked=True)
    assert [row["texts"] for row in kept] == texts[:1]
    assert (proof["leaks"], proof["overlaps"]) == (2, 0)
    assert proof["nearest"] < 0.8
    everything, unchecked = guard.filter(rows, is_checked=False)
    assert len(everything) == 3
    assert unchecked["overlaps"] >= 1


# --- scores


def exam_of(*questions: ExamQuestion) -> dict[str, Any]:
    return {
        "questions": [
            {"side": item.side, "half": item.half, "kind": item.kind, "answers": item.answers}
            for item in questions
        ],
        "prompts": [
            {"question": place, "form": "plain", "texts": ["blood", "air"], "right": [1]}
            for place in range(len(questions))
        ],
    }


def test_the_margin_of_a_half_is_that_of_its_questions() -> None:
    exam = exam_of(
        question("a", "A?", half="dev"), question("b", "B?"), question("c", "C?", side="control")
    )
    logliks = [[-3.0, -1.0], [-1.0, -2.0], [-1.0, -8.0]]
    assert compute_margin(exam, logliks, "trained", "dev") == 2.0
    assert compute_margin(exam, logliks, "trained", "test") == -1.0
    assert compute_margin(exam, logliks, "control", "test") == -7.0


def test_a_rate_is_chosen_on_the_development_half_alone() -> None:
    exam = exam_of(question("a", "A?", half="dev"), question("b", "B?"))
    values = {1e-4: [[-3.0, -1.0], [-9.0, -2.0]], 2e-4: [[-4.0, -1.0], [-1.0, -9.0]]}
    rows = [
        {"fold": 0, "seed": 0, "rate": rate, "logliks": logliks} for rate, logliks in values.items()
    ]
    later = {"fold": 0, "seed": 1, "rate": 2e-4, "logliks": values[2e-4]}
    assert [row["rate"] for row in choose_rows([*rows, later], {0: exam})] == [2e-4, 2e-4]


def test_a_gain_is_a_difference_in_differences() -> None:
    import numpy as np

    ours, theirs = np.asarray([[3.0, 4.0], [5.0, 6.0]]), np.asarray([[1.0, 2.0]])
    trained = subtract(ours, theirs)
    assert trained.tolist() == [[2.0, 2.0], [4.0, 4.0]]
    effect = compute_gain(trained, np.asarray([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]))
    assert (effect["mean"], effect["low"], effect["high"]) == (2.0, 1.0, 3.0)
    assert effect["smallest"] == 0.0
    spread = compute_gain(np.asarray([[1.0, -1.0]]), np.asarray([[1.0, -1.0]]))
    # Each side: variance 2 of two questions.
    assert spread["smallest"] == pytest.approx(2.8016 * math.sqrt(2 / 2 + 2 / 2))


def test_the_best_constant_answer_is_told_by_kind() -> None:
    exam = exam_of(
        question("a", "A?"), question("b", "B?"), question("c", "C?", answers=("ice", "snow"))
    )
    assert compute_constant_share(exam, "trained") == 2 / 3


def test_a_planted_arm_is_told_apart_and_two_seeds_are_not() -> None:
    import numpy as np

    generator = np.random.default_rng(0)

    def scores(arm: str, shift: float, seeds: int) -> ArmScores:
        values = {
            (name, side): level
            + shift * (side == "trained")
            + generator.normal(0, 0.2, (seeds, 40))
            for name in ("margin", "bits_per_byte")
            for side, level in (("trained", base), ("control", base))
        }
        return ArmScores(arm=arm, rate=1e-4, form="plain", rows=(), values=values)

    base = generator.normal(0, 2, (1, 40))
    arms = [scores("base", 0.0, 1), scores("planted", 1.0, 1), scores("cpt+sft", 0.5, 2)]
    assert write_checks(arms, "base") == [
        "planted and base, margin: differ on 20 of 20 halves, as it must",
        "two seeds of cpt+sft, margin: differ on 1 of 20 halves, as it should be",
        "planted and base, bits_per_byte: differ on 20 of 20 halves, as it must",
        "two seeds of cpt+sft, bits_per_byte: differ on 0 of 20 halves, as it should be",
    ]
    weak = [scores("base", 0.0, 1), scores("planted", 0.0, 1)]
    assert write_checks(weak, "base")[0].endswith("halves, too few, 19 are needed")
    torn = scores("cpt+sft", 0.0, 2)
    torn.values["margin", "trained"][1] += 2.0
    assert write_checks([torn], "base")[0] == (
        "two seeds of cpt+sft, margin: differ on 20 of 20 halves, too many, 1 is the most"
    )


def scored_row(arm: str, tokens: int, right: float) -> dict[str, Any]:
    """A result whose right answers have this log-likelihood on trained chapters."""
    return {
        "profile": "smoke",
        "domain": "injection",
        "fold": 0,
        "arm": arm,
        "tokens": tokens,
        "rate": 1e-4,
        "seed": 0,
        "answers": ["", "", ""],
        "logliks": [[-3.0, right], [-3.0, -2.0], [-3.0, right]],
    }


def small_exam(folder: Path) -> Path:
    """Write an exam of three questions: test and control, and one for development."""
    questions = [
        question("a", "A?"),
        question("b", "B?", side="control"),
        question("c", "C?", half="dev"),
    ]
    exam = exam_of(*questions)
    place = folder / "smoke-injection-0"
    place.mkdir(parents=True)
    (place / "exam.json").write_text(json.dumps(exam))
    return folder


def test_a_curve_begins_with_the_model_as_it_is(tmp_path: Path) -> None:
    from real_model.plot import compute_curves

    prepared = small_exam(tmp_path / "prepared")
    rows = [
        scored_row("base", 0, -4.0),
        scored_row("cpt+sft", 500, -3.0),
        scored_row("cpt+sft", 1_000, -1.0),
    ]
    curves = compute_curves(rows, prepared, "plain")
    assert list(curves) == [
        (name, "cpt+sft", side)
        for name in ("margin", "bits_per_byte")
        for side in ("trained", "control")
    ]
    points = curves["margin", "cpt+sft", "trained"]
    assert [(tokens, value["mean"]) for tokens, value in points] == [
        (0, -1.0),
        (500, 0.0),
        (1_000, 2.0),
    ]


@pytest.mark.parametrize("name", ["curve.svg", "curve.png"])
def test_the_same_curve_has_the_same_bytes(tmp_path: Path, name: str) -> None:
    from real_model.plot import compute_curves, draw_curves

    need_plots()
    prepared = small_exam(tmp_path / "prepared")
    rows = [scored_row("base", 0, -4.0), scored_row("cpt+sft", 500, -3.0)]
    curves = compute_curves(rows, prepared, "plain")
    images = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        draw_curves(curves, tmp_path / folder / name)
        images.append((tmp_path / folder / name).read_bytes())
    assert images[0] == images[1]


def test_a_profile_without_written_answers_has_no_table_of_them(tmp_path: Path) -> None:
    prepared = small_exam(tmp_path / "prepared")
    rows = [scored_row("base", 0, -4.0) | {"general": 1.0, "minutes": 1.0, "stages": []}]
    text = write_tables(rows, prepared, "base", "plain")
    assert "margin, nats; questions: 1 trained, 1 control" in text
    assert "exact match" not in text


def test_half_a_line_of_a_killed_run_is_cut(tmp_path: Path) -> None:
    add_result(tmp_path, {"arm": "base"})
    with (tmp_path / "results.jsonl").open("a") as file:
        file.write('{"arm": "cp')
    assert load_results(tmp_path) == [{"arm": "base"}]
    add_result(tmp_path, {"arm": "cpt+sft"})
    assert [row["arm"] for row in load_results(tmp_path)] == ["base", "cpt+sft"]


@pytest.mark.axolotl
def test_candidates_in_one_sequence_score_as_they_do_alone(tmp_path: Path) -> None:
    from injection.base import save_start
    from real_model.scoring import score_exam

    from structtuning_plugin.axolotl_bridge.likelihood import score_pairs
    from structtuning_plugin.axolotl_bridge.models import load_model

    save_start(tmp_path, hidden=64, layers=2, seed=0)
    loaded = load_model(str(tmp_path))
    contexts = [list(range(10, 10 + length)) for length in (3, 12, 7)]
    candidates = [[40], [41, 42, 43], [44, 45], [46, 47, 48, 49, 50]]
    items = [{"pairs": [(context, own) for own in candidates]} for context in contexts]
    alone = [[score_pairs(loaded, [pair])[0] for pair in item["pairs"]] for item in items]
    for batch_tokens in (1, 1_000):
        together = score_exam(loaded.model, {"prompts": items}, batch_tokens, bf16=False)
        for ours, theirs in zip(together, alone, strict=True):
            assert ours == pytest.approx(theirs, abs=2e-4)


# --- a whole run


def call(*command: str, folder: Path, **variables: str) -> str:
    environment = {**os.environ, **variables, "PYTHON": sys.executable}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-6000:]
    return output


@pytest.mark.axolotl
@pytest.mark.training
def test_a_dry_run_of_the_script_for_a_gpu(tmp_path: Path) -> None:
    """Rows are built, travel, are trained on without the plugin, and become a table."""
    folders = {name: str(tmp_path / name.lower()) for name in ("PACK", "OUT", "WORK")}
    script = ("bash", "benchmarks/real_model/gpu.sh")
    call(*script, "dry", folder=tmp_path, PROFILE="smoke", **folders)
    rows = load_results(tmp_path / "out")
    rates = [(row["arm"], row["rate"]) for row in rows]
    assert rates == [
        ("base", 0.0), ("cpt+sft", 1e-3), ("cpt+sft", 3e-3), ("passages+qa", 1e-3),
        ("passages+qa", 3e-3),
    ]  # fmt: skip
    for row in rows[1:]:
        assert sum(stage["tokens"] for stage in row["stages"]) == pytest.approx(3_000, rel=0.05)
        losses = row["stages"][0]["losses"]
        assert losses[-1] < losses[0]
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {"results.jsonl"}, "weights came back"

    manifest = json.loads(
        (tmp_path / "pack/prepared/smoke-injection-0/manifest.json").read_text(encoding="utf-8")
    )
    assert set(manifest["rows"]) == {"passages", "sft"}
    assert all(report["overlaps"] == 0 for report in manifest["rows"].values())

    before = (tmp_path / "out/results.jsonl").read_bytes()
    # A package of this name that cannot be imported: the plugin is not needed there.
    blocked = tmp_path / "blocked"
    for name in ("structtuning_plugin", "axolotl"):
        (blocked / name).mkdir(parents=True)
        (blocked / name / "__init__.py").write_text("raise RuntimeError('not here')")
    output = call(
        *script, "run", folder=tmp_path, PROFILE="smoke", PYTHONPATH=str(blocked), **folders
    )
    assert "margin" not in output
    assert (tmp_path / "out/results.jsonl").read_bytes() == before
    (tmp_path / "out/results.jsonl").write_bytes(b"".join(before.splitlines(True)[:-1]))
    output = call(
        *script, "run", folder=tmp_path, PROFILE="smoke", PYTHONPATH=str(blocked), **folders
    )
    assert output.count("margin") == 1
    again = load_results(tmp_path / "out")[-1]
    assert again["logliks"] == rows[-1]["logliks"], "the same seed gives the same run"

    table = call(
        sys.executable,
        "benchmarks/real_model/table.py",
        str(tmp_path / "out"),
        "--prepared",
        str(tmp_path / "pack/prepared"),
        folder=tmp_path,
    )
    assert "| passages+qa | " in table
    assert "row sets left out: none" in table


# Axolotl trains all rows in one step, three times; the losses of the steps are printed.
AXOLOTL = """
import json, sys
import injection.training as training
from axolotl.cli.args import TrainerCliArgs
from axolotl.cli.config import load_cfg
from axolotl.common.datasets import load_datasets
from axolotl.integrations.base import PluginManager
from axolotl.train import train
from axolotl.utils.dict import DictDefault

cfg = load_cfg(DictDefault(json.loads(sys.argv[1])))
PluginManager.get_instance().load_datasets(cfg, preprocess=False)
_, _, trainer = train(cfg=cfg, dataset_meta=load_datasets(cfg=cfg, cli_args=TrainerCliArgs()))
losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
sys.__stdout__.write("\\nLOSSES " + json.dumps(losses) + "\\n")
"""


@pytest.mark.axolotl
@pytest.mark.training
def test_the_plain_loop_has_the_losses_of_axolotls_trainer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from injection.base import save_start
    from real_model import prepare, training
    from real_model.models import load_model

    save_start(tmp_path / "start", hidden=32, layers=2, seed=0)
    domain = make_injection(SMOKE, 0)
    paths = prepare._write_domain(tmp_path / "domain", domain)
    recipe = prepare._recipe(
        tmp_path, tmp_path / "start", domain, SMOKE, ROW_SETS["scpt-compact"], paths["lessons"]
    )
    rows = prepare._build(tmp_path, tmp_path / "start", domain, SMOKE, "scpt-compact", paths)
    prepare.save_rows(tmp_path / "rows.npz", [row["ids"] for row in rows])
    loaded = training.load_rows(tmp_path / "rows.npz")
    steps = 3
    settings = {
        **recipe,
        "output_dir": str(tmp_path / "out"),
        "dataset_prepared_path": str(tmp_path / "prepared"),
        "dataset_num_proc": 1,
        "sample_packing": False,
        "micro_batch_size": len(loaded),
        "gradient_accumulation_steps": 1,
        "max_steps": steps,
        "optimizer": "adamw_torch",
        "adam_beta1": 0.9,
        "adam_beta2": 0.95,
        "weight_decay": 0.01,
        "max_grad_norm": 1.0,
        "lr_scheduler": "constant",
        "learning_rate": 1e-3,
        "warmup_steps": 0,
        "logging_steps": 1,
        "save_strategy": "no",
        "val_set_size": 0,
        # The plugin draws wordings by it; 42 is the default of a recipe without one.
        "seed": 42,
        "bf16": False,
        "fp16": False,
        "tf32": False,
        "attn_implementation": "sdpa",
    }
    output = call(
        sys.executable,
        "-c",
        AXOLOTL,
        json.dumps(settings),
        folder=tmp_path,
        PYTHONPATH=f"{PROJECT}:{PROJECT / 'benchmarks'}",
        HF_HUB_OFFLINE="1",
        AXOLOTL_DO_NOT_TRACK="1",
        ACCELERATE_USE_CPU="true",
    )
    (line,) = [line for line in output.splitlines() if line.startswith("LOSSES ")]
    theirs = json.loads(line.removeprefix("LOSSES "))
    monkeypatch.setattr(training, "compute_rate", lambda step, steps: 1.0)
    size = sum(len(ids) for ids, _ in loaded)
    schedule = training.Schedule(rate=1e-3, step_tokens=size, batch_tokens=10**6, bf16=False)
    ours = training.train(load_model(tmp_path / "start"), loaded * steps, schedule).losses
    assert len(ours) == len(theirs) == steps
    assert ours == pytest.approx(theirs, abs=1e-3)
    assert ours[-1] < ours[0] - 0.01
