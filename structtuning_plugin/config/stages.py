"""Stages of training in their order, and presets of their samples: two tables.

A kind of sample names its presets itself (`SampleKind.presets`), so that a new kind stays one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

StageName = Literal["scpt", "ssft"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of training.

    Args:
        name: Its section of the block, its folder in `work_dir`, its dataset in `export`.
        title: The stage in words.
        template_folders: Folders of `templates/` that its wordings come from; its own is the first.
        unlimited: The samples that no share limits, in words.
        is_chat: Whether its rows are conversations. A chat template sizes them; the user's
            questions go into them; held-out questions and probes are kept out of them.
        asks_llm: Whether the block's `llm`, if there is one, writes a part of it.
    """

    name: StageName
    title: str
    template_folders: tuple[str, ...]
    unlimited: str
    is_chat: bool
    asks_llm: bool


STAGES: Mapping[StageName, Stage] = {
    "scpt": Stage(
        name="scpt",
        title="continual pre-training",
        template_folders=("scpt",),
        unlimited="the passages",
        is_chat=False,
        asks_llm=False,
    ),
    "ssft": Stage(
        name="ssft",
        title="instruction tuning",
        template_folders=("ssft", "qa"),
        unlimited="your own questions and exercises",
        is_chat=True,
        asks_llm=True,
    ),
}


# Presets

ContextForm = Literal["path", "mindmap"]
AnswerContext = Literal["path", "mindmap", "none"]
PresetName = Literal["compact", "paper"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Defaults that a preset sets.

    Args:
        context: Form in which a topic's place is written.
        title_in_completion: Whether a passage's completion starts with its topic's title.
        eos_mid_topic: Whether a passage that breaks off before its topic's end is closed with EOS.
        is_published: Whether its samples keep the published form: whole paths, every topic asked
            for its place.
        shares: Greatest shares of kinds, in place of the kinds' own.
    """

    context: ContextForm
    title_in_completion: bool
    eos_mid_topic: bool
    is_published: bool = False
    shares: Mapping[str, float] = field(default_factory=dict)


PRESETS: Mapping[PresetName, Preset] = {
    "compact": Preset(context="path", title_in_completion=False, eos_mid_topic=False),
    # arXiv 2407.16724, section 3.2
    "paper": Preset(
        context="mindmap",
        title_in_completion=True,
        eos_mid_topic=True,
        is_published=True,
        shares={
            "section_map": 0.10,
            "chapter_map": 0.10,
            "book_map": 0.05,
            "locate": 0.25,
            "structure": 0.15,
        },
    ),
}
