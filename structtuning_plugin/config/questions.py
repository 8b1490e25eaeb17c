"""`ssft.qa:` and `ssft.holdout:`, sets of questions."""

from __future__ import annotations

from pydantic import Field, model_validator

from structtuning_plugin.config.base import LocalPath, Model


class QAEntry(Model):
    """Set of questions: files, or a dataset of a hub."""

    path: LocalPath | None = Field(
        default=None,
        min_length=1,
        description="A file (`.jsonl`, `.json`, `.parquet`, `.csv`, `.tsv`), a folder of such "
        "files or of a dataset saved with `save_to_disk`, or a glob; relative to the working "
        "directory.",
    )
    hub: str | None = Field(
        default=None,
        min_length=1,
        description="Name of a dataset on the Hugging Face hub, instead of `path`.",
    )
    subset: str | None = Field(
        default=None, min_length=1, description="`hub`: the dataset's configuration."
    )
    split: str = Field(
        default="train", min_length=1, description="The split, where a dataset has several."
    )
    revision: str | None = Field(
        default=None,
        min_length=1,
        description="`hub`: branch, tag or commit; its content is assumed to stay the same.",
    )
    format: str | None = Field(
        default=None,
        min_length=1,
        description="`mmedbench`, `multiple_choice`, `longbench`, `squad`, `alpaca`, `messages`, "
        "`prompt_completion`, `plain`, or a plugin's; by default the records' shape decides.",
    )
    language: str | None = Field(
        default=None,
        min_length=2,
        max_length=8,
        description="ISO 639-1 code of the questions' language; by default the record's own field, "
        "else it is detected.",
    )
    encoding: str | None = Field(
        default=None,
        min_length=1,
        description="Encoding of text files; by default UTF-8 and BOMs are recognised, others "
        "detected.",
    )
    fields: dict[str, str] = Field(
        default_factory=dict,
        description="Fields of a record by their role, such as `{question: prompt, answer: gold, "
        "explanation: why}`, where the names differ from the format's own. Several fields with one "
        'option each are `options: "A, B, C, D"`.',
    )

    @model_validator(mode="after")
    def _one_source(self) -> QAEntry:
        if (self.path is None) == (self.hub is None):
            raise ValueError(
                "Give either `path:` (files) or `hub:` (a dataset's name), and not both."
            )
        return self
