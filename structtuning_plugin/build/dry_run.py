"""Dry run of a build: count what would be asked, before anything is sent.

The same code as in a build asks a client that replies as a model usually does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from structtuning_plugin.llm.cache import Cache, cache_key
from structtuning_plugin.llm.client import LLMClient
from structtuning_plugin.llm.types import Reply, Request
from structtuning_plugin.questions.study.replies import StudyRequest
from structtuning_plugin.questions.walks.prompts import OPTIONS, Prompt
from structtuning_plugin.taxonomy.llm_extraction import prompts as extraction_prompts
from structtuning_plugin.taxonomy.llm_extraction.prompts import Question
from structtuning_plugin.taxonomy.llm_extraction.windows import Group

# Members of a group: measured as paragraphs to a heading (4 to 5 in most books), and headings to
# the one above (3 to 5).
_GROUP_SIZES = {"points": 5, "sections": 4, "subjects": 8}
_TITLE_LENGTH = 40
# What chat templates put around a turn, in tokens, about.
_TOKENS_PER_TURN = 6
# Characters of a reply's parts, cut from the passages, so that they are in their language.
_QUESTION_LENGTH, _EXPLANATION_LENGTH, _ANSWER_LENGTH, _REASON_LENGTH = 120, 400, 40, 160
# Of the replies of a study.
_TEXT_LENGTH, _FACT_LENGTH, _MOST_FACTS = 800, 100, 12


@dataclass
class Estimate:
    """Requests and tokens of a build. Requests that are `answered` in the cache cost nothing."""

    requests: int = 0
    answered: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class DryRunClient:
    """Client that counts what the real one would send.

    Replies in the cache are given as they are, so that a build that was stopped is estimated by
    what is left to ask.

    Args:
        real: The client of the block.
        cache: Replies of earlier builds.
        count_tokens: Takes texts, returns as many counts.
    """

    def __init__(
        self, real: LLMClient, cache: Cache, count_tokens: Callable[[Sequence[str]], list[int]]
    ) -> None:
        self.name = real.name
        self.estimate = Estimate()
        self._real = real
        self._cache = cache
        self._count_tokens = count_tokens

    def body(self, request: Request, seed: int) -> Mapping[str, Any]:
        """Return the body that the real client would send."""
        return self._real.body(request, seed)

    async def complete(self, request: Request, seed: int) -> Reply:
        """Return the cached reply, or a typical one, which is counted."""
        cached = self._cache.get(cache_key(self.name, self.body(request, seed)))
        if cached is not None:
            self.estimate.answered += 1
            return cached
        reply = typical_answer(request)
        texts = [message.content for message in request.messages]
        *input_tokens, output_tokens = self._count_tokens([*texts, reply])
        self.estimate.requests += 1
        self.estimate.input_tokens += sum(input_tokens) + _TOKENS_PER_TURN * len(texts)
        self.estimate.output_tokens += output_tokens
        return Reply(text=reply)

    async def check_alive(self) -> list[str]:
        """Return no fault: nothing is sent."""
        return []

    async def close(self) -> None:
        """Close the real client."""
        await self._real.close()


def typical_answer(request: Request) -> str:
    """Write a usual reply: groups of a usual size, or parts of the passages that are shown."""
    question = request.subject
    if isinstance(question, StudyRequest):
        return json.dumps(_answer_study(question, request.about), ensure_ascii=False)
    if isinstance(question, Prompt):
        return json.dumps(_answer_prompt(question, request.about), ensure_ascii=False)
    if not isinstance(question, Question) or question.kind == "title":
        return json.dumps({"title": "x" * _TITLE_LENGTH})
    if question.kind == "levels":
        return json.dumps({"levels": [1] * len(question.items)})
    size, count = _GROUP_SIZES[question.kind], len(question.items)
    groups = []
    for start in range(0, count, size):
        title = question.items[start].text[:_TITLE_LENGTH]
        groups.append(Group(start=start, end=min(start + size, count), title=title))
    return json.dumps(extraction_prompts.answer(question.kind, groups), ensure_ascii=False)


def _answer_study(request: StudyRequest, about: str) -> dict[str, Any]:
    """Reply to a request of the study: words of its passages in another order, so that it is new.

    `about` makes texts, facts and questions unique.
    """
    if request.reply == "verdict":
        return {"reason": "-" * _REASON_LENGTH, "unsupported": []}
    turned = _turn(" ".join(request.passages))
    text = f"{_piece(turned, _TEXT_LENGTH)} ({about})"
    if request.reply == "text":
        return {"text": text}
    if request.reply == "facts":
        size = _FACT_LENGTH
        starts = range(0, min(len(turned), _MOST_FACTS * size), size)
        return {"facts": [f"{turned[at : at + size]} ({about})" for at in starts]}
    facts = [_turn(fact) for fact in request.facts] or [turned]
    pairs = []
    for number, fact in enumerate(facts):
        question = f"{_piece(fact, _QUESTION_LENGTH)} ({about}, {number})"
        pairs.append({"question": question, "answer": _piece(fact, _ANSWER_LENGTH)})
    return {"questions": pairs}


def _turn(text: str) -> str:
    """Reverse the words, and pieces of four characters in scripts without blanks."""
    pieces: list[str] = []
    for word in text.split():
        pieces += [word] if word.isascii() else [word[at : at + 4] for at in range(0, len(word), 4)]
    joint = " " if " " in text.strip() else ""
    return joint.join(reversed(pieces))


def _answer_prompt(prompt: Prompt, about: str) -> dict[str, Any]:
    """Reply to a question about passages; `about` (`Request.about`) makes a new question unique."""
    text = " ".join(" ".join(prompt.values["passages"]).split())
    reason = _piece(text, _REASON_LENGTH)
    explanation = _piece(text, _EXPLANATION_LENGTH)
    if prompt.kind == "judge":
        return {"reason": reason, "answerable": True, "all_needed": True}
    if prompt.kind == "support":
        return {"reason": reason, "supported": True, "explanation": explanation}
    answer = _piece(text, _ANSWER_LENGTH)
    reply: dict[str, Any] = {"question": f"{_piece(text, _QUESTION_LENGTH)} ({about})"}
    if prompt.values["options"]:
        reply["options"] = [answer, *(f"{answer} ({number})" for number in range(1, OPTIONS))]
    return {**reply, "explanation": explanation, "answer": answer}


def _piece(text: str, length: int) -> str:
    return text[:length].strip() or "-"
