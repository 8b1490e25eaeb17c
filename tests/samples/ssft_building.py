"""What the tests of samples for instruction tuning are made with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from structtuning_plugin import plugins
from structtuning_plugin.config import SsftConfig
from structtuning_plugin.core.templates import Wordings, builtin_templates
from structtuning_plugin.core.tokens import Chat
from structtuning_plugin.core.types import Chunk, QAPair, SsftSample, Topic
from structtuning_plugin.hookspecs import Source
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.questions.exercises.index import CorpusIndex
from structtuning_plugin.questions.linking import Link
from structtuning_plugin.questions.walks.prompts import Reasoning, WalkQuestion
from structtuning_plugin.samples.selection import draft_samples, knowledge_topics
from structtuning_plugin.samples.ssft import LinkedQuestion, SsftBuilder, SsftContext
from structtuning_plugin.taxonomy.tree import Tree
from tests.chats import WordChat
from tests.kinds import KINDS

LANGUAGES = ("en", "zh", "ja", "fr", "ru", "es")
FORMATS = plugins.qa_formats(plugins.build_plugin_manager())
QUESTIONS, ANSWERS = (Wordings([builtin_templates()], stage) for stage in ("qa", "ssft"))

# One wording a pool, so that rows can be written down.
BARE = {
    "qa": {
        "brief": "{{ question }} Answer only.",
        "reason": "{{ question }} Reason.",
        "explain": "{{ question }} Explain.",
        "choice": "(one)",
        "choices": "(several)",
        "belongs": "Where is {{ name }}?",
        "organised": "Map of {{ name }}?",
        "next": "After {{ name }}?",
        "common": "Above {{ first }} and {{ second }}?",
        "definition": "What is {{ term }}?",
        "cloze": "In {{ name }}: {{ text }}",
        "extract": "{{ name }} on {{ term }}?",
        "extract_next": "After {{ name }} on {{ term }}?",
        "heading": "Heading of: {{ text }}",
        "plain": "Q: {{ question }}\nA:",
    },
    "ssft": {
        "reasoned-path": "{{ structure }}\n\n{{ reasoning }}\n\n{{ marker }} {{ answer }}",
        "reasoned-mindmap": "Map:\n{{ structure }}\n\n{{ reasoning }}\n\n{{ marker }} {{ answer }}",
        "reasoned-none": "{{ reasoning }}\n\n{{ marker }} {{ answer }}",
    },
}


def bare_wordings(folder: Path) -> dict[str, Wordings]:
    for stage, pools in BARE.items():
        for pool, text in pools.items():
            path = folder / stage / "en" / pool / "01.jinja"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return {stage: Wordings([folder], stage) for stage in BARE}


class KindBuilder(SsftBuilder):
    """A builder with one method a kind."""

    @property
    def settings(self) -> SsftConfig:
        return self.context.settings

    def add_answers(self, pairs: Iterable[QAPair]) -> None:
        self._add("answer", "questions", [list(pairs)])

    def add_reasoned(
        self, pairs: Sequence[QAPair], links: Sequence[Link], rewritten: dict[str, Reasoning]
    ) -> None:
        questions = [
            LinkedQuestion(pair=pair, link=link, reasoning=rewritten.get(pair.id))
            for pair, link in zip(pairs, links, strict=True)
        ]
        self._add("reasoned", "linked_questions", [questions])

    def add_structure(self) -> None:
        self._add("structure", "topic", knowledge_topics(self.context.tree))

    def add_exercises(self, exercises: Iterable[Exercise]) -> None:
        self._add("exercise", "exercises", [list(exercises)])

    def add_kind(self, name: str) -> None:
        """Add the samples of a kind about topics."""
        self._add(name, "topic", knowledge_topics(self.context.tree))

    def add_walks(self, walks: Iterable[WalkQuestion]) -> None:
        self._add("walk", "walks", [list(walks)])

    def _add(self, name: str, source: Source, units: Iterable[Any]) -> None:
        for kind, drafts in draft_samples([KINDS[name]], {source: units}, self.context):
            self.add(kind, drafts)


def builder_of(
    tree: Tree,
    *,
    wordings: dict[str, Wordings] | None = None,
    chat: Chat | None = None,
    sequence_len: int = 4000,
    seed: int = 1,
    is_held_out: Callable[[str, str], str] = lambda text, language: "",
    chunks: Sequence[Chunk] = (),
    load_index: Callable[[], CorpusIndex] | None = None,
    **ssft: Any,
) -> KindBuilder:
    wordings = wordings or {"qa": QUESTIONS, "ssft": ANSWERS}
    context = SsftContext(
        tree=tree,
        questions=wordings["qa"],
        answers=wordings["ssft"],
        settings=SsftConfig(**ssft),
        formats=FORMATS,
        seed=seed,
        chunks=chunks,
        load_index=load_index,
    )
    return KindBuilder(
        context=context,
        chat=chat or WordChat(),
        sequence_len=sequence_len,
        is_held_out=is_held_out,
    )


def free(
    name: str = "q#1",
    question: str = "Why?",
    answer: str = "Because.",
    language: str = "en",
    **more: Any,
) -> QAPair:
    return QAPair(
        id=name, format="plain", question=question, answers=(answer,), language=language, **more
    )


def choice(
    name: str, texts: tuple[str, ...], correct: str, language: str = "en", **more: Any
) -> QAPair:
    """`correct` are the letters of the right options, such as "AC"."""
    options = tuple(zip("ABCDEFGH", texts, strict=False))
    right = tuple(text for letter, text in options if letter in correct)
    given = {"question": "Which?", "several": len(correct) > 1, **more}
    return QAPair(
        id=name,
        format="mmedbench",
        answers=right,
        options=options,
        correct=tuple(correct),
        language=language,
        **given,
    )


def linked(pair: QAPair, *topics: Topic) -> Link:
    return Link(
        pair_id=pair.id, chunk_ids=(), topic_ids=tuple(topic.id for topic in topics), fit=0.9
    )


def unlinked(pair: QAPair, fit: float = 0.1) -> Link:
    return Link(pair_id=pair.id, chunk_ids=(), topic_ids=(), fit=fit, reason="no_fit")


def samples(builder: SsftBuilder) -> list[SsftSample]:
    found = [row.sample for row in builder.rows]
    assert all(isinstance(sample, SsftSample) for sample in found)
    return found  # type: ignore[return-value]


def said(builder: SsftBuilder) -> dict[str, tuple[str, str]]:
    """Question and answer by the sample's id."""
    return {
        sample.id: (sample.messages[-2].content, sample.messages[-1].content)
        for sample in samples(builder)
    }
