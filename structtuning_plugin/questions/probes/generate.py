"""Probes of a tree: up to `per_point` for each probed point.

Two of three ask for a fact of the text, the others about the structure. Kinds come about as often
as each other within each of the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Literal

from structtuning_plugin.config.corpus import ProbesConfig
from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.types import Chunk, Document, QAPair, Topic
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.questions.exercises.generate import make_exercises
from structtuning_plugin.questions.probes.files import PROBE_KINDS, Probe, ProbeKind
from structtuning_plugin.questions.probes.points import is_point
from structtuning_plugin.questions.prompts import PromptBuilder
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree

# --- The probes of one knowledge point: of its place in the tree, and of its text.

Relation = Literal["parent", "siblings", "children"]
LIST_JOINT = "; "
# Longer lists of headings are not asked for.
_MOST_TITLES = 12
_KIND_OF: dict[str, ProbeKind] = {
    "cloze": "cloze",
    "term": "cloze",
    "definition": "definition",
    "extract_next": "two_hop",
}


@dataclass(frozen=True, kw_only=True)
class ProbeBuilder:
    """Builder of the probes of a tree.

    Args:
        prompts: Builder of questions with the first template of each pool, so that runs compare.
        probed: Ids of the probed topics, from `points.hold_points`.
        held: Ids of the topics that are held out for evaluation.
        exercises: Exercises with their answer in a probed point, by the point's id.
    """

    tree: Tree
    prompts: PromptBuilder
    probed: frozenset[str]
    held: frozenset[str]
    exercises: Mapping[str, Sequence[Exercise]]
    seed: int

    @cached_property
    def points(self) -> list[Topic]:
        """The probed points, in reading order."""
        return [
            topic
            for topic in self.tree.root.walk()
            if topic.id in self.probed and is_point(self.tree, topic)
        ]

    def about(self, topic: Topic) -> list[Probe]:
        """Return every probe that a point allows."""
        place = (
            self._path(topic),
            self._parent(topic),
            self._siblings(topic),
            self._children(topic),
        )
        text = map(self._exercise, self.exercises.get(topic.id, ()))
        # Fewer points allow the question of two hops that their text answers, so it comes first.
        return [probe for probe in (*place, *text, self._common(topic)) if probe is not None]

    # --- its place

    def _path(self, topic: Topic) -> Probe | None:
        above = [self.tree.title(node) for node in self.tree.path(topic)[1:-1] if self._tells(node)]
        between = tuple(dict.fromkeys(title for title in above if not self._is_said(title, topic)))
        if not between:
            return None
        question = self._question("belongs", topic)
        path = PATH_JOINT.join(self.tree.path_titles(topic))
        return self._probe("path", topic, question, path, titles=between)

    def _parent(self, topic: Topic) -> Probe | None:
        parent = self.tree.parent(topic)
        if parent is None or not self._tells(parent):
            return None
        title = self.tree.title(parent)
        return None if self._is_said(title, topic) else self._related("parent", topic, title)

    def _siblings(self, topic: Topic) -> Probe | None:
        return self._listed("siblings", topic, self.tree.siblings(topic))

    def _children(self, topic: Topic) -> Probe | None:
        return self._listed("children", topic, self.tree.children(topic))

    def _listed(self, relation: Relation, topic: Topic, others: Sequence[Topic]) -> Probe | None:
        """Ask for a list of headings, unless one of them is held out of pre-training."""
        titles = tuple(dict.fromkeys(self.tree.title(other) for other in others))
        trained = not any(other.id in self.held for other in others)
        in_question = any(self._is_said(title, topic) for title in titles)
        if not titles or len(titles) > _MOST_TITLES or in_question or not trained:
            return None
        return self._related(relation, topic, LIST_JOINT.join(titles), titles)

    def _related(
        self, relation: Relation, topic: Topic, answer: str, titles: tuple[str, ...] = ()
    ) -> Probe:
        return self._probe(
            relation, topic, self._question(f"{relation}_of", topic), answer, titles=titles
        )

    def _common(self, topic: Topic) -> Probe | None:
        """Ask for the lowest heading above this and another point, two levels up or more."""
        path = self.tree.path(topic)
        for at in range(len(path) - 3, 0, -1):
            above, branch = path[at], path[at + 1]
            others = [
                other
                for other in self._beneath.get(above.id, ())
                if other.id not in self._ids_beneath(branch)
            ]
            others = [other for other in others if other.id != above.id]
            if others:
                return self._both(
                    topic,
                    others[stable_choice(self.seed, f"probe/{topic.id}/common", len(others))],
                    above,
                )
        return None

    def _both(self, topic: Topic, other: Topic, above: Topic) -> Probe | None:
        answer = self.tree.title(above)
        if self._is_said(answer, topic) or self._is_said(answer, other) or not self._tells(above):
            return None
        names = {"first": self._name(topic), "second": self._name(other)}
        question = self._question("common", topic, **names)
        return self._probe(
            "two_hop", topic, question, answer, names=(topic.id, other.id), form="common"
        )

    @cached_property
    def _beneath(self) -> dict[str, list[Topic]]:
        """The probed points below each topic, by the topic's id."""
        points: dict[str, list[Topic]] = {}
        for point in self.points:
            for above in self.tree.path(point):
                points.setdefault(above.id, []).append(point)
        return points

    def _ids_beneath(self, topic: Topic) -> set[str]:
        return {point.id for point in self._beneath.get(topic.id, ())}

    # --- its text

    def _exercise(self, exercise: Exercise) -> Probe:
        holder = exercise.places[-1]
        question = self.prompts.render_exercise(self.tree, exercise).text
        form = exercise.id.partition(f"{holder.id}/")[2]
        kind = _KIND_OF[exercise.form]
        return self._probe(
            kind, holder, question, exercise.answer, names=(exercise.asked.id,), form=form
        )

    # --- from questions to probes

    def _probe(
        self,
        kind: ProbeKind,
        topic: Topic,
        question: str,
        answer: str,
        names: tuple[str, ...] = (),
        titles: tuple[str, ...] = (),
        form: str = "",
    ) -> Probe:
        branch = PATH_JOINT.join(self.tree.path_titles(self.tree.chapter(topic)))
        pair = QAPair(
            id=f"probe/{topic.id}/{form or kind}",
            format="plain",
            question=question,
            answers=(answer,),
            language=topic.language,
            topic=branch,
        )
        return Probe(
            pair=pair,
            kind=kind,
            topic_id=topic.id,
            branch=branch,
            names=names or (topic.id,),
            titles=titles,
        )

    def _question(self, pool: str, topic: Topic, **values: str) -> str:
        return self.prompts.render_topic(pool, self.tree, topic, **values).text

    def _tells(self, above: Topic) -> bool:
        """Return True if a heading has siblings: the only book of a domain needs no memory."""
        return (
            self.tree.is_knowledge(above)
            and not self.tree.is_repeat(above)
            and bool(self.tree.siblings(above))
        )

    def _name(self, topic: Topic) -> str:
        return self.tree.name(topic) or self.tree.title(topic)

    def _is_said(self, title: str, topic: Topic) -> bool:
        """Return True if the point's name, which the question contains, contains the title too."""
        return title.casefold() in self._name(topic).casefold()


