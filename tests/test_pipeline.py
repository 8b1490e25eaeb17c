"""The whole flow: what decides the fingerprints, and that the same inputs give the same bytes."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin import artifacts, plugins, software
from structtuning_plugin.config import parse_block
from structtuning_plugin.corpus import reading
from structtuning_plugin.errors import (
    ArtifactError,
    BudgetError,
    ConfigError,
    CorpusError,
    PluginError,
    TemplateError,
)
from structtuning_plugin.pipeline import build
from structtuning_plugin.planning import STAGES, Host, Plan, make_plan
from structtuning_plugin.progress import Progress
from structtuning_plugin.report import closing_lines, notices, summary
from structtuning_plugin.store import read_jsonl
from structtuning_plugin.taxonomy.files import load, to_json
from tests.codecs import CharCodec

HANDBOOK = """---
title: The Handbook
---
# The Handbook

Bicycles need care, and care needs tools.

## Brakes

Brakes turn motion into heat. They wear.

### Adjustment

Turn the screw until the pads are close to the rim.

## Gears

### Adjustment

Turn the barrel until the chain runs in silence.

### History

Gears are old. Their inventors were many.

## References

Smith 1990.
"""

FILES = {
    "handbook.md": HANDBOOK,
    "notes/oil.md": "# Oil\n\nA chain wants little oil.\n\n# Grease\n\nA bearing wants grease.\n",
    "notes/tyres.txt": "Tyres hold air.\n\nAir holds the rider.\n",
    "notes/photo.jpg": "no text",
}

PROGRESS = Progress(quiet=True)


def write_corpus(folder: Path, files: dict[str, str] = FILES) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus")


def plan_of(base: Path, *, seed: int = 1, tokenizer: str = "chars", sequence_len: int = 600, **changes: Any) -> Plan:
    """A plan for `base/corpus`, everything else as the block says."""
    block = {
        "domain": "Bicycles",
        "corpus": [{"path": "corpus", "language": "en"}],
        "work_dir": "work",
        "chunk_tokens": 64,
        "scpt": {"shares": {"locate": 0.6}},
        **changes,
    }
    host = Host(sequence_len=sequence_len, seed=seed, tokenizer=tokenizer)
    return make_plan(parse_block(block).absolute(base), host)


def built(base: Path, **changes: Any) -> Plan:
    plan = plan_of(base, **changes)
    assert build(plan, CharCodec(), PROGRESS)
    return plan


def manifest_of(plan: Plan, stage: str) -> dict[str, Any]:
    return plan.store.require(stage, plan.keys[stage])


def artifact(plan: Plan, stage: str) -> Path:
    return plan.store.path(stage, plan.keys[stage])


def bytes_under(root: Path) -> dict[str, bytes]:
    """All files of the artifacts; locks and the memory of hashes are no artifacts."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for stage in STAGES
        for path in sorted((root / stage).rglob("*"))
        if path.is_file()
    }


def times_under(root: Path) -> dict[str, int]:
    return {name: (root / name).stat().st_mtime_ns for name in bytes_under(root)}


# --- what decides the fingerprints


def changed(before: Plan, after: Plan) -> list[str]:
    return [stage for stage in STAGES if before.keys[stage] != after.keys[stage]]


ALL, FROM_TAXONOMY, SAMPLES = ["documents", "taxonomy", "scpt"], ["taxonomy", "scpt"], ["scpt"]


def _edit(name: str, text: str) -> Callable[[Path], None]:
    def edit(base: Path) -> None:
        path = base / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return edit


def _remove(base: Path) -> None:
    (base / "corpus" / "notes" / "tyres.txt").unlink()


def _rename(base: Path) -> None:
    (base / "corpus" / "notes" / "oil.md").rename(base / "corpus" / "notes" / "oils.md")


