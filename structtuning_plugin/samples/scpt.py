"""Samples of structure-aware continual pre-training (arXiv 2407.16724, section 3.2).

A kind (`samples/kinds/`) drafts samples from a context; the builder fits the drafts into rows:

    | BOS | prompt (masked) | completion (trained) | EOS |   <= sequence_len

The rows are a pure function of (taxonomy, chunks, wordings, settings, seed). Every prompt is pruned
to the budget and no completion is ever cut: what cannot fit is dropped with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from structtuning_plugin.config.scpt import ScptConfig
from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.templates import Wording, Wordings
from structtuning_plugin.core.tokens import Codec, count_tokens
from structtuning_plugin.core.types import Chunk, Dropped, ScptSample, SizedSample, Topic
from structtuning_plugin.hookspecs import SampleKind, ScptDraft
from structtuning_plugin.questions.exercises.forms import MADE_TITLES
from structtuning_plugin.questions.exercises.index import CorpusIndex
from structtuning_plugin.samples.budget import Budget
from structtuning_plugin.samples.places import place_line
from structtuning_plugin.taxonomy.tree import Tree


@dataclass(frozen=True, kw_only=True)
class ScptContext:
    """All that a draft of continual pre-training may depend on.

    Args:
        load_index: Loads the facts and terms of the corpus; None where there are none.
        questions: Wordings of `templates/qa`, for questions as plain text.
    """

    tree: Tree
    chunks: Sequence[Chunk]
    wordings: Wordings
    settings: ScptConfig
    budget: Budget
    codec: Codec
    seed: int
    load_index: Callable[[], CorpusIndex] | None = None
    questions: Wordings | None = None

    @cached_property
    def index(self) -> CorpusIndex | None:
        """Facts and terms of the corpus, looked for when they are first needed; None without."""
        return self.load_index() if self.load_index is not None else None

    def place(self, topic: Topic) -> str:
        """Return a topic's place in one line: the shortest path, or the whole published one."""
        return place_line(self.tree, topic, self.settings)

    def count_places(self, topic: Topic) -> int | None:
        """Count how often the place of a topic may be trained; None for no limit.

        Not more often than there are facts at it, and never where its title was made up.
        """
        if self.settings.is_published or self.index is None:
            return None
        return 0 if topic.source in MADE_TITLES else self.index.count_facts_below(topic.id)

    def part(self, chunk: Chunk) -> tuple[int, int]:
        """Return the number of a chunk among those of its topic, from 1 on, and how many these are.

        (1, 1) for a published form, which does not tell.
        """
        own = [] if self.settings.is_published else self._chunks_by_topic.get(chunk.topic_id, [])
        with_text = [each.id for each in own if each.text.strip()]
        return (with_text.index(chunk.id) + 1, len(with_text)) if chunk.id in with_text else (1, 1)

    def count_tokens(self, text: str) -> int:
        """Count the tokens of a text, without special tokens."""
        return count_tokens(self.codec, [text])[0]

    def text(self, topic: Topic) -> str:
        """Return the text of a topic, without that of its subtopics."""
        return "".join(chunk.text for chunk in self._chunks_by_topic.get(topic.id, ()))

    def closes_topic(self, chunk: Chunk) -> bool:
        """Return whether a chunk is the last one of its topic that has any text."""
        return self._last_chunks.get(chunk.topic_id) == chunk.id

    def pool(self, kind: str, topic: Topic) -> list[Wording]:
        """Return the wordings of a kind in the topic's language, those of the context form first.

        Raises:
            TemplateError: If there are none.
        """
        return self.wordings.pool(topic.language, f"{kind}-{self.settings.context_form}", kind)

    def wording(self, sample_id: str, topic: Topic, *pools: str) -> Wording:
        """Pick a wording from the first of the pools that exists, by the seed and the sample's id.

        Raises:
            TemplateError: If no pool exists.
        """
        pool = self.wordings.pool(topic.language, *pools)
        return pool[stable_choice(self.seed, sample_id, len(pool))]

    def pick(self, name: str, wordings: Sequence[Wording]) -> Wording:
        """Pick a wording by the seed and a name."""
        return wordings[stable_choice(self.seed, name, len(wordings))]

    def render(self, wording: Wording, topic: Topic, **values: str) -> str:
        """Render a wording about a topic; `values` are more variables, or other values of these.

        Raises:
            TemplateError: If the wording uses a variable that it does not get.
        """
        tree = self.tree
        parent = tree.parent(topic) or topic
        variables = {
            "domain": tree.title(tree.root),
            "book": tree.title(tree.book(topic)),
            "title": tree.title(topic),
            "name": tree.name(topic) or tree.title(topic),
            "parent": tree.name(parent) or tree.title(parent),
            "path": "",
            "map": "",
            "part": "",
            "parts": "",
            "text": "",
            "language": topic.language,
        }
        return wording.render({**variables, **values})

    def lead_in(self, wording: Wording, topic: Topic, **values: str) -> str:
        """Render the prompt of a sample about a topic: one line or more, closed by a line end.

        Raises:
            TemplateError: If the wording uses a variable that it does not get.
        """
        return self.render(wording, topic, **{"path": self.place(topic), **values}) + "\n"

    def fits_prompt(self, prompt: str) -> bool:
        """Return whether a prompt is within the budget for prompts."""
        return self.count_tokens(prompt) <= self.budget.prompt

    def recall(
        self, kind: str, topic: Topic, completions: Iterable[str]
    ) -> Iterable[ScptDraft | Dropped]:
        """Draft the sample of a kind about a topic: a lead-in that names it, then a completion.

        The wording is picked from the pool that is named like the kind.

        Args:
            kind: Name of the kind.
            topic: The topic that is named.
            completions: The completion, the fullest form first; the first one that fits is used.
        """
        sample_id = f"{kind}/{topic.id}"
        pool = self.pool(kind, topic)
        wording = pool[stable_choice(self.seed, sample_id, len(pool))]
        yield self.recall_with(wording, sample_id, topic, completions)

    def recall_with(
        self,
        wording: Wording,
        sample_id: str,
        topic: Topic,
        completions: Iterable[str],
        turn: int = 0,
    ) -> ScptDraft | Dropped:
        """Draft a sample about a topic with a wording; `Dropped` if the prompt is too long."""
        prompt = self.lead_in(wording, topic)
        if not self.fits_prompt(prompt):
            return self.too_long(sample_id)
        return ScptDraft(
            id=sample_id,
            topic_id=topic.id,
            prompt=prompt,
            template=wording.id,
            completions=completions,
            turn=turn,
        )

    def too_long(self, sample_id: str) -> Dropped:
        """Return the reason why a sample has no prompt."""
        detail = f"the prompt does not fit {self.budget.prompt} tokens"
        return Dropped(stage="scpt", id=sample_id, reason="too_long", detail=detail)

    @cached_property
    def _chunks_by_topic(self) -> dict[str, list[Chunk]]:
        chunks: dict[str, list[Chunk]] = {}
        for chunk in self.chunks:
            chunks.setdefault(chunk.topic_id, []).append(chunk)
        return chunks

    @cached_property
    def _last_chunks(self) -> dict[str, str]:
        return {chunk.topic_id: chunk.id for chunk in self.chunks if chunk.text.strip()}


