"""What a user is told during a build and after it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.summary import closing_lines, notices, summary
from structtuning_plugin.core.errors import ArtifactError
from structtuning_plugin.core.progress import Progress
from tests.build.building import PROGRESS, built, manifest_of, plan_of
from tests.codecs import CharCodec


def test_languages_without_wordings_of_their_own_are_told(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path, corpus=[{"path": "corpus", "language": "de"}])
    assert manifest_of(plan, "scpt")["counts"]["wordings_in_english_for"] == ["de"]
    assert "Wordings are in English for: de." in notices(plan)


def test_the_summary_is_read_from_the_manifests(tmp_path: Path, corpus: Path) -> None:
    plan = plan_of(tmp_path, eval={"share": 0.2})
    with pytest.raises(ArtifactError, match="is missing"):
        summary(plan)
    build(plan, CharCodec(), PROGRESS)
    whole = json.loads(json.dumps(summary(plan)))
    assert list(whole["stages"]) == ["scpt"]
    figures, rows = whole["stages"]["scpt"], artifacts.load_rows(plan.train_dir("scpt"))
    assert whole["documents"] == 3
    assert sum(figures["samples"].values()) == len(rows)
    assert figures["tokens"]["trained"] == sum(figures["tokens"]["trained_by_kind"].values())
    assert figures["overhead"] == round(figures["tokens"]["total"] / whole["corpus_tokens"] - 1, 3)
    assert figures["longest_sample"] <= 600
    assert Path(figures["train_dir"]) == plan.train_dir("scpt")
    assert Path(figures["dropped_file"]).is_file()


def test_the_closing_table_shows_the_share_of_each_kind(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    figures = summary(plan)["stages"]["scpt"]
    text = "\n".join(closing_lines(plan))
    for kind, count in figures["samples"].items():
        share = figures["tokens"]["trained_by_kind"][kind] / figures["tokens"]["trained"]
        assert f"{count:,}, {share:.1%} of the trained tokens" in text
    assert "front_matter 1" in text


def test_progress_on_no_terminal_is_plain_lines(tmp_path: Path, corpus: Path) -> None:
    stream = io.StringIO()
    build(plan_of(tmp_path), CharCodec(), Progress(stream))
    assert stream.getvalue().splitlines() == [
        "[structtuning] reading documents: 3",
        "[structtuning] extracting the taxonomy: 3",
        "[structtuning] cutting chunks: 3",
        "[structtuning] writing samples: 9",
    ]
