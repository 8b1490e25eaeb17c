"""The study: round after round, requests are sent in waves, and accepted in the order of the plan.

A passage whose reply gives no row is asked again in the same round, by its next prompt, `TRIES`
times in all. The size of a wave follows from the tokens that earlier replies gave. The study ends
when the budget of tokens is reached, when all facts have their forms, or after a round without any
row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from structtuning_plugin.core.concurrency import gather_all
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.tokens import Codec, clip, count_tokens
from structtuning_plugin.core.types import Chunk, Dropped, Topic
from structtuning_plugin.llm.session import Session
from structtuning_plugin.questions.study.forms import Assignment, Item, Part, StudyForm
from structtuning_plugin.questions.study.planning import Planner, Volume
from structtuning_plugin.questions.study.replies import (
    StudyRequest,
    check_judgement,
    check_reply,
    write_judge_request,
    write_request,
)
from structtuning_plugin.questions.study.screening import IsHeldOut, find_fault, split_words
from structtuning_plugin.questions.walks.prompts import again
from structtuning_plugin.taxonomy import mindmap
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree

T = TypeVar("T")

TRIES = 3
# Tokens of texts that a request shows: one passage whole, several together.
_SHOWN_ALONE, _SHOWN_TOGETHER = 4096, 2048
_OUTLINE_TOKENS = 400
_MOST_SIBLINGS = 20
_QUOTED = 200


@dataclass(frozen=True)
class StudyContext:
    """Context of the requests.

    Args:
        session: Session with the model.
        model: Name of the model, for `trace`.
        wordings: Templates of `templates/study`.
        tree: The tree.
        codec: The tokenizer.
        judge: Whether the model judges what it wrote.
        most_tokens: Greatest length of a row's text in tokens.
        is_held_out: Describes the held-out question that a text overlaps; empty for none.
        say: Prints a line of progress.
    """

    session: Session
    model: str
    wordings: Wordings
    tree: Tree
    codec: Codec
    judge: bool
    most_tokens: int
    is_held_out: IsHeldOut
    say: Callable[[str], None]

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of texts."""
        return count_tokens(self.codec, texts)

    async def send(
        self, request: StudyRequest, check: Callable[[Any], T], about: str, language: str
    ) -> tuple[T | None, str]:
        """Return the checked reply, None without a usable one, and the key of the request.

        Raises:
            LLMError: If the server is dead or refuses, or the budget of `llm` is spent.
        """
        reply = await self.session.ask(
            request.messages,
            request.schema,
            check,
            about,
            again=again(self.wordings, language),
            subject=request,
        )
        return reply, self.session.key_of(request.messages, request.schema)

    def write(self, assignment: Assignment) -> StudyRequest:
        """Render the request of an assignment.

        Raises:
            TemplateError: If a template is missing or fails.
        """
        target, tree = assignment.target, self.tree
        prompt, topic = assignment.prompt, target.topic
        room = _SHOWN_ALONE if len(target.parts) == 1 else _SHOWN_TOGETHER // len(target.parts)
        siblings = [tree.title(other) for other in tree.siblings(topic)]
        values = {
            "domain": tree.title(tree.root),
            "path": self._path(topic),
            "name": tree.title(topic),
            "outline": self._outline(topic),
            "siblings": "; ".join(siblings[:_MOST_SIBLINGS]),
            "parts": [self._part(part, room) for part in target.parts],
            "facts": list(assignment.facts),
            "version": assignment.version,
        }
        return write_request(self.wordings, prompt.name, prompt.reply, topic.language, values)

    def _path(self, topic: Topic) -> str:
        return PATH_JOINT.join(self.tree.path_titles(topic))

    def _part(self, part: Part, room: int) -> dict[str, str]:
        text = clip(self.codec, part.text or part.chunk.text.strip(), room)
        return {"path": self._path(part.topic), "text": text}

    def _outline(self, topic: Topic) -> str:
        """Draw the chapter with the topic marked, as widely as there is room."""
        tree = self.tree
        top = tree.chapter(topic)
        if top.id == topic.id:
            top = tree.book(topic)
        most = max(len(node.subtopics) for node in tree.path(topic))
        return mindmap.widest(
            lambda beside: mindmap.render(mindmap.place_map(tree, topic, top, beside)),
            most,
            lambda text: self.count([text])[0] <= _OUTLINE_TOKENS,
        ) or self._path(topic)


