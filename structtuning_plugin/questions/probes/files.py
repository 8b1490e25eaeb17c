"""Probes as a file of questions, and a model's answers to them.

    {"id": "probe/9f.../path", "kind": "path", "question": "Where does ...", "answer": "A > B > C",
     "language": "en", "topic": "A > B", "topic_id": "9f...", "titles": ["B"]}

The file has the format `qa`, which any evaluation can read. `topic` is the branch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from structtuning_plugin.core.errors import ArtifactError, ConfigError
from structtuning_plugin.core.types import QAPair

# --- Probes, from any source.

ProbeKind = Literal["path", "parent", "siblings", "children", "cloze", "definition", "two_hop"]
PROBE_KINDS: tuple[ProbeKind, ...] = (
    "path",
    "parent",
    "siblings",
    "children",
    "cloze",
    "definition",
    "two_hop",
)

# Kinds that ask for titles and paths. So does `two_hop`, if it asks for the heading above two.
STRUCTURE_KINDS: tuple[ProbeKind, ...] = ("path", "parent", "siblings", "children")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question about a knowledge point that instruction tuning excludes.

    `topic_id` is that point, `branch` the path of its chapter. `names` are the ids of the topics
    that the question names. `titles` are the headings to find in the answer: those of `siblings`
    and `children`, for a `path` those between the domain and the point. They are empty if the
    answer is one text.
    """

    pair: QAPair
    kind: ProbeKind
    topic_id: str
    branch: str
    names: tuple[str, ...]
    titles: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.pair.id

    @property
    def is_fact(self) -> bool:
        """Whether it asks for a fact of the text, and not for titles or paths."""
        is_structure = self.kind in STRUCTURE_KINDS or self.id.endswith("/common")
        return not is_structure


# In the folder that `evaluate -o` wrote.
GRADED = "graded.jsonl"
# Fields that an answer is looked for in, in this order.
ANSWERS = ("text", "prediction", "response", "reply", "output")


def record_of(probe: Probe) -> dict[str, Any]:
    """Convert a probe to a record of a file of questions."""
    pair = probe.pair
    return {
        "id": pair.id,
        "kind": probe.kind,
        "question": pair.question,
        "answer": pair.answers[0],
        "language": pair.language,
        "topic": probe.branch,
        "topic_id": probe.topic_id,
        "titles": list(probe.titles),
    }


def read_predictions(run: str, probes: Sequence[Probe]) -> dict[str, str]:
    """Read a model's answers, by the probe's id.

    A row belongs to a probe if it has its `id`, or its `question`, or a question that contains it
    and the `right` answer.

    Args:
        run: a file of JSON lines, or the folder of a finished evaluation. Rows of other questions
            are skipped.
        probes: the probes.

    Raises:
        ArtifactError: it cannot be read.
        ConfigError: it answers none of the probes.
    """
    path = Path(run) / GRADED if Path(run).is_dir() else Path(run)
    index = _Known(probes)
    replies: dict[str, str] = {}
    for number, row in _rows(path):
        name = index.id_of(row)
        if name is not None:
            replies[name] = _answer(row, path, number)
    if not replies:
        raise ConfigError(
            f"{path} answers none of the {len(probes):,} probes: a row needs a probe's `id` or "
            "`question`. Write them with `probes CONFIG -o FILE.jsonl`, and ask the model with "
            "`evaluate CONFIG --tasks FILE.jsonl -o RUN`."
        )
    return replies


class _Known:
    """Index of the probes, by the fields of a row that identify one."""

    def __init__(self, probes: Sequence[Probe]) -> None:
        self._ids = {probe.id for probe in probes}
        self._questions = {_one_line(probe.pair.question): probe.id for probe in probes}
        self._answers: dict[str, list[Probe]] = {}
        for probe in probes:
            self._answers.setdefault(_one_line(probe.pair.answers[0]), []).append(probe)

    def id_of(self, row: Mapping[str, Any]) -> str | None:
        """Return the probe that a row answers; of several, the one with the longest question."""
        if row.get("id") in self._ids:
            return str(row["id"])
        question, right = _one_line(str(row.get("question", ""))), row.get("right")
        if question in self._questions:
            return self._questions[question]
        several = right if isinstance(right, list) else [right]
        fitting = [
            probe for answer in several for probe in self._answers.get(_one_line(str(answer)), ())
        ]
        matches = [probe for probe in fitting if _one_line(probe.pair.question) in question]
        return (
            max(matches, key=lambda probe: (len(probe.pair.question), probe.id)).id
            if matches
            else None
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _answer(row: Mapping[str, Any], path: Path, number: int) -> str:
    for name in ANSWERS:
        if name in row:
            return "" if row[name] is None else str(row[name])
    raise ConfigError(
        f"{path}, line {number}, has no answer: it needs one of the fields "
        f"{', '.join(f'`{n}`' for n in ANSWERS)}."
    )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows with the numbers of their lines, from 1."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ArtifactError(f"The predictions {path} cannot be read: {error}") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ArtifactError(f"{path}, line {number}, is no JSON: {error}") from None
        if not isinstance(row, dict):
            raise ArtifactError(f"{path}, line {number}, is no JSON object.")
        yield number, row
