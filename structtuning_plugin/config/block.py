"""The whole block, and the checks between its parts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from structtuning_plugin.config.base import LocalPath, Model, RunSetting, entries_of, to_absolute
from structtuning_plugin.config.corpus import (
    NO_HYGIENE,
    CorpusEntry,
    EvalConfig,
    HygieneConfig,
    ProbesConfig,
    ReadLimits,
    TaxonomyConfig,
)
from structtuning_plugin.config.llm import LLMConfig
from structtuning_plugin.config.scpt import ScptConfig
from structtuning_plugin.config.ssft import SsftConfig
from structtuning_plugin.config.stages import STAGES, StageName
from structtuning_plugin.config.study import ReplayConfig, StudyConfig
from structtuning_plugin.core.errors import ConfigError

BLOCK = "structtuning"


class StructTuningConfig(Model):
    """The `structtuning:` block."""

    enabled: RunSetting[bool] = Field(
        default=True, description="False leaves the recipe as it is without the plugin."
    )
    stage: tuple[StageName, ...] = Field(
        default=("scpt",),
        description="What is trained: `scpt` (structure-aware continual pre-training), `ssft` "
        "(structure-aware instruction tuning), or a list of both for one mixed run.",
    )
    domain: str = Field(
        default="",
        max_length=200,
        description="Name of the domain: the title of the root of the knowledge tree. Required.",
    )
    corpus: tuple[CorpusEntry, ...] = Field(
        default=(),
        description="The documents: a list of paths, globs or folders, or of mappings with a "
        "`path`. Required.",
    )
    hygiene: HygieneConfig = Field(
        default_factory=HygieneConfig,
        description="What is left out of the documents: duplicates, repeated lines, embedded data. "
        "`false` keeps all of it.",
    )
    corpus_limits: ReadLimits = Field(
        default_factory=ReadLimits,
        description="Limits on what reading one file may cost. A file beyond them is not read, "
        "and the error names the limit.",
    )
    work_dir: LocalPath = Field(
        default="structtuning_work",
        min_length=1,
        description="Folder for everything that is built; relative to the working directory.",
    )
    taxonomy: TaxonomyConfig = Field(
        default_factory=TaxonomyConfig, description="Where the knowledge tree comes from."
    )
    llm: LLMConfig | None = Field(
        default=None, description="The language model that helps; without one, none is asked."
    )
    chunk_tokens: int | None = Field(
        default=None,
        ge=16,
        le=1_000_000,
        description="Greatest length of a chunk in tokens. Default: what `sequence_len` leaves "
        "after the prompt, at most 3072.",
    )
    scpt: ScptConfig = Field(
        default_factory=ScptConfig, description="The samples of continual pre-training."
    )
    ssft: SsftConfig = Field(
        default_factory=SsftConfig, description="The samples of instruction tuning."
    )
    study: StudyConfig | None = Field(
        default=None,
        description="Forms of the corpus that the `llm` writes, for both stages; none by default. "
        "`study: {}` takes all defaults.",
    )
    replay: ReplayConfig | None = Field(
        default=None,
        description="General text and conversations against forgetting, for both stages; none by "
        "default.",
    )
    eval: EvalConfig | None = Field(
        default=None,
        description="Hold out whole documents or topics as `test_datasets`. Use it instead of "
        "`val_set_size`, which would put chunks of one document on both sides.",
    )
    probes: ProbesConfig | None = Field(
        default=None,
        description="Keep knowledge points out of instruction tuning, to probe afterwards what is "
        "remembered of them.",
    )
    seed: int | None = Field(
        default=None,
        ge=0,
        le=2**32 - 1,
        description="Seed of every choice. Default: the recipe's `seed`, else 42.",
    )
    engine: RunSetting[str] = Field(
        default="local",
        min_length=1,
        description="Where documents are read, outlined, cut and searched: `local` (processes of "
        "this machine), `ray` (Ray Data; the cluster that `RAY_ADDRESS` names, else a Ray on this "
        "machine), or the engine of a plugin. The files that are built are the same.",
    )
    max_workers: RunSetting[int | None] = Field(
        default=None,
        ge=1,
        le=1024,
        description="Processes that read, outline, cut and search documents. Default: the number "
        "of cores, at most 8; on a Ray cluster, its CPUs.",
    )
    on_error: Literal["raise", "skip"] = Field(
        default="raise",
        description="A document that cannot be read stops the build (`raise`), or is listed in "
        "`dropped.jsonl` (`skip`).",
    )

    @field_validator("corpus", mode="before")
    @classmethod
    def _accept_bare_paths(cls, value: Any) -> Any:
        return entries_of(value)

    @field_validator("hygiene", mode="before")
    @classmethod
    def _accept_switch(cls, value: Any) -> Any:
        return (dict(NO_HYGIENE), {})[value] if isinstance(value, bool) else value

    @field_validator("stage", mode="before")
    @classmethod
    def _accept_one_stage(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("stage")
    @classmethod
    def _order_stages(cls, stages: tuple[StageName, ...]) -> tuple[StageName, ...]:
        if not stages:
            raise ValueError("`stage` is empty: give `scpt`, `ssft` or both.")
        return tuple(name for name in STAGES if name in stages)

    @field_validator("domain")
    @classmethod
    def _join_lines(cls, value: str) -> str:
        return " ".join(value.split())

    @model_validator(mode="after")
    def _check_required_keys(self) -> StructTuningConfig:
        if self.enabled and not self.domain:
            raise ValueError(
                "`domain` is missing: give the title of the root of the knowledge tree."
            )
        if self.enabled and not self.corpus:
            raise ValueError("`corpus` is missing: give a list of paths, globs or folders.")
        return self

    @model_validator(mode="after")
    def _check_llm_of_taxonomy(self) -> StructTuningConfig:
        for key, value in (
            ("extractor", self.taxonomy.extractor),
            ("subjects", self.taxonomy.subjects),
        ):
            if value == "llm" and self.llm is None and self.enabled:
                raise ValueError(
                    f"`taxonomy.{key}: llm` needs a model to ask: add `llm:` with `base_url:` and "
                    "`model:`."
                )
        return self

    @model_validator(mode="after")
    def _check_llm_of_study(self) -> StructTuningConfig:
        if self.study is not None and self.llm is None and self.enabled:
            raise ValueError(
                "`study` needs a model to ask: add `llm:` with `base_url:` and `model:`."
            )
        return self

    def section(self, stage: StageName) -> ScptConfig | SsftConfig:
        """Return the section of a stage."""
        section: ScptConfig | SsftConfig = getattr(self, stage)
        return section

    def absolute(self, base: Path) -> StructTuningConfig:
        """Return the block with each path absolute, for any working directory."""
        return to_absolute(self, base)


def parse_block(block: Any) -> StructTuningConfig:
    """Parse the block; names that a plugin may add are checked by `make_plan`.

    Raises:
        ConfigError: If a key or a value is wrong; the message says what is allowed.
    """
    if not isinstance(block, Mapping):
        raise ConfigError(
            f"`{BLOCK}:` must be a mapping of settings, but it is {type(block).__name__} "
            f"{block!r:.80}. Give at least `domain:` and `corpus:`."
        )
    try:
        return StructTuningConfig.model_validate(dict(block))
    except ValidationError as error:
        raise ConfigError(explain(error)) from None


def explain(error: ValidationError) -> str:
    """Turn a pydantic error into lines `structtuning.key: what is wrong (given: ...)`."""
    lines = []
    for fault in error.errors(include_url=False):
        key = ".".join((BLOCK, *map(str, fault["loc"])))
        message = fault["msg"].removeprefix("Value error, ")
        has_value = fault["type"] not in ("missing", "value_error")
        value = f" (given: {fault['input']!r:.80})" if has_value else ""
        lines.append(f"{key}: {message}{value}")
    return list_faults(lines)


def list_faults(faults: Iterable[str]) -> str:
    """Join faults of the block, each `structtuning.key: what is wrong`, into one message."""
    return "The block cannot be used:\n  " + "\n  ".join(faults)


def find_block(recipe: Mapping[str, Any]) -> Any:
    """Return the raw block of a recipe that lists the plugin.

    Raises:
        ConfigError: If there is none; a top-level key that looks like a misspelling of it is named.
    """
    if recipe.get(BLOCK) is not None:
        return recipe[BLOCK]
    close = difflib.get_close_matches(
        BLOCK, [str(key) for key in recipe if key != BLOCK], n=1, cutoff=0.7
    )
    hint = f" Did you mean `{BLOCK}:` where the recipe says `{close[0]}:`?" if close else ""
    raise ConfigError(
        f"The recipe lists the plugin, but has no `{BLOCK}:` block.{hint} Add one with `domain:` "
        f"and `corpus:`, or `{BLOCK}: {{enabled: false}}`, or take the plugin off the list."
    )