@dataclass(frozen=True, kw_only=True)
class ScptBuilder:
    """Fit drafts into rows: fills `rows` and `dropped`, in the order of the drafts."""

    context: ScptContext
    rows: list[SizedSample] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)

    def add(self, kind: SampleKind[Any, Any], drafts: Iterable[Any]) -> None:
        """Add the samples of a kind that fit."""
        for draft in drafts:
            if isinstance(draft, Dropped):
                self.dropped.append(draft)
            else:
                self._fit(kind.name, draft)

    def _fit(self, kind: str, draft: ScptDraft) -> None:
        budget = self.context.budget
        prompt_tokens = self.context.count_tokens(draft.prompt)
        room = budget.sequence_len - budget.specials - prompt_tokens
        for completion in draft.completions:
            tokens = draft.tokens
            if tokens is None:
                tokens = self.context.count_tokens(completion)
            if tokens <= room:
                self._keep(kind, draft, completion, prompt_tokens, tokens + draft.eos)
                return
        detail = f"the completion does not fit {room} tokens"
        self.dropped.append(Dropped(stage="scpt", id=draft.id, reason="too_long", detail=detail))

    def _keep(
        self, kind: str, draft: ScptDraft, completion: str, prompt_tokens: int, trained: int
    ) -> None:
        sample = ScptSample(
            id=draft.id,
            kind=kind,
            topic_id=draft.topic_id,
            prompt=draft.prompt,
            completion=completion,
            template=draft.template,
            chunk_ids=draft.chunk_ids,
            eos=draft.eos,
        )
        self.rows.append(
            SizedSample(
                sample=sample, prompt_tokens=prompt_tokens, trained=trained, turn=draft.turn
            )
        )
