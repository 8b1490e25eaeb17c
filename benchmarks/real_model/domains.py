"""Two domains: a public-domain book with an exam written by hand, and an invented book.

Each has chapters that are trained and chapters that are not: the questions on the latter are the
control. The questions of each side are divided into a development and a test half.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from real_model.profiles import PHYSIOLOGY_FOLDS, Profile

Side = Literal["trained", "control"]
Half = Literal["dev", "test"]
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_WRONG = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamQuestion:
    """One closed-book question; `answers` are all right ones, `wrong` ones are of the same kind."""

    id: str
    side: Side
    half: Half
    kind: str
    question: str
    answers: tuple[str, ...]
    wrong: tuple[str, ...]
    rewordings: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return a record of the plugin's format `plain`."""
        return {
            "id": self.id,
            "question": self.question,
            "answer": list(self.answers),
            "wrong": list(self.wrong),
            "rewordings": list(self.rewordings),
            "language": "en",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What is trained on and what is asked.

    Args:
        name: Name of the domain.
        title: Root of its tree.
        text: Markdown of the trained chapters.
        lessons: Questions with answers to train on; none if they are made by rule from the text.
        exam: The questions.
        ssft: Settings that the domain adds to every block of the stage `ssft`.
        taxonomy: Settings of the tree.
        paraphrase: Token F1 of a sentence and a question of the exam from which on it counts as a
            paraphrase. Questions of the invented book about other names share most words.
    """

    name: str
    title: str
    text: str
    lessons: tuple[Mapping[str, Any], ...]
    exam: tuple[ExamQuestion, ...]
    ssft: Mapping[str, Any]
    taxonomy: Mapping[str, Any]
    paraphrase: float = 0.8


def load_domain(name: str, profile: Profile, fold: int, shared: Path) -> Domain:
    """Load or make a domain; `shared` has `data/` and `exam/`.

    Raises:
        FileNotFoundError: If the book or its exam is missing.
    """
    if name == "injection":
        return make_injection(profile, fold)
    book = shared / "data/books/practical-physiology-pd-en/structured.md"
    exam = shared / "exam/physiology.jsonl"
    records = [json.loads(line) for line in exam.read_text(encoding="utf-8").splitlines()]
    chapters = PHYSIOLOGY_FOLDS[fold]
    return Domain(
        name=name,
        title="Physiology",
        text=select_chapters(book.read_text(encoding="utf-8"), chapters),
        lessons=(),
        exam=_in_halves(_physiology_question(record, chapters) for record in records),
        ssft={},
        taxonomy={"extractor": "headings"},
    )


def select_chapters(text: str, chapters: Sequence[str]) -> str:
    """Return a Markdown book with its title and these chapters (headings of level 2) alone."""
    heads = list(_HEADING.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    parts = [text[: heads[0].start()]]
    parts += [
        text[head.start() : end]
        for head, end in zip(heads, ends, strict=True)
        if head[1].strip() in chapters
    ]
    return "".join(parts)


def _physiology_question(record: Mapping[str, Any], chapters: Sequence[str]) -> ExamQuestion:
    wrong = [text for letter, text in record["options"].items() if letter != record["correct"]]
    return ExamQuestion(
        id=record["id"],
        side="trained" if record["chapter"] in chapters else "control",
        half="test",
        kind=record["kind"],
        question=record["question"],
        answers=(record["answer"], *record["aliases"]),
        wrong=tuple(wrong),
    )


def _in_halves(questions: Iterator[ExamQuestion]) -> tuple[ExamQuestion, ...]:
    """Put every second question of each side and kind, in the order of a hash, into a half."""
    from structtuning_plugin.core.hashing import fingerprint

    ranked = sorted(questions, key=lambda question: (question.side, fingerprint(question.id)))
    halves: tuple[Half, Half] = ("dev", "test")
    halved = [replace(question, half=halves[n % 2]) for n, question in enumerate(ranked)]
    return tuple(sorted(halved, key=lambda question: question.id))


# --- The invented book


def make_injection(profile: Profile, fold: int) -> Domain:
    """Make a book with invented names; one half of its chapters is trained, in turn by fold."""
    from injection.corpus import markdown
    from injection.grammar import Size, make_books
    from injection.questions import exam_questions, split, training_questions

    chapters, sections, points = profile.book
    size = Size(chapters=chapters, sections=sections, points=points)
    (book,) = make_books(0, 1, size)
    trained = replace(book, chapters=book.chapters[fold % 2 :: 2])
    control = replace(book, chapters=book.chapters[1 - fold % 2 :: 2])
    parts = split(book, 0)
    inside = set(trained.points)
    lessons = training_questions(book, [p for p in parts.train if p in inside], 0)
    exam = []
    for asked in exam_questions(book, parts.held_out, 0):
        side = _side_of(asked.involves, inside)
        if side is not None:
            part = trained if side == "trained" else control
            question = _injection_question(asked, side, part)
            texts = question.rewordings[: profile.rewordings]
            exam.append(replace(question, rewordings=texts))
    return Domain(
        name="injection",
        title="Beasts",
        text=markdown(trained, profile.regime, profile.paraphrases, 0),
        lessons=tuple(asked.record() for asked in lessons),
        exam=_in_halves(iter(_sample(exam, profile.questions))),
        # Exercises and questions of structure would be on the points of the exam too.
        ssft={"kinds": ["answer", "reasoned"]},
        taxonomy={"extractor": "headings", "options": {"split_over": 1000}},
        paraphrase=1.0,
    )


def _side_of(involved: frozenset[str], inside: set[str]) -> Side | None:
    """Return the side of a question; None if it crosses."""
    if involved <= inside:
        return "trained"
    return None if involved & inside else "control"


def _sample(questions: Sequence[ExamQuestion], count: int) -> list[ExamQuestion]:
    """Draw so many questions, half of each side as far as there are."""
    rng = random.Random("exam")
    chosen: list[ExamQuestion] = []
    for side in ("trained", "control"):
        own = [question for question in questions if question.side == side]
        chosen += rng.sample(own, min(len(own), count // 2))
    return chosen


def _injection_question(asked: Any, side: Side, part: Any) -> ExamQuestion:
    rng = random.Random(asked.id)
    pool = [text for text in _same_kind(asked, part) if text not in asked.answers]
    return ExamQuestion(
        id=asked.id,
        side=side,
        half="test",
        kind=asked.kind,
        question=asked.question,
        answers=asked.answers,
        wrong=tuple(rng.sample(pool, min(_WRONG, len(pool)))),
        rewordings=tuple(_rewordings(asked)),
    )


def _same_kind(asked: Any, part: Any) -> list[str]:
    """List answers of the same kind, right and wrong ones, in the order of the book.

    All are of the question's own side: else a training that only makes the trained chapters' words
    likelier would lower the margin of the control questions.
    """
    from injection.grammar import RELATION, VALUES

    if asked.form in VALUES:
        values = (part.value(point, asked.form) for point in part.points)
        return list(dict.fromkeys(values))
    lists = {
        "section": [section.name for section in part.sections],
        "chapter": [chapter.name for chapter in part.chapters],
        "comparison": ["yes", "no"],
        RELATION: list(part.points),
        "sibling": _no_siblings(asked, part),
    }
    return lists[asked.form]


def _no_siblings(asked: Any, part: Any) -> list[str]:
    own = {part.places[point][1].name for point in asked.involves}
    return [point for point in part.points if part.places[point][1].name not in own]


def _rewordings(asked: Any) -> Iterator[str]:
    """Yield the question in the other wordings of its form."""
    from injection.questions import ASKED

    for wording in ASKED[asked.form]:
        pattern = re.escape(wording).replace(r"\{x\}", "(?P<x>.+)").replace(r"\{y\}", "(?P<y>.+)")
        match = re.fullmatch(pattern, asked.question)
        if match:
            names = match.groupdict()
            texts = [other.format(**names) for other in ASKED[asked.form]]
            yield from (text for text in texts if text != asked.question)
            return
