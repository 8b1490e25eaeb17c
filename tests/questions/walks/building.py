"""Books to walk through, and a model that writes and judges questions as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from structtuning_plugin.config import LLMConfig, WalkConfig
from structtuning_plugin.core.templates import Wordings, builtin_templates
from structtuning_plugin.core.types import Chunk, Document, Dropped, QAPair
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Request
from structtuning_plugin.questions.linking import Link
from structtuning_plugin.questions.walks.prompts import Prompt, Reasoning, WalkQuestion
from structtuning_plugin.questions.walks.walking import Walker
from structtuning_plugin.questions.walks.writing import QuestionContext, rewrite, write
from structtuning_plugin.taxonomy.tree import Tree
from tests.codecs import CharCodec
from tests.samples.ssft_building import FORMATS
from tests.trees import document, grow

PROMPTS = Wordings([builtin_templates()], "qa")
Grown = tuple[Tree, list[Chunk]]


def book(name: str, sizes: Sequence[int], language: str = "en") -> Document:
    """A book whose chapters have so many sections, each with a text of its own."""
    parts: list[Any] = [(1, f"Book {name}")]
    for chapter, size in enumerate(sizes):
        parts.append((2, f"Chapter {name}{chapter}"))
        for section in range(size):
            parts += [
                (3, f"Point {name}{chapter}.{section}"),
                f"Text of {name}{chapter}.{section}.\n\n",
            ]
    return document(f"{name}.md", *parts, language=language)


def books(*sizes: Sequence[int]) -> Grown:
    return grow(
        [book("abcdefgh"[number], size) for number, size in enumerate(sizes)], domain="Library"
    )


def walker_of(grown: Grown, count: int, seed: int = 1, **walks: Any) -> Walker:
    return Walker(*grown, WalkConfig(**walks), count, seed)


Answer = Callable[[Request], Any]


def subject(request: Request) -> Prompt:
    assert isinstance(request.subject, Prompt)
    return request.subject


def good(request: Request) -> dict[str, Any]:
    """A question that is new, and the word that it is good."""
    asked = subject(request)
    if asked.kind == "judge":
        return {"reason": "Nothing is wrong.", "answerable": True, "all_needed": True}
    if asked.kind == "support":
        return {
            "reason": "They say so.",
            "supported": True,
            "explanation": f"Anew for {request.about}.",
        }
    number = request.about.replace("/", "-")
    options = (
        {"options": [f"{letter}{number}" for letter in ("right", "w1", "w2", "w3")]}
        if asked.values["options"]
        else {}
    )
    right = f"right{number}" if options else f"number {number}"
    return {
        "question": f"What is {number}?",
        **options,
        "explanation": f"It is {number}.",
        "answer": right,
    }


def client_of(answer: Answer = good) -> ScriptedClient:
    def reply(request: Request) -> str:
        found = answer(request)
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)

    return ScriptedClient(reply)


def nothing(text: str, language: str) -> str:
    """Nothing is held out."""
    return ""


def at_desk(
    grown: Grown,
    client: ScriptedClient,
    use: Callable[[QuestionContext], Any],
    is_held_out: Callable[[str, str], str] = nothing,
) -> tuple[Any, Session]:
    """What `use(context)` gives, and the session that it asked."""

    async def go() -> tuple[Any, Session]:
        config = LLMConfig(model="m")
        async with Session(client, config, None, 1, Usage()) as session:
            context = QuestionContext(
                session=session,
                model="m",
                prompts=PROMPTS,
                tree=grown[0],
                codec=CharCodec(),
                seed=1,
                is_held_out=is_held_out,
            )
            return await use(context), session

    return asyncio.run(asyncio.wait_for(go(), 60))


def written(
    grown: Grown,
    count: int = 12,
    answer: Answer = good,
    *,
    examples: Sequence[QAPair] = (),
    judge: bool = True,
    is_held_out: Callable[[str, str], str] = nothing,
    client: ScriptedClient | None = None,
    **walks: Any,
) -> tuple[list[WalkQuestion], list[Dropped], ScriptedClient]:
    """The questions from so many walks, what was left out, and the client with its requests."""
    client = client or client_of(answer)
    walker = walker_of(grown, count, **walks)
    (found, dropped), _ = at_desk(
        grown,
        client,
        lambda context: write(context, walker, examples, FORMATS, judge, lambda: None),
        is_held_out,
    )
    return found, dropped, client


def rewritten(
    grown: Grown, pairs: Sequence[QAPair], links: Sequence[Link], answer: Answer = good
) -> tuple[dict[str, Reasoning], ScriptedClient]:
    client = client_of(answer)
    chunks = {chunk.id: chunk for chunk in grown[1]}
    found, _ = at_desk(
        grown, client, lambda context: rewrite(context, pairs, links, chunks, FORMATS, lambda: None)
    )
    return found, client


def asked(client: ScriptedClient, kind: str = "") -> list[Request]:
    """The requests of a kind, or all."""
    return [request for request in client.requests if kind in ("", subject(request).kind)]
