"""What decides the fingerprints, and what does not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin import plugins
from structtuning_plugin.build import code_version
from structtuning_plugin.build.plan import Plan, RecipeFacts, make_plan
from structtuning_plugin.config import parse_block
from tests.build.building import FILES, HANDBOOK, _wording, plan_of, write_corpus


def changed(before: Plan, after: Plan) -> list[str]:
    return [stage for stage in before.stages if before.keys[stage] != after.keys[stage]]


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
        _remove,
        _rename,
    ],
)
def test_another_corpus_is_another_build(
    tmp_path: Path, corpus: Path, edit: Callable[[Path], None]
) -> None:
    before = plan_of(tmp_path)
    edit(tmp_path)
    assert changed(before, plan_of(tmp_path)) == ALL


def test_a_file_that_nobody_reads_decides_nothing(tmp_path: Path, corpus: Path) -> None:
    before = plan_of(tmp_path)
    _edit("notes/photo.png", "")(tmp_path)
    after = plan_of(tmp_path)
    assert changed(before, after) == []
    assert len(after.overlooked) == len(before.overlooked) + 1


@pytest.mark.parametrize(
    ("changes", "stages"),
    [
        ({"corpus": [{"path": "corpus", "language": "fr"}]}, ALL),
        ({"corpus": [{"path": "corpus", "language": "en", "encoding": "utf-8"}]}, ALL),
        ({"corpus": [{"path": "corpus", "language": "en", "format": "text"}]}, ALL),
        ({"corpus": [{"path": "corpus/notes", "language": "en"}]}, ALL),
        ({"on_error": "skip"}, []),
        ({"work_dir": "elsewhere"}, []),
        ({"domain": "Cycling"}, FROM_TAXONOMY),
        ({"taxonomy": {"extractor": "parts"}}, FROM_TAXONOMY),
        ({"taxonomy": {"options": {"split_over": 2}}}, FROM_TAXONOMY),
        ({"taxonomy": {"apparatus": ["Gears"]}}, FROM_TAXONOMY),
        ({"hygiene": False}, ALL),
        ({"chunk_tokens": 65}, FROM_TAXONOMY),
        ({"chunk_tokens": None}, FROM_TAXONOMY),
        ({"sequence_len": 601}, FROM_TAXONOMY),
        ({"tokenizer": "words"}, FROM_TAXONOMY),
        ({"scpt": {"preset": "paper"}}, FROM_TAXONOMY),
        ({"scpt": {"context": "mindmap"}}, FROM_TAXONOMY),
        ({"scpt": {"map_tokens": 70}}, FROM_TAXONOMY),
        ({"scpt": {"title_in_completion": True}}, FROM_TAXONOMY),
        ({"scpt": {"kinds": ["passage"]}}, SAMPLES),
        ({"scpt": {"shares": {"locate": 0.1}}}, SAMPLES),
        ({"scpt": {"wordings": 2}}, SAMPLES),
        ({"scpt": {"eos_mid_topic": False}}, SAMPLES),
        ({"scpt": {"questions": 1}}, SAMPLES),
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
    mark = next(
        mark
        for mark in test_what_decides_the_samples_decides_their_fingerprint.pytestmark
        if mark.name == "parametrize"
    )
    listed = {key for changes, _ in mark.args[1] for key in changes.get("scpt", {})}
    assert listed == set(parse_block({"enabled": False}).scpt.__class__.model_fields)


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
        make_plan(
            parse_block(block).absolute(tmp_path),
            RecipeFacts(sequence_len=600, seed=seed, tokenizer="chars"),
        )
        for seed in (1, 2)
    ]
    assert changed(*plans) == []
    assert plans[0].seed == 5


def test_another_version_builds_anew(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = plan_of(tmp_path)
    monkeypatch.setattr(code_version, "__version__", "99.0")
    assert changed(before, plan_of(tmp_path)) == ALL


def test_a_change_of_our_code_builds_anew(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = plan_of(tmp_path)
    package = tmp_path / "package"
    shutil.copytree(code_version.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(code_version, "PACKAGE", package)
    code_version.code_hash.cache_clear()
    try:
        assert changed(before, plan_of(tmp_path)) == []
        code = package / "questions/linking.py"
        code.write_text(code.read_text(encoding="utf-8") + "\n# another line\n", encoding="utf-8")
        code_version.code_hash.cache_clear()
        assert changed(before, plan_of(tmp_path)) == ALL
    finally:
        code_version.code_hash.cache_clear()


def test_another_plugin_builds_anew(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    assert (
        changed(before, plan_of(tmp_path, max_workers=3, engine="ray", work_dir="elsewhere/work"))
        == []
    )


def test_a_word_changed_within_one_tick_of_the_clock_is_seen(tmp_path: Path, corpus: Path) -> None:
    path = corpus / "handbook.md"
    before, stat = plan_of(tmp_path), path.stat()
    path.write_text(HANDBOOK.replace("Smith", "Smyth"), encoding="utf-8")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert changed(before, plan_of(tmp_path)) == ALL


def test_files_are_hashed_once_if_they_do_not_change(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    assert [file.document_id for file in plan_of(tmp_path).files] == [
        "1.md",
        "2.md",
        "9.md",
        "10.md",
    ]
