"""`structure`: a question about the tree -> a path, a map, the next heading, the heading above.

Where does "Pads" belong?               Which heading follows "Pads"?
Bicycles > Brakes > Pads                Bicycles > Brakes > Pads
                                        Bicycles > Brakes > Cables
                                        Answer: Cables
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Topic
from structtuning_plugin.hookspecs import SampleKind, SsftDraft
from structtuning_plugin.samples.kinds.locate import has_place
from structtuning_plugin.samples.places import place_line
from structtuning_plugin.samples.ssft import Conversation, SsftContext, build_turns, ids_of
from structtuning_plugin.taxonomy import mindmap

# Facts of a topic from which on questions whose answers have its path are asked: a path is not
# trained more often than facts, `locate` and the exercises included.
_FACTS_FOR_PLACE = 3
FACTS_FOR_TWO = 10
_FACTS_FOR_COMMON = 12


def allows(context: SsftContext, fewest: int, *topics: Topic) -> bool:
    """Return whether each of the topics has at least so many facts, or no limit."""
    counts = [context.count_places(topic) for topic in topics]
    return all(count is None or count >= fewest for count in counts)


def _draft(topic: Topic, context: SsftContext) -> Iterator[SsftDraft]:
    tree = context.tree
    if context.count_places(topic) == 0:
        return
    shows_place = context.settings.shows_place
    if has_place(topic, tree) and shows_place and allows(context, _FACTS_FOR_PLACE, topic):
        path = place_line(tree, topic, context.settings)
        yield _bare("belongs", topic, context, (path,))
    if len(tree.children(topic)) > 1 and not tree.shares_name(topic) and shows_place:
        yield _bare("organised", topic, context, _maps(topic, context))
    if allows(context, FACTS_FOR_TWO, topic):
        yield from _next(topic, context)
    if allows(context, _FACTS_FOR_COMMON, topic):
        yield from _common(topic, context)


def _maps(topic: Topic, context: SsftContext) -> tuple[str, ...]:
    """Return the map below a topic, then shallower ones."""
    deepest = min(mindmap.DEEPEST, mindmap.height(context.tree, topic))
    depths = range(deepest, 0, -1)
    return tuple(mindmap.render(mindmap.subtree(context.tree, topic, depth)) for depth in depths)


def _bare(form: str, topic: Topic, context: SsftContext, answers: tuple[str, ...]) -> SsftDraft:
    """Draft a question whose answer is the structure alone, the fullest form first."""
    sample_id = f"structure/{topic.id}/{form}"
    question = context.prompts(sample_id).render_topic(form, context.tree, topic)

    def build(structure: str) -> Conversation:
        return build_turns(question, structure), ids_of(question)

    return SsftDraft(
        id=sample_id,
        language=topic.language,
        topics=(topic,),
        build=build,
        structures=answers,
    )


def _next(topic: Topic, context: SsftContext) -> Iterator[SsftDraft]:
    """Ask for the heading after a topic's, under the same heading."""
    tree = context.tree
    parent, position = tree.parent(topic), tree.position(topic)
    if parent is None or position is None:
        return
    siblings = tree.children(parent)
    if position + 1 < len(siblings):
        following = siblings[position + 1]
        if not allows(context, FACTS_FOR_TWO, following):
            return
        sample_id = f"structure/{topic.id}/next"
        yield context.draft_question(
            context.prompts(sample_id).render_topic("next", tree, topic),
            sample_id,
            topic.language,
            (topic, following),
            tree.title(following),
            turn=1,
        )


def _common(topic: Topic, context: SsftContext) -> Iterator[SsftDraft]:
    """Ask for the nearest heading above a topic and one of another branch."""
    tree = context.tree
    path = tree.path(topic)
    if len(path) < 4 or tree.children(topic):
        return
    above, position = path[-3], tree.position(path[-2])
    branches = tree.children(above)
    if (
        position is None
        or len(branches) < 2
        or above.id == tree.root.id
        or not tree.is_knowledge(above)
    ):
        return
    step = stable_choice(context.seed, f"common/{topic.id}", len(branches) - 1)
    other = branches[(position + 1 + step) % len(branches)]
    while children := tree.children(other):
        other = children[
            stable_choice(context.seed, f"common/{topic.id}/{other.id}", len(children))
        ]
    first, second = tree.name(topic) or tree.title(topic), tree.name(other)
    answer = tree.title(above)
    if not allows(context, _FACTS_FOR_COMMON, other, above):
        return
    if second is None or answer.casefold() in f"{first} {second}".casefold():
        return
    sample_id = f"structure/{topic.id}/common"
    prompts = context.prompts(sample_id)
    yield context.draft_question(
        prompts.render_topic("common", tree, topic, first=first, second=second),
        sample_id,
        topic.language,
        (topic, other),
        answer,
        turn=2,
    )


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kind `structure`."""
    return [
        SampleKind(
            name="structure",
            stage="ssft",
            source="topic",
            draft=_draft,
            order=30,
            description="A question about the tree: a topic's path, its map, the heading next to "
            "it or above it.",
            share=0.05,
            presets=("compact", "paper"),
        )
    ]
