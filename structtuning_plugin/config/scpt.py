"""`scpt:`, the samples of structure-aware continual pre-training, and the kinds of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from structtuning_plugin.config.base import Model

Kind = Literal[
    "passage", "section_map", "chapter_map", "book_map", "locate", "siblings", "children", "parent"
]
ContextForm = Literal["path", "mindmap"]

MAP_KINDS: tuple[Kind, ...] = ("section_map", "chapter_map", "book_map")
ALL_KINDS: tuple[Kind, ...] = ("passage", *MAP_KINDS, "locate", "siblings", "children", "parent")

# At most this share of all trained tokens: one-line samples must not drown the passages.
DEFAULT_SHARES: dict[Kind, float] = {
    "section_map": 0.10,
    "chapter_map": 0.10,
    "book_map": 0.05,
    "locate": 0.25,
    "siblings": 0.10,
    "children": 0.10,
    "parent": 0.05,
}


class ScptConfig(Model):
    """The samples of structure-aware continual pre-training."""

    preset: Literal["compact", "paper"] = Field(
        default="compact",
        description="`compact`: one-line path before each passage, maps, `locate`. `paper`: mind map before it, maps.",
    )
    context: Literal["path", "mindmap", "none"] | None = Field(
        default=None,
        description="How a passage's place is shown: `path` (one line), `mindmap`, or `none`: the bare text, to compare with. "
        "Default: the preset's.",
    )
    kinds: tuple[Kind, ...] | None = Field(
        default=None,
        description="Sample kinds to build. Default: the preset's. `passage` is always among them.",
    )
    shares: dict[Kind, Annotated[float, Field(gt=0, lt=1)]] = Field(
        default_factory=dict,
        description="Greatest share of all trained tokens per kind, 0 < share < 1, in place of the defaults "
        + ", ".join(f"`{k}` {v}" for k, v in DEFAULT_SHARES.items())
        + ". Passages have no limit: they are the corpus.",
    )
    wordings: int = Field(
        default=3,
        ge=1,
        le=50,
        description="Wordings in which each knowledge point's place is asked (`locate`); samples per point.",
    )
    map_tokens: int | None = Field(
        default=None,
        ge=16,
        le=1_000_000,
        description="Greatest length of a passage's prompt in tokens; maps and paths are pruned to it. Default: a quarter of "
        "`sequence_len` for `mindmap`, an eighth for `path`, at most 1024.",
    )
    template_dirs: tuple[str, ...] = Field(
        default=(),
        description="Folders with wordings of your own, laid out like `templates/`; a file of the same name replaces ours, an "
        "empty one removes it, others are added. Later folders win.",
    )
    title_in_completion: bool | None = Field(
        default=None,
        description="Whether a passage's completion starts with its topic's title. Default: as in the preset (`paper`: true).",
    )
    eos_mid_topic: bool = Field(
        default=True,
        description="Whether a passage that breaks off before its topic's end is closed with EOS too.",
    )
    back_matter: Literal["passages", "leave_out"] = Field(
        default="passages",
        description="What to do with contents, index, references, exercises and the like: keep their text as passages, or leave "
        "it out. They are never asked about.",
    )

    @field_validator("kinds")
    @classmethod
    def _passages_are_the_corpus(cls, kinds: tuple[Kind, ...] | None) -> tuple[Kind, ...] | None:
        if kinds is None:
            return None
        if "passage" not in kinds:
            raise ValueError(
                "`passage` is missing: without it nothing of the corpus' text would be trained. Add it."
            )
        return tuple(kind for kind in ALL_KINDS if kind in kinds)

    @field_validator("shares")
    @classmethod
    def _passages_have_no_limit(cls, shares: dict[Kind, float]) -> dict[Kind, float]:
        if "passage" in shares:
            raise ValueError(
                "`passage` takes no share: all passages are kept. Limit the other kinds."
            )
        return dict(sorted(shares.items()))

    @property
    def context_form(self) -> ContextForm:
        """The form in which places are drawn, in the samples about topics where passages show none."""
        if self.context is None or self.context == "none":
            return "mindmap" if self.preset == "paper" else "path"
        return self.context

    @property
    def shows_place(self) -> bool:
        """Whether passages are shown with their place."""
        return self.context != "none"

    @property
    def sample_kinds(self) -> tuple[Kind, ...]:
        if self.kinds is not None:
            return self.kinds
        return (
            ("passage", *MAP_KINDS) if self.preset == "paper" else ("passage", *MAP_KINDS, "locate")
        )

    @property
    def greatest_shares(self) -> dict[Kind, float]:
        return {**DEFAULT_SHARES, **self.shares}

    @property
    def completion_has_title(self) -> bool:
        return (
            self.preset == "paper" if self.title_in_completion is None else self.title_in_completion
        )
