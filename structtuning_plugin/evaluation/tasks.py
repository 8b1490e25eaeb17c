"""QA files as tasks: their questions, each with its metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Literal

from structtuning_plugin.config.questions import QAEntry
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.types import Dropped, QAPair
from structtuning_plugin.evaluation.types import Metric, Question
from structtuning_plugin.hookspecs import QAFormat
from structtuning_plugin.questions.files import loading as reading
from structtuning_plugin.questions.files.loading import QAFile
from structtuning_plugin.questions.files.records import records

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
_OURS = ("mmedbench", "longbench", "messages", "alpaca", "plain")


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
        datasets = _datasets(file) if any(pair.format == "longbench" for pair in pairs) else {}
        questions += islice(
            (_question(pair, file.id, datasets.get(pair.id, "")) for pair in pairs), limit
        )
        dropped += faults
    if not questions:
        raise ConfigError(
            f"There is no question to ask in {', '.join(file.id for file in files) or 'no file'}. "
            "Give files with `--tasks`, or "
            "name some under `structtuning.ssft.holdout`."
        )
    return questions, dropped


def metric_of(pair: QAPair, dataset: str = "") -> Metric:
    """Return the metric: LongBench's own for its sets, accuracy with options, else token F1."""
    if pair.format not in _OURS:
        return "grade"
    if pair.correct:
        return "accuracy"
    if pair.options:
        return "classification"
    return LONGBENCH_METRICS.get(dataset, "f1")


def _question(pair: QAPair, file: str, dataset: str) -> Question:
    return Question(pair=pair, file=file, dataset=dataset, metric=metric_of(pair, dataset))


def _datasets(file: QAFile) -> dict[str, str]:
    """Map records to the benchmark they name, else to the one the file is named after."""
    stem = file.id.rpartition("/")[2].partition(".")[0].removesuffix("_e")
    usual = stem if stem in LONGBENCH_METRICS else ""
    found = {
        f"{file.id}#{record.number}": record.value
        for record in records(file)
        if record.value is not None
    }
    return {name: _named(value.get("dataset")) or usual for name, value in found.items()}


def _named(found: object) -> str:
    return found.strip().removesuffix("_e") if isinstance(found, str) else ""
