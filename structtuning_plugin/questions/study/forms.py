"""Values of the study: what a request shows, what it is about, and what the model wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from structtuning_plugin.config import BLOCK, StructTuningConfig, list_faults
from structtuning_plugin.core.errors import ConfigError, PluginError, nearest
from structtuning_plugin.core.plugin_calls import PluginEntry
from structtuning_plugin.core.types import Chunk, Topic
from structtuning_plugin.hookspecs import StudyPrompt

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
# Folders of `templates/study` that are no tasks.
RESERVED = ("again", "frame", "judge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Text that a request shows: the beginning of a chunk, or `text` in its place."""

    topic: Topic
    chunk: Chunk
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Texts that one request shows, and the topics that its rows are about: one, or a pair."""

    topics: tuple[Topic, ...]
    parts: tuple[Part, ...]

    @property
    def topic(self) -> Topic:
        """The first topic, whose outline is shown."""
        return self.topics[0]

    @property
    def chunk_ids(self) -> tuple[str, ...]:
        """Ids of the chunks that are shown."""
        return tuple(dict.fromkeys(part.chunk.id for part in self.parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One request of the plan.

    Args:
        passage: Passage whose turn it is.
        number: Number of the request among those of the passage, from 0 on.
        prompt: Prompt to ask by.
        target: Texts to show.
        facts: Facts to write about; empty for all of the text.
        version: 1 for the first request of this prompt about these facts, then 2, ...
    """

    passage: Chunk
    number: int
    prompt: StudyPrompt
    target: Target
    facts: tuple[str, ...] = ()
    version: int = 1

    @property
    def id(self) -> str:
        """Id of the row, or of the rows in front of their number."""
        return f"{self.prompt.kind}/{self.passage.id}/{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Text, fact, or question with its answer, as the model wrote it."""

    text: str
    question: str = ""

    @property
    def whole(self) -> str:
        """Question and answer together."""
        return f"{self.question}\n{self.text}" if self.question else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyForm:
    """What becomes one row.

    Args:
        id: Id of the row.
        prompt: Name of the prompt.
        language: ISO 639-1 code.
        topic_ids: Topics that it is about.
        chunk_ids: Chunks that were shown.
        turn: Number of the round, 0 for the first form of a passage.
        facts: Facts that the model was to write about.
        question: Question; empty for a text.
        text: Text, or answer to the question.
        tokens: Number of tokens of question and text.
        request: Key of the request (`llm.cache.cache_key`).
        model: Model that wrote it.
        verdict: Verdict of the judge; empty without one.
    """

    id: str
    prompt: str
    language: str
    topic_ids: tuple[str, ...]
    chunk_ids: tuple[str, ...]
    turn: int
    facts: tuple[str, ...]
    question: str
    text: str
    tokens: int
    request: str
    model: str
    verdict: str


def check_prompt(prompt: StudyPrompt, entry: PluginEntry) -> StudyPrompt:
    """Return a prompt that can be used.

    Raises:
        PluginError: If its name is no name of a folder, or `facts` fits no passage.
    """
    fault = ""
    if not _NAME.fullmatch(prompt.name) or prompt.name in RESERVED:
        fault = (
            f"its name is {prompt.name!r}, but must consist of small letters, digits, `_` and `-`, "
            f"and be none of {', '.join(RESERVED)}"
        )
    elif prompt.facts and prompt.source != "passage" and prompt.facts != 1:
        fault = f"it is about {prompt.facts} facts, but its source {prompt.source} has none"
    if fault:
        raise PluginError(
            f"{entry.label} cannot be used: {fault}. Report this to the plugin's authors, or "
            "uninstall it."
        )
    return prompt


def select_prompts(
    block: StructTuningConfig, registry: Mapping[str, StudyPrompt]
) -> tuple[StudyPrompt, ...]:
    """Return the prompts of the block whose rows a stage of it trains on, in their order.

    Raises:
        ConfigError: If a prompt is unknown, or none has rows for the stages.
    """
    if block.study is None:
        return ()
    key = f"{BLOCK}.study.prompts"
    names = block.study.prompts
    unknown = [name for name in names or () if name not in registry]
    if unknown:
        faults = [f"{key}: Unknown prompt `{name}`.{nearest(name, registry)}" for name in unknown]
        raise ConfigError(list_faults(faults))
    prompts = [prompt for prompt in registry.values() if names is None or prompt.name in names]
    selected = tuple(prompt for prompt in prompts if prompt.stage in block.stage)
    if not selected:
        others = ", ".join(p.name for p in registry.values() if p.stage in block.stage)
        fault = (
            f"{key}: none of these has rows for `stage: {', '.join(block.stage)}`. Prompts that "
            f"have: {others}."
        )
        raise ConfigError(list_faults([fault]))
    return selected
