"""Questions from walks: written and judged by the language model, kept if new.

A question fails if there is no usable answer, if it is judged not to follow from its passages, or
if it repeats another question or overlaps a held-out one. It is tried again with another walk of
the same shape from the same chapter, `TRIES` times in all, so that the configured shares hold. The
questions of one turn are sent at once. They are accepted in the order of their slots, so that the
server's timing has no effect.

`rewrite` replaces the reasoning of given questions in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from structtuning_plugin.core.concurrency import gathered
from structtuning_plugin.core.hashing import pick
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.tokens import Codec
from structtuning_plugin.core.types import Chunk, Dropped, QAPair
from structtuning_plugin.hookspecs import QAFormat
from structtuning_plugin.llm.session import Session
from structtuning_plugin.questions.linking import Link
from structtuning_plugin.questions.walks import prompts as questions
from structtuning_plugin.questions.walks.prompts import (
    Prompt,
    Reasoning,
    Verdict,
    Walk,
    Walked,
    Written,
)
from structtuning_plugin.questions.walks.walking import Walker
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree

TRIES = 3
# Tokens of a passage that are shown, as in the reference.
SHOWN_TOKENS = 1024
_QUOTED = 200
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Desk:
    """Context of requests about questions. `is_held_out` is as in `samples.ssft.SsftBuilder`."""

    session: Session
    model: str
    prompts: Wordings
    tree: Tree
    codec: Codec
    seed: int
    is_held_out: Callable[[str, str], str]

    async def ask(
        self, prompt: Prompt, check: Callable[[Any], Any], about: str, language: str
    ) -> tuple[Any, str]:
        """Return the checked answer, None without a usable one, and the question's key."""
        answer = await self.session.ask(
            prompt.messages,
            prompt.schema,
            check,
            about,
            again=questions.again(self.prompts, language),
            subject=prompt,
        )
        return answer, self.session.key_of(prompt.messages, prompt.schema)

    @property
    def domain(self) -> str:
        return self.tree.title(self.tree.root)

    def passage(self, chunk: Chunk) -> str:
        """Return a chunk as it is shown: its first `SHOWN_TOKENS` tokens, cut at a blank."""
        text = chunk.text.strip()
        if chunk.tokens <= SHOWN_TOKENS:
            return text
        starts = self.codec.starts([text])[0]
        head = text[: starts[SHOWN_TOKENS]] if len(starts) > SHOWN_TOKENS else text
        return head.rsplit(None, 1)[0] + " […]"


# --- new questions


async def write(
    desk: Desk,
    walker: Walker,
    examples: Sequence[QAPair],
    formats: Mapping[str, QAFormat],
    judge: bool,
    step: Callable[[], None],
) -> tuple[list[Walked], list[Dropped]]:
    """Write one question a slot, in the order of the slots, and list what was left out.

    The model may give fewer questions than there are slots.
    """
    accepted: dict[int, Walked] = {}
    dropped: list[Dropped] = []
    bags: set[str] = {_bag(pair.question) for pair in examples}
    for turn in range(TRIES):
        open_slots = [slot for slot in range(len(walker.plan)) if slot not in accepted]
        walks = [walker.walk(slot, turn) for slot in open_slots]
        for walk, result in zip(
            walks,
            await gathered([_one(desk, w, examples, formats, judge) for w in walks]),
            strict=True,
        ):
            new = result if isinstance(result, Dropped) else _if_new(desk, result, bags)
            if isinstance(new, Dropped):
                dropped.append(new)
                continue
            bags.add(_bag(new.pair.question))
            accepted[walk.slot] = new
            step()
    return [accepted[slot] for slot in sorted(accepted)], dropped


def _if_new(desk: Desk, walked: Walked, bags: set[str]) -> Walked | Dropped:
    """Return the question, unless it repeats another one or is held out."""
    pair = walked.pair
    if _bag(pair.question) in bags:
        return Dropped(
            stage="ssft", id=pair.id, reason="asked_already", detail=pair.question[:_QUOTED]
        )
    overlap = desk.is_held_out(f"{pair.question}\n{pair.answers[0]}", pair.language)
    return (
        Dropped(stage="ssft", id=pair.id, reason="holdout", detail=overlap) if overlap else walked
    )