def exercises_in(
    rows: Iterable[Sequence[Exercise]], probed: frozenset[str]
) -> dict[str, list[Exercise]]:
    """Group the exercises that make probes by the probed point that contains their answer."""
    by_point: dict[str, list[Exercise]] = {}
    for exercise in _each(rows):
        holder = exercise.places[-1].id
        if holder in probed and exercise.form in _KIND_OF:
            by_point.setdefault(holder, []).append(exercise)
    return by_point


def _each(rows: Iterable[Sequence[Exercise]]) -> Iterator[Exercise]:
    for exercises in rows:
        yield from exercises


# One probe of so many may ask about the structure; the others ask for facts of the text.
_SHARE_OF_STRUCTURE = 3
# Exercises to choose from: they come as definition, gap and said sentence in turn.
_CHOICE = 3


def make_probes(
    tree: Tree,
    documents: Sequence[Document],
    chunks: Sequence[Chunk],
    wordings: Wordings,
    config: ProbesConfig,
    probed: frozenset[str],
    held: frozenset[str],
    seed: int,
) -> list[Probe]:
    """Make the probes of a tree, in reading order; a pure function of its arguments.

    Args:
        wordings: Templates of `templates/qa`.
        probed: Ids of the probed topics, from `points.hold_points`.
        held: Ids of the topics whose text is held out for evaluation.
    """
    most = config.per_point
    builder = build_prober(tree, documents, chunks, wordings, most, probed, held, seed)
    return _choose(builder, most, seed)


