"""Stages of training, in their order: what differs between them, one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

StageName = Literal["scpt", "ssft"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of training.

    Args:
        name: Its section of the block, its folder in `work_dir`, and the dataset that `export` writes.
        title: The stage in words.
        template_folders: Folders of `templates/` that its wordings come from; its own is the first.
        unlimited: The samples that no share limits, in words.
        is_chat: Whether its rows are conversations: a chat template sizes them, the user's questions
            go into them, and held-out questions and probes are kept out of them.
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
        unlimited="your own questions",
        is_chat=True,
        asks_llm=True,
    ),
}
