"""Levels of headings by a language model, where the marks of the source are doubtful.

    Fuel, Pump, Filter, Cooling, Thermostat (all "##")   ->   1, 2, 2, 1, 2

One question for each `window_items` headings, four at most for one document. Later questions begin
with the path to the last heading, so that their levels can be joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from structtuning_plugin.core.types import Document, Heading
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.taxonomy.extractors.options import GapOptions
from structtuning_plugin.taxonomy.llm_extraction import prompts as questions
from structtuning_plugin.taxonomy.llm_extraction.prompts import Item, Question

# `source` of nodes whose level a model chose.
LLM_LEVELS = "headings, levels by llm"

MOST_QUESTIONS = 4
# Characters of the text below a heading that are shown.
_OPENING = 80


async def with_levels(
    document: Document, context: ExtractionContext, options: GapOptions
) -> Document | None:
    """Ask for the levels of a document's headings.

    Args:
        document: A document whose `doubts` say that its levels are doubtful.
        context: Session and prompts; without them nothing is asked.
        options: `window_items` limits the headings of one question.

    Returns:
        The document with other levels, or None if nothing was asked or answered.
    """
    body = _body(document.headings)
    is_asked = context.llm is not None and context.prompts is not None and document.doubts
    if not is_asked or not body or len(body) > MOST_QUESTIONS * options.window_items:
        return None
    levels: list[int] = []
    path: list[tuple[int, int]] = []
    for first in range(0, len(body), options.window_items):
        places = range(first, min(first + options.window_items, len(body)))
        answer = await _ask(document, body, [place for _, place in path], places, context)
        if answer is None:
            return None
        levels += answer
        path = _path(levels)
    return _levelled(document, levels)


def _body(headings: Sequence[Heading]) -> Sequence[Heading]:
    """Return the headings without the document's title."""
    if len(headings) > 1 and headings[0].level < min(h.level for h in headings[1:]):
        return headings[1:]
    return headings


def _path(levels: Sequence[int]) -> list[tuple[int, int]]:
    """Return level and place of the last heading and those above it."""
    path: list[tuple[int, int]] = []
    for place, level in enumerate(levels):
        while path and path[-1][0] >= level:
            path.pop()
        path.append((level, place))
    return path


async def _ask(
    document: Document,
    body: Sequence[Heading],
    above: Sequence[int],
    places: range,
    context: ExtractionContext,
) -> list[int] | None:
    """Ask about some headings; the ones above them come first, and tell their levels apart."""
    if context.llm is None or context.prompts is None:
        return None
    items = [_item(document, body, place) for place in [*above, *places]]
    question = Question(
        kind="levels",
        document_id=document.id,
        title=document.title or document.headings[0].title,
        language=document.language,
        items=tuple(items),
    )
    answer = await context.llm.ask(
        questions.messages(question, context.prompts, context.seed),
        questions.schema("levels", len(items)),
        partial(questions.check_levels, question),
        question.about,
        again=partial(questions.again, question, context.prompts, context.seed),
        subject=question,
    )
    if answer is None:
        return None
    return _shifted(answer, len(above))


def _shifted(answer: Sequence[int], above: int) -> list[int]:
    """Return the levels of the asked headings, on the scale of those above them."""
    shift = above - answer[above - 1] if above else 1 - min(answer)
    return [max(1, level + shift) for level in answer[above:]]


def _item(document: Document, body: Sequence[Heading], place: int) -> Item:
    heading = body[place]
    end = body[place + 1].start if place + 1 < len(body) else len(document.text)
    opening = " ".join(document.text[heading.start : min(end, heading.start + 400)].split())
    shown = f"{heading.title}: {opening[:_OPENING]}" if opening else heading.title
    return Item(text=shown, start=heading.start, end=max(end, heading.start))


def _levelled(document: Document, levels: Sequence[int]) -> Document:
    headings = document.headings
    titles = headings[: len(headings) - len(levels)]
    base = titles[0].level if titles else 0
    body = [
        replace(heading, level=base + level)
        for heading, level in zip(headings[len(titles) :], levels, strict=True)
    ]
    return replace(document, headings=(*titles, *body))