# An item and the id of its row.
Named = tuple[str, Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """Usable items of one reply, and what was left out of it."""

    items: Sequence[Named] = ()
    dropped: Sequence[Dropped] = ()
    request: str = ""
    verdict: str = ""


@dataclass(kw_only=True)
class Study:
    """One run of the study: fills `forms` and `dropped`, in the order of the plan."""

    context: StudyContext
    planner: Planner
    volume: Volume
    forms: list[StudyForm] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    _written: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Write until the budget of tokens is reached, or nothing more can be written.

        Raises:
            LLMError: If the server is dead or refuses, or the budget of `llm` is spent.
        """
        number, forms = 0, -1
        while not self.volume.is_full and len(self.forms) > forms:
            forms = len(self.forms)
            await self._run_round(number)
            self.context.say(
                f"studying: round {number + 1}, {len(self.forms):,} forms, "
                f"{self.volume.tokens:,} of {self.volume.budget:,.0f} tokens"
            )
            number += 1

    async def _run_round(self, number: int) -> None:
        passages = self.planner.order(number)
        for _ in range(TRIES):
            failed: list[Chunk] = []
            while passages and not self.volume.is_full:
                size = self.volume.count_requests()
                wave, passages = passages[:size], passages[size:]
                failed += await self._run_wave(wave, number)
            passages = failed

    async def _run_wave(self, passages: Sequence[Chunk], number: int) -> list[Chunk]:
        """Send one request for each passage; return the passages that got no row by it."""
        turns = [self.planner.take_turn(passage) for passage in passages]
        assignments = [assignment for assignment in turns if assignment is not None]
        answers = await gather_all([self._ask(assignment) for assignment in assignments])
        failed = []
        for assignment, answer in zip(assignments, answers, strict=True):
            if not self._accept(assignment, answer, number):
                failed.append(assignment.passage)
        return failed

    # What is done with requests under way depends on nothing but the request and its reply.

    async def _ask(self, assignment: Assignment) -> _Answer:
        context, prompt = self.context, assignment.prompt
        request = context.write(assignment)
        language = assignment.target.topic.language
        items, key = await context.send(request, check_reply(prompt.reply), assignment.id, language)
        if items is None:
            missing = _drop(assignment.id, "no_answer", "the model gave no usable reply")
            return _Answer(dropped=[missing])
        usable, dropped = self._screen(assignment, request, items)
        verdict = ""
        if context.judge and usable:
            usable, verdict, unsupported = await self._judge(assignment, request, usable)
            dropped += unsupported
        return _Answer(items=usable, dropped=dropped, request=key, verdict=verdict)

    def _screen(
        self, assignment: Assignment, request: StudyRequest, items: Sequence[Item]
    ) -> tuple[list[Named], list[Dropped]]:
        """Return the usable items, and the others with the reason why they are not."""
        usable: list[Named] = []
        dropped: list[Dropped] = []
        reply, language = assignment.prompt.reply, assignment.target.topic.language
        for number, item in enumerate(items, start=1):
            name = f"{assignment.id}.{number}" if item.question else assignment.id
            fault = find_fault(item, reply, request, language, self.context.is_held_out)
            if fault.reason:
                dropped.append(_drop(name, fault.reason, fault.detail))
            else:
                usable.append((name, item))
        return usable, dropped

    async def _judge(
        self, assignment: Assignment, request: StudyRequest, named: Sequence[Named]
    ) -> tuple[list[Named], str, list[Dropped]]:
        """Return the items that the passage supports, the verdict, and the other items."""
        context, language = self.context, assignment.target.topic.language
        items = [item for _, item in named]
        asking = write_judge_request(
            context.wordings, language, context.tree.title(context.tree.root), request, items
        )
        about = f"{assignment.id}/judge"
        judgement, _ = await context.send(asking, check_judgement(len(items)), about, language)
        if judgement is None:
            detail = "the judge gave no usable answer"
            return [], "", [_drop(name, "judged", detail) for name, _ in named]
        supported: list[Named] = []
        dropped: list[Dropped] = []
        for place, (name, item) in enumerate(named):
            if place in judgement.unsupported:
                dropped.append(_drop(name, "judged", judgement.reason or item.whole))
            else:
                supported.append((name, item))
        return supported, judgement.reason or "supported", dropped

    # What is kept depends on what was kept before, in the order of the plan.

    def _accept(self, assignment: Assignment, answer: _Answer, number: int) -> bool:
        """Keep what is new and within the budget; return whether anything was."""
        self.dropped += answer.dropped
        named = [entry for entry in answer.items if self._is_new(*entry)]
        if assignment.prompt.reply == "facts" and named:
            # The facts of a passage are one row.
            named = [(assignment.id, self._join_facts([item for _, item in named]))]
        tokens = 0
        before = len(self.forms)
        for name, item in named:
            form = self._form(name, item, assignment, answer, number)
            if self._fits(form, tokens):
                tokens += form.tokens
                self.forms.append(form)
                self._written.add(_key(item))
        self.volume.add(tokens)
        texts = [form.text for form in self.forms[before:]]
        if texts:
            lines = texts[0].split("\n") if assignment.prompt.reply == "facts" else texts
            self.planner.accept(assignment, lines)
        return bool(texts)

    def _is_new(self, name: str, item: Item) -> bool:
        if _key(item) in self._written:
            self.dropped.append(_drop(name, "repeated", item.whole))
            return False
        return True

    def _join_facts(self, items: Sequence[Item]) -> Item:
        """Join facts into one text, as many as the budget and a row have room for."""
        lines: list[str] = []
        for item in items:
            tokens = self.context.count(["\n".join([*lines, item.text])])[0]
            if lines and not (self.volume.fits(tokens) and tokens <= self.context.most_tokens):
                break
            lines.append(item.text)
        return Item(text="\n".join(lines))

    def _fits(self, form: StudyForm, tokens: int) -> bool:
        """Return whether a form fits a row and, after so many tokens of its reply, the budget."""
        most = self.context.most_tokens
        if form.tokens > most:
            detail = f"{form.tokens} tokens, but a row has room for {most}"
            self.dropped.append(_drop(form.id, "too_long", detail))
            return False
        if not self.volume.fits(tokens + form.tokens):
            self.volume.miss()
            detail = f"{form.tokens} tokens are over the budget of `study.tokens_per_token`"
            self.dropped.append(_drop(form.id, "over_budget", detail))
            return False
        return True

    def _form(
        self, name: str, item: Item, assignment: Assignment, answer: _Answer, number: int
    ) -> StudyForm:
        target = assignment.target
        return StudyForm(
            id=name,
            prompt=assignment.prompt.name,
            language=target.topic.language,
            topic_ids=tuple(topic.id for topic in target.topics),
            chunk_ids=target.chunk_ids,
            turn=number,
            facts=assignment.facts,
            question=item.question,
            text=item.text,
            tokens=sum(self.context.count([item.question, item.text])),
            request=answer.request,
            model=self.context.model,
            verdict=answer.verdict,
        )


def _key(item: Item) -> str:
    """Return a key that is equal for texts, or questions, of the same words in the same order."""
    return " ".join(split_words(item.question or item.text))


def _drop(name: str, reason: str, detail: str) -> Dropped:
    return Dropped(stage="study", id=name, reason=reason, detail=detail[:_QUOTED])
