"""Hold-out for evaluation: whole documents, or whole topics."""

from __future__ import annotations

from collections.abc import Iterable

from structtuning_plugin.config.corpus import EvalConfig
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hashing import pick
from structtuning_plugin.core.types import Chunk, Topic
from structtuning_plugin.taxonomy.tree import Tree


def hold_out(
    tree: Tree, chunks: Iterable[Chunk], config: EvalConfig | None, seed: int
) -> frozenset[str]:
    """Return the ids of the topics to hold out, with about `share` of the corpus' tokens.

    Raises:
        ConfigError: the corpus has one unit only, which cannot be on both sides.
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
    if len(units) < 2:
        raise ConfigError(
            f"`eval.unit: {config.unit}` finds {len(units)} {config.unit}(s) with text; "
            "at least two are needed to hold one out. "
            + (
                "Use `unit: topic`, or leave `eval:` out."
                if config.unit == "document"
                else "Leave `eval:` out."
            )
        )
    target = config.share * sum(tokens.values())
    chosen: list[Topic] = []
    total = 0
    ranked = sorted(units, key=lambda unit: pick(seed, f"eval/{unit.id}", 2**63))
    for unit in ranked:
        if total + sizes[unit.id] <= target and len(chosen) < len(units) - 1:
            chosen.append(unit)
            total += sizes[unit.id]
    # Where every unit is larger than the share, the smallest is the least that can be held out.
    chosen = chosen or [min(ranked, key=lambda unit: sizes[unit.id])]
    return frozenset(topic.id for unit in chosen for topic in unit.walk())


def _is_unit(topic: Topic, unit: str) -> bool:
    if unit == "document":
        return topic.kind == "document"
    return bool(topic.chunk_ids) and not any(
        child.chunk_ids for child in topic.walk() if child.id != topic.id
    )
