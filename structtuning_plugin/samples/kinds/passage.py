"""`passage`: its place in the tree -> the chunk. These samples are the corpus itself.

Bicycles > Brakes                  prompt, masked
                                   completion, trained
A brake turns motion into heat...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from structtuning_plugin.core.errors import BudgetError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.templates import Wording
from structtuning_plugin.core.types import Chunk, Dropped, Topic
from structtuning_plugin.hookspecs import SampleKind, ScptDraft
from structtuning_plugin.samples.places import place_titles
from structtuning_plugin.samples.scpt import ScptContext
from structtuning_plugin.taxonomy import mindmap
from structtuning_plugin.taxonomy.titles import shorten
from structtuning_plugin.taxonomy.tree import PATH_JOINT

# Longest titles in characters that are tried, after the whole one.
_TITLE_LENGTHS = (80, 40, 20, 10, 5)


def _draft(chunk: Chunk, context: ScptContext) -> Iterable[ScptDraft | Dropped]:
    topic = context.tree.topics[chunk.topic_id]
    sample_id = f"passage/{chunk.id}"
    if context.tree.is_back_matter(topic) and context.settings.back_matter == "leave_out":
        yield _dropped(sample_id, "back_matter", f"under {topic.title!r}")
    elif not chunk.text.strip():
        yield _dropped(sample_id, "blank", "nothing but white space")
    else:
        yield _passage(sample_id, chunk, topic, context)


def _dropped(sample_id: str, reason: str, detail: str) -> Dropped:
    return Dropped(stage="scpt", id=sample_id, reason=reason, detail=detail)


def _passage(sample_id: str, chunk: Chunk, topic: Topic, context: ScptContext) -> ScptDraft:
    title = _title_line(topic, context)
    completion = title + chunk.text
    tokens = context.count_tokens(completion) if title else chunk.tokens
    prompt, template = "", "none"
    if context.settings.shows_place:
        prompt, template = write_place(sample_id, topic, tokens, context, chunk)
    return ScptDraft(
        id=sample_id,
        topic_id=topic.id,
        prompt=prompt,
        template=template,
        completions=(completion,),
        chunk_ids=(chunk.id,),
        eos=context.settings.closes_parts or context.closes_topic(chunk),
        tokens=tokens,
    )


def _title_line(topic: Topic, context: ScptContext) -> str:
    if not context.settings.completion_has_title:
        return ""
    title = context.tree.title(topic)
    for longest in (len(title), *_TITLE_LENGTHS):
        line = shorten(title, longest) + "\n\n"
        if context.count_tokens(line) <= context.budget.title:
            return line
    raise BudgetError(
        f"The title {title!r} does not fit {context.budget.title} tokens. Raise sequence_len, or "
        "set title_in_completion: false."
    )


def write_place(
    sample_id: str,
    topic: Topic,
    completion_tokens: int,
    context: ScptContext,
    chunk: Chunk | None = None,
) -> tuple[str, str]:
    """Write the place in the widest form that fits; return the prompt and its wording's id.

    Args:
        sample_id: Id of the sample, which picks the wording.
        topic: Topic of the text.
        completion_tokens: Tokens of the completion.
        context: Context of the stage.
        chunk: Passage that is told, if it is one: the prompt says which part of its topic it is.

    Raises:
        BudgetError: If even the shortest form does not fit.
    """
    form = context.settings.context_form
    wording = context.wording(sample_id, topic, f"passage-{form}", "passage")
    budget = context.budget
    room = min(budget.prompt, budget.sequence_len - budget.specials - completion_tokens)
    for prompt, used in _places(wording, topic, room, context, chunk):
        if context.count_tokens(prompt) <= room:
            return prompt, used.id
    raise BudgetError(
        f"The place of {topic.title!r} does not fit {room} tokens (map_tokens {budget.prompt}, "
        f"sequence_len {budget.sequence_len}) even in its shortest form with the wording "
        f"{wording.origin}. Raise map_tokens, lower chunk_tokens, or shorten the wording."
    )


def _places(
    wording: Wording, topic: Topic, room: int, context: ScptContext, chunk: Chunk | None
) -> Iterator[tuple[str, Wording]]:
    """Yield shorter and shorter prompts: the widest map, maps of the path, the path in one line."""
    titles = place_titles(context.tree, topic, context.settings)
    number, count = context.part(chunk) if chunk else (1, 1)
    parts = {"part": str(number), "parts": str(count)} if count > 1 else {}
    if context.settings.context_form == "mindmap":
        line = PATH_JOINT.join(titles)

        def draw(beside: int | None) -> str:
            drawn = place_map(context, topic, beside)
            return context.render(wording, topic, path=line, map=drawn) + "\n\n"

        widest = mindmap.widest(
            draw, most_siblings(context, topic), lambda text: context.count_tokens(text) <= room
        )
        if widest is not None:
            yield widest, wording
        for chain in mindmap.path_maps(context.tree, topic):
            drawn = mindmap.render(chain)
            yield context.render(wording, topic, path=line, map=drawn) + "\n\n", wording
        wording = context.wording(f"passage/{topic.id}", topic, "passage-path", "passage")
    for line in mindmap.path_lines(titles):
        yield context.render(wording, topic, path=line, **parts) + "\n\n", wording


def place_map(context: ScptContext, topic: Topic, beside: int | None) -> str:
    """Draw where a topic is in its chapter, with so many siblings on each side; all for None."""
    top = context.tree.chapter(topic)
    if top.id == topic.id:
        top = context.tree.book(topic)
    return mindmap.render(mindmap.place_map(context.tree, topic, top, beside))


def most_siblings(context: ScptContext, topic: Topic) -> int:
    """Return the greatest number of subtopics of a node on a topic's path."""
    return max((len(node.subtopics) for node in context.tree.path(topic)), default=0)


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kind `passage`."""
    return [
        SampleKind(
            name="passage",
            stage="scpt",
            source="chunk",
            draft=_draft,
            order=10,
            description="A passage's place in the tree, then its text: the corpus itself.",
            presets=("compact", "paper"),
            required=True,
            on_held_out="evaluate",
            use="told",
        )
    ]
