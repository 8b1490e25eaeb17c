"""QA files as tasks: questions with their metric and messages, and scores of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Literal

from structtuning_plugin.config.questions import QAEntry
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hashing import fingerprint
from structtuning_plugin.core.types import Dropped, Message, QAPair
from structtuning_plugin.evaluation.types import Answer, Graded, Metric, PromptedQuestion, Question
from structtuning_plugin.hookspecs import QAFormat
from structtuning_plugin.llm.message import read_final_text
from structtuning_plugin.questions.files import loading as reading
from structtuning_plugin.questions.files.loading import QAFile
from structtuning_plugin.questions.files.records import records
from structtuning_plugin.questions.grading.answers import says_one_of
from structtuning_plugin.questions.grading.final_answer import final_answer
from structtuning_plugin.questions.grading.text import exact_match, rouge_l
from structtuning_plugin.questions.prompts import PromptBuilder

# LongBench's `dataset2metric` (Bai et al. 2024, `eval.py`), of its sets of short questions.
LONGBENCH_METRICS: Mapping[str, Metric] = {
    "narrativeqa": "f1",
    "qasper": "f1",
    "multifieldqa_en": "f1",
    "multifieldqa_zh": "f1",
    "hotpotqa": "f1",
    "2wikimqa": "f1",
    "musique": "f1",
    "dureader": "rouge_l",
}


def files_of(paths: Sequence[str], formats: Mapping[str, QAFormat]) -> list[QAFile]:
    """Find the QA files of paths, folders or globs.

    Raises:
        ConfigError: If one does not exist, or there is no file of questions.
    """
    return reading.discover([QAEntry(path=path) for path in paths], formats)


def load(
    files: Sequence[QAFile],
    formats: Mapping[str, QAFormat],
    on_error: Literal["raise", "skip"] = "raise",
    limit: int | None = None,
) -> tuple[list[Question], list[Dropped]]:
    """Load the first `limit` questions of each file, in order, and the records left out.

    Each file is loaded alone, so its score does not depend on other files.

    Raises:
        CorpusError: If a file cannot be read, or a record is no question and `on_error` is `raise`.
        ConfigError: If there is no question, or no format matches a file.
    """
    questions: list[Question] = []
    dropped: list[Dropped] = []
    for file in files:
        pairs, faults = reading.read([file], formats, on_error)
        has_sets = any(getattr(formats[pair.format], "names_benchmark", False) for pair in pairs)
        values = _values(file)
        datasets = _datasets(file, values) if has_sets else {}
        for pair in islice(pairs, limit):
            dataset, value = datasets.get(pair.id, ""), values.get(pair.id, {})
            metric = metric_of(pair, formats[pair.format], dataset)
            questions.append(
                Question(
                    pair=pair,
                    file=file.id,
                    dataset=dataset,
                    metric=metric,
                    wrong=_texts(value.get("wrong")),
                    rewordings=_texts(value.get("rewordings")),
                )
            )
        dropped += faults
    if not questions:
        raise ConfigError(
            f"There is no question to ask in {', '.join(file.id for file in files) or 'no file'}. "
            "Give files with `--tasks`, or "
            "name some under `structtuning.ssft.holdout`."
        )
    return questions, dropped


def build_asked(questions: Sequence[Question], prompts: PromptBuilder) -> list[PromptedQuestion]:
    """Build the messages of each question; `QAPair.context` is never shown (closed-book).

    Raises:
        TemplateError: If a template is missing or fails.
    """
    return [_asked(question, prompts.build_messages(question.pair)) for question in questions]


def _asked(question: Question, messages: tuple[Message, ...]) -> PromptedQuestion:
    pair = question.pair
    return PromptedQuestion(
        question=question,
        messages=messages,
        key=fingerprint(pair.id, pair.question, pair.options, pair.answers, pair.correct),
        prompt=fingerprint([[message.role, message.content] for message in messages]),
    )


def metric_of(pair: QAPair, qa_format: QAFormat, dataset: str = "") -> Metric:
    """Return the metric: LongBench's own for its sets, accuracy with options, else token F1.

    It is the grade of the format where the format does not declare `standard_metrics`.
    """
    if not getattr(qa_format, "standard_metrics", False):
        return "grade"
    if pair.correct:
        return "accuracy"
    if pair.options:
        return "classification"
    return LONGBENCH_METRICS.get(dataset, "f1")


def _values(file: QAFile) -> dict[str, Mapping[str, Any]]:
    """Map the ids of a file's records to the records."""
    return {
        f"{file.id}#{record.number}": record.value
        for record in records(file)
        if record.value is not None
    }


def _datasets(file: QAFile, values: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Map records to the benchmark they name, else to the one the file is named after."""
    stem = file.id.rpartition("/")[2].partition(".")[0].removesuffix("_e")
    usual = stem if stem in LONGBENCH_METRICS else ""
    return {name: _named(value.get("dataset")) or usual for name, value in values.items()}


def _texts(value: Any) -> tuple[str, ...]:
    """Return the texts of a list, or of one text, without repetitions and empty ones."""
    several = value if isinstance(value, (list, tuple)) else [value]
    texts = [" ".join(item.split()) for item in several if isinstance(item, str)]
    return tuple(dict.fromkeys(text for text in texts if text))


def _named(value: object) -> str:
    return value.strip().removesuffix("_e") if isinstance(value, str) else ""


# --- Grades


def grade(prompt: PromptedQuestion, answer: Answer, formats: Mapping[str, QAFormat]) -> Graded:
    """Score an answer by the question's metric and by its other metrics, each from 0 to 1."""
    score, metrics = score_of(prompt.question, answer.text, formats)
    return Graded(asked=prompt, answer=answer, score=score, metrics=metrics)


def score_of(
    question: Question, text: str, formats: Mapping[str, QAFormat]
) -> tuple[float, dict[str, float]]:
    """Compute the score by the question's metric, and all metrics for such questions.

    Choices have `accuracy`, classes `classification`; free answers have `exact_match`, `f1` and
    `rouge_l`. Thoughts are not scored: text that ends within a thought has no answer.
    """
    text = read_final_text(text)
    pair = replace(
        question.pair, answers=tuple(read_final_text(answer) for answer in question.pair.answers)
    )
    score = formats[pair.format].grade(pair, text)
    if question.metric not in ("f1", "rouge_l"):
        return score, {question.metric: score}
    metrics = {"exact_match": float(_exact(pair, text)), "f1": score, "rouge_l": _rouge(pair, text)}
    return metrics[question.metric], metrics


def _exact(pair: QAPair, text: str) -> bool:
    return says_one_of(pair, text) or exact_match(
        final_answer(text, pair.language), pair.answers, pair.language
    )


def _rouge(pair: QAPair, text: str) -> float:
    if _exact(pair, text):
        return 1.0
    return rouge_l(final_answer(text, pair.language), pair.answers, pair.language)
