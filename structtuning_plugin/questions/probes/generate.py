"""All probes of a tree: up to `per_point` of each probed point, every kind about as often as the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Literal

from structtuning_plugin import languages
from structtuning_plugin.config.corpus import ProbesConfig
from structtuning_plugin.core.hashing import pick
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.types import Chunk, Document, QAPair, Topic
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.questions.exercises.generate import make_exercises
from structtuning_plugin.questions.probes.files import PROBE_KINDS, Probe, ProbeKind
from structtuning_plugin.questions.probes.points import is_point
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree

# --- The probes of one knowledge point: of its place in the tree, and of its text.

Relation = Literal["parent", "siblings", "children"]
LIST_JOINT = "; "
# Nobody names more headings than these from memory.
_MOST_TITLES = 12
_KIND_OF: dict[str, ProbeKind] = {
    "cloze": "cloze",
    "definition": "definition",
    "extract_next": "two_hop",
}


@dataclass(frozen=True)
class Asker:
    """What questions are made of. `probed` as `points.hold_points` gives it; `held` is held out for evaluation.

    `exercises` are those whose answer stands in a probed point, by the point's id.
    """

    tree: Tree
    wordings: Wordings
    probed: frozenset[str]
    held: frozenset[str]
    exercises: Mapping[str, Sequence[Exercise]]
    seed: int

    @cached_property
    def points(self) -> list[Topic]:
        """The probed points in reading order."""
        return [
            topic
            for topic in self.tree.root.walk()
            if topic.id in self.probed and is_point(self.tree, topic)
        ]

    def about(self, topic: Topic) -> list[Probe]:
        """Every probe that a point allows."""
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
        question = self._worded("belongs", topic, name=self._name(topic))
        return self._probe(
            "path", topic, question, PATH_JOINT.join(self.tree.path_titles(topic)), titles=between
        )

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
        """A set of headings; of what pre-training has not seen none is asked."""
        titles = tuple(dict.fromkeys(self.tree.title(other) for other in others))
        known = not any(other.id in self.held for other in others)
        said = any(self._is_said(title, topic) for title in titles)
        if not titles or len(titles) > _MOST_TITLES or said or not known:
            return None
        return self._related(relation, topic, LIST_JOINT.join(titles), titles)

    def _related(
        self, relation: Relation, topic: Topic, answer: str, titles: tuple[str, ...] = ()
    ) -> Probe:
        kind: ProbeKind = relation
        return self._probe(
            kind,
            topic,
            _ask(relation, self._name(topic), topic.language),
            answer,
            titles=titles,
        )

    def _common(self, topic: Topic) -> Probe | None:
        """With another probed point: the lowest heading above both, two steps or more above this one."""
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
                    topic, others[pick(self.seed, f"probe/{topic.id}/common", len(others))], above
                )
        return None

    def _both(self, topic: Topic, other: Topic, above: Topic) -> Probe | None:
        answer = self.tree.title(above)
        if self._is_said(answer, topic) or self._is_said(answer, other) or not self._tells(above):
            return None
        question = self._worded("common", topic, first=self._name(topic), second=self._name(other))
        return self._probe(
            "two_hop", topic, question, answer, names=(topic.id, other.id), form="common"
        )

    @cached_property
    def _beneath(self) -> dict[str, list[Topic]]:
        """The probed points beneath each topic."""
        found: dict[str, list[Topic]] = {}
        for point in self.points:
            for above in self.tree.path(point):
                found.setdefault(above.id, []).append(point)
        return found

    def _ids_beneath(self, topic: Topic) -> set[str]:
        return {point.id for point in self._beneath.get(topic.id, ())}

    # --- its text

    def _exercise(self, exercise: Exercise) -> Probe:
        given = {"name": self._name(exercise.asked), "text": exercise.text, "term": exercise.term}
        holder = exercise.places[-1]
        question = self._worded(exercise.form, exercise.asked, **given)
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

    def _worded(self, pool: str, topic: Topic, **given: str) -> str:
        """In the first wording of a pool, so that runs compare."""
        tree = self.tree
        values = {
            "domain": tree.title(tree.root),
            "language": topic.language,
            "title": tree.title(topic),
            "book": tree.title(tree.book(topic)),
        }
        return self.wordings.pool(topic.language, pool)[0].render({**values, **given})

    def _tells(self, above: Topic) -> bool:
        """Whether a heading could have been another one: the only book of a domain is known without any memory."""
        return (
            self.tree.is_knowledge(above)
            and not self.tree.is_repeat(above)
            and bool(self.tree.siblings(above))
        )

    def _name(self, topic: Topic) -> str:
        return self.tree.name(topic) or self.tree.title(topic)

    def _is_said(self, title: str, topic: Topic) -> bool:
        """Whether the point's name, which the question says, holds a title that is asked for."""
        return title.casefold() in self._name(topic).casefold()


def exercises_in(
    found: Iterable[Sequence[Exercise]], probed: frozenset[str]
) -> dict[str, list[Exercise]]:
    """Exercises that make probes, by the probed point in which their answer stands."""
    by_point: dict[str, list[Exercise]] = {}
    for exercise in _each(found):
        holder = exercise.places[-1].id
        if holder in probed and exercise.form in _KIND_OF:
            by_point.setdefault(holder, []).append(exercise)
    return by_point


def _each(found: Iterable[Sequence[Exercise]]) -> Iterator[Exercise]:
    for exercises in found:
        yield from exercises


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
    """The probes in reading order: a pure function of its arguments, whatever stage they are asked before or after.

    Args:
        wordings: those of `qa`.
        probed: what `points.hold_points` gave.
        held: topics whose text is held out for evaluation.
    """
    made = (
        make_exercises(tree, documents, chunks, _CHOICE * config.per_point, seed) if chunks else ()
    )
    asker = Asker(tree, wordings, probed, held, exercises_in(made, probed), seed)
    used: Counter[ProbeKind] = Counter()
    asked: set[tuple[str, str]] = set()
    found = []
    for point in asker.points:
        new = [
            probe
            for probe in asker.about(point)
            if (probe.pair.language, probe.pair.question) not in asked
        ]
        for probe in _chosen(new, config.per_point, used):
            used[probe.kind] += 1
            asked.add((probe.pair.language, probe.pair.question))
            found.append(probe)
    return found


def _chosen(probes: Sequence[Probe], most: int, used: Counter[ProbeKind]) -> list[Probe]:
    """First one of each kind, the kind that there are fewest of first, then a second of each, and so on."""
    order = sorted(PROBE_KINDS, key=lambda kind: (used[kind], PROBE_KINDS.index(kind)))
    rows = [[probe for probe in probes if probe.kind == kind] for kind in order]
    turns = range(max(map(len, rows), default=0))
    return list(
        chain.from_iterable([row[turn] for row in rows if turn < len(row)] for turn in turns)
    )[:most]


def _ask(relation: Relation, name: str, language: str) -> str:
    """Word a question about a heading in its language, or in English.

    Instruction tuning has no wording for these questions; other probes take its first one.

    >>> _ask("parent", "Cable", "de")
    'Which heading stands directly above "Cable"?'
    """
    questions = languages.get(language).probes or languages.get(languages.FALLBACK).probes
    assert questions is not None
    wording: str = getattr(questions, relation)
    return wording.format(name=name)
