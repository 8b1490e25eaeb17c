"""`scpt:`, the samples of structure-aware continual pre-training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from structtuning_plugin.config.base import LocalPath, Model
from structtuning_plugin.config.stages import PRESETS, ContextForm, PresetName


class ScptConfig(Model):
    """The samples of structure-aware continual pre-training."""

    preset: PresetName = Field(
        default="compact",
        description="`compact`: one-line path before each passage, the passage in other forms "
        "(`recover`, `variant`, `unfold`), few maps and paths. `paper`: mind map before it, maps.",
    )
    context: Literal["path", "mindmap", "none"] | None = Field(
        default=None,
        description="Form of a passage's place: `path` (one line), `mindmap`, or `none`: "
        "the bare text, for comparison. Default: the preset's.",
    )
    kinds: tuple[str, ...] | None = Field(
        default=None,
        description="Sample kinds to build. Default: the preset's. `passage` must be among them.",
    )
    shares: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(
        default_factory=dict,
        description="Greatest share of all trained tokens per kind, 0 < share < 1, in place of "
        "the kinds' defaults. Passages have no limit: they are the corpus.",
    )
    wordings: int = Field(
        default=3,
        ge=1,
        le=50,
        description="Wordings in which each knowledge point's place is asked (`locate`); "
        "samples per point.",
    )
    map_tokens: int | None = Field(
        default=None,
        ge=16,
        le=1_000_000,
        description="Greatest length of a passage's prompt in tokens; maps and paths are pruned "
        "to it. Default: a quarter of `sequence_len` for `mindmap`, an eighth for `path`, at most "
        "1024.",
    )
    template_dirs: tuple[LocalPath, ...] = Field(
        default=(),
        description="Folders with wordings of your own, laid out like `templates/`; a file of the "
        "same name replaces ours, an empty one removes it, others are added. Later folders win.",
    )
    title_in_completion: bool | None = Field(
        default=None,
        description="Whether a passage's completion starts with its topic's title. Default: as in "
        "the preset (`paper`: true).",
    )
    eos_mid_topic: bool | None = Field(
        default=None,
        description="Whether a passage that breaks off before its topic's end is closed with EOS "
        "too. Default: the preset's (`paper`: true).",
    )
    questions: float = Field(
        default=0,
        ge=0,
        le=10,
        description="Trained tokens of questions about the text for each token of the passages: 1 "
        "for as many of both, 0 for none. They are those of `ssft`'s kind `exercise`, as plain "
        "text.",
    )
    back_matter: Literal["passages", "leave_out"] = Field(
        default="passages",
        description="Treatment of contents, index, references, exercises and the like: keep "
        "their text as passages, or leave it out. They are never asked about.",
    )

    @property
    def context_form(self) -> ContextForm:
        """Form of a place; with `none`, that of the samples about topics."""
        if self.context is None or self.context == "none":
            return PRESETS[self.preset].context
        return self.context

    @property
    def shows_place(self) -> bool:
        """True if passages are shown with their place."""
        return self.context != "none"

    @property
    def closes_parts(self) -> bool:
        """True if a passage that breaks off before its topic's end is closed with EOS too."""
        if self.eos_mid_topic is None:
            return PRESETS[self.preset].eos_mid_topic
        return self.eos_mid_topic

    @property
    def is_published(self) -> bool:
        """True if the samples keep the published form."""
        return PRESETS[self.preset].is_published

    @property
    def completion_has_title(self) -> bool:
        """True if a passage's completion starts with its topic's title."""
        if self.title_in_completion is None:
            return PRESETS[self.preset].title_in_completion
        return self.title_in_completion
