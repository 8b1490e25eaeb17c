"""Finished evaluations, loaded from their folders."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structtuning_plugin.build.store import read_jsonl
from structtuning_plugin.core.errors import ArtifactError, ConfigError
from structtuning_plugin.core.types import QAPair
from structtuning_plugin.evaluation import predictions
from structtuning_plugin.evaluation.likelihood import Measured, parse_graded_row
from structtuning_plugin.evaluation.types import Answer, Graded, PromptedQuestion, Question

_NEEDED = {
    *(
        "model",
        "style",
        "max_new_tokens",
        "questions",
        "left_out",
        "cut_off",
        "score",
        "macro_languages",
    ),
    *("metrics", "files", "languages"),
}
# Of a row of graded.jsonl; its other numbers are metrics.
_OWN = {"id", "key", "file", "language", "metric", "score", "question", "right", "text", "finish"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """One answer of a run.

    `question` is the user's turn; `right` has the right answers, or the letters of right options.
    """

    graded: Graded
    question: str
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """Folder of `evaluate`: `scores` of scores.json, `answer_rows` in the order of graded.jsonl.

    `measured` are the questions whose likelihoods were measured.
    """

    name: str
    folder: Path
    scores: Mapping[str, Any]
    answer_rows: tuple[AnswerRow, ...]
    measured: tuple[Measured, ...] = ()

    @property
    def graded(self) -> list[Graded]:
        """The answers with their scores."""
        return [answer_row.graded for answer_row in self.answer_rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Runs in the order given, and the run they are compared with, which may be one of them."""

    runs: tuple[FinishedRun, ...]
    before: FinishedRun | None = None

    @property
    def shown(self) -> tuple[FinishedRun, ...]:
        """All runs; the baseline first unless it has a place of its own."""
        return (
            self.runs
            if self.before is None or self.before in self.runs
            else (self.before, *self.runs)
        )

    @property
    def compared(self) -> tuple[FinishedRun, ...]:
        """The runs that are compared with the baseline."""
        return (
            () if self.before is None else tuple(run for run in self.runs if run is not self.before)
        )


def read_runs(folders: Sequence[str], against: str | None) -> Runs:
    """Load finished runs by their folders.

    A run has the name of its folder, or its path where two names are equal.

    Raises:
        ArtifactError: If a folder holds no run, or an unfinished one.
        ConfigError: If a folder is given twice, or the only run is compared with itself.
    """
    places = {Path(path).resolve(): path for path in [*folders, *([against] if against else [])]}
    twice = [
        path
        for path in folders
        if [Path(other).resolve() for other in folders].count(Path(path).resolve()) > 1
    ]
    if twice:
        raise ConfigError(f"The run {twice[0]} is given twice: name each run once with `--run`.")
    if against and {Path(path).resolve() for path in folders} == {Path(against).resolve()}:
        raise ConfigError(
            f"`--against {against}` is the run itself: name another run to compare with, or leave "
            "it out."
        )
    names = [place.name for place in places]
    run_of = {
        place: _read(path, place.name if place.name and names.count(place.name) == 1 else path)
        for place, path in places.items()
    }
    before = run_of[Path(against).resolve()] if against else None
    return Runs(runs=tuple(run_of[Path(path).resolve()] for path in folders), before=before)


def _read(path: str, name: str) -> FinishedRun:
    folder = Path(path)
    if not (folder / predictions.RUN).is_file():
        raise ArtifactError(
            f"{path} is no run: it has no {predictions.RUN}. Give the folder that `evaluate -o` "
            "wrote."
        )
    if not (folder / predictions.SCORES).is_file():
        raise ArtifactError(
            f"The run {path} is not finished: it has no {predictions.SCORES}. `evaluate` it again "
            f"with `-o {path}` to "
            "finish; what is answered is not asked again."
        )
    scores = _scores(folder)
    has_likelihoods = bool(scores.get("likelihood"))
    has_answers = (folder / predictions.GRADED).is_file() or not has_likelihoods
    return FinishedRun(
        name=name,
        folder=folder,
        scores=scores,
        answer_rows=_askings(folder) if has_answers else (),
        measured=_measured(folder) if has_likelihoods else (),
    )


def _measured(folder: Path) -> tuple[Measured, ...]:
    try:
        return tuple(map(parse_graded_row, predictions.load_likelihoods(folder).values()))
    except (KeyError, TypeError) as error:
        raise _unreadable(folder / predictions.LIKELIHOOD_GRADED, error) from None


def _scores(folder: Path) -> dict[str, Any]:
    path = folder / predictions.SCORES
    try:
        scores = json.loads(path.read_text(encoding="utf-8"))
        missing = sorted(_NEEDED - set(scores))
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(path, error) from None
    if missing:
        raise _unreadable(path, f"it lacks {', '.join(missing)}")
    return dict(scores)


def _askings(folder: Path) -> tuple[AnswerRow, ...]:
    path = folder / predictions.GRADED
    try:
        return tuple(map(_asking, read_jsonl(path)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, why: object) -> ArtifactError:
    return ArtifactError(
        f"{path} cannot be read ({why}). `evaluate` it again with `-o {path.parent}`: it is "
        "written anew from the kept answers."
    )


def _asking(row: Mapping[str, Any]) -> AnswerRow:
    right = tuple(map(str, row["right"]))
    pair = QAPair(
        id=row["id"], format="", question=row["question"], answers=right, language=row["language"]
    )
    prompt = PromptedQuestion(
        question=Question(pair=pair, file=row["file"], metric=row["metric"]),
        messages=(),
        key=row["key"],
        prompt="",
    )
    metrics = {name: float(value) for name, value in row.items() if name not in _OWN}
    answer = Answer(text=row["text"], finish=row["finish"])
    graded = Graded(asked=prompt, answer=answer, score=float(row["score"]), metrics=metrics)
    return AnswerRow(graded=graded, question=str(row["question"]), right=right)
