"""`ssft:`, the samples of structure-aware instruction tuning."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from structtuning_plugin.config.base import LocalPath, Model, entries_of
from structtuning_plugin.config.questions import QAEntry
from structtuning_plugin.config.stages import PRESETS, AnswerContext, PresetName


class WalkConfig(Model):
    """Questions that the `llm` writes from walks over the tree."""

    count: int | None = Field(
        default=None,
        ge=1,
        description="Number of questions to ask for. Default: half as many as there are questions "
        "in `qa`, at least 64.",
    )
    one_hop: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="Share of the questions that need one passage; the others need two or three.",
    )
    across: float = Field(
        default=0.65,
        ge=0,
        le=1,
        description="Share of the questions with several passages whose passages are of different "
        "chapters.",
    )
    judge: bool = Field(
        default=True,
        description="Whether a second question to the `llm` decides if the passages answer the "
        "first and are all needed.",
    )


class SsftConfig(Model):
    """The samples of structure-aware instruction tuning."""

    preset: PresetName = Field(
        default="compact",
        description="`compact`: answers begin with the path of the passages they rest on, and "
        "questions are made from the tree without a model. `paper`: answers begin with a mind map; "
        "questions are made by the `llm` alone.",
    )
    qa: tuple[QAEntry, ...] = Field(
        default=(),
        description="Sets of questions to train on: a list of paths, or of mappings with a `path` "
        "or `hub`.",
    )
    holdout: tuple[QAEntry, ...] = Field(
        default=(),
        description="Sets of questions to evaluate on: a record that overlaps one of them is "
        "neither trained on nor shown to the `llm`.",
    )
    kinds: tuple[str, ...] | None = Field(
        default=None,
        description="Sample kinds to build. Default: the preset's. `walk` needs an `llm`; without "
        "one it is left out of the default.",
    )
    context: AnswerContext | None = Field(
        default=None,
        description="Form of the structure in an answer: `path`, `mindmap`, or `none`: no "
        "structure, for comparison. Default: the preset's.",
    )
    shares: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(
        default_factory=dict,
        description="Greatest share of all trained tokens per kind, 0 < share < 1, in place of "
        "the kinds' defaults. `answer` and `reasoned` have no limit: they are your own questions; "
        "nor has `exercise`, which `exercise_tokens` limits. If none of these three is built, "
        "no share limits apply.",
    )
    format: Literal["chat", "plain"] = Field(
        default="chat",
        description="`chat`: messages for the model's chat template. `plain`: question and answer "
        "as plain text, for a tokenizer without one.",
    )
    system: str = Field(
        default="",
        max_length=10_000,
        description="The system's turn of every conversation; none by default.",
    )
    retriever: str = Field(
        default="bm25",
        min_length=1,
        description="Retriever of a question's passages: `bm25`, `dense`, `hybrid`, or a plugin's.",
    )
    retriever_options: dict[str, Any] = Field(
        default_factory=dict,
        description="The retriever's own options. `dense` and `hybrid`: `model`, a "
        "sentence-transformers model (extra `dense`).",
    )
    least_fit: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Least share of a question that its best passage must cover; a question below "
        "it is kept without structure. Default: the retriever's.",
    )
    passages: int = Field(
        default=3,
        ge=1,
        le=20,
        description="Greatest number of passages that a question is linked to.",
    )
    forms_per_fact: int = Field(
        default=3,
        ge=1,
        le=8,
        description="Forms in which each fact of the corpus is asked (definition, gap, options, "
        "...). Every fact is asked once before any is asked twice.",
    )
    exercise_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Budget of the questions made without a model, in trained tokens; second and "
        "third forms are left out first. Default: as many tokens as the corpus has.",
    )
    exercises: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="Greatest number of questions made without a model from the text of one "
        "knowledge point. Default: no limit but `forms_per_fact` and `exercise_tokens`.",
    )
    rewrite: bool = Field(
        default=True,
        description="Whether the `llm`, if there is one, writes the reasoning anew from the "
        "passages where they support the answer.",
    )
    walks: WalkConfig = Field(
        default_factory=WalkConfig,
        description="Questions that the `llm` writes from walks over the tree.",
    )
    template_dirs: tuple[LocalPath, ...] = Field(
        default=(),
        description="Folders with wordings of your own, laid out like `templates/` "
        "(`ssft/<language>/...`, `qa/<language>/...`).",
    )

    @field_validator("qa", "holdout", mode="before")
    @classmethod
    def _accept_bare_paths(cls, value: Any) -> Any:
        return entries_of(value)

    @field_validator("kinds")
    @classmethod
    def _forbid_no_kinds(cls, kinds: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if kinds == ():
            raise ValueError("`kinds` is empty: name at least one kind.")
        return kinds

    @property
    def is_published(self) -> bool:
        """True if the samples keep the published form."""
        return PRESETS[self.preset].is_published

    @property
    def context_form(self) -> AnswerContext:
        """Form in which an answer spells the structure out; `none` if it does not."""
        return self.context or PRESETS[self.preset].context

    @property
    def shows_place(self) -> bool:
        """True if answers begin with the structure."""
        return self.context != "none"
