"""What is held out for evaluation is in no other row."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from structtuning_plugin.build import artifacts
from tests.build.building import artifact, built, manifest_of


@pytest.mark.parametrize("unit", ["topic", "document"])
def test_what_is_held_out_is_not_trained_on(tmp_path: Path, corpus: Path, unit: str) -> None:
    plan = built(tmp_path, eval={"unit": unit, "share": 0.3})
    assert plan.eval_dir("scpt") is not None
    train, evaluation = (
        artifacts.load_rows(plan.train_dir("scpt")),
        artifacts.load_rows(plan.eval_dir("scpt")),
    )
    assert evaluation
    assert {row["kind"] for row in evaluation} == {"passage"}
    assert not {row["topic_id"] for row in train} & {row["topic_id"] for row in evaluation}
    texts = {row["completion"].strip() for row in train}
    assert not texts & {row["completion"].strip() for row in evaluation}
    in_train = Counter(chunk for row in train for chunk in row["chunk_ids"])
    in_eval = Counter(chunk for row in evaluation for chunk in row["chunk_ids"])
    documents = artifacts.load_documents(artifact(plan, "documents"))
    chunks = artifacts.load_chunks(
        artifact(plan, "taxonomy"), {document.id: document for document in documents}
    )
    assert in_train + in_eval == Counter(chunk.id for chunk in chunks)


def test_without_an_eval_block_there_is_no_eval_folder(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    assert plan.eval_dir("scpt") is None
    assert sorted(path.name for path in artifact(plan, "scpt").iterdir()) == [
        "dropped.jsonl",
        "facts.jsonl",
        "manifest.json",
        "train",
    ]
    assert manifest_of(plan, "scpt")["counts"]["eval"]["samples"] == {}
