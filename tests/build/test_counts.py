"""The counts of the manifests are those of the files, and nothing is lost unnamed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.store import read_jsonl
from structtuning_plugin.build.summary import summary
from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.progress import Progress
from tests.build.building import KINDS, artifact, built, manifest_of, plan_of
from tests.codecs import CharCodec

# It locates every topic, so that something about held-out topics is dropped.
OF_PAPER = {"preset": "paper", "kinds": KINDS, "shares": {"locate": 0.6}}


def test_counts_of_the_manifests_are_those_of_the_files(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path, scpt=OF_PAPER, eval={"share": 0.2})
    documents = artifacts.load_documents(artifact(plan, "documents"))
    chunks = artifacts.load_chunks(
        artifact(plan, "taxonomy"), {document.id: document for document in documents}
    )
    of_documents, of_taxonomy, of_samples = (
        manifest_of(plan, stage)["counts"] for stage in plan.stages
    )
    assert of_documents == {
        "documents": 3,
        "characters": sum(len(document.text) for document in documents),
        "languages": {"en": 3},
        "same_text_as_another": 0,
        "headings": {"marked": 9},
        "doubtful_levels": {},
        "dropped": {"front_matter": 1},
    }
    assert of_taxonomy["chunks"] == len(chunks)
    assert of_taxonomy["corpus_tokens"] == sum(len(document.text) for document in documents)
    assert of_taxonomy["longest_chunk"] == max(chunk.tokens for chunk in chunks) <= 64
    assert of_taxonomy["topics_per_level"] == [1, 2, 5, 5]
    assert of_taxonomy["topics_by_source"] == {"document": 2, "folders": 2, "headings": 9}
    assert of_taxonomy["documents_without_headings"] == 1
    for part, folder in (("train", plan.train_dir("scpt")), ("eval", plan.eval_dir("scpt"))):
        assert folder is not None
        rows = artifacts.load_rows(folder)
        counts = of_samples[part]
        assert counts["samples"] == Counter(row["kind"] for row in rows)
        assert counts["trained_tokens"] == sum(len(row["completion"]) + row["eos"] for row in rows)
        assert counts["trained_tokens"] == sum(counts["trained_tokens_by_kind"].values())
        assert counts["prompt_tokens"] == sum(len(row["prompt"]) for row in rows)
        assert counts["total_tokens"] == counts["trained_tokens"] + counts["prompt_tokens"] + len(
            rows
        )
        assert counts["longest_sample"] == max(
            1 + len(row["prompt"]) + len(row["completion"]) + row["eos"] for row in rows
        )
        assert [row["trained_tokens"] for row in rows] == [
            len(row["completion"]) + row["eos"] for row in rows
        ]
        assert [row["prompt_tokens"] for row in rows] == [len(row["prompt"]) for row in rows]
    dropped = list(read_jsonl(artifact(plan, "scpt") / artifacts.DROPPED))
    assert of_samples["dropped"] == Counter(item["reason"] for item in dropped)
    assert of_samples["dropped"]["held_out"] > 0
    assert of_samples["dropped"]["front_matter"] == 1


def test_every_sample_is_a_row_or_named_among_the_dropped(tmp_path: Path, corpus: Path) -> None:
    whole = built(tmp_path, scpt=OF_PAPER | {"shares": {"locate": 0.7}})
    # So small a share that something must go.
    part = built(tmp_path, scpt=OF_PAPER | {"shares": {"locate": 0.1}}, eval={"share": 0.2})
    assert part.eval_dir("scpt") is not None
    rows = [
        *artifacts.load_rows(part.train_dir("scpt")),
        *artifacts.load_rows(part.eval_dir("scpt")),
    ]
    dropped = [
        item
        for item in read_jsonl(artifact(part, "scpt") / artifacts.DROPPED)
        if item["stage"] == "scpt"
    ]
    assert {item["reason"] for item in dropped} >= {"held_out", "share"}
    ids = [row["id"] for row in rows] + [item["id"] for item in dropped]
    assert len(set(ids)) == len(ids)
    assert set(ids) >= {row["id"] for row in artifacts.load_rows(whole.train_dir("scpt"))}


def test_what_was_overlooked_is_told(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    assert [(item.id, item.reason) for item in plan.overlooked] == [
        ("notes/photo.jpg", "unknown_format")
    ]
    # It is no part of the artifact, which does not depend on it.
    dropped = artifacts.load_dropped(artifact(plan, "scpt"))
    assert "unknown_format" not in {item.reason for item in dropped}
    assert summary(plan)["stages"]["scpt"]["dropped"]["unknown_format"] == 1


def test_documents_of_a_build_that_skips_faults_are_refused_without_that_setting(
    tmp_path: Path, corpus: Path
) -> None:
    (tmp_path / "corpus" / "broken.jsonl").write_text("{", encoding="utf-8")
    lenient = built(tmp_path, on_error="skip")
    assert lenient.is_built
    strict = plan_of(tmp_path)
    assert strict.keys == lenient.keys
    assert not strict.is_built
    with pytest.raises(CorpusError, match=r"broken\.jsonl.*on_error: skip"):
        build(strict, CharCodec(), Progress(quiet=True))