def build_prober(
    tree: Tree,
    documents: Sequence[Document],
    chunks: Sequence[Chunk],
    wordings: Wordings,
    most: int,
    probed: frozenset[str],
    held: frozenset[str],
    seed: int,
) -> ProbeBuilder:
    """Build the builder of all probes, with exercises for `most` probes of each point."""
    exercises = make_exercises(tree, documents, chunks, _CHOICE * most, seed) if chunks else ()
    # Probes are questions about topics: no pair is rendered here.
    prompts = PromptBuilder(wordings=wordings, domain=tree.title(tree.root), formats={})
    return ProbeBuilder(
        tree=tree,
        prompts=prompts,
        probed=probed,
        held=held,
        exercises=exercises_in(exercises, probed),
        seed=seed,
    )


def _choose(asker: ProbeBuilder, most: int, seed: int) -> list[Probe]:
    """Choose the probes of all points: facts first, and half as many about the structure.

    A corpus without facts has probes of its structure alone.
    """
    # Counted apart: a question of two hops is about facts or about the structure.
    used: Counter[ProbeKind] = Counter()
    used_of_structure: Counter[ProbeKind] = Counter()
    questions: set[tuple[str, str]] = set()
    chosen: dict[str, list[Probe]] = {}
    facts: dict[str, list[Probe]] = {}
    others: dict[str, list[Probe]] = {}
    facts_wanted = max(1, round(most * (_SHARE_OF_STRUCTURE - 1) / _SHARE_OF_STRUCTURE))
    for point in asker.points:
        new = _unused(asker.about(point), questions)
        facts[point.id] = [probe for probe in new if probe.is_fact]
        others[point.id] = [probe for probe in new if not probe.is_fact]
        chosen[point.id] = _chosen(facts[point.id], facts_wanted, used)
        _note(chosen[point.id], used, questions)
    count = sum(map(len, chosen.values()))
    left = count // (_SHARE_OF_STRUCTURE - 1) if count else most * len(chosen)
    # Round after round, so that no chapter has more of them than another.
    order = sorted(chosen, key=lambda name: stable_choice(seed, f"probes/{name}/place", 2**62))
    for _ in range(most):
        for name in order:
            room = min(1, left, most - len(chosen[name]))
            row = _chosen(_unused(others[name], questions), room, used_of_structure)
            chosen[name] += row
            left -= len(row)
            _note(row, used_of_structure, questions)
    for name, row in chosen.items():
        more = _chosen(_unused(facts[name], questions), most - len(row), used)
        chosen[name] = [*row, *more]
        _note(more, used, questions)
    return list(chain.from_iterable(chosen.values()))


def _unused(probes: Sequence[Probe], questions: set[tuple[str, str]]) -> list[Probe]:
    """Return the probes whose question is not asked yet."""
    return [
        probe for probe in probes if (probe.pair.language, probe.pair.question) not in questions
    ]


def _note(
    probes: Sequence[Probe], used: Counter[ProbeKind], questions: set[tuple[str, str]]
) -> None:
    for probe in probes:
        used[probe.kind] += 1
        questions.add((probe.pair.language, probe.pair.question))


def _chosen(probes: Sequence[Probe], most: int, used: Counter[ProbeKind]) -> list[Probe]:
    """Choose up to `most`: one of each kind, the rarest first, then a second of each, and so on."""
    order = sorted(PROBE_KINDS, key=lambda kind: (used[kind], PROBE_KINDS.index(kind)))
    rows = [[probe for probe in probes if probe.kind == kind] for kind in order]
    turns = range(max(map(len, rows), default=0))
    return list(
        chain.from_iterable([row[turn] for row in rows if turn < len(row)] for turn in turns)
    )[:most]
