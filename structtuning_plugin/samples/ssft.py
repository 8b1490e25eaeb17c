"""Samples of structure-aware instruction tuning (arXiv 2407.16724, section 3.3).

    answer      a question of the user's own      ->  its answer, as given
    reasoned    the same question                 ->  the paths of what it rests on, the reasoning, the answer
    structure   where X belongs, how it is built  ->  its path, its tree, the heading beside it or above
    exercise    a question made from the text     ->  path, reasoning, answer
    walk        one that the model wrote          ->  paths, reasoning, answer

Pure functions of (tree, questions, wordings, seed). The structure comes first, top-down, in the very form that `locate`
taught; the answer comes last, behind a marker that the grader finds. Where a row is too long the structure is pruned;
an answer is never cut: what cannot fit is left out with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from structtuning_plugin.config.ssft import SsftConfig
from structtuning_plugin.core.hashing import pick
from structtuning_plugin.core.templates import Wording, Wordings
from structtuning_plugin.core.tokens import Chat, RowSize
from structtuning_plugin.core.types import Dropped, Message, QAPair, SizedSample, SsftSample, Topic
from structtuning_plugin.hookspecs import QAFormat
from structtuning_plugin.questions.exercises.types import Exercise
from structtuning_plugin.questions.grading.markers import marker
from structtuning_plugin.questions.linking import Link
from structtuning_plugin.questions.prompts import Style, user_turn
from structtuning_plugin.questions.walks.prompts import Reasoning, Walked
from structtuning_plugin.samples.structure_text import spellings
from structtuning_plugin.taxonomy import mindmap
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree

_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A sample before its structure is spelt: `build(structure)` gives the conversation and the wordings it took."""

    id: str
    kind: str
    language: str
    topics: tuple[Topic, ...]
    build: Callable[[str], tuple[tuple[Message, ...], str]]
    chunk_ids: tuple[str, ...] = ()
    qa_id: str = ""
    request: str = ""
    model: str = ""
    verdict: str = ""
    turn: int = 0


