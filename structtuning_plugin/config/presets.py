"""Presets of the samples, one table for both stages.

The kinds of samples that a preset builds are said by the kinds themselves (`SampleKind.presets`), so
that a new kind stays one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ContextForm = Literal["path", "mindmap"]
PresetName = Literal["compact", "paper"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Defaults that a preset sets.

    Args:
        context: Form in which a topic's place is written.
        title_in_completion: Whether a passage's completion starts with its topic's title.
    """

    context: ContextForm
    title_in_completion: bool


PRESETS: Mapping[PresetName, Preset] = {
    "compact": Preset(context="path", title_in_completion=False),
    # arXiv 2407.16724, section 3.2
    "paper": Preset(context="mindmap", title_in_completion=True),
}
