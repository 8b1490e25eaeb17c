"""What the tests of samples for continual pre-training are made with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from structtuning_plugin.config import ScptConfig, StructTuningConfig
from structtuning_plugin.core.templates import Wordings, builtin_templates
from structtuning_plugin.core.tokens import Codec
from structtuning_plugin.core.types import Chunk, Topic
from structtuning_plugin.hookspecs import Source
from structtuning_plugin.samples.budget import plan_budget
from structtuning_plugin.samples.scpt import ScptBuilder, ScptContext
from structtuning_plugin.samples.selection import draft_samples, knowledge_topics, select_kinds
from structtuning_plugin.taxonomy.tree import Tree
from tests.codecs import CharCodec
from tests.kinds import ALL_KINDS, KINDS
from tests.trees import document, grow

# One wording a pool, but for `locate`, so that rows can be written down.
BARE = {
    "passage-path/01": "{{ path }}",
    "passage-mindmap/01": "In {{ domain }}, {{ book }}:\n{{ map }}\nText of {{ title }}, that is {{ name }}:",
    "section_map/01": "Section {{ name }} in {{ domain }}:",
    "chapter_map-path/01": "Chapter {{ name }} of {{ book }}:",
    "chapter_map-mindmap/01": "Chapter {{ name }} of\n{{ map }}\n:",
    "book_map/01": "Book {{ name }}:",
    "locate/01": "Where is {{ name }}?",
    "locate/02": "Place of {{ name }}:",
    "locate/03": "To {{ name }}:",
    "siblings/01": "Beside {{ name }} under {{ parent }}:",
    "children/01": "Below {{ name }}:",
    "parent/01": "Above {{ name }}:",
}
# Kinds that train text in another form need wordings and facts of their own.
NEW_FORMS = {"recover", "variant", "unfold", "question"}
STRUCTURE_KINDS = tuple(name for name in ALL_KINDS if name not in NEW_FORMS)
SHIPPED = Wordings([builtin_templates()], "scpt")


def wordings_of(folder: Path, pools: dict[str, str]) -> Wordings:
    for key, text in pools.items():
        path = folder / "scpt" / "en" / f"{key}.jinja"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Wordings([folder], "scpt")


def settings_of(**scpt: Any) -> ScptConfig:
    return ScptConfig(**{"kinds": STRUCTURE_KINDS, **scpt})


def built(
    grown: tuple[Tree, Sequence[Chunk]],
    pools: Wordings = SHIPPED,
    sequence_len: int = 4000,
    seed: int = 1,
    codec: Codec | None = None,
    **scpt: Any,
) -> ScptBuilder:
    """Both halves of the samples, of all kinds unless told otherwise."""
    codec = codec or CharCodec()
    settings = settings_of(**scpt)
    budget = plan_budget(sequence_len, None, settings, codec)
    context = ScptContext(
        tree=grown[0],
        chunks=grown[1],
        wordings=pools,
        settings=settings,
        budget=budget,
        codec=codec,
        seed=seed,
    )
    return filled(context)


def filled(context: ScptContext, chunks: Iterable[Chunk] | None = None) -> ScptBuilder:
    """The samples of the kinds that the context's settings name."""
    builder = ScptBuilder(context=context)
    block = StructTuningConfig(enabled=False, scpt=context.settings)
    kinds = select_kinds(block, "scpt", KINDS).kinds
    units: dict[Source, Iterable[Any]] = {
        "chunk": context.chunks if chunks is None else chunks,
        "topic": knowledge_topics(context.tree),
    }
    for kind, drafts in draft_samples(kinds, units, context):
        builder.add(kind, drafts)
    return builder


def told(builder: ScptBuilder, *kinds: str) -> list[tuple[str, str]]:
    return [
        (row.sample.prompt, row.sample.completion)
        for row in builder.rows
        if row.sample.kind in kinds
    ]


def kinds_of(builder: ScptBuilder, topic: Topic) -> list[str]:
    return [
        row.sample.kind
        for row in builder.rows
        if row.sample.topic_id == topic.id and row.sample.kind != "passage"
    ]


HANDBOOK = document(
    "handbook.md",
    (1, "The Handbook"),
    "Bicycles need care.\n\n",
    (2, "1. Brakes"),
    "Brakes stop the wheel.\n\n",
    (3, "Pads"),
    "Pads wear down.\n\n",
    (3, "Adjustment"),
    "Turn the screw. ",
    "Once more.\n\n",
    (2, "2. Gears"),
    (3, "Adjustment"),
    "Turn the barrel.\n\n",
    (4, "Cable"),
    "Pull it.\n\n",
    (4, "Limit screws"),
    "Leave them.\n\n",
    (3, "History"),
    "Gears are old.\n\n",
    (2, "References"),
    "Smith 1990.\n",
)
NOTES = document("notes.md", "A short note.", title="Notes")
BIKES = grow([HANDBOOK, NOTES], chunk_tokens=24)
