"""Samples of structure-aware instruction tuning (arXiv 2407.16724, section 3.3).

A kind (`samples/kinds/`) drafts conversations from a context; the builder fits them into rows:

    user       Where do the pads belong?            masked
    assistant  Bicycles > Brakes > Pads             trained: structure, reasoning, answer

The rows are a pure function of (tree, questions, wordings, settings, seed). The structure comes
first, top-down, in the very form that `locate` taught; the answer comes last, after a marker that
the grader finds. Where a row is too long the structure is pruned; an answer is never cut: what
cannot fit is dropped with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from structtuning_plugin.config.ssft import SsftConfig
from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.templates import Wording, Wordings
from structtuning_plugin.core.tokens import Chat, RowSize
from structtuning_plugin.core.types import (
    Chunk,
    Dropped,
    Message,
    QAPair,
    SizedSample,
    SsftSample,
    Topic,
)
from structtuning_plugin.hookspecs import QAFormat, SampleKind, SsftDraft
from structtuning_plugin.questions.exercises.forms import MADE_TITLES
from structtuning_plugin.questions.exercises.index import CorpusIndex
from structtuning_plugin.questions.grading.final_answer import marker
from structtuning_plugin.questions.linking import Link
from structtuning_plugin.questions.prompts import (
    PromptBuilder,
    Style,
    UserTurn,
    add_system,
    system_turns,
)
from structtuning_plugin.questions.walks.prompts import Reasoning
from structtuning_plugin.samples.places import place_line, place_titles
from structtuning_plugin.taxonomy import mindmap
from structtuning_plugin.taxonomy.tree import Tree

_BLANK_LINES = re.compile(r"\n{3,}")

# Messages of a conversation, and the ids of their wordings joined by "+".
Conversation = tuple[tuple[Message, ...], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedQuestion:
    """A question of the user's, its passages, and the reasoning that the `llm` wrote, if it did."""

    pair: QAPair
    link: Link
    reasoning: Reasoning | None = None