@pytest.mark.parametrize(
    "edit",
    [
        _edit("handbook.md", HANDBOOK.replace("Smith", "Smyth")),
        _edit("handbook.md", HANDBOOK + "\n"),
        _edit("new.md", "New."),
        # A file that nobody reads is listed among what was left out.
        _edit("notes/photo.png", ""),
        _remove,
        _rename,
    ],
)
def test_another_corpus_is_another_build(tmp_path: Path, corpus: Path, edit: Callable[[Path], None]) -> None:
    before = plan_of(tmp_path)
    edit(tmp_path)
    assert changed(before, plan_of(tmp_path)) == ALL


@pytest.mark.parametrize(
    ("changes", "stages"),
    [
        ({"corpus": [{"path": "corpus", "language": "fr"}]}, ALL),
        ({"corpus": [{"path": "corpus", "language": "en", "encoding": "utf-8"}]}, ALL),
        ({"corpus": [{"path": "corpus", "language": "en", "format": "text"}]}, ALL),
        ({"corpus": [{"path": "corpus/notes", "language": "en"}]}, ALL),
        ({"on_error": "skip"}, ALL),
        ({"domain": "Cycling"}, FROM_TAXONOMY),
        ({"taxonomy": {"extractor": "parts"}}, FROM_TAXONOMY),
        ({"taxonomy": {"options": {"split_over": 2}}}, FROM_TAXONOMY),
        ({"chunk_tokens": 65}, FROM_TAXONOMY),
        ({"chunk_tokens": None}, FROM_TAXONOMY),
        ({"sequence_len": 601}, FROM_TAXONOMY),
        ({"tokenizer": "words"}, FROM_TAXONOMY),
        ({"scpt": {"preset": "paper"}}, FROM_TAXONOMY),
        ({"scpt": {"context": "mindmap"}}, FROM_TAXONOMY),
        ({"scpt": {"map_tokens": 70}}, FROM_TAXONOMY),
        ({"scpt": {"title_in_completion": True}}, FROM_TAXONOMY),
        ({"scpt": {"kinds": ["passage"]}}, SAMPLES),
        ({"scpt": {"shares": {"locate": 0.5}}}, SAMPLES),
        ({"scpt": {"wordings": 2}}, SAMPLES),
        ({"scpt": {"eos_mid_topic": False}}, SAMPLES),
        ({"scpt": {"back_matter": "leave_out"}}, SAMPLES),
        ({"scpt": {"template_dirs": ["wordings"]}}, SAMPLES),
        ({"eval": {}}, SAMPLES),
        ({"eval": {"unit": "document"}}, SAMPLES),
        ({"seed": 2}, SAMPLES),
    ],
)
def test_what_decides_the_samples_decides_their_fingerprint(
    tmp_path: Path, corpus: Path, changes: dict[str, Any], stages: list[str]
) -> None:
    _wording(tmp_path / "wordings", "Where is {{ name }}?")
    before = plan_of(tmp_path, scpt={})
    assert changed(before, plan_of(tmp_path, **{"scpt": {}, **changes})) == stages


def test_every_key_of_scpt_is_in_that_list() -> None:
    mark = next(mark for mark in test_what_decides_the_samples_decides_their_fingerprint.pytestmark if mark.name == "parametrize")
    listed = {key for changes, _ in mark.args[1] for key in changes.get("scpt", {})}
    assert listed == set(parse_block({"enabled": False}).scpt.__class__.model_fields)


def _wording(folder: Path, text: str) -> None:
    path = folder / "scpt" / "en" / "locate" / "01.jinja"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_the_text_of_a_wording_counts_not_where_it_lies(tmp_path: Path, corpus: Path) -> None:
    _wording(tmp_path / "a", "Where is {{ name }}?")
    _wording(tmp_path / "b", "Where is {{ name }}?")
    before = plan_of(tmp_path, scpt={"template_dirs": ["a"]})
    assert changed(before, plan_of(tmp_path, scpt={"template_dirs": ["b"]})) == []
    _wording(tmp_path / "a", "Where is {{ name }} found?")
    assert changed(before, plan_of(tmp_path, scpt={"template_dirs": ["a"]})) == SAMPLES


