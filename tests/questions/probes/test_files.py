"""Probes as a file of questions, and answers to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.config import QAEntry
from structtuning_plugin.core.errors import ArtifactError, ConfigError
from structtuning_plugin.questions.files import loading as reading
from structtuning_plugin.questions.probes.files import GRADED, read_predictions, record_of
from tests.questions.probes.building import World, books_of, probe
from tests.samples.ssft_building import FORMATS

ONE = probe("parent", "Brakes", name="probe/x/parent", question="What stands above X?")
TWO = probe("parent", "Brakes", name="probe/y/parent", question="What stands above X? And Y?")


def written(path: Path, *rows: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_the_file_is_a_set_of_questions_like_any_other(tmp_path: Path) -> None:
    probes = World(books_of([2, 3, 3, 4, 4, 2, 3, 4, 4, 3]), share=0.5).probes
    path = written(tmp_path / "probes.jsonl", *map(record_of, probes))
    pairs, dropped = reading.read(reading.discover([QAEntry(path=path)], FORMATS), FORMATS, "raise")
    assert dropped == []
    assert len(pairs) == len(probes) > 5
    for pair, found in zip(pairs, probes, strict=True):
        assert (pair.question, pair.answers, pair.language, pair.topic, pair.format) == (
            found.pair.question, found.pair.answers, found.pair.language, found.branch, "plain",
        )  # fmt: skip
        assert FORMATS["plain"].grade(pair, pair.answers[0]) == 1.0


def test_answers_are_found_by_id_or_question(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.jsonl",
        {"id": "probe/x/parent", "prediction": "Brakes"},
        {"question": "What stands above X?  And\nY?", "text": None},
        {"id": "other", "question": "Else?", "nothing": 1},
    )
    assert read_predictions(path, [ONE, TWO]) == {"probe/x/parent": "Brakes", "probe/y/parent": ""}


def test_answers_of_a_finished_evaluation_are_found_in_its_folder(tmp_path: Path) -> None:
    """There a question stands in a wording, and its id is the file's and the line's."""
    wordings = [f"{probe.pair.question} Answer briefly." for probe in (ONE, TWO)]
    rows = [
        {"id": f"p.jsonl#{n}", "question": asked, "right": ["Brakes"], "text": f"t{n}"}
        for n, asked in enumerate(wordings)
    ]
    written(
        tmp_path / "run" / GRADED,
        *rows,
        {"id": "p.jsonl#9", "question": wordings[0], "right": ["Gears"], "text": "t9"},
    )
    assert read_predictions(str(tmp_path / "run"), [ONE, TWO]) == {
        "probe/x/parent": "t0",
        "probe/y/parent": "t1",
    }


def test_what_is_wrong_with_answers_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"none\.jsonl cannot be read"):
        read_predictions(str(tmp_path / "none.jsonl"), [ONE])
    (tmp_path / "torn.jsonl").write_text('{"id": ', encoding="utf-8")
    with pytest.raises(ArtifactError, match=r"torn\.jsonl, line 1, is no JSON"):
        read_predictions(str(tmp_path / "torn.jsonl"), [ONE])
    with pytest.raises(ArtifactError, match="line 2, is no JSON object"):
        read_predictions(written(tmp_path / "list.jsonl", {"id": "x"}, [1]), [ONE])
    with pytest.raises(
        ConfigError, match="line 1, has no answer: it needs one of the fields `text`, `prediction`"
    ):
        read_predictions(written(tmp_path / "bare.jsonl", {"id": "probe/x/parent"}), [ONE])
    with pytest.raises(
        ConfigError, match="answers none of the 1 probes: a row needs a probe's `id` or `question`"
    ):
        read_predictions(written(tmp_path / "other.jsonl", {"id": "q#1", "text": "A"}), [ONE])
