"""What a probe is, whoever makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from structtuning_plugin.types import QAPair

ProbeKind = Literal["path", "parent", "siblings", "children", "cloze", "definition", "two_hop"]
PROBE_KINDS: tuple[ProbeKind, ...] = ("path", "parent", "siblings", "children", "cloze", "definition", "two_hop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question about a knowledge point that instruction tuning never speaks of.

    `topic_id` is that point, `branch` the path of its chapter. `names` are the topics that the question names, by id.
    `titles` are what is looked for in the answer: the headings of `siblings` and `children`, for a `path` those between
    the domain and the point that the question does not tell; empty where the answer is one text.
    """

    pair: QAPair
    kind: ProbeKind
    topic_id: str
    branch: str
    names: tuple[str, ...]
    titles: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.pair.id
