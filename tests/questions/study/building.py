"""Books to study, and a model that writes what it is asked for, in texts of a known length."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from structtuning_plugin.config import LLMConfig, StudyConfig
from structtuning_plugin.core.templates import Wordings, builtin_templates
from structtuning_plugin.core.types import Chunk, Document
from structtuning_plugin.hookspecs import StudyPrompt
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Request
from structtuning_plugin.plugins import build_plugin_manager, study_prompts
from structtuning_plugin.questions.study.planning import Planner, Volume
from structtuning_plugin.questions.study.replies import StudyRequest
from structtuning_plugin.questions.study.targets import Corpus
from structtuning_plugin.questions.study.writing import Study, StudyContext
from tests.codecs import CharCodec
from tests.trees import document, grow

WORDINGS = Wordings([builtin_templates()], "study")
PROMPTS = study_prompts(build_plugin_manager())
# Syllables of words that mean nothing, so that no text is like another.
_SYLLABLES = ("ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu")


def words(name: str, count: int) -> str:
    """So many made-up words that follow from a name alone."""
    digits = ""
    while len(digits) < 3 * count:
        digits += str(int(hashlib.sha256(f"{name}/{len(digits)}".encode()).hexdigest(), 16))
    return " ".join(
        "".join(_SYLLABLES[int(digit)] for digit in digits[3 * at : 3 * at + 3])
        for at in range(count)
    )


def sentence(name: str, count: int = 8) -> str:
    return f"{words(name, count).capitalize()}."


def book(name: str, sizes: Sequence[int], sentences: int = 3, language: str = "en") -> Document:
    """A book whose chapters have so many sections, each with a text of its own."""
    parts: list[Any] = [(1, f"Book {name}")]
    for chapter, size in enumerate(sizes):
        parts.append((2, f"Chapter {name}{chapter}"))
        for section in range(size):
            point = f"{name}{chapter}.{section}"
            text = " ".join(sentence(f"{point}/{number}") for number in range(sentences))
            parts += [(3, f"Point {point}"), f"{text}\n\n"]
    return document(f"{name}.md", *parts, language=language)


Grown = tuple[Any, list[Chunk], list[Document]]


def library(*sizes: Sequence[int], sentences: int = 3) -> Grown:
    documents = [book("abcdefgh"[at], size, sentences) for at, size in enumerate(sizes)]
    tree, chunks = grow(documents, domain="Library")
    return tree, chunks, documents


def corpus_of(grown: Grown, private: Sequence[str] = ()) -> Corpus:
    tree, chunks, documents = grown
    return Corpus(tree, documents, chunks, private)


def chosen(*names: str) -> list[StudyPrompt]:
    return [prompt for prompt in PROMPTS.values() if not names or prompt.name in names]


def subject(request: Request) -> StudyRequest:
    assert isinstance(request.subject, StudyRequest)
    return request.subject


def good(request: Request, length: int = 12) -> dict[str, Any]:
    """What is asked for, new and about nothing; the judge finds nothing to say."""
    asked = subject(request)
    name = request.about
    if asked.reply == "verdict":
        return {"reason": "All is said.", "unsupported": []}
    if asked.reply == "facts":
        return {"facts": [sentence(f"{name}/{number}", length) for number in range(3)]}
    if asked.reply == "questions":
        pairs = [
            {"question": f"Is it {words(f'{name}/{fact}', 6)}?", "answer": words(fact, 2)}
            for fact in asked.facts or ("all",)
        ]
        return {"questions": pairs}
    return {"text": sentence(name, length)}


Answer = Callable[[Request], Any]


def client_of(answer: Answer = good) -> ScriptedClient:
    def reply(request: Request) -> str:
        data = answer(request)
        return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)

    return ScriptedClient(reply)


def nothing(text: str, language: str) -> str:
    """Nothing is held out."""
    return ""


def studied(
    grown: Grown,
    answer: Answer = good,
    *prompts: str,
    client: ScriptedClient | None = None,
    is_held_out: Callable[[str, str], str] = nothing,
    most_tokens: int = 100_000,
    concurrency: int = 16,
    seed: int = 1,
    **settings: Any,
) -> tuple[Study, ScriptedClient]:
    """The finished study of a library, without a cache, and the client with its requests."""
    client = client or client_of(answer)
    settings = {"judge": False, **settings}
    config = StudyConfig(**settings)
    corpus = corpus_of(grown)

    async def go() -> Study:
        llm = LLMConfig(model="m", max_concurrency=concurrency)
        async with Session(client, llm, None, seed, Usage()) as session:
            context = StudyContext(
                session=session,
                model="m",
                wordings=WORDINGS,
                tree=grown[0],
                codec=CharCodec(),
                judge=config.judge,
                most_tokens=most_tokens,
                is_held_out=is_held_out,
                say=lambda line: None,
            )
            study = Study(
                context=context,
                planner=Planner(corpus, chosen(*prompts), config, seed),
                volume=Volume(
                    config.tokens_per_token * corpus.tokens,
                    0.5 * corpus.tokens / len(corpus.passages),
                ),
            )
            await study.run()
            return study

    return asyncio.run(asyncio.wait_for(go(), 60)), client


def passage_of(form_id: str) -> str:
    """The passage whose turn it was."""
    return form_id.split("/", 1)[1].rpartition("/")[0]
