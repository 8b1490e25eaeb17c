"""Extractor `auto`: headings stay, gaps are filled, and each node says where it comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from structtuning_plugin.config import LLMConfig
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.templates import Wordings, builtin_templates
from structtuning_plugin.core.types import Document, Outline
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Request
from structtuning_plugin.taxonomy.assemble import check_outline
from structtuning_plugin.taxonomy.extractors.auto import AutoExtractor
from structtuning_plugin.taxonomy.extractors.headings import outline_of
from structtuning_plugin.taxonomy.extractors.llm import LLMExtractor
from tests.codecs import CharCodec
from tests.structuring import grouped_by
from tests.trees import context_for, document

PROMPTS = Wordings([builtin_templates()], "taxonomy")

THEMES = (
    "The chain of the bicycle carries power to the rear wheel; a worn chain skips over the sprocket teeth.",
    "Brake pads press against the rim; wet pads squeal, and worn brake pads score the rim of the wheel.",
    "Tyres lose pressure every week; a soft tyre pinches its inner tube, and the valve leaks air.",
)


def themed(times: int) -> list[str]:
    """Paragraphs on three things, one after the other."""
    return [f"{text} Remark {place} on this.\n\n" for text in THEMES for place in range(times)]


def extracted(extractor: Any, source: Document, context: ExtractionContext) -> Outline:
    outline: Outline = asyncio.run(extractor.extract(source, context))
    check_outline(outline, source)
    return outline


def with_model(
    source: Document, reply: Callable[[Request], str], extractor: Any = None, **options: Any
) -> tuple[Outline, ScriptedClient]:
    async def ask() -> tuple[Outline, ScriptedClient]:
        client = ScriptedClient(reply)
        async with Session(client, LLMConfig(model="m"), None, 1, Usage()) as session:
            context = replace(
                context_for(CharCodec(), 600, **options), llm=session, prompts=PROMPTS
            )
            return await (extractor or AutoExtractor()).extract(source, context), client

    outline, client = asyncio.run(ask())
    check_outline(outline, source)
    return outline, client


def by_fours(request: Request) -> str:
    return grouped_by(4, request.messages[1].content)


def sources(node: Outline) -> set[str]:
    return (
        {node.source}.union(*(sources(child) for child in node.children))
        if node.children
        else {node.source}
    )


def leaves(node: Outline) -> list[Outline]:
    return [leaf for child in node.children for leaf in leaves(child)] if node.children else [node]


def test_a_document_without_gaps_is_the_tree_of_its_headings() -> None:
    source = document("a.md", (1, "Wheels"), "Round.", (2, "Rims"), "Hard.", (1, "Brakes"), "Stop.")
    assert extracted(AutoExtractor(), source, context_for(CharCodec(), 600)) == outline_of(source)


def test_only_the_text_that_is_far_too_long_is_divided() -> None:
    source = document(
        "a.md", (1, "Wheels"), "Round.\n\n", (1, "Repairs"), *themed(24), (1, "Brakes"), "Stop."
    )
    outline = extracted(AutoExtractor(), source, context_for(CharCodec(), 300, split_over=1))
    wheels, repairs, brakes = outline.children
    assert (wheels.children, brakes.children) == ((), ())
    assert (repairs.title, repairs.source) == ("Repairs", "headings")
    assert len(repairs.children) > 1
    assert {child.source for child in repairs.children} <= {"offline", "parts"}
    assert (repairs.own_end, repairs.children[-1].end) == (repairs.children[0].start, brakes.start)


def test_text_under_a_heading_before_its_subheadings_is_divided_in_its_place() -> None:
    source = document("a.md", (1, "Repairs"), *themed(24), (2, "Tools"), "A wrench.")
    outline = extracted(AutoExtractor(), source, context_for(CharCodec(), 300, split_over=1))
    *found, tools = outline.children
    assert tools.title == "Tools"
    assert {child.source for child in found} == {"offline"}


def test_a_section_of_some_pages_keeps_the_structure_of_its_writer() -> None:
    source = document("a.md", (1, "Repairs"), *themed(12), (1, "Brakes"), "Stop.")
    context = context_for(CharCodec(), 300)
    assert extracted(AutoExtractor(), source, context) == outline_of(source)


def test_the_option_says_what_is_far_too_long() -> None:
    source = document("a.md", (1, "Repairs"), *themed(12), (1, "Brakes"), "Stop.")
    outline = extracted(AutoExtractor(), source, context_for(CharCodec(), 300, split_over=100))
    assert outline == outline_of(source)


def test_a_document_without_headings_is_divided_as_soon_as_it_is_longer_than_a_chunk() -> None:
    source = document("a.txt", *themed(8))
    outline = extracted(AutoExtractor(), source, context_for(CharCodec(), 600))
    assert outline.title not in ("a.txt", "a")
    assert len(leaves(outline)) > 2
    short = document("b.txt", "Tyres hold air.")
    assert extracted(AutoExtractor(), short, context_for(CharCodec(), 600)).children == ()


def test_hundreds_of_siblings_get_groups_and_keep_their_order() -> None:
    parts: list[Any] = []
    for place in range(240):
        parts += [(1, f"Item {place}"), f"{THEMES[place // 80]}\n\n"]
    source = document("a.md", *parts)
    outline = extracted(AutoExtractor(), source, context_for(CharCodec(), 10_000, max_siblings=20))
    assert len(outline.children) <= 20
    assert [leaf.title for leaf in leaves(outline)] == [f"Item {place}" for place in range(240)]
    assert sources(outline) == {"document", "headings", "offline"}


def test_a_record_without_a_title_gets_one_from_its_text() -> None:
    source = replace(document("notes.jsonl#3", THEMES[1] + "\n\n" + THEMES[1]), title="")
    outline = extracted(AutoExtractor(), source, context_for(CharCodec(), 600))
    assert outline.source == "offline"
    assert outline.title.casefold() in source.text.casefold()


def test_an_empty_record_stays_numbered() -> None:
    outline = extracted(
        AutoExtractor(),
        Document(id="n.jsonl#3", text="", title="", language="en"),
        context_for(CharCodec(), 60),
    )
    assert (outline.title, outline.source) == ("Part 3", "parts")


def test_the_model_fills_the_gaps_and_nothing_else() -> None:
    source = document(
        "a.md", (1, "Wheels"), "Round.\n\n", (1, "Repairs"), *themed(24), (1, "Brakes"), "Stop."
    )
    outline, client = with_model(source, by_fours, split_over=1, window_tokens=100_000)
    _, repairs, _ = outline.children
    assert sources(repairs) == {"headings", "llm"}
    assert [leaf.end - leaf.start for leaf in leaves(repairs)] == [
        sum(len(text) for text in themed(24)[start : start + 4]) for start in range(0, 72, 4)
    ]
    shown = "".join(request.messages[1].content for request in client.requests)
    assert "Remark 3 on this" in shown
    assert "Round." not in shown


def test_what_the_model_cannot_answer_is_found_offline() -> None:
    source = document("a.txt", *themed(12))
    outline, client = with_model(source, lambda request: "I would rather not.")
    assert sources(outline) == {"offline"}
    # The name and two windows, each asked three times; there are no titles to ask about.
    assert len(client.requests) == 9


def test_an_answer_for_one_window_of_several_is_kept() -> None:
    source = document("a.txt", *themed(20))
    first = themed(20)[0][:30]
    outline, _ = with_model(
        source, lambda r: by_fours(r) if first in r.messages[1].content else "no", window_items=30
    )
    assert sources(outline) == {"llm", "offline"}


def test_a_model_that_groups_nothing_leaves_no_endless_list() -> None:
    source = document("a.txt", *[f"{THEMES[place // 50]} {place}.\n\n" for place in range(150)])
    outline, _ = with_model(
        source, lambda request: grouped_by(1, request.messages[1].content).replace("false", "true")
    )
    assert len(outline.children) <= 100
    assert len(leaves(outline)) == 150


def test_the_model_names_a_record_without_a_title() -> None:
    source = replace(document("notes.jsonl#3", THEMES[1]), title="")
    outline, _ = with_model(source, lambda request: '{"title": "Squealing Brakes"}')
    assert (outline.title, outline.source) == ("Squealing Brakes", "llm")


def test_extractor_llm_needs_a_model() -> None:
    with pytest.raises(ConfigError, match="The extractor `llm` needs a model to ask: add `llm:`"):
        asyncio.run(LLMExtractor().extract(document("a.txt", "Text."), context_for(CharCodec())))


def test_extractor_llm_takes_no_heading_into_account() -> None:
    source = document("a.md", (1, "Wheels"), *themed(6), (1, "Brakes"), *themed(6))
    outline, _ = with_model(source, by_fours, extractor=LLMExtractor())
    assert sources(outline) == {"llm"}
    assert "Wheels" not in {node.title for node in outline.children}


@pytest.mark.parametrize("extractor", [AutoExtractor(), LLMExtractor()])
def test_a_misspelt_option_is_refused(extractor: Any) -> None:
    with pytest.raises(
        ConfigError, match=r"Unknown option `window_token`.*Did you mean `window_tokens`"
    ):
        extractor.check_options({"window_token": 5})
    with pytest.raises(ConfigError, match="Option `overlap` of the extractor"):
        extractor.check_options({"overlap": 0.9})
