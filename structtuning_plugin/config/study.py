"""`study:` and `replay:`: rows that a language model writes from the corpus, rows of elsewhere."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from structtuning_plugin.config.base import LocalPath, Model, entries_of
from structtuning_plugin.config.questions import QAEntry


class StudyConfig(Model):
    """Forms of the corpus that the `llm` writes: facts, questions, summaries, comparisons."""

    prompts: tuple[str, ...] | None = Field(
        default=None,
        description="Prompts to write by, see docs/study.md, or a plugin's. Default: all whose "
        "rows a stage of `stage` trains on.",
    )
    tokens_per_token: float = Field(
        default=1.0,
        gt=0,
        le=500,
        description="Tokens to write for each token of the passages that are studied, 0 < number "
        "<= 500; within 2 % unless too many replies are unusable.",
    )
    forms_per_fact: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="Greatest number of forms of one fact. Default: no limit but "
        "`tokens_per_token`.",
    )
    judge: bool = Field(
        default=True,
        description="Whether a second question to the `llm` decides if the passage supports what "
        "was written; what it does not support is left out.",
    )
    template_dirs: tuple[LocalPath, ...] = Field(
        default=(),
        description="Folders with prompts of your own for the `llm`, laid out like `templates/` "
        "(`study/<language>/...`).",
    )

    @field_validator("prompts")
    @classmethod
    def _name_each_once(cls, prompts: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if prompts == ():
            raise ValueError("`prompts` is empty: name at least one prompt, or leave it out.")
        return None if prompts is None else tuple(dict.fromkeys(prompts))


class ReplayConfig(Model):
    """General text and conversations, trained along against forgetting."""

    datasets: tuple[QAEntry, ...] = Field(
        default=(),
        description="Local files, folders or saved datasets: records with `text` (or `.txt` files) "
        "for the stage `scpt`, conversations or questions in any format of docs/qa.md for `ssft`. "
        "Required.",
    )
    share: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Share of the trained tokens of a stage that are replayed, 0 < share < 1.",
    )

    @field_validator("datasets", mode="before")
    @classmethod
    def _accept_bare_paths(cls, value: Any) -> Any:
        return entries_of(value)

    @field_validator("datasets")
    @classmethod
    def _require_local_files(cls, entries: tuple[QAEntry, ...]) -> tuple[QAEntry, ...]:
        if not entries:
            raise ValueError("`datasets` is missing: give a list of paths of files or folders.")
        for entry in entries:
            if entry.hub is not None:
                raise ValueError(
                    f"`hub: {entry.hub}` cannot be replayed: give the `path:` of local files, such "
                    "as a folder that `save_to_disk` wrote."
                )
        return entries
