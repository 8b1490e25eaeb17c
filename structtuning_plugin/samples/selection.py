"""Kinds of samples that a block builds: those that it names, else those of its preset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from structtuning_plugin.config import BLOCK, StructTuningConfig, list_faults
from structtuning_plugin.config.stages import PRESETS, STAGES, Stage, StageName
from structtuning_plugin.core.errors import ConfigError, nearest
from structtuning_plugin.core.types import Dropped, Topic
from structtuning_plugin.hookspecs import SampleKind, Source
from structtuning_plugin.taxonomy.tree import Tree

Kinds = Mapping[str, SampleKind[Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedKinds:
    """Kinds that one stage builds, in their order, and the greatest share of each with a limit."""

    kinds: tuple[SampleKind[Any, Any], ...]
    shares: Mapping[str, float]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the kinds, in their order."""
        return tuple(kind.name for kind in self.kinds)

    @property
    def by_name(self) -> dict[str, SampleKind[Any, Any]]:
        """The kinds by name."""
        return {kind.name: kind for kind in self.kinds}

    def keeping_first(self) -> frozenset[str]:
        """Return the kinds of which the first sample of each topic is always kept."""
        return frozenset(kind.name for kind in self.kinds if kind.keeps_first)


def kinds_of_stage(stage: StageName, registry: Kinds) -> list[SampleKind[Any, Any]]:
    """List all known kinds of a stage, in their order."""
    kinds = [kind for kind in registry.values() if kind.stage == stage]
    return sorted(kinds, key=lambda kind: (kind.order, kind.name))


def greatest_shares(
    block: StructTuningConfig, stage: StageName, registry: Kinds
) -> dict[str, float]:
    """Return the greatest share of each kind with a limit.

    The block's, else that of the preset, else the kind's own.
    """
    kinds = kinds_of_stage(stage, registry)
    defaults = {kind.name: kind.share for kind in kinds if kind.share is not None}
    section = block.section(stage)
    of_preset = PRESETS[section.preset].shares
    preset = {name: share for name, share in of_preset.items() if name in defaults}
    return {**defaults, **preset, **section.shares}


def select_kinds(block: StructTuningConfig, stage: StageName, registry: Kinds) -> SelectedKinds:
    """Select the kinds of a stage: those that the block names, else those of its preset."""
    section = block.section(stage)
    kinds = kinds_of_stage(stage, registry)
    if section.kinds is not None:
        selected = [kind for kind in kinds if kind.name in section.kinds]
    else:
        has_llm = block.llm is not None
        selected = [
            kind
            for kind in kinds
            if section.preset in kind.presets
            and (has_llm or not kind.needs_llm)
            and (not kind.setting or getattr(section, kind.setting, None))
        ]
    shares = greatest_shares(block, stage, registry)
    names = [kind.name for kind in selected]
    return SelectedKinds(
        kinds=tuple(selected),
        shares={name: share for name, share in shares.items() if name in names},
    )


def resolve_kinds(block: StructTuningConfig, registry: Kinds) -> StructTuningConfig:
    """Check the names of kinds in `kinds` and `shares`; return the block with them in their order.

    Raises:
        ConfigError: If a kind is unknown, missing, without a limit, or without a model to ask; or
            if the shares leave no room for the samples that have no limit.
    """
    faults: list[str] = []
    changed: dict[str, Any] = {}
    for stage in STAGES.values():
        section = block.section(stage.name)
        stage_faults = [
            *_faults_of_kinds(stage, section.kinds, registry),
            *_faults_of_shares(stage, section.shares, registry),
        ]
        if not stage_faults:
            stage_faults = [*_faults_together(block, stage, registry)]
        faults += stage_faults
        changes: dict[str, Any] = {"shares": dict(sorted(section.shares.items()))}
        if section.kinds is not None:
            changes["kinds"] = select_kinds(block, stage.name, registry).names
        changed[stage.name] = section.model_copy(update=changes)
    if faults:
        raise ConfigError(list_faults(faults))
    return block.model_copy(update=changed)


def _faults_of_kinds(stage: Stage, names: Iterable[str] | None, registry: Kinds) -> Iterator[str]:
    if names is None:
        return
    key = f"{BLOCK}.{stage.name}.kinds"
    kinds = {kind.name: kind for kind in kinds_of_stage(stage.name, registry)}
    for name in names:
        if name not in kinds:
            yield f"{key}: Unknown kind `{name}`.{nearest(name, kinds)}"
    for kind in kinds.values():
        if kind.required and kind.name not in names:
            yield (
                f"{key}: `{kind.name}` is missing: without it nothing of the corpus' text would be "
                "trained. Add it."
            )


def _faults_of_shares(stage: Stage, names: Iterable[str], registry: Kinds) -> Iterator[str]:
    key = f"{BLOCK}.{stage.name}.shares"
    kinds = {kind.name: kind for kind in kinds_of_stage(stage.name, registry)}
    for name in names:
        if name not in kinds:
            yield f"{key}: Unknown kind `{name}`.{nearest(name, kinds)}"
        elif kinds[name].share is None:
            yield (
                f"{key}: `{name}` takes no share: all of {stage.unlimited} are kept. Limit the "
                "other kinds."
            )


def _faults_together(block: StructTuningConfig, stage: Stage, registry: Kinds) -> Iterator[str]:
    selected = select_kinds(block, stage.name, registry)
    for kind in selected.kinds:
        if kind.needs_llm and block.llm is None:
            yield (
                f"{BLOCK}: `{stage.name}.kinds: {kind.name}` needs a model to ask: add `llm:` with "
                "`base_url:` and `model:`."
            )
    total = sum(selected.shares.values())
    if total >= 1:
        yield (
            f"{BLOCK}: `{stage.name}.shares` of the kinds in use add up to {total:.2f}; "
            f"{stage.unlimited} need room, so keep the sum below 1."
        )


# Drafts of the selected kinds, in the order of the rows


def draft_samples(
    kinds: Iterable[SampleKind[Any, Any]],
    units: Mapping[Source, Iterable[Any]],
    context: Any,
) -> Iterator[tuple[SampleKind[Any, Any], Iterable[Any]]]:
    """Call the kinds, source by source and unit by unit.

    Args:
        kinds: Selected kinds of one stage, in their order.
        units: The sources of the stage, in the order of the rows; only the needed are read.
        context: `ScptContext` or `SsftContext`.

    Yields:
        A kind and its drafts of one unit.
    """
    kinds = list(kinds)
    for source, values in units.items():
        of_source = [kind for kind in kinds if kind.source == source]
        if not of_source:
            continue
        for unit in values:
            for kind in of_source:
                if isinstance(unit, Topic):
                    yield kind, _drafts_about(kind, unit, context)
                else:
                    yield kind, kind.draft(unit, context)


def knowledge_topics(tree: Tree) -> Iterator[Topic]:
    """Yield the topics that can be asked about, in the tree's order."""
    for topic in tree.root.walk():
        if tree.is_knowledge(topic):
            yield topic


def _drafts_about(kind: SampleKind[Any, Any], topic: Topic, context: Any) -> Iterable[Any]:
    if not kind.applies(topic, context.tree):
        return ()
    if context.tree.name(topic) is None:
        detail = f"several topics are {topic.title!r}, with their paths too"
        dropped = Dropped(
            stage=kind.stage, id=f"{kind.name}/{topic.id}", reason="not_unique", detail=detail
        )
        return (dropped,)
    return kind.draft(topic, context)