@dataclass(frozen=True, kw_only=True)
class SsftContext:
    """All that a draft of instruction tuning may depend on.

    Args:
        questions: Wordings of `templates/qa`.
        answers: Wordings of `templates/ssft`.
        formats: Formats of questions by name.
        chunks: The chunks that may be trained on.
        load_index: Loads the facts of the corpus; None where there are none.
    """

    tree: Tree
    questions: Wordings
    answers: Wordings
    settings: SsftConfig
    formats: Mapping[str, QAFormat]
    seed: int
    chunks: Sequence[Chunk] = ()
    load_index: Callable[[], CorpusIndex] | None = None

    @cached_property
    def index(self) -> CorpusIndex | None:
        """Facts of the corpus, looked for when they are first needed; None without."""
        return self.load_index() if self.load_index is not None else None

    def count_places(self, topic: Topic) -> int | None:
        """Count how often the place of a topic may be trained; None for no limit.

        Not more often than there are facts at it, and never where its title was made up.
        """
        if self.settings.is_published or self.index is None:
            return None
        return 0 if topic.source in MADE_TITLES else self.index.count_facts_below(topic.id)

    def text(self, topic: Topic) -> str:
        """Return the text of a topic, without that of its subtopics."""
        return "".join(chunk.text for chunk in self.chunks_of(topic))

    def chunks_of(self, topic: Topic) -> tuple[Chunk, ...]:
        """Return the chunks of a topic's own text."""
        return tuple(self.chunk_by_id[name] for name in topic.chunk_ids if name in self.chunk_by_id)

    @cached_property
    def chunk_by_id(self) -> Mapping[str, Chunk]:
        """The chunks by id."""
        return {chunk.id: chunk for chunk in self.chunks}

    def judged(self, sample_id: str, language: str, verdict: str, text: str) -> tuple[str, str]:
        """Render the answer to a statement: true; or false, and what is right.

        Args:
            sample_id: Id of the sample.
            language: ISO 639-1 code.
            verdict: Pool of `templates/ssft`: `true` or `false`.
            text: What is right; empty if the statement is.

        Returns:
            The answer and the id of its wording.

        Raises:
            TemplateError: If a wording is missing or fails.
        """
        wording = self._pick(verdict, self.answers.pool(language, verdict), sample_id)
        values = {"domain": self.tree.title(self.tree.root), "language": language, "text": text}
        return wording.render(values), wording.id

    @property
    def long_style(self) -> Style:
        """Style of questions whose answer is more than the bare one."""
        return "reason" if self.settings.shows_place else "explain"

    def topics(self, ids: Iterable[str]) -> tuple[Topic, ...]:
        """Return the topics of these ids."""
        return tuple(self.tree.topics[topic_id] for topic_id in ids)

    def prompts(self, sample_id: str, style: Style = "brief") -> PromptBuilder:
        """Return the builder of a sample's question; the seed and the id choose its wordings."""

        def choose(pool: str, wordings: Sequence[Wording]) -> Wording:
            return self._pick(pool, wordings, sample_id)

        return PromptBuilder(
            wordings=self.questions,
            domain=self.tree.title(self.tree.root),
            formats=self.formats,
            style=style,
            choose=choose,
        )

    def answer(
        self, sample_id: str, language: str, structure: str, reasoning: str, answer: str
    ) -> tuple[str, str]:
        """Render structure, reasoning and answer; return the assistant's turn and its wording's id.

        Raises:
            TemplateError: If a wording is missing or fails.
        """
        pool = f"reasoned-{self.settings.context_form}"
        wording = self._pick(pool, self.answers.pool(language, pool), sample_id)
        mark = marker(language)
        reasoning = reasoning.strip()
        text = wording.render(
            {
                "domain": self.tree.title(self.tree.root),
                "language": language,
                "structure": structure,
                "reasoning": reasoning,
                "marker": mark,
                "answer": answer,
            }
        )
        if not reasoning:
            # Its place in the wording leaves blank lines.
            head = text.removesuffix(answer)
            text = _BLANK_LINES.sub("\n\n", head) + text[len(head) :]
        if mark.endswith("：") and text.endswith(f"{mark} {answer}"):
            # Scripts without blanks have none after a wide colon.
            text = f"{text.removesuffix(f'{mark} {answer}')}{mark}{answer}"
        return text, wording.id

    def reasoned(
        self, pair: QAPair, reasoning: str, structure: str, sample_id: str
    ) -> Conversation:
        """Build the conversation of a question whose answer spells structure and reasoning out.

        Raises:
            TemplateError: If a wording is missing or fails.
        """
        question = self.prompts(sample_id, self.long_style).render_pair(pair)
        answer = self.formats[pair.format].answer(pair)
        reply, answered_with = self.answer(sample_id, pair.language, structure, reasoning, answer)
        messages = build_turns(question, reply, system_turns(pair))
        return messages, f"{ids_of(question)}+{answered_with}"

    def draft_question(
        self,
        question: UserTurn,
        sample_id: str,
        language: str,
        topics: tuple[Topic, ...],
        answer: str,
        reasoning: str = "",
        chunk_ids: tuple[str, ...] = (),
        turn: int = 0,
    ) -> SsftDraft:
        """Draft a question about the tree or its text, and the answer after the paths to `topics`.

        Args:
            question: The user's turn.
            sample_id: Id of the sample.
            language: ISO 639-1 code of the question.
            topics: The topics whose paths the answer spells out.
            answer: The answer, after the marker.
            reasoning: What the answer follows from; empty if there is none.
            chunk_ids: Chunks that the answer rests on.
            turn: 0 for the first of several samples of a topic.
        """

        def build(structure: str) -> Conversation:
            reply, answered_with = self.answer(sample_id, language, structure, reasoning, answer)
            return build_turns(question, reply), f"{ids_of(question)}+{answered_with}"

        return SsftDraft(
            id=sample_id,
            language=language,
            topics=topics,
            build=build,
            chunk_ids=chunk_ids,
            turn=turn,
        )

    def _pick(self, pool: str, wordings: Sequence[Wording], sample_id: str) -> Wording:
        return wordings[stable_choice(self.seed, f"{pool}/{sample_id}", len(wordings))]


def build_turns(
    question: UserTurn, answer: str, system: tuple[Message, ...] = ()
) -> tuple[Message, ...]:
    """Return a conversation of one question."""
    return (
        *system,
        Message(role="user", content=question.text),
        Message(role="assistant", content=answer),
    )


def ids_of(question: UserTurn) -> str:
    """Return the ids of a question's wordings, joined by "+"."""
    return "+".join(question.templates) or "as given"


