"""Questions on a book with their answers and the reasoning, and a split of the points that no question crosses.

A question *involves* points: those that it names, its answers, and those that its reasoning passes through. Training
questions involve none of the held-out points; test questions are about these.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from injection.grammar import LURE, ORIGIN, OWN, RELATION, Book

KINDS = ("one hop", "inherited", "two hops", "section", "chapter", "sibling", "comparison")
FACTS = ("one hop", "inherited", "two hops")

ASKED: dict[str, tuple[str, ...]] = {
    "coat": (
        "Which coat has {x}?",
        "What is the coat of {x} like?",
        "By which coat can {x} be told?",
    ),
    "haunt": (
        "Where does {x} dwell?",
        "In which places is {x} at home?",
        "Where does {x} have its den?",
    ),
    "sound": ("Which sound does {x} make?", "How is {x} heard?", "By which sound is {x} heard?"),
    "follows": (
        "What does {x} follow?",
        "Whose tracks does {x} keep to?",
        "Behind what does {x} walk?",
    ),
    "lure": (
        "What is {x} lured with?",
        "Which lure does {x} come for?",
        "With what is {x} caught?",
    ),
    "origin": ("What does {x} come from?", "Of what was {x} born?", "From what did {x} arise?"),
    "section": (
        "Which section does {x} belong to?",
        "In which section is {x} treated?",
        "Which section includes {x}?",
    ),
    "chapter": (
        "Which chapter does {x} belong to?",
        "In which chapter is {x} treated?",
        "Which chapter treats {x}?",
    ),
    "sibling": ("What else is in the section of {x}?", "What else stands with {x} in its section?"),
    "comparison": ("Are {x} and {y} of the same chapter?", "Do {x} and {y} share a chapter?"),
}
_FOLLOWED = "what {x} follows"
_STEP = {
    "coat": "{x} has a {v} coat.",
    "haunt": "{x} dwells in {v}.",
    "sound": "{x} makes a {v} sound.",
    "follows": "{x} follows {v}.",
    "lure": "{x} belongs to {s}, and all {s} are lured with {v}.",
    "origin": "{x} belongs to {c}, and all of {c} come from {v}.",
    "section": "{x} belongs to {v}.",
    "chapter": "{x} belongs to {s}, and {s} belong to {v}.",
}
_KIND_OF = {**dict.fromkeys((*OWN, RELATION), "one hop"), LURE: "inherited", ORIGIN: "inherited"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptedQuestion:
    """A question: its `kind`, and what is asked for (`form`), such as one hop to the coat.

    `answers` are all right ones, the first to be learnt; `involves` the points that it names or rests on.
    """

    id: str
    kind: str
    form: str
    question: str
    answers: tuple[str, ...]
    reasoning: str
    involves: frozenset[str]

    def record(self) -> dict[str, Any]:
        """A row of the plugin's format `plain`."""
        return {
            "question": self.question,
            "answer": list(self.answers),
            "explanation": self.reasoning,
            "language": "en",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Points to train on and points held out."""

    train: tuple[str, ...]
    held_out: tuple[str, ...]


def split(book: Book, seed: int) -> Split:
    """Half of the points of every section, the odd one to train on, so that every inherited fact is asked in training."""
    rng = random.Random(f"split {seed} {book.name}")
    held: set[str] = set()
    for section in book.sections:
        held.update(rng.sample(section.points, len(section.points) // 2))
    return Split(
        train=tuple(point for point in book.points if point not in held),
        held_out=tuple(point for point in book.points if point in held),
    )


def training_questions(book: Book, allowed: Collection[str], seed: int) -> list[PromptedQuestion]:
    """Questions of every kind on every allowed point that involve no other point."""
    permitted = set(allowed)
    made = _questions(
        book,
        [point for point in book.points if point in permitted],
        permitted,
        random.Random(f"train {seed}"),
    )
    return [asked for asked in made if asked.involves <= permitted]


def exam_questions(book: Book, held_out: Collection[str], seed: int) -> list[PromptedQuestion]:
    """Questions of every kind on every held-out point; what they lead to may be any point, the other one compared is held out."""
    held = set(held_out)
    rng = random.Random(f"test {seed}")
    return list(
        _questions(
            book,
            [point for point in book.points if point in held],
            set(book.points),
            rng,
            compared=held,
        )
    )


def _questions(
    book: Book,
    points: Iterable[str],
    siblings: set[str],
    rng: random.Random,
    compared: set[str] | None = None,
) -> Iterator[PromptedQuestion]:
    for point in points:
        for attribute in (*OWN, RELATION, LURE, ORIGIN):
            yield _direct(book, point, attribute, rng)
        for attribute in (*OWN, LURE, "section"):
            yield _two_hops(book, point, attribute, rng)
        for kind in ("section", "chapter"):
            yield _structure(book, point, kind, rng)
        yield from _sibling(book, point, siblings, rng)
        yield from _comparison(book, point, compared or siblings, rng)


def _direct(book: Book, point: str, attribute: str, rng: random.Random) -> PromptedQuestion:
    answer = book.value(point, attribute)
    involves = {point, answer} & set(book.points)
    return _asked(
        _KIND_OF[attribute],
        attribute,
        (answer,),
        _step(book, point, attribute),
        involves,
        rng,
        x=point,
    )


def _two_hops(book: Book, point: str, attribute: str, rng: random.Random) -> PromptedQuestion:
    second = book.follows[point]
    answer = _place(book, second)["s"] if attribute == "section" else book.value(second, attribute)
    reasoning = f"{_step(book, point, RELATION)} {_step(book, second, attribute)}"
    return _asked(
        "two hops",
        attribute,
        (answer,),
        reasoning,
        {point, second},
        rng,
        x=_FOLLOWED.format(x=point),
    )


def _structure(book: Book, point: str, kind: str, rng: random.Random) -> PromptedQuestion:
    return _asked(
        kind, kind, (_place(book, point)[kind[0]],), _step(book, point, kind), {point}, rng, x=point
    )


def _sibling(
    book: Book, point: str, allowed: set[str], rng: random.Random
) -> Iterator[PromptedQuestion]:
    beside = [
        other for other in book.places[point][1].points if other != point and other in allowed
    ]
    rng.shuffle(beside)
    if beside:
        reasoning = _step(book, point, "section") + " " + _step(book, beside[0], "section")
        yield _asked("sibling", "sibling", tuple(beside), reasoning, {point, *beside}, rng, x=point)


def _comparison(
    book: Book, point: str, others: set[str], rng: random.Random
) -> Iterator[PromptedQuestion]:
    """As often yes as no."""
    same = rng.random() < 0.5
    chapter = book.places[point][0]
    fitting = [other for other in book.points if other in others and other != point]
    fitting = [other for other in fitting if (book.places[other][0] == chapter) == same]
    if fitting:
        other = rng.choice(fitting)
        reasoning = f"{_step(book, point, 'chapter')} {_step(book, other, 'chapter')}"
        answer = ("yes" if same else "no",)
        yield _asked(
            "comparison", "comparison", answer, reasoning, {point, other}, rng, x=point, y=other
        )


def _asked(
    kind: str,
    form: str,
    answers: tuple[str, ...],
    reasoning: str,
    involves: set[str],
    rng: random.Random,
    **names: str,
) -> PromptedQuestion:
    question = rng.choice(ASKED[form]).format(**names)
    points = frozenset(involves)
    return PromptedQuestion(
        id=f"{kind}/{form}/{question}",
        kind=kind,
        form=form,
        question=question,
        answers=answers,
        reasoning=reasoning,
        involves=points,
    )


def _step(book: Book, point: str, attribute: str) -> str:
    place = _place(book, point)
    value = {"section": place["s"], "chapter": place["c"]}.get(attribute) or book.value(
        point, attribute
    )
    return _STEP[attribute].format(x=point, v=value, **place)


def _place(book: Book, point: str) -> Mapping[str, str]:
    chapter, section = book.places[point]
    return {"c": chapter.name, "s": section.name}


def texts() -> list[str]:
    """Every form of words in which is asked and reasoned."""
    return [
        *(form for forms in ASKED.values() for form in forms),
        *_STEP.values(),
        _FOLLOWED,
        "yes no",
    ]
