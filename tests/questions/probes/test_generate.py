"""What is asked of a probed point."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.types import Document
from structtuning_plugin.questions.probes.files import Probe
from structtuning_plugin.questions.probes.scores import Graded, grade
from structtuning_plugin.taxonomy.tree import PATH_JOINT
from tests.questions.probes.building import World, books_of, probes_of, shelves
from tests.samples.ssft_building import LANGUAGES
from tests.taxonomy_strategies import examples
from tests.trees import document, grow
from tests.trees import titled as at

BRAKES = (
    (1, "The Handbook"),
    (2, "Brakes"),
    "Brakes turn motion into heat.\n\n",
    (3, "Rim Brakes"),
    "A caliper is a pair of arms that presses two pads against the rim of a wheel.\n\n",
    (4, "Pads"),
    "Rubber pads wear down fast on chromed steel rims when the road is wet.\n\n",
    (4, "Cables"),
    "A cable of thin steel wires pulls both arms together against a spring.\n\n",
    (3, "Rotors"),
    "Chains made for disc hubs push small pistons towards a hard rotor beside the hub.\n\n",
    (2, "Gears"),
    "Gears change the effort of the rider on hills.\n\n",
    (3, "Chains"),
    "Chains carry the pull of the legs from the front sprocket to the rear one.\n\n",
)


def about(*path: str, probed: tuple[str, ...] = (), language: str = "en") -> dict[str, Probe]:
    """The probes of one point, by the last part of their ids; all of `probed` are kept."""
    books = [document("handbook.md", *BRAKES, title="The Handbook", language=language)]
    tree, chunks = grow(books)
    names = {
        topic.id
        for title in (path[-1], *probed)
        for topic in tree.root.walk()
        if topic.title == title
    }
    point = at(tree, *path)
    found = probes_of(tree, chunks, books, frozenset(names))
    return {p.id.split("/", 2)[2]: p for p in found if p.topic_id == point.id}


def test_a_point_is_asked_for_its_place() -> None:
    found = about("The Handbook", "Brakes", "Rim Brakes")
    assert {name for name in found if "/" not in name} == {"siblings", "children"}
    assert found["siblings"].pair.question == (
        'Which other headings stand beside "Rim Brakes", under the same heading? List them, separated by semicolons.'
    )
    assert (found["siblings"].pair.answers, found["siblings"].titles) == (("Rotors",), ("Rotors",))
    assert (found["children"].pair.answers, found["children"].titles) == (
        ("Pads; Cables",),
        ("Pads", "Cables"),
    )
    assert (
        found["children"].branch
        == found["children"].pair.topic
        == "Bicycles > The Handbook > Brakes"
    )


def test_what_the_name_says_is_not_asked() -> None:
    """The parent of Rim Brakes is Brakes, and the only book is known without any memory."""
    assert not {"path", "parent"} & set(about("The Handbook", "Brakes", "Rim Brakes"))
    pads = about("The Handbook", "Brakes", "Rim Brakes", "Pads")
    assert pads["path"].pair.answers == ("Bicycles > The Handbook > Brakes > Rim Brakes > Pads",)
    assert pads["path"].titles == ("Brakes", "Rim Brakes")
    assert pads["path"].pair.question == 'Where in Bicycles does "Pads" belong?'
    assert pads["parent"].pair.question == 'Which heading stands directly above "Pads"?'
    assert pads["parent"].pair.answers == ("Rim Brakes",)
    assert not {"path", "parent"} & set(about("The Handbook", "Brakes"))


def test_a_point_is_asked_for_its_text() -> None:
    found = about("The Handbook", "Brakes", "Rim Brakes")
    (definition,) = [p for p in found.values() if p.kind == "definition"]
    assert definition.pair.question == 'What does "caliper" mean in Bicycles?'
    assert definition.pair.answers == (
        "A caliper is a pair of arms that presses two pads against the rim of a wheel.",
    )
    gaps = [p for p in found.values() if p.kind == "cloze"]
    assert gaps
    for gap in gaps:
        filled = gap.pair.question.partition("\n\n")[2].replace("____", gap.pair.answers[0])
        assert filled == definition.pair.answers[0]


def test_two_hops_lead_over_the_heading_before_or_to_the_one_above_both() -> None:
    found = about("The Handbook", "Brakes", "Rim Brakes", "Cables", probed=("Rotors",))
    assert found["common"].pair.question == 'Under which heading do both "Cables" and "Rotors" lie?'
    assert found["common"].pair.answers == ("Brakes",)
    assert "common" not in about(
        "The Handbook", "Brakes", "Rim Brakes", "Cables"
    )  # no other point is kept


def test_two_hops_lead_over_the_heading_before_to_a_sentence() -> None:
    world = World(books_of([2, 3, 3, 4, 4, 3, 2, 3, 4, 4, 3, 4, 3, 2, 3, 3]), per_point=20)
    after = [probe for probe in world.probes if "/extract_next/" in probe.id]
    assert after
    for probe in after:
        topic = world.tree.topics[probe.topic_id]
        row = world.tree.children(world.tree.path(topic)[-2])
        before = row[[other.id for other in row].index(topic.id) - 1]
        assert probe.names == (before.id,)
        assert probe.pair.question.endswith(
            f'in the part that comes right after "{world.tree.title(before)}"?'
        )
        assert probe.pair.answers[0] in " ".join(
            chunk.text for chunk in world.chunks if chunk.topic_id == topic.id
        )


@examples
@given(shelves, st.integers(1, 8), st.integers(0, 3))
def test_probes_whatever_the_tree(books: list[Document], per_point: int, seed: int) -> None:
    world = World(books, per_point=per_point, seed=seed)
    again = World(books, per_point=per_point, seed=seed)
    assert world.probes == again.probes
    assert {probe.topic_id for probe in world.probes} <= world.probed
    assert max(Counter(probe.topic_id for probe in world.probes).values(), default=0) <= per_point
    assert (
        len({probe.id for probe in world.probes})
        == len({probe.pair.question for probe in world.probes})
        == len(world.probes)
    )
    for probe in world.probes:
        topic = world.tree.topics[probe.topic_id]
        assert (
            probe.branch
            == probe.pair.topic
            == PATH_JOINT.join(world.tree.path_titles(world.tree.chapter(topic)))
        )
        assert grade(probe, probe.pair.answers[0]) == Graded(1.0, True), probe.id
        if probe.kind not in ("cloze", "definition"):
            assert not any(
                title in probe.pair.question for title in probe.titles or probe.pair.answers
            ), probe.id


def test_kinds_come_about_as_often_as_each_other() -> None:
    world = World(books_of(*[[2, 3, 4, 4, 3, 4, 4] * 6] * 2), share=0.5, per_point=2)
    counts = Counter(probe.kind for probe in world.probes)
    assert set(counts) >= {"path", "parent", "siblings", "definition"}
    places = [counts[kind] for kind in ("path", "parent", "siblings")]
    assert max(places) <= 2 * min(places)


@examples
@given(shelves, st.integers(1, 8), st.integers(0, 3))
def test_two_of_three_probes_ask_for_a_fact(
    books: list[Document], per_point: int, seed: int
) -> None:
    probes = World(books, per_point=per_point, seed=seed).probes
    facts = sum(probe.is_fact for probe in probes)
    assert not facts or 3 * facts >= 2 * len(probes)


def test_of_what_pre_training_has_not_seen_nothing_is_asked() -> None:
    books = books_of([2, 3, 3, 2, 3, 3, 2, 3, 3])
    tree, _ = grow(books, domain="Trade")
    held = [topic.id for topic in tree.root.walk() if topic.kind == "topic"][1]
    worlds = [World(books, share=0.5, per_point=20, seed=seed, held=[held]) for seed in range(10)]
    answers = [title for world in worlds for probe in world.probes for title in probe.titles]
    assert answers
    assert tree.title(tree.topics[held]) not in answers


def test_every_language_has_its_wordings_and_others_have_the_english_ones() -> None:
    asked = {
        language: about("The Handbook", "Brakes", "Rim Brakes", language=language)[
            "children"
        ].pair.question
        for language in (*LANGUAGES, "de")
    }
    assert len({*asked.values()}) == len(LANGUAGES)
    assert asked["de"] == asked["en"]
    assert all("Rim Brakes" in question for question in asked.values())
