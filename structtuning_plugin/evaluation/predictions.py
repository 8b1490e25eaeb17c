"""Folder of a run. Answers are written one by one, so a killed run asks no question twice.

RUN/
  run.json                 what decides the answers: model, style, limits
  predictions.jsonl        one answer a line, written as it comes
  likelihoods.jsonl        log-likelihoods of one prompt a line, written as they come
  graded.jsonl             every answer with its scores, at the end
  likelihood_graded.jsonl  every question with its likelihood measures, at the end
  scores.json              the scores, at the end
  dropped.jsonl            questions and records that were left out, at the end
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, TypeVar

from filelock import FileLock, Timeout

from structtuning_plugin.build.store import read_jsonl
from structtuning_plugin.core.errors import ArtifactError
from structtuning_plugin.core.hashing import fingerprint
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation.tasks import grade
from structtuning_plugin.evaluation.types import Answer, Answerer, Graded, PromptedQuestion
from structtuning_plugin.hookspecs import QAFormat

RUN, PREDICTIONS, GRADED, SCORES, DROPPED = (
    "run.json",
    "predictions.jsonl",
    "graded.jsonl",
    "scores.json",
    "dropped.jsonl",
)
Entry = TypeVar("Entry")
LIKELIHOODS, LIKELIHOOD_GRADED = "likelihoods.jsonl", "likelihood_graded.jsonl"


class Journal:
    """Append-only file of JSON lines that survives a kill.

    Half a last line is ignored, and cut when the first row is added.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    @property
    def is_open(self) -> bool:
        """True if a row was added since the start or the last `close`."""
        return self._file is not None

    def load(self, parse: Callable[[Mapping[str, Any]], Entry]) -> Iterator[Entry]:
        """Iterate over the whole lines, parsed.

        Raises:
            ArtifactError: If the file cannot be read, or a line has another shape.
        """
        try:
            lines = self.path.read_bytes().split(b"\n")[:-1] if self.path.exists() else []
            for line in lines:
                yield parse(json.loads(line))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArtifactError(
                f"{self.path} cannot be read: {error}. Remove it, and its questions are asked "
                "again."
            ) from None

    def add(self, row: Mapping[str, Any]) -> None:
        """Append a row; it is in the file when this returns.

        Raises:
            OSError: If the file cannot be written.
        """
        if self._file is None:
            self._cut_torn_line()
            self._file = self.path.open("a", encoding="utf-8", newline="\n")
        self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file; a later `add` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _cut_torn_line(self) -> None:
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with self.path.open("r+b") as file:
                file.truncate(whole)


