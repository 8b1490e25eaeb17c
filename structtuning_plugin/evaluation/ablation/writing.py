"""Files of an ablation: two recipes for each arm and seed, and a script that runs them.

FOLDER/
  ablation.json               arms, seeds, steps, tokens
  recipes/ARM-sSEED-scpt.yaml, ...-ssft.yaml
  run.sh                      trains and evaluates what is not done yet
  runs/ARM-sSEED/             models, scores; scores-brief of an arm that is tuned to reason
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from structtuning_plugin.config import BLOCK, STAGES
from structtuning_plugin.evaluation.ablation.arms import Arm, StageBudget

MANIFEST = "ablation.json"
SCORES, BRIEF = "scores", "scores-brief"
# Pre-training comes first. Instruction tuning starts from its model and saves the one to evaluate.
_FIRST, _LAST = STAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One arm with its blocks and budgets by stage."""

    arm: Arm
    blocks: Mapping[str, Mapping[str, Any]]
    budgets: Mapping[str, StageBudget]


def recipe_of(
    recipe: Mapping[str, Any], trial: Trial, stage: str, seed: int, folder: Path
) -> dict[str, Any]:
    """Build the recipe of one stage of a trial from the user's recipe."""
    run = folder / "runs" / f"{trial.arm.name}-s{seed}"
    changed = {
        **recipe,
        BLOCK: trial.blocks[stage],
        "seed": seed,
        "max_steps": trial.budgets[stage].steps,
        "output_dir": str(run / stage),
        "dataset_prepared_path": str(folder / "prepared"),
    }
    if stage == _LAST:
        changed["base_model"] = str(_left(recipe, run))
        changed.pop("test_datasets", None)
    # Only the end counts, and an epoch is longer than a run of an arm with many tokens.
    for key in (
        "saves_per_epoch",
        "evals_per_epoch",
        "eval_steps",
        "save_steps",
        "save_strategy",
        "eval_strategy",
    ):
        changed.pop(key, None)
    return {
        **changed,
        "num_epochs": max(1, int(trial.budgets[stage].epochs) + 1),
        "save_only_model": True,
    }


def _left(recipe: Mapping[str, Any], run: Path) -> Path:
    """Return the folder of the first stage's model; a LoRA is merged first."""
    return run / _FIRST / "merged" if recipe.get("adapter") else run / _FIRST


def write(
    recipe: Mapping[str, Any],
    trials: Sequence[Trial],
    seeds: Sequence[int],
    folder: Path,
    config: str,
    cwd: Path,
) -> None:
    """Write all files, the manifest last."""
    (folder / "recipes").mkdir(parents=True, exist_ok=True)
    names: dict[str, Arm] = {}
    for trial in trials:
        for seed in seeds:
            name = f"{trial.arm.name}-s{seed}"
            names[name] = trial.arm
            for stage in STAGES:
                text = yaml.safe_dump(
                    recipe_of(recipe, trial, stage, seed, folder),
                    sort_keys=False,
                    allow_unicode=True,
                )
                (folder / "recipes" / f"{name}-{stage}.yaml").write_text(
                    text, encoding="utf-8", newline="\n"
                )
    (folder / "run.sh").write_text(
        _script(recipe, names, folder, cwd), encoding="utf-8", newline="\n"
    )
    manifest = {
        "config": config,
        "seeds": list(seeds),
        "arms": [
            {
                "name": trial.arm.name,
                "about": trial.arm.about,
                "style": trial.arm.style,
                **{
                    stage: {**asdict(trial.budgets[stage]), "epochs": trial.budgets[stage].epochs}
                    for stage in STAGES
                },
            }
            for trial in trials
        ],
    }
    (folder / MANIFEST).write_text(
        json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )


def _script(recipe: Mapping[str, Any], names: Mapping[str, Arm], folder: Path, cwd: Path) -> str:
    merge = bool(recipe.get("adapter"))
    lines = [
        "#!/usr/bin/env bash",
        "# Trains and evaluates every arm that is not done yet. TRAIN is your launcher, EVALUATE "
        "the command with its options:",
        '#   TRAIN="accelerate launch -m axolotl.cli.train" bash run.sh',
        '#   EVALUATE="axolotl structtuning evaluate --batch-size 64 --max-new-tokens 256" '
        "bash run.sh",
        "# MEASURES=generate leaves the likelihoods out, which a server does not tell.",
        "set -euo pipefail",
        f"cd {shlex.quote(str(cwd))}",
        'TRAIN=${TRAIN:-"axolotl train"}',
        'EVALUATE=${EVALUATE:-"axolotl structtuning evaluate"}',
        # Likelihoods do not depend on the style, so they are scored once.
        'MEASURES=${MEASURES:-"generate,likelihood"}',
    ]
    for name, arm in names.items():
        run, scpt, ssft = (
            folder / "runs" / name,
            *(folder / "recipes" / f"{name}-{stage}.yaml" for stage in STAGES),
        )
        model = run / _LAST / "merged" if merge else run / _LAST
        steps = [f"$TRAIN {shlex.quote(str(scpt))}"]
        steps += [f"axolotl merge-lora {shlex.quote(str(scpt))}"] if merge else []
        steps += [f"$TRAIN {shlex.quote(str(ssft))}"]
        steps += [f"axolotl merge-lora {shlex.quote(str(ssft))}"] if merge else []
        style_of = {SCORES: arm.style, **({BRIEF: "brief"} if arm.style != "brief" else {})}
        steps += [
            f"$EVALUATE {shlex.quote(str(ssft))} --model {shlex.quote(str(model))} --style {style} "
            f"-o {shlex.quote(str(run / scores))}"
            + (' --measures "$MEASURES"' if style == "brief" else "")
            for scores, style in style_of.items()
        ]
        steps += [f"touch {shlex.quote(str(run / 'done'))}"]
        lines += [
            f"if [ ! -e {shlex.quote(str(run / 'done'))} ]; then",
            *(f"  {step}" for step in steps),
            "fi",
        ]
    return "\n".join(lines) + "\n"
