"""What a build would ask, counted before anything is sent: the same code asks a client that answers as a model usually does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from structtuning_plugin.build import dry_run_answers as rehearsing
from structtuning_plugin.llm.cache import Cache, cache_key
from structtuning_plugin.llm.client import LLMClient
from structtuning_plugin.llm.types import Reply, Request
from structtuning_plugin.questions.walks.prompts import Prompt
from structtuning_plugin.taxonomy.llm_extraction import prompts as questions
from structtuning_plugin.taxonomy.llm_extraction.prompts import Question
from structtuning_plugin.taxonomy.llm_extraction.windows import Group

# Members of a group: measured as paragraphs to a heading (4 to 5 in most books), and headings to the one above (3 to 5).
_TYPICAL = {"points": 5, "sections": 4, "subjects": 8}
_TITLE = 40
# What chat templates put around a turn, in tokens, about.
_AROUND = 6


@dataclass
class Estimate:
    """What would be sent; `answered` requests have their answers in the cache already and cost nothing."""

    requests: int = 0
    answered: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class Rehearsal:
    """A client that counts what the real one would send.

    Answers that the cache holds are given as they are, so that a build which was stopped is estimated by what is left.
    """

    def __init__(
        self, real: LLMClient, cache: Cache, count_tokens: Callable[[Sequence[str]], list[int]]
    ) -> None:
        self.name = real.name
        self.estimate = Estimate()
        self._real = real
        self._cache = cache
        self._count = count_tokens

    def body(self, request: Request, seed: int) -> Mapping[str, Any]:
        return self._real.body(request, seed)

    async def complete(self, request: Request, seed: int) -> Reply:
        kept = self._cache.get(cache_key(self.name, self.body(request, seed)))
        if kept is not None:
            self.estimate.answered += 1
            return kept
        reply = typical_answer(request)
        *asked, answered = self._count([*(message.content for message in request.messages), reply])
        self.estimate.requests += 1
        self.estimate.input_tokens += sum(asked) + _AROUND * len(asked)
        self.estimate.output_tokens += answered
        return Reply(text=reply)

    async def check_alive(self) -> list[str]:
        return []

    async def close(self) -> None:
        await self._real.close()


def typical_answer(request: Request) -> str:
    """Groups of a usual size, whose titles are the beginnings of their first members; to a `Prompt` what is said there."""
    question = request.subject
    if isinstance(question, Prompt):
        return json.dumps(rehearsing.answer(question, request.about), ensure_ascii=False)
    if not isinstance(question, Question) or question.kind == "title":
        return json.dumps({"title": "x" * _TITLE})
    size, count = _TYPICAL[question.kind], len(question.items)
    groups = [
        Group(start=start, end=min(start + size, count), title=question.items[start].text[:_TITLE])
        for start in range(0, count, size)
    ]
    return json.dumps(questions.answer(question.kind, groups), ensure_ascii=False)