class Run:
    """One folder, locked by this process.

    `kept` maps hashes of prompts to answers, `scored` hashes of prompts and candidates to
    log-likelihoods. Those of a run with other settings do not count: their files are renamed
    (`moved`), and restored when those settings return.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder = folder
        self.settings: dict[str, Any] = json.loads(json.dumps(settings))
        self.moved: Path | None = None
        self._set_aside()
        self._predictions = Journal(folder / PREDICTIONS)
        self._likelihoods = Journal(folder / LIKELIHOODS)
        self.kept: dict[str, Answer] = dict(self._predictions.load(_answer))
        self.scored: dict[str, tuple[float, ...]] = dict(self._likelihoods.load(_logliks))

    def add(self, prompt: PromptedQuestion, answer: Answer) -> None:
        """Store one answer; it is in the file when this returns."""
        self._unfinish_once()
        entry = Answer(text=_writable(answer.text), finish=answer.finish)
        self._predictions.add(
            {
                "id": prompt.question.pair.id,
                "prompt": prompt.prompt,
                "text": entry.text,
                "finish": entry.finish,
            }
        )
        self.kept[prompt.prompt] = entry

    def add_likelihoods(self, name: str, prompt: str, logliks: Sequence[float]) -> None:
        """Store the log-likelihoods of one prompt's candidates, in nats."""
        self._unfinish_once()
        self._likelihoods.add({"id": name, "prompt": prompt, "logliks": list(logliks)})
        self.scored[prompt] = tuple(logliks)

    def finish(
        self,
        graded: Iterable[Graded] | None,
        dropped: Iterable[Dropped],
        scores: Mapping[str, Any],
        likelihoods: Iterable[Mapping[str, Any]] | None = None,
    ) -> None:
        """Write the results, each file atomically, the scores last; None leaves a file as it is."""
        if graded is not None:
            _write(self.folder / GRADED, lambda file: _lines(file, map(_graded_row, graded)))
        if likelihoods is not None:
            _write(self.folder / LIKELIHOOD_GRADED, lambda file: _lines(file, likelihoods))
        _write(self.folder / DROPPED, lambda file: _lines(file, map(asdict, dropped)))
        _write(
            self.folder / SCORES,
            lambda file: file.write(json.dumps(scores, indent=2, ensure_ascii=False) + "\n"),
        )

    def close(self) -> None:
        """Close the files."""
        self._predictions.close()
        self._likelihoods.close()

    def _set_aside(self) -> None:
        before = _settings(self.folder / RUN)
        if before == self.settings:
            return
        for name in (LIKELIHOODS, PREDICTIONS):
            self._exchange(name, before)
        self._unfinish()
        text = json.dumps(self.settings, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        _write(self.folder / RUN, lambda file: file.write(text))

    def _exchange(self, name: str, before: Any) -> None:
        """Rename the file of the settings before, and restore that of these settings."""
        path, own = self.folder / name, self._aside(name, self.settings)
        if path.exists():
            self.moved = self._aside(name, before)
            path.replace(self.moved)
        if own.exists():
            own.replace(path)

    def _unfinish_once(self) -> None:
        if not (self._predictions.is_open or self._likelihoods.is_open):
            self._unfinish()

    def _unfinish(self) -> None:
        """Remove earlier scores, so that a run that is killed now has none."""
        for name in (SCORES, GRADED, LIKELIHOOD_GRADED, DROPPED):
            (self.folder / name).unlink(missing_ok=True)

    def _aside(self, name: str, settings: Any) -> Path:
        return self.folder / f"{name.removesuffix('.jsonl')}.{fingerprint(settings)}.jsonl"


@contextmanager
def open_run(folder: Path, settings: Mapping[str, Any]) -> Iterator[Run]:
    """Open the run of this folder, which is created if it is missing.

    Raises:
        ArtifactError: If another process evaluates into it, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock").acquire(timeout=0)
    except Timeout:
        raise ArtifactError(
            f"Another evaluation writes to {folder}. Wait for it, or give another folder with `-o`."
        ) from None
    except OSError as error:
        raise ArtifactError(
            f"The folder {folder} cannot be written: {error}. Give another one with `-o`."
        ) from None
    with lock:
        run = Run(folder, settings)
        try:
            yield run
        except OSError as error:
            raise ArtifactError(
                f"The folder {folder} cannot be written: {error}. What was answered is kept."
            ) from error
        finally:
            run.close()


def load_likelihoods(folder: Path) -> dict[str, dict[str, Any]]:
    """Load the likelihood measures of a finished run by the key of the question.

    Raises:
        ArtifactError: If the folder holds no finished run with `--measures likelihood`.
    """
    path = folder / LIKELIHOOD_GRADED
    try:
        rows = {row["key"]: row for row in read_jsonl(path)}
        if not all(isinstance(row["forms"], dict) for row in rows.values()):
            raise ValueError("a record has no measures")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(
            f"{folder} is no finished evaluation of likelihoods: {path.name} cannot be read "
            f"({error}). Give the folder that `evaluate --measures likelihood -o` wrote."
        ) from None
    return rows


def load_scores(folder: Path) -> dict[str, dict[str, Any]]:
    """Load the graded answers of a finished run by the key of the question.

    Raises:
        ArtifactError: If the folder holds no finished run.
    """
    path = folder / GRADED
    try:
        rows = {row["key"]: row for row in read_jsonl(path)}
        if not all(isinstance(row["score"], (int, float)) for row in rows.values()):
            raise ValueError("a score is no number")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(
            f"{folder} is no finished evaluation: {path.name} cannot be read ({error}). Give the "
            "folder that `evaluate -o` wrote."
        ) from None
    return rows


def missing(
    questions: Sequence[PromptedQuestion], answers: Mapping[str, Answer]
) -> list[PromptedQuestion]:
    """List the questions without an answer, each prompt once."""
    return list({item.prompt: item for item in questions if item.prompt not in answers}.values())


def _answer(row: Mapping[str, Any]) -> tuple[str, Answer]:
    return row["prompt"], Answer(text=row["text"], finish=row["finish"])


def _logliks(row: Mapping[str, Any]) -> tuple[str, tuple[float, ...]]:
    return row["prompt"], tuple(map(float, row["logliks"]))


def _settings(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _graded_row(graded: Graded) -> dict[str, Any]:
    pair, prompt = graded.asked.question.pair, graded.asked
    return {
        "id": pair.id,
        "key": prompt.key,
        "file": prompt.question.file,
        "language": pair.language,
        "metric": prompt.question.metric,
        "score": graded.score,
        **graded.metrics,
        "question": prompt.messages[-1].content,
        "right": list(pair.correct or pair.answers),
        "text": graded.answer.text,
        "finish": graded.answer.finish,
    }


def _writable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _lines(file: IO[str], rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _write(path: Path, fill: Callable[[IO[str]], object]) -> None:
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        fill(file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


# --- One run: ask what was not asked yet, and grade everything.


def answer_all(
    questions: Sequence[PromptedQuestion],
    run: Run,
    answerer: Callable[[], Answerer],
    progress: Progress,
) -> list[Dropped]:
    """Ask every question without an answer; return those that could not be asked, with reasons.

    `answerer` is called only if there is a question to ask, because loading a model takes long.
    """
    todo = missing(questions, run.kept)
    if len(todo) < len({item.prompt for item in questions}):
        count = sum(item.prompt in run.kept for item in questions)
        progress.say(
            f"{count:,} of {len(questions):,} questions are answered already, in {run.folder}"
        )
    if not todo:
        return []
    model = answerer()
    with progress.stage("asking", len(todo)) as step:

        def done(item: PromptedQuestion, answer: Answer) -> None:
            run.add(item, answer)
            step()

        failed = model.answer(todo, done)
    return _with_twins(failed, questions, todo)


def _with_twins(
    failed: Sequence[Dropped],
    questions: Sequence[PromptedQuestion],
    todo: Sequence[PromptedQuestion],
) -> list[Dropped]:
    """Add questions with the same prompt as a failed one."""
    prompts = {item.question.pair.id: item.prompt for item in todo}
    reasons = {prompts[item.id]: item for item in failed}
    return [
        Dropped(
            stage=reason.stage, id=item.question.pair.id, reason=reason.reason, detail=reason.detail
        )
        for item in questions
        if (reason := reasons.get(item.prompt))
    ]


def grade_all(
    questions: Sequence[PromptedQuestion],
    answers: Mapping[str, Answer],
    formats: Mapping[str, QAFormat],
) -> list[Graded]:
    """Grade every question that has an answer, in order."""
    return [
        grade(item, answers[item.prompt], formats) for item in questions if item.prompt in answers
    ]