@dataclass(frozen=True)
class SsftBuilder:
    """Everything that samples depend on, and the two lists that they fill.

    `is_held_out(question, language)` says which held-out question a text overlaps, empty for none.
    """

    tree: Tree
    questions: Wordings
    answers: Wordings
    settings: SsftConfig
    formats: dict[str, QAFormat]
    chat: Chat
    sequence_len: int
    seed: int
    is_held_out: Callable[[str, str], str]
    rows: list[SizedSample] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)

    # --- the user's own questions

    def add_answers(self, pairs: Iterable[QAPair]) -> None:
        """Each question with its answer as given."""
        self._add(
            _Draft(
                id=f"answer/{pair.id}",
                kind="answer",
                language=pair.language,
                topics=(),
                build=lambda _, pair=pair: self._as_given(pair),  # type: ignore[misc]
                qa_id=pair.id,
            )
            for pair in pairs
        )

    def add_reasoned(
        self, pairs: Sequence[QAPair], links: Sequence[Link], rewritten: dict[str, Reasoning]
    ) -> None:
        """Each linked question with the paths of what it rests on, its reasoning and its answer.

        `rewritten` has the reasoning that a language model wrote, by the pair's id.
        """
        drafts = []
        for pair, link in zip(pairs, links, strict=True):
            if pair.turns and sum(turn.role == "user" for turn in pair.turns) > 1:
                self._drop(
                    f"reasoned/{pair.id}",
                    "multi_turn",
                    "a conversation of several turns is kept as given",
                )
                continue
            if not link.topic_ids:
                self._drop(
                    f"reasoned/{pair.id}",
                    link.reason,
                    f"its best passage covers {link.fit:.2f} of it",
                )
                continue
            reasoning = rewritten.get(pair.id) or Reasoning(text=pair.explanation)
            drafts.append(
                _Draft(
                    id=f"reasoned/{pair.id}",
                    kind="reasoned",
                    language=pair.language,
                    topics=self._topics(link.topic_ids),
                    build=lambda structure, pair=pair, reasoning=reasoning: self._reasoned(
                        pair, reasoning.text, structure
                    ),  # type: ignore[misc]
                    chunk_ids=link.chunk_ids,
                    qa_id=pair.id,
                    request=reasoning.request,
                    model=reasoning.model,
                    verdict=reasoning.verdict,
                )
            )
        self._add(drafts)

    def _as_given(self, pair: QAPair) -> tuple[tuple[Message, ...], str]:
        if pair.turns:
            return pair.turns, "as given"
        question, used = self._asked(pair, "brief", f"answer/{pair.id}")
        return self._turns(pair, question, self.formats[pair.format].answer(pair)), used

    def _reasoned(
        self, pair: QAPair, reasoning: str, structure: str
    ) -> tuple[tuple[Message, ...], str]:
        question, asked = self._asked(pair, "reason", f"reasoned/{pair.id}")
        answer, answered = self._answered(
            f"reasoned/{pair.id}",
            pair.language,
            structure,
            reasoning,
            self.formats[pair.format].answer(pair),
        )
        return self._turns(pair, question, answer), f"{asked}+{answered}"

    def _asked(self, pair: QAPair, style: Style, sample_id: str) -> tuple[str, str]:
        """Render the question and return it with the ids of its templates."""

        def choose(pool: str, templates: Sequence[Wording]) -> Wording:
            return templates[pick(self.seed, f"{pool}/{sample_id}", len(templates))]

        domain = self.tree.title(self.tree.root)
        qa_format = self.formats[pair.format]
        turn = user_turn(pair, style, qa_format, self.questions, domain, choose)
        return turn.text, "+".join(turn.templates) or "as given"

    def _turns(self, pair: QAPair, question: str, answer: str) -> tuple[Message, ...]:
        own = tuple(turn for turn in pair.turns if turn.role == "system")
        return (
            *own,
            Message(role="user", content=question),
            Message(role="assistant", content=answer),
        )

    # --- questions made from the tree

    def add_structure(self) -> None:
        """Where each knowledge point belongs, what it is made of, what stands beside it and above two of them."""
        for topic in self.tree.root.walk():
            name = self.tree.name(topic)
            if not self.tree.is_knowledge(topic):
                continue
            if name is None:
                self._drop(
                    f"structure/{topic.id}",
                    "not_unique",
                    f"several topics are {topic.title!r}, with their paths too",
                )
                continue
            self._add(self._about(topic, name))

    def add_exercises(self, exercises: Iterable[Exercise]) -> None:
        """Questions that were made from the text by rule."""
        self._add(map(self._exercise, exercises))

    def add_walks(self, walked: Iterable[Walked]) -> None:
        """Questions that the language model wrote from walks over the tree."""
        self._add(map(self._walk, walked))

    def _about(self, topic: Topic, name: str) -> Iterator[_Draft]:
        tree, parent = self.tree, self.tree.parent(topic)
        if parent is not None and not tree.is_repeat(topic):
            yield self._bare("belongs", topic, name, [PATH_JOINT.join(tree.path_titles(topic))])
        if len(tree.children(topic)) > 1:
            deepest = min(mindmap.DEEPEST, mindmap.height(tree, topic))
            maps = [
                mindmap.render(mindmap.subtree(tree, topic, depth))
                for depth in range(deepest, 0, -1)
            ]
            yield self._bare("organised", topic, name, maps)
        at = tree.position(topic)
        row = tree.children(parent) if parent is not None and at is not None else ()
        if at is not None and at + 1 < len(row):
            yield self._placed(
                "next", topic, (topic, row[at + 1]), tree.title(row[at + 1]), turn=1, name=name
            )
        yield from self._shared(topic, name)

    def _shared(self, topic: Topic, name: str) -> Iterator[_Draft]:
        """The nearest heading above this point and one of another branch of the same chapter or book."""
        tree = self.tree
        path = tree.path(topic)
        if len(path) < 4 or tree.children(topic):
            return
        above, at = path[-3], tree.position(path[-2])
        branches = tree.children(above)
        if (
            at is None
            or len(branches) < 2
            or above.id == tree.root.id
            or not tree.is_knowledge(above)
        ):
            return
        other = branches[
            (at + 1 + pick(self.seed, f"common/{topic.id}", len(branches) - 1)) % len(branches)
        ]
        while beneath := tree.children(other):
            other = beneath[pick(self.seed, f"common/{topic.id}/{other.id}", len(beneath))]
        second = tree.name(other)
        answer = tree.title(above)
        if second is None or answer.casefold() in f"{name} {second}".casefold():
            return
        yield self._placed(
            "common", topic, (topic, other), answer, turn=2, first=name, second=second
        )

    def _bare(self, form: str, topic: Topic, name: str, answers: Sequence[str]) -> _Draft:
        """A sample whose answer is the structure itself; of several answers the first that fits is taken."""

        def build(structure: str) -> tuple[tuple[Message, ...], str]:
            wording = self._wording(
                self.questions, topic.language, form, f"structure/{topic.id}/{form}"
            )
            question = wording.render(self._values(topic.language, topic, name=name))
            return self._conversation(question, structure), wording.id

        return _Shallower(
            id=f"structure/{topic.id}/{form}",
            kind="structure",
            language=topic.language,
            topics=(topic,),
            build=build,
            forms=tuple(answers),
        )

    def _placed(
        self,
        form: str,
        topic: Topic,
        places: tuple[Topic, ...],
        answer: str,
        turn: int,
        **given: str,
    ) -> _Draft:
        sample_id = f"structure/{topic.id}/{form}"

        def build(structure: str) -> tuple[tuple[Message, ...], str]:
            asked = self._wording(self.questions, topic.language, form, sample_id)
            reply, answered = self._answered(sample_id, topic.language, structure, "", answer)
            question = asked.render(self._values(topic.language, topic, **given))
            return self._conversation(question, reply), f"{asked.id}+{answered}"

        return _Draft(
            id=sample_id,
            kind="structure",
            language=topic.language,
            topics=places,
            build=build,
            turn=turn,
        )

    def _exercise(self, exercise: Exercise) -> _Draft:
        topic = exercise.asked

        def build(structure: str) -> tuple[tuple[Message, ...], str]:
            asked = self._wording(self.questions, topic.language, exercise.form, exercise.id)
            name = self.tree.name(topic) or self.tree.title(topic)
            question = asked.render(
                self._values(
                    topic.language, topic, name=name, text=exercise.text, term=exercise.term
                )
            )
            reply, answered = self._answered(
                exercise.id, topic.language, structure, exercise.reasoning, exercise.answer
            )
            return self._conversation(question, reply), f"{asked.id}+{answered}"

        return _Draft(
            id=exercise.id,
            kind="exercise",
            language=topic.language,
            topics=exercise.places,
            build=build,
            chunk_ids=exercise.chunk_ids,
            turn=exercise.turn,
        )

    def _walk(self, walked: Walked) -> _Draft:
        pair = walked.pair
        return _Draft(
            id=pair.id,
            kind="walk",
            language=pair.language,
            topics=self._topics(walked.topic_ids),
            build=lambda structure: self._reasoned(pair, pair.explanation, structure),
            chunk_ids=walked.chunk_ids,
            request=walked.request,
            model=walked.model,
            verdict=walked.verdict,
        )

    # --- from drafts to rows

    def _answered(
        self, sample_id: str, language: str, structure: str, reasoning: str, answer: str
    ) -> tuple[str, str]:
        """Structure, reasoning and answer in one of the wordings."""
        wording = self._wording(
            self.answers, language, f"reasoned-{self.settings.context_form}", sample_id
        )
        mark = marker(language)
        values = self._values(
            language, structure=structure, reasoning=reasoning.strip(), marker=mark, answer=answer
        )
        text = wording.render(values)
        if not values["reasoning"]:  # where it would have stood
            head = text.removesuffix(answer)
            text = _BLANK_LINES.sub("\n\n", head) + text[len(head) :]
        if mark.endswith("：") and text.endswith(
            f"{mark} {answer}"
        ):  # scripts without blanks have none behind a wide colon
            text = f"{text.removesuffix(f'{mark} {answer}')}{mark}{answer}"
        return text, wording.id

    def _conversation(self, question: str, answer: str) -> tuple[Message, ...]:
        return (Message(role="user", content=question), Message(role="assistant", content=answer))

    def _add(self, drafts: Iterable[_Draft]) -> None:
        """Sizes many at once; what does not fit is pruned one by one."""
        ready = []
        for draft in drafts:
            form = next(self._forms(draft))
            sample = self._sample(draft, form)
            overlap = self.is_held_out(_spoken(sample), sample.language)
            if overlap:
                self._drop(draft.id, "holdout", overlap)
            else:
                ready.append((draft, sample))
        for (draft, sample), size in zip(ready, self._sizes([s for _, s in ready]), strict=True):
            if size.fault:
                self._drop(draft.id, "chat_template", size.fault)
            elif size.total > self.sequence_len:
                self._prune(draft, size.total)
            else:
                self._keep(draft, sample, size)

    def _sizes(self, samples: Sequence[SsftSample]) -> list[RowSize]:
        return self.chat.sizes(
            [sample.messages for sample in samples], [sample.language for sample in samples]
        )

    def _forms(self, draft: _Draft) -> Iterator[str]:
        if isinstance(draft, _Shallower):
            yield from draft.forms
        elif draft.topics:
            yield from spellings(self.tree, draft.topics, self.settings.context_form)
        else:
            yield ""

    def _prune(self, draft: _Draft, first: int) -> None:
        forms = self._forms(draft)
        next(forms)
        shortest = first
        for form in forms:
            sample = self._sample(draft, form)
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

    def _sample(self, draft: _Draft, structure: str) -> SsftSample:
        messages, template = draft.build(structure)
        if self.settings.system and messages[0].role != "system":
            messages = (Message(role="system", content=self.settings.system), *messages)
        return SsftSample(
            id=draft.id,
            kind=draft.kind,
            messages=tuple(
                Message(role=m.role, content=self.chat.neutral(m.content)) for m in messages
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

    def _keep(self, draft: _Draft, sample: SsftSample, size: RowSize) -> None:
        masked = size.total - size.trained
        self.rows.append(
            SizedSample(sample=sample, prompt_tokens=masked, trained=size.trained, turn=draft.turn)
        )

    def _topics(self, ids: Sequence[str]) -> tuple[Topic, ...]:
        return tuple(self.tree.topics[topic_id] for topic_id in ids)

    def _wording(self, wordings: Wordings, language: str, pool: str, sample_id: str) -> Wording:
        found = wordings.pool(language, pool)
        return found[pick(self.seed, f"{pool}/{sample_id}", len(found))]

    def _values(self, language: str, topic: Topic | None = None, **given: str) -> dict[str, Any]:
        values = {"domain": self.tree.title(self.tree.root), "language": language}
        if topic is not None:
            values |= {
                "title": self.tree.title(topic),
                "book": self.tree.title(self.tree.book(topic)),
            }
        return values | given

    def _drop(self, sample_id: str, reason: str, detail: str) -> None:
        self.dropped.append(Dropped(stage="ssft", id=sample_id, reason=reason, detail=detail))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shallower(_Draft):
    """A draft whose structure is the answer: its forms are given, the fullest first."""

    forms: tuple[str, ...] = ()


def _spoken(sample: SsftSample) -> str:
    """What is asked and answered, for a comparison with held-out questions."""
    return "\n".join(message.content for message in sample.messages if message.role != "system")
