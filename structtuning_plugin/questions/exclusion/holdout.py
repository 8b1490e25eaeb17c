"""Hold-out for evaluation: whole documents, or whole topics.

Units with equal or nearly equal passages are held out together: the text of one would train the
answer of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from structtuning_plugin.config.corpus import EvalConfig
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.types import Chunk, Topic
from structtuning_plugin.corpus.cleaning.likeness import find_alike, words_of
from structtuning_plugin.taxonomy.tree import Tree

# Shorter passages are formulas, and these are alike by chance.
_FEWEST_WORDS = 15
_LEAST_LIKENESS = 0.7


def hold_out(
    tree: Tree, chunks: Sequence[Chunk], config: EvalConfig | None, seed: int
) -> frozenset[str]:
    """Return the ids of the topics to hold out, with about `share` of the corpus' tokens.

    Raises:
        ConfigError: If the corpus has one unit only, or units that repeat each other throughout:
            these cannot be on both sides.
    """
    if config is None:
        return frozenset()
    tokens: dict[str, int] = {}
    for chunk in chunks:
        tokens[chunk.topic_id] = tokens.get(chunk.topic_id, 0) + chunk.tokens
    units = [
        topic
        for topic in tree.root.walk()
        if _is_unit(topic, config.unit) and not tree.is_back_matter(topic)
    ]
    sizes = {unit.id: sum(tokens.get(topic.id, 0) for topic in unit.walk()) for unit in units}
    units = [unit for unit in units if sizes[unit.id]]
    _require_two(units, config.unit)
    alike = alike_topics(chunks)
    groups = _groups(units, alike)
    if len(groups) < 2:
        groups = [[unit] for unit in units]
    chosen = _choose(groups, sizes, config.share * sum(tokens.values()), seed)
    # A unit may hold all that the others have: nothing would stay in training without it.
    smaller = sorted(units, key=lambda unit: sizes[unit.id])
    for attempt in (chosen, *([unit] for unit in smaller)):
        held = {topic.id for unit in attempt for topic in unit.walk()}
        held |= _alike_to(held, alike)
        if not held.issuperset(tokens):
            return frozenset(held)
    raise ConfigError(
        f"`eval.unit: {config.unit}` finds {len(units)} {config.unit}(s) with text, and each "
        "passage of one is in the others too: none can be held out. Add other texts to "
        "`corpus`, or leave `eval:` out."
    )


def _require_two(units: Sequence[Topic], unit: str) -> None:
    if len(units) < 2:
        raise ConfigError(
            f"`eval.unit: {unit}` finds {len(units)} {unit}(s) with text; "
            "at least two are needed to hold one out. "
            + (
                "Use `unit: topic`, or leave `eval:` out."
                if unit == "document"
                else "Leave `eval:` out."
            )
        )


def _choose(
    groups: Sequence[list[Topic]], sizes: Mapping[str, int], target: float, seed: int
) -> list[Topic]:
    """Choose groups of at most `target` tokens, never all; the smallest if none is so small."""
    weights = [sum(sizes[unit.id] for unit in group) for group in groups]
    chosen: list[Topic] = []
    total, number = 0, 0
    ranked = sorted(
        range(len(groups)),
        key=lambda index: stable_choice(seed, f"eval/{groups[index][0].id}", 2**63),
    )
    for index in ranked:
        if total + weights[index] <= target and number < len(groups) - 1:
            chosen += groups[index]
            total += weights[index]
            number += 1
    # Where every group is larger than the share, the smallest is the least that can be held out.
    return chosen or groups[min(ranked, key=lambda index: weights[index])]


def alike_topics(chunks: Sequence[Chunk]) -> list[frozenset[str]]:
    """Find topics with equal or nearly equal chunks: the ids of each such set of topics."""
    texts = [words_of(chunk.text) for chunk in chunks]
    indices = [index for index, words in enumerate(texts) if len(words) >= _FEWEST_WORDS]
    alike: dict[int, set[int]] = {}
    for match in find_alike(lambda index: texts[index], indices, _LEAST_LIKENESS):
        alike.setdefault(match.earlier, {match.earlier}).add(match.index)
    return [frozenset(chunks[index].topic_id for index in group) for group in alike.values()]


def _groups(units: Sequence[Topic], alike: Iterable[frozenset[str]]) -> list[list[Topic]]:
    """Join units that have topics of one set, in the order of their first unit."""
    unit_of = {topic.id: unit.id for unit in units for topic in unit.walk()}
    leader = {unit.id: unit.id for unit in units}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for topics in alike:
        names = sorted({find(unit_of[topic]) for topic in topics if topic in unit_of})
        for name in names[1:]:
            leader[name] = names[0]
    groups: dict[str, list[Topic]] = {}
    for unit in units:
        groups.setdefault(find(unit.id), []).append(unit)
    return list(groups.values())


def _alike_to(held: set[str], alike: Iterable[frozenset[str]]) -> set[str]:
    """Return the topics that repeat a held-out one: introductions, or passages of all units."""
    return {topic for topics in alike if topics & held for topic in topics}


def _is_unit(topic: Topic, unit: str) -> bool:
    if unit == "document":
        return topic.kind == "document"
    return bool(topic.chunk_ids) and not any(
        child.chunk_ids for child in topic.walk() if child.id != topic.id
    )
