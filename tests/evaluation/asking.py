"""Questions, answers and runs for the tests of evaluation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from structtuning_plugin import plugins
from structtuning_plugin.core.templates import Wordings, builtin_templates
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation import tasks
from structtuning_plugin.evaluation.types import Answer, PromptedQuestion, Question
from structtuning_plugin.questions.prompts import PromptBuilder, Style

FORMATS = plugins.qa_formats(plugins.build_plugin_manager())
QA = Wordings([builtin_templates()], "qa")

CHOICE = {
    "question": "Which organ filters old blood cells?",
    "options": {"A": "liver", "B": "spleen", "C": "heart", "D": "lung"},
    "answer": "spleen",
    "answer_idx": "B",
}
CHOICES = {
    "question": "Which of these are organs of the belly?",
    "options": {"A": "liver", "B": "spleen", "C": "heart", "D": "lung"},
    "answer_idx": ["A", "B"],
}
FREE = {"question": "What is a spleen?", "answer": "An organ that filters blood."}
PASSAGE = {
    "input": "Who wrote Elizabeth and After?",
    "context": "SECRET PASSAGE",
    "answers": ["Matt Cohen"],
    "language": "en",
    "all_classes": None,
    "dataset": "musique",
}


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )
    return path


def questions(path: Path, *rows: Mapping[str, Any]) -> list[Question]:
    """The rows as questions of one file."""
    return tasks.load(tasks.files_of([str(write(path, rows))], FORMATS), FORMATS)[0]


def asked(
    found: Sequence[Question], style: Style = "brief", domain: str = "", system: str = ""
) -> list[PromptedQuestion]:
    prompts = PromptBuilder(wordings=QA, domain=domain, formats=FORMATS, style=style, system=system)
    return tasks.build_asked(found, prompts)


class Scripted:
    """Answers with a function; `asked` are the ids it got."""

    def __init__(self, say: Callable[[PromptedQuestion], str]) -> None:
        self.asked: list[str] = []
        self._say = say

    def answer(
        self, asked: Sequence[PromptedQuestion], done: Callable[[PromptedQuestion, Answer], None]
    ) -> list[Dropped]:
        for item in asked:
            self.asked.append(item.question.pair.id)
            done(item, Answer(text=self._say(item)))
        return []


def gold(item: PromptedQuestion) -> str:
    """The right answer."""
    return FORMATS[item.question.pair.format].answer(item.question.pair)