def test_the_seed_of_the_block_wins_over_the_recipes(tmp_path: Path, corpus: Path) -> None:
    assert changed(plan_of(tmp_path, seed=1), plan_of(tmp_path, seed=2)) == SAMPLES
    block = {"domain": "Bicycles", "corpus": [{"path": "corpus", "language": "en"}], "seed": 5}
    plans = [
        make_plan(parse_block(block).absolute(tmp_path), Host(sequence_len=600, seed=seed, tokenizer="chars")) for seed in (1, 2)
    ]
    assert changed(*plans) == []
    assert plans[0].seed == 5


def test_another_version_builds_anew(tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = plan_of(tmp_path)
    monkeypatch.setattr(software, "__version__", "99.0")
    assert changed(before, plan_of(tmp_path)) == ALL


def test_a_change_of_our_code_builds_anew(tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = plan_of(tmp_path)
    package = tmp_path / "package"
    shutil.copytree(Path(software.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(software, "__file__", str(package / "software.py"))
    software.code_hash.cache_clear()
    try:
        assert changed(before, plan_of(tmp_path)) == []
        code = package / "samples/scpt.py"
        code.write_text(code.read_text(encoding="utf-8") + "\n# another line\n", encoding="utf-8")
        software.code_hash.cache_clear()
        assert changed(before, plan_of(tmp_path)) == ALL
    finally:
        software.code_hash.cache_clear()


def test_another_plugin_builds_anew(tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = plan_of(tmp_path)
    monkeypatch.setattr(plugins, "versions", lambda manager: ["structtuning-pdf==1.0"])
    assert changed(before, plan_of(tmp_path)) == ALL


def test_the_text_of_a_taxonomy_file_counts_not_where_it_lies(tmp_path: Path, corpus: Path) -> None:
    for name in ("a.json", "b/c.json"):
        write_corpus(tmp_path, {name: "{}"})
    before = plan_of(tmp_path, taxonomy={"path": "a.json"})
    assert changed(plan_of(tmp_path), before) == FROM_TAXONOMY
    assert changed(before, plan_of(tmp_path, taxonomy={"path": "b/c.json"})) == []
    (tmp_path / "a.json").write_text("{ }", encoding="utf-8")
    assert changed(before, plan_of(tmp_path, taxonomy={"path": "a.json"})) == FROM_TAXONOMY


def test_neither_mtime_nor_workers_nor_work_dir_count(tmp_path: Path, corpus: Path) -> None:
    before = plan_of(tmp_path)
    os.utime(corpus / "handbook.md", (1, 1))
    assert changed(before, plan_of(tmp_path, max_workers=3, work_dir="elsewhere/work")) == []


def test_a_word_changed_within_one_tick_of_the_clock_is_seen(tmp_path: Path, corpus: Path) -> None:
    path = corpus / "handbook.md"
    before, stat = plan_of(tmp_path), path.stat()
    path.write_text(HANDBOOK.replace("Smith", "Smyth"), encoding="utf-8")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert changed(before, plan_of(tmp_path)) == ALL


def test_files_are_hashed_once_if_they_do_not_change(tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in corpus.rglob("*"):
        os.utime(path, (1, 1))
    before = plan_of(tmp_path)
    opened: list[Path] = []
    original = Path.open

    def spy(self: Path, *args: Any, **more: Any) -> Any:
        opened.append(self)
        return original(self, *args, **more)

    monkeypatch.setattr(Path, "open", spy)
    assert changed(before, plan_of(tmp_path)) == []
    assert not [path for path in opened if corpus in path.parents]


def test_the_place_of_the_corpus_does_not_count(tmp_path: Path, corpus: Path) -> None:
    before = plan_of(tmp_path)
    shutil.copytree(corpus, tmp_path / "moved" / "far" / "corpus")
    assert changed(before, plan_of(tmp_path / "moved" / "far")) == []


def test_the_order_in_which_files_were_made_does_not_count(tmp_path: Path, corpus: Path) -> None:
    before = plan_of(tmp_path)
    write_corpus(tmp_path / "other" / "corpus", dict(reversed(FILES.items())))
    assert changed(before, plan_of(tmp_path / "other")) == []


def test_folders_and_globs_that_find_the_same_are_the_same(tmp_path: Path, corpus: Path) -> None:
    (corpus / "notes" / "photo.jpg").unlink()
    by_folder = plan_of(tmp_path)
    by_glob = plan_of(tmp_path, corpus=[{"path": "corpus/**/*", "language": "en"}])
    assert changed(by_folder, by_glob) == []


def test_documents_are_in_natural_order(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {f"{number}.md": str(number) for number in (10, 9, 2, 1)})
    assert [file.document_id for file in plan_of(tmp_path).files] == ["1.md", "2.md", "9.md", "10.md"]


# --- what is refused before anything is built


@pytest.mark.parametrize(
    ("changes", "error", "expected"),
    [
        ({"corpus": "nowhere"}, CorpusError, "nowhere does not exist"),
        ({"corpus": [{"path": "corpus", "format": "markdwon"}]}, CorpusError, "Did you mean `markdown`?"),
        ({"taxonomy": {"extractor": "headlines"}}, PluginError, "Unknown extractor `headlines`. Did you mean `headings`?"),
        ({"taxonomy": {"options": {"split_ovr": 1}}}, ConfigError, "Did you mean `split_over`?"),
        ({"taxonomy": {"path": "lost.json"}}, ConfigError, "lost.json (`taxonomy.path`) does not exist"),
        ({"scpt": {"template_dirs": ["lost"]}}, TemplateError, "lost does not exist"),
    ],
)
def test_a_plan_that_cannot_work_is_refused(
    tmp_path: Path, corpus: Path, changes: dict[str, Any], error: type[Exception], expected: str
) -> None:
    with pytest.raises(error) as caught:
        plan_of(tmp_path, **changes)
    assert expected in str(caught.value)
    assert not (tmp_path / "work").exists()


def test_a_budget_that_cannot_fit_stops_the_build_before_it_starts(tmp_path: Path, corpus: Path) -> None:
    plan = plan_of(tmp_path, chunk_tokens=600)
    with pytest.raises(BudgetError, match="sequence_len 600"):
        build(plan, CharCodec(), PROGRESS)
    assert not (tmp_path / "work").exists()


def test_one_unit_cannot_be_held_out_and_what_is_done_stays(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"one.md": "One document."})
    plan = plan_of(tmp_path, eval={"unit": "document"})
    with pytest.raises(ConfigError, match="at least two are needed"):
        build(plan, CharCodec(), PROGRESS)
    assert [plan.store.manifest(stage, plan.keys[stage]) is not None for stage in STAGES] == [True, True, False]
    assert not plan.is_built


# --- building


def test_a_build_is_done_once(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    assert plan.is_built
    before = times_under(tmp_path / "work")
    assert not build(plan, CharCodec(), PROGRESS)
    assert not build(plan_of(tmp_path), CharCodec(), PROGRESS)
    assert times_under(tmp_path / "work") == before


def test_a_stage_that_did_not_change_is_not_made_again(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    before = artifact(plan, "taxonomy").stat().st_mtime_ns
    other = built(tmp_path, scpt={"wordings": 1})
    assert artifact(other, "taxonomy").stat().st_mtime_ns == before
    assert sorted(path.name for path in (tmp_path / "work" / "scpt").iterdir()) == sorted([plan.keys["scpt"], other.keys["scpt"]])


@pytest.mark.parametrize("changes", [{}, {"scpt": {"preset": "paper"}}, {"eval": {"share": 0.2}}])
def test_two_builds_are_equal_to_the_byte(tmp_path: Path, changes: dict[str, Any]) -> None:
    one, two = tmp_path / "one", tmp_path / "two" / "deeper"
    write_corpus(one / "corpus")
    write_corpus(two / "corpus", dict(reversed(FILES.items())))
    built(one, **changes)
    built(two, **changes, work_dir="other_work", max_workers=2)
    first, second = bytes_under(one / "work"), bytes_under(two / "other_work")
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == []
    assert {name.split("/")[0] for name in first} == set(STAGES)


BUILD_ELSEWHERE = """
import sys
from pathlib import Path
from tests.test_pipeline import built
built(Path(sys.argv[1]), work_dir="elsewhere", eval={"share": 0.2})
"""


def test_another_process_gives_the_same_bytes(tmp_path: Path, corpus: Path, project: Path) -> None:
    built(tmp_path, eval={"share": 0.2})
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", BUILD_ELSEWHERE, str(tmp_path)], check=True, cwd=project, env=environment)
    assert bytes_under(tmp_path / "work") == bytes_under(tmp_path / "elsewhere")


def test_processes_give_the_same_bytes_as_one(tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pools: list[int] = []

    def spy(workers: int, **more: Any) -> ProcessPoolExecutor:
        pools.append(workers)
        return ProcessPoolExecutor(workers, **more)

    monkeypatch.setattr(reading, "ProcessPoolExecutor", spy)
    built(tmp_path, max_workers=1)
    monkeypatch.setattr(reading, "PARALLEL_BYTES", 0)
    built(tmp_path, max_workers=2, work_dir="parallel")
    assert pools == [2]
    assert bytes_under(tmp_path / "work") == bytes_under(tmp_path / "parallel")


def test_builds_side_by_side_do_not_disturb_one_another(tmp_path: Path, corpus: Path) -> None:
    plan = plan_of(tmp_path)
    made: list[bool] = []
    threads = [threading.Thread(target=lambda: made.append(build(plan, CharCodec(), PROGRESS))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(made) == 3
    assert any(made)
    assert plan.is_built
    assert list((tmp_path / "work" / "tmp").iterdir()) == []


def test_no_artifact_names_a_place_of_this_machine(tmp_path: Path, corpus: Path) -> None:
    _wording(tmp_path / "wordings", "Where is {{ name }}?")
    first = built(tmp_path)
    documents = artifacts.load_documents(artifact(first, "documents"))
    root = load(artifact(first, "taxonomy") / artifacts.TAXONOMY, documents)
    (tmp_path / "tree.json").write_text(json.dumps(to_json(root, documents)), encoding="utf-8")
    built(tmp_path, taxonomy={"path": "tree.json"}, scpt={"template_dirs": ["wordings"]}, eval={"share": 0.3})
    found = bytes_under(tmp_path / "work")
    assert len(found) > 20
    assert [name for name, content in found.items() if str(tmp_path).encode() in content] == []


def test_a_taxonomy_given_back_gives_the_same_samples(tmp_path: Path, corpus: Path) -> None:
    extracted = built(tmp_path)
    documents = artifacts.load_documents(artifact(extracted, "documents"))
    root = load(artifact(extracted, "taxonomy") / artifacts.TAXONOMY, documents)
    (tmp_path / "tree.json").write_text(json.dumps(to_json(root, documents)), encoding="utf-8")
    given = built(tmp_path, taxonomy={"path": "tree.json"})
    assert artifacts.load_rows(given.train_dir) == artifacts.load_rows(extracted.train_dir)


# --- what is in the artifacts


def test_counts_of_the_manifests_are_those_of_the_files(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path, eval={"share": 0.2})
    documents = artifacts.load_documents(artifact(plan, "documents"))
    chunks = artifacts.load_chunks(artifact(plan, "taxonomy"), {document.id: document for document in documents})
    of_documents, of_taxonomy, of_samples = (manifest_of(plan, stage)["counts"] for stage in STAGES)
    assert of_documents == {
        "documents": 3,
        "characters": sum(len(document.text) for document in documents),
        "languages": {"en": 3},
        "same_text_as_another": 0,
        "dropped": {"front_matter": 1, "unknown_format": 1},
    }
    assert of_taxonomy["chunks"] == len(chunks)
    assert of_taxonomy["corpus_tokens"] == sum(len(document.text) for document in documents)
    assert of_taxonomy["longest_chunk"] == max(chunk.tokens for chunk in chunks) <= 64
    assert of_taxonomy["topics_per_level"] == [1, 2, 5, 5]
    assert of_taxonomy["topics_by_source"] == {"document": 2, "folders": 2, "headings": 9}
    assert of_taxonomy["documents_without_headings"] == 1
    for part, folder in (("train", plan.train_dir), ("eval", plan.eval_dir)):
        assert folder is not None
        rows = artifacts.load_rows(folder)
        counts = of_samples[part]
        assert counts["samples"] == Counter(row["kind"] for row in rows)
        assert counts["trained_tokens"] == sum(len(row["completion"]) + 1 for row in rows)
        assert counts["trained_tokens"] == sum(counts["trained_tokens_by_kind"].values())
        assert counts["prompt_tokens"] == sum(len(row["prompt"]) for row in rows)
        assert counts["total_tokens"] == counts["trained_tokens"] + counts["prompt_tokens"] + len(rows)
        assert counts["longest_sample"] == max(1 + len(row["prompt"]) + len(row["completion"]) + 1 for row in rows)
        assert [row["trained_tokens"] for row in rows] == [len(row["completion"]) + 1 for row in rows]
        assert [row["prompt_tokens"] for row in rows] == [len(row["prompt"]) for row in rows]
    dropped = list(read_jsonl(artifact(plan, "scpt") / artifacts.DROPPED))
    assert of_samples["dropped"] == Counter(item["reason"] for item in dropped)
    assert of_samples["dropped"]["held_out"] > 0
    assert of_samples["dropped"]["front_matter"] == 1


def test_every_sample_is_a_row_or_named_among_the_dropped(tmp_path: Path, corpus: Path) -> None:
    whole = built(tmp_path, scpt={"shares": {"locate": 0.7}})
    # So small a share that something must go.
    part = built(tmp_path, scpt={"shares": {"locate": 0.1}}, eval={"share": 0.2})
    assert part.eval_dir is not None
    rows = [*artifacts.load_rows(part.train_dir), *artifacts.load_rows(part.eval_dir)]
    dropped = [item for item in read_jsonl(artifact(part, "scpt") / artifacts.DROPPED) if item["stage"] == "scpt"]
    assert {item["reason"] for item in dropped} >= {"held_out", "share"}
    ids = [row["id"] for row in rows] + [item["id"] for item in dropped]
    assert len(set(ids)) == len(ids)
    assert set(ids) >= {row["id"] for row in artifacts.load_rows(whole.train_dir)}


@pytest.mark.parametrize("unit", ["topic", "document"])
def test_what_is_held_out_is_not_trained_on(tmp_path: Path, corpus: Path, unit: str) -> None:
    plan = built(tmp_path, eval={"unit": unit, "share": 0.3})
    assert plan.eval_dir is not None
    train, evaluation = artifacts.load_rows(plan.train_dir), artifacts.load_rows(plan.eval_dir)
    assert evaluation
    assert {row["kind"] for row in evaluation} == {"passage"}
    assert not {row["topic_id"] for row in train} & {row["topic_id"] for row in evaluation}
    texts = {row["completion"].strip() for row in train}
    assert not texts & {row["completion"].strip() for row in evaluation}
    in_train = Counter(chunk for row in train for chunk in row["chunk_ids"])
    in_eval = Counter(chunk for row in evaluation for chunk in row["chunk_ids"])
    documents = artifacts.load_documents(artifact(plan, "documents"))
    chunks = artifacts.load_chunks(artifact(plan, "taxonomy"), {document.id: document for document in documents})
    assert in_train + in_eval == Counter(chunk.id for chunk in chunks)


def test_without_an_eval_block_there_is_no_eval_folder(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    assert plan.eval_dir is None
    assert sorted(path.name for path in artifact(plan, "scpt").iterdir()) == ["dropped.jsonl", "manifest.json", "train"]
    assert manifest_of(plan, "scpt")["counts"]["eval"]["samples"] == {}


def test_the_train_rows_have_the_columns_that_axolotl_is_given(tmp_path: Path, corpus: Path) -> None:
    rows = artifacts.load_rows(built(tmp_path).train_dir)
    assert {tuple(row) for row in rows} == {artifacts.COLUMNS}
    brakes = next(row for row in rows if row["completion"].startswith("Brakes turn"))
    assert brakes["prompt"] == "Bicycles > The Handbook > Brakes\n\n"
    assert (brakes["kind"], brakes["eos"]) == ("passage", True)


def test_the_documents_are_read_back_as_they_were(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    handbook = artifacts.load_documents(artifact(plan, "documents"))[0]
    assert (handbook.id, handbook.title, handbook.language) == ("handbook.md", "The Handbook", "en")
    assert handbook.source == "markdown, utf-8"
    assert [heading.title for heading in handbook.headings][:3] == ["The Handbook", "Brakes", "Adjustment"]
    again = tmp_path / "again"
    again.mkdir()
    artifacts.save_documents(again, artifacts.load_documents(artifact(plan, "documents")))
    assert (again / artifacts.DOCUMENTS).read_bytes() == (artifact(plan, "documents") / artifacts.DOCUMENTS).read_bytes()


def test_passages_of_all_rows_are_the_corpus(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path, eval={"share": 0.2})
    assert plan.eval_dir is not None
    rows = [*artifacts.load_rows(plan.train_dir), *artifacts.load_rows(plan.eval_dir)]
    text = {row["chunk_ids"][0]: row["completion"] for row in rows if row["kind"] == "passage"}
    documents = artifacts.load_documents(artifact(plan, "documents"))
    chunks = artifacts.load_chunks(artifact(plan, "taxonomy"), {document.id: document for document in documents})
    for document in documents:
        assert "".join(text[chunk.id] for chunk in chunks if chunk.document_id == document.id) == document.text


def test_what_was_overlooked_is_told(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    assert [(item.id, item.reason) for item in plan.overlooked] == [("notes/photo.jpg", "unknown_format")]
    dropped = artifacts.load_dropped(artifact(plan, "scpt"))
    assert ("notes/photo.jpg", "unknown_format") in [(item.id, item.reason) for item in dropped]


def test_a_folder_with_a_line_break_in_its_name_does_not_stop_the_build(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"two\nlines/one.md": "One.", "two\u2028more/two.md": "Two."})
    rows = artifacts.load_rows(built(tmp_path).train_dir)
    assert [row["prompt"] for row in rows if row["kind"] == "passage"] == [
        "Bicycles > two lines > one\n\n",
        "Bicycles > two more > two\n\n",
    ]


def test_languages_without_wordings_of_their_own_are_told(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path, corpus=[{"path": "corpus", "language": "fr"}])
    assert manifest_of(plan, "scpt")["counts"]["wordings_in_english_for"] == ["fr"]
    assert "Lead-ins are in English for: fr." in notices(plan)


# --- the report


def test_the_summary_is_read_from_the_manifests(tmp_path: Path, corpus: Path) -> None:
    plan = plan_of(tmp_path, eval={"share": 0.2})
    with pytest.raises(ArtifactError, match="is missing"):
        summary(plan)
    build(plan, CharCodec(), PROGRESS)
    figures = json.loads(json.dumps(summary(plan)))
    rows = artifacts.load_rows(plan.train_dir)
    assert figures["documents"] == 3
    assert sum(figures["samples"].values()) == len(rows)
    assert figures["tokens"]["trained"] == sum(figures["tokens"]["trained_by_kind"].values())
    assert figures["overhead"] == round(figures["tokens"]["total"] / figures["tokens"]["corpus"] - 1, 3)
    assert figures["longest_sample"] <= 600
    assert Path(figures["train_dir"]) == plan.train_dir
    assert Path(figures["dropped_file"]).is_file()


def test_the_closing_table_shows_the_share_of_each_kind(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    figures = summary(plan)
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


def test_a_tree_without_its_documents_says_what_to_run(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    shutil.rmtree(plan.store.path("documents", plan.keys["documents"]))
    with pytest.raises(ArtifactError, match=r"documents/[0-9a-f]{20} is missing\. Run `axolotl structtuning build`"):
        plan.load_taxonomy()