async def _one(
    desk: Desk, walk: Walk, examples: Sequence[QAPair], formats: Mapping[str, QAFormat], judge: bool
) -> Walked | Dropped:
    """Write the question of one walk, or return the reason why there is none."""
    language = walk.topics[0].language
    example = _example(desk.seed, walk, examples, language)
    prompt = _writing(desk, walk, example, formats, language)
    answer, request = await desk.ask(
        prompt, questions.check_written(bool(prompt.values["options"])), walk.id, language
    )
    if answer is None:
        return Dropped(
            stage="ssft", id=walk.id, reason="no_answer", detail="the model gave no usable question"
        )
    verdict = (
        await _judged(desk, walk, answer, language) if judge else Verdict(good=True, reason="")
    )
    if verdict is None or not verdict.good:
        detail = verdict.reason[:_QUOTED] if verdict else "the judge gave no usable answer"
        return Dropped(stage="ssft", id=walk.id, reason="judged", detail=detail)
    return Walked(
        pair=_pair(desk, walk, answer, language),
        shape=walk.shape,
        topic_ids=tuple(topic.id for topic in walk.topics),
        chunk_ids=tuple(chunk.id for chunk in walk.chunks),
        request=request,
        model=desk.model,
        verdict=verdict.reason,
    )


def _writing(
    desk: Desk, walk: Walk, example: QAPair | None, formats: Mapping[str, QAFormat], language: str
) -> Prompt:
    paths = [PATH_JOINT.join(desk.tree.path_titles(topic)) for topic in walk.topics]
    shown = (
        f"{formats[example.format].ask(example)}\n{formats[example.format].answer(example)}"
        if example
        else ""
    )
    return questions.prompt(
        desk.prompts,
        "write_one" if len(walk.topics) == 1 else "write_many",
        language,
        domain=desk.domain,
        structure="\n".join(dict.fromkeys(paths)),
        passages=[desk.passage(chunk) for chunk in walk.chunks],
        example=shown,
        options=bool(example and example.correct),
    )


async def _judged(desk: Desk, walk: Walk, answer: Written, language: str) -> Verdict | None:
    prompt = questions.prompt(
        desk.prompts,
        "judge",
        language,
        domain=desk.domain,
        passages=[desk.passage(chunk) for chunk in walk.chunks],
        question=_shown(answer),
        explanation=answer.explanation,
        answer=answer.answer,
    )
    verdict, _ = await desk.ask(prompt, questions.check_judged, f"{walk.id}/judge", language)
    return verdict if isinstance(verdict, Verdict) else None


def _shown(answer: Written) -> str:
    return "\n".join([answer.question, *answer.options])


def _example(seed: int, walk: Walk, examples: Sequence[QAPair], language: str) -> QAPair | None:
    """Return an example from the training questions, in the walk's language if there is one.

    A held-out question is never an example.
    """
    fitting = [pair for pair in examples if pair.language == language] or list(examples)
    return fitting[pick(seed, f"example/{walk.id}", len(fitting))] if fitting else None


def _pair(desk: Desk, walk: Walk, reply: Written, language: str) -> QAPair:
    base = QAPair(
        id=walk.id,
        format="plain",
        question=reply.question,
        answers=(reply.answer,),
        language=language,
        explanation=reply.explanation,
    )
    if not reply.options:
        return base
    # Models like to put the right option first.
    order = sorted(
        reply.options, key=lambda option: pick(desk.seed, f"option/{walk.id}/{option}", 2**62)
    )
    options = tuple(zip(_LETTERS, order, strict=False))
    right = tuple(letter for letter, text in options if text == reply.answer)
    return replace(base, format="mmedbench", options=options, correct=right)


def _bag(question: str) -> str:
    """Return a key that is equal for questions of the same words in any order."""
    return " ".join(sorted("".join(c if c.isalnum() else " " for c in question.casefold()).split()))


# --- given questions


async def rewrite(
    desk: Desk,
    pairs: Sequence[QAPair],
    links: Sequence[Link],
    chunks: Mapping[str, Chunk],
    formats: Mapping[str, QAFormat],
    step: Callable[[], None],
) -> dict[str, Reasoning]:
    """Rewrite the reasoning of linked questions, by the pair's id.

    The reasoning is new if the passages support the answer, and unchanged otherwise.
    """

    async def one(pair: QAPair, link: Link) -> tuple[str, Reasoning] | None:
        shown = formats[pair.format]
        prompt = questions.prompt(
            desk.prompts,
            "support",
            pair.language,
            domain=desk.domain,
            passages=[desk.passage(chunks[chunk_id]) for chunk_id in link.chunk_ids],
            question=shown.ask(pair),
            answer=shown.answer(pair),
            explanation=pair.explanation,
        )
        verdict, request = await desk.ask(
            prompt, questions.check_supported, f"support/{pair.id}", pair.language
        )
        step()
        if verdict is None:
            return None
        text = verdict.text if verdict.good else pair.explanation
        word = "supported" if verdict.good else "not supported"
        return pair.id, Reasoning(
            text=text, request=request, model=desk.model, verdict=f"{word}: {verdict.reason}"
        )

    entries = await gathered(
        [one(pair, link) for pair, link in zip(pairs, links, strict=True) if link.chunk_ids]
    )
    return dict(entry for entry in entries if entry is not None)
