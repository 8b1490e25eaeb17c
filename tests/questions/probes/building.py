"""Trees whose every word tells where it comes from, and the rows and probes that are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from structtuning_plugin.config import ProbesConfig
from structtuning_plugin.core.types import Chunk, Document, QAPair
from structtuning_plugin.questions.exercises.generate import make_exercises
from structtuning_plugin.questions.probes.files import Probe, ProbeKind
from structtuning_plugin.questions.probes.generate import build_prober, make_probes
from structtuning_plugin.questions.probes.points import hold_points
from structtuning_plugin.questions.walks.prompts import WalkQuestion
from structtuning_plugin.samples.ssft import SsftBuilder
from structtuning_plugin.taxonomy.tree import Tree
from tests.samples.ssft_building import QUESTIONS, builder_of, free, linked
from tests.trees import document, grow

_CONSONANTS = "bdfgklmnprst"
# One in the title of a point and in the text of another one: so it is a name that the field has.
_NOUNS = (
    *("spring", "lever", "valve", "piston", "wheel", "rotor", "bolt", "chain", "pulley", "hinge"),
    *(
        "clamp",
        "gasket",
        "shaft",
        "nozzle",
        "spindle",
        "turbine",
        "boiler",
        "flange",
        "washer",
        "rivet",
    ),
    *(
        "bracket",
        "crank",
        "funnel",
        "hammer",
        "anvil",
        "chisel",
        "bellows",
        "furnace",
        "ladder",
        "winch",
    ),
)


def word(number: int) -> str:
    """A word that no other number has: 0 is "bob", 13 "dod"."""
    first, second = divmod(number, len(_CONSONANTS))
    high, low = divmod(first, len(_CONSONANTS))
    return f"{_CONSONANTS[high]}o{_CONSONANTS[low]}u{_CONSONANTS[second]}ix"


def titled(number: int) -> str:
    """A word of its own, and a noun."""
    return f"{word(number).capitalize()} {_NOUNS[number % len(_NOUNS)].capitalize()}"


def text_of(number: int) -> str:
    """Sentences of words that stand in this topic's text alone, but for a noun of another one's
    title.
    """
    a, b, c, d, e, f = (
        f"{word(number)}{ending}" for ending in ("an", "em", "ir", "os", "ut", "ab")
    )
    return (
        f"A {a} is a thin part that joins the {b} and the outer {c} of every machine. "
        f"The {b} carries the {d} wherever the weight of the {e} rests on it. "
        f"A {_NOUNS[(number + 7) % len(_NOUNS)]} of brass is pressed into place by workers who know the {a} well. "
        f"Workers keep the {f} beside the {c} so that the {d} never touches the {e}.\n\n"
    )


def books_of(*levels: Sequence[int]) -> list[Document]:
    """Books with headings of these levels, in order, each with a title and a text of its own."""
    documents, number = [], 0
    for book, given in enumerate(levels):
        parts: list[Any] = [(1, titled(number))]
        for level in given:
            number += 1
            parts += [(level, titled(number)), text_of(number)]
        documents.append(document(f"{book}.md", *parts, title=titled(number - len(given))))
        number += 1
    return documents


shelves = st.lists(
    st.lists(st.integers(2, 4), min_size=3, max_size=12), min_size=1, max_size=2
).map(lambda s: books_of(*s))


class World:
    """A corpus with what is kept of it for probes, and every row that instruction tuning would make
    of it.
    """

    def __init__(
        self,
        documents: list[Document],
        share: float = 0.3,
        per_point: int = 7,
        seed: int = 1,
        held: Sequence[str] = (),
    ) -> None:
        self.documents = documents
        self.tree, self.chunks = grow(documents, domain="Trade")
        self.config = ProbesConfig(share=share, per_point=per_point)
        self.held = frozenset(held)
        self.seed = seed
        self.probed = hold_points(self.tree, self.chunks, self.config, self.held, seed)
        self.probes = make_probes(
            self.tree, documents, self.chunks, QUESTIONS, self.config, self.probed, self.held, seed
        )

    def rows(self, context: str = "path") -> SsftBuilder:
        """Of all kinds, each topic with a question of the user's own that is linked to it, and with
        a walk.
        """
        builder = builder_of(self.tree, seed=self.seed, context=context)
        topics = [topic for topic in self.tree.root.walk() if topic.kind == "topic"]
        pairs = [
            free(f"own#{number}", f"Own question {number}?", "Own.")
            for number in range(len(topics))
        ]
        builder.add_answers(pairs)
        builder.add_reasoned(
            pairs, [linked(pair, topic) for pair, topic in zip(pairs, topics, strict=True)], {}
        )
        builder.add_structure()
        for found in make_exercises(
            self.tree, self.documents, self.chunks, 4, self.seed, excluded=self.held | self.probed
        ):
            builder.add_exercises(found)
        around = [*topics[1:], topics[0]]
        both = zip(topics, around, strict=True)
        builder.add_walks(
            _walked(number, one.id, other.id) for number, (one, other) in enumerate(both)
        )
        return builder


def _walked(number: int, *topic_ids: str) -> WalkQuestion:
    pair = free(f"walk/{number}/0", f"Walked question {number}?", "Walked.")
    return WalkQuestion(
        pair=pair, shape="inside", topic_ids=tuple(dict.fromkeys(topic_ids)), chunk_ids=()
    )


def probes_of(
    tree: Tree,
    chunks: Sequence[Chunk],
    documents: Sequence[Document],
    probed: frozenset[str],
    **more: Any,
) -> list[Probe]:
    """Build every probe that the points allow, before the choice."""
    most, seed = more.pop("per_point", 20), more.pop("seed", 1)
    builder = build_prober(tree, documents, chunks, QUESTIONS, most, probed, frozenset(), seed)
    probes: list[Probe] = []
    for point in builder.points:
        probes += builder.about(point)
    return probes


def probe(
    kind: ProbeKind,
    answer: str,
    *,
    titles: tuple[str, ...] = (),
    name: str = "p",
    topic: str = "t",
    branch: str = "B",
    language: str = "en",
    question: str = "",
) -> Probe:
    pair = QAPair(
        id=name,
        format="plain",
        question=question or f"Question {name}?",
        answers=(answer,),
        language=language,
        topic=branch,
    )
    return Probe(pair=pair, kind=kind, topic_id=topic, branch=branch, names=(topic,), titles=titles)
