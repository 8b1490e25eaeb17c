"""Doubtful levels of headings are one question to the model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from structtuning_plugin.config import LLMConfig
from structtuning_plugin.core.templates import Wordings, builtin_templates
from structtuning_plugin.core.types import Document, Outline
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Request
from structtuning_plugin.taxonomy.extractors.auto import AutoExtractor
from structtuning_plugin.taxonomy.llm_extraction.heading_levels import LLM_LEVELS
from tests.codecs import CharCodec
from tests.corpus.headings.sources import EN, document_of, join, rows_of, sections
from tests.trees import context_for

TITLES = ["Fuel", "Pump", "Filter", "Cooling", "Thermostat", "Oil"]
PROMPTS = Wordings([builtin_templates()], "taxonomy")


def extract(
    document: Document, reply: Callable[[Request], str], **options: Any
) -> tuple[Outline, list[Request]]:
    """Extract a tree with a scripted model; also return the requests."""

    async def ask() -> tuple[Outline, list[Request]]:
        client = ScriptedClient(reply)
        async with Session(client, LLMConfig(model="m"), None, 1, Usage()) as session:
            context = context_for(CharCodec(), 5_000, **options)
            context = replace(context, llm=session, prompts=PROMPTS)
            return await AutoExtractor().extract(document, context), client.requests

    return asyncio.run(ask())


def levels(*numbers: int) -> Callable[[Request], str]:
    return lambda request: json.dumps({"levels": list(numbers)})


def test_one_question_gives_the_levels() -> None:
    document = document_of(sections("## ", TITLES))
    outline, requests = extract(document, levels(1, 2, 2, 1, 2, 1))
    assert list(rows_of(outline)) == [
        "book",
        " Fuel",
        "  Pump",
        "  Filter",
        " Cooling",
        "  Thermostat",
        " Oil",
    ]
    assert {child.source for child in outline.children} == {LLM_LEVELS}
    (request,) = requests
    assert "1. Fuel: The pump moves fuel from the tank" in request.messages[1].content


def test_the_title_of_the_document_is_not_asked_about() -> None:
    document = document_of(join("# Engine", EN) + "\n" + sections("## ", TITLES))
    outline, _ = extract(document, levels(1, 2, 2, 1, 2, 1))
    assert list(rows_of(outline))[:3] == ["Engine", " Fuel", "  Pump"]


@pytest.mark.parametrize("reply", [levels(1, 2), levels(0, 1, 2, 3, 4, 5), levels()])
def test_without_a_usable_answer_the_marks_stay(reply: Callable[[Request], str]) -> None:
    document = document_of(sections("## ", TITLES))
    outline, requests = extract(document, reply)
    assert list(rows_of(outline)) == ["book", *(f" {title}" for title in TITLES)]
    assert len(requests) == 3


def test_a_level_that_jumps_is_the_next_one() -> None:
    document = document_of(sections("## ", TITLES))
    outline, _ = extract(document, levels(1, 3, 3, 1, 4, 1))
    assert list(rows_of(outline))[1:4] == [" Fuel", "  Pump", "   Filter"]


def test_numbers_need_no_question() -> None:
    numbered = [f"{place}. {title}" for place, title in enumerate(TITLES, start=1)]
    _, requests = extract(document_of(sections("## ", numbered)), levels())
    assert requests == []


def test_a_long_outline_is_asked_in_parts_that_are_joined() -> None:
    def reply(request: Request) -> str:
        items = [line for line in request.messages[1].content.splitlines() if line[:1].isdecimal()]
        return json.dumps({"levels": [1 if "Chapter" in line else 2 for line in items]})

    titles = ["Chapter: Fuel", "Pump", "Filter", "Belt", "Plug", "Chapter: Oil", "Tank"]
    outline, requests = extract(document_of(sections("# ", titles)), reply, window_items=4)
    assert [child.title for child in outline.children] == ["Chapter: Fuel", "Chapter: Oil"]
    assert len(requests) == 2


def test_a_book_of_too_many_headings_is_not_asked_about() -> None:
    titles = [f"Topic {chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(17)]
    _, requests = extract(document_of(sections("# ", titles)), levels(), window_items=4)
    assert requests == []