def structure_forms(tree: Tree, topics: Sequence[Topic], settings: SsftConfig) -> Iterator[str]:
    """Yield the paths to topics, from the fullest form to the shortest that still says something.

    A line each, or merged into one map; then fewer topics, then shorter paths. A path is written as
    `locate` teaches it, so that what was learnt there is what is recalled here.
    """
    for count in range(len(topics), 0, -1):
        if settings.context_form == "mindmap":
            yield mindmap.render(mindmap.merged(tree, topics[:count]))
        else:
            paths = (place_line(tree, topic, settings) for topic in topics[:count])
            yield "\n".join(dict.fromkeys(paths))
    shorter = mindmap.path_lines(place_titles(tree, topics[0], settings))
    next(shorter)  # the whole path, as above
    yield from shorter


@dataclass(frozen=True, kw_only=True)
class SsftBuilder:
    """Fit drafts into rows: fills `rows` and `dropped`, in the order of the drafts.

    Args:
        chat: Sizes conversations.
        sequence_len: Greatest length of a row in tokens.
        is_held_out: Returns the held-out question that a text overlaps, and how; empty for none.
    """

    context: SsftContext
    chat: Chat
    sequence_len: int
    is_held_out: Callable[[str, str], str]
    rows: list[SizedSample] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)

    def add(self, kind: SampleKind[Any, Any], drafts: Iterable[Any]) -> None:
        """Add the samples of a kind that fit: all are sized at once, those too long are pruned."""
        samples = []
        for draft in self._drafts_of(drafts):
            sample = self._sample(kind.name, draft, next(self._structures(draft)))
            overlap = self.is_held_out(_text_of(sample), sample.language)
            if overlap:
                self._drop(draft.id, "holdout", overlap)
            else:
                samples.append((draft, sample))
        sizes = self._sizes([sample for _, sample in samples])
        for (draft, sample), size in zip(samples, sizes, strict=True):
            if size.fault:
                self._drop(draft.id, "chat_template", size.fault)
            elif size.total > self.sequence_len:
                self._prune(kind.name, draft, size.total)
            else:
                self._keep(draft, sample, size)

    def _drafts_of(self, drafts: Iterable[Any]) -> list[SsftDraft]:
        usable = []
        for draft in drafts:
            if isinstance(draft, Dropped):
                self.dropped.append(draft)
            else:
                usable.append(draft)
        return usable

    def _sizes(self, samples: Sequence[SsftSample]) -> list[RowSize]:
        return self.chat.sizes(
            [sample.messages for sample in samples], [sample.language for sample in samples]
        )

    def _structures(self, draft: SsftDraft) -> Iterator[str]:
        if draft.structures is not None:
            yield from draft.structures
        elif draft.topics and self.context.settings.shows_place:
            yield from structure_forms(self.context.tree, draft.topics, self.context.settings)
        else:
            yield ""

    def _prune(self, kind: str, draft: SsftDraft, first: int) -> None:
        """Keep the first shorter form whose row fits; `first` is the length of the fullest one."""
        structures = self._structures(draft)
        next(structures)
        shortest = first
        for structure in structures:
            sample = self._sample(kind, draft, structure)
            size = self._sizes([sample])[0]
            if size.fault:
                continue
            if size.total <= self.sequence_len:
                self._keep(draft, sample, size)
                return
            shortest = min(shortest, size.total)
        self._drop(
            draft.id,
            "too_long",
            f"{shortest} tokens with the least structure, but sequence_len is {self.sequence_len}",
        )

    def _sample(self, kind: str, draft: SsftDraft, structure: str) -> SsftSample:
        messages, template = draft.build(structure)
        messages = add_system(messages, self.context.settings.system)
        return SsftSample(
            id=draft.id,
            kind=kind,
            messages=tuple(
                Message(role=message.role, content=self.chat.neutral(message.content))
                for message in messages
            ),
            template=template,
            language=draft.language,
            topic_ids=tuple(topic.id for topic in draft.topics),
            chunk_ids=draft.chunk_ids,
            structure=self.chat.neutral(structure),
            qa_id=draft.qa_id,
            request=draft.request,
            model=draft.model,
            verdict=draft.verdict,
        )

    def _keep(self, draft: SsftDraft, sample: SsftSample, size: RowSize) -> None:
        masked = size.total - size.trained
        self.rows.append(
            SizedSample(sample=sample, prompt_tokens=masked, trained=size.trained, turn=draft.turn)
        )

    def _drop(self, sample_id: str, reason: str, detail: str) -> None:
        self.dropped.append(Dropped(stage="ssft", id=sample_id, reason=reason, detail=detail))


def _text_of(sample: SsftSample) -> str:
    """Return the question and the answer of a sample, to compare with held-out questions."""
    return "\n".join(message.content for message in sample.messages if message.role != "system")
