"""Command `ask-again`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.build.store import ARTIFACT_STAGES, Artifact
from structtuning_plugin.commands.recipe_context import open_recipe
from structtuning_plugin.core.errors import ArtifactError, ConfigError
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.llm.types import Fault

# Stages that ask a language model.
ASKING_STAGES = ("taxonomy", "study", "ssft")
# Outcomes of a question without a usable answer.
OUTCOMES = ("replaced", "repaired", "left_out")


def ask_again_command(
    config: str, stages: Sequence[str], outcomes: Sequence[str], dry_run: bool
) -> None:
    """Remove the answers of the failed questions of a recipe.

    Raises:
        ConfigError: If the recipe has no language model.
        ArtifactError: If nothing is built yet, or a process is building.
    """
    for line in forget_failed(open_recipe(config).plan, stages, outcomes, dry_run):
        click.echo(line)


def forget_failed(
    plan: Plan, stages: Sequence[str] = (), outcomes: Sequence[str] = (), dry_run: bool = False
) -> list[str]:
    """Remove the answers of questions that failed, and what was built with them.

    Args:
        plan: Plan of a recipe that was built.
        stages: Of `ASKING_STAGES`; empty for all that the recipe has.
        outcomes: Of `OUTCOMES`; empty for all.
        dry_run: List only.

    Returns:
        Lines for people: the questions, and what was removed.

    Raises:
        ConfigError: If the recipe has no language model.
        ArtifactError: If nothing is built yet, or a process is building.
    """
    if plan.block.llm is None:
        raise ConfigError("The recipe has no `structtuning.llm`, so nothing was asked.")
    chosen = [stage for stage in stages or ASKING_STAGES if stage in plan.keys]
    faults = {stage: _failed(plan, stage, outcomes or OUTCOMES) for stage in chosen}
    failed = [(stage, fault) for stage, some in faults.items() for fault in some]
    lines = [
        f"{stage}  {fault.about}: {fault.reason}, {fault.outcome}: {fault.detail}"
        for stage, fault in failed
    ]
    if not failed:
        return ["No question failed: there is nothing to ask again."]
    if dry_run:
        return [
            *lines,
            f"{len(failed)} questions. Nothing was removed: run it without `--dry-run`.",
        ]
    builds = _remove_builds(plan, [stage for stage in chosen if faults[stage]])
    with Cache(plan.answers) as cache:
        answers = cache.remove(sorted({key for _, fault in failed for key in fault.requests}))
    plan.count_asked_again()
    return [
        *lines,
        f"Removed {answers} answers of {len(failed)} questions, and {builds} builds that were made "
        "with them. Build again: these questions are asked, all other answers are kept.",
    ]


def _failed(plan: Plan, stage: str, outcomes: Sequence[str]) -> list[Fault]:
    """Return the last faults of the questions that have no usable answer."""
    if plan.store.manifest(stage, plan.keys[stage]) is None:
        raise ArtifactError(
            f"The stage `{stage}` of this recipe is not built yet: build it first. Only a build "
            "knows which questions failed."
        )
    faults = artifacts.load_faults(plan.folder(stage))
    return [fault for fault in faults if fault.outcome in outcomes]


def _remove_builds(plan: Plan, stages: Sequence[str]) -> int:
    """Remove the artifacts of stages and what was built from them; return their number."""
    builds: dict[tuple[str, str], Artifact] = {}
    for stage in stages:
        later = ARTIFACT_STAGES[ARTIFACT_STAGES.index(stage) :]
        for name in (name for name in later if name in plan.keys):
            for artifact in plan.store.built_from(name, plan.keys[name]):
                builds[artifact.stage, artifact.key] = artifact
    for artifact in builds.values():
        if not plan.store.remove(artifact):
            raise ArtifactError(
                f"{artifact.stage}/{artifact.key} is being built by another process. Wait for its "
                "end, then run this again."
            )
    return len(builds)
