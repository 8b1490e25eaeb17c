"""Artifacts are whole or not there, whatever happens while they are made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.build import store as store_module
from structtuning_plugin.build.store import Store, read_jsonl, write_jsonl
from structtuning_plugin.core.errors import ArtifactError
from structtuning_plugin.core.hashing import fingerprint
from tests.taxonomy_strategies import examples


def fill(folder: Path) -> dict[str, Any]:
    (folder / "deep").mkdir()
    (folder / "rows.jsonl").write_text("one\n", encoding="utf-8")
    (folder / "deep" / "data.bin").write_bytes(b"\x00\x01")
    return {"counts": {"rows": 1}}


def never(folder: Path) -> dict[str, Any]:
    raise AssertionError(f"{folder} was filled again")


def files_under(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_an_artifact_is_built_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    manifest, made = store.build("scpt", "k1", fill)
    assert made
    assert manifest == {
        "stage": "scpt",
        "fingerprint": "k1",
        "counts": {"rows": 1},
        "files": {
            "deep/data.bin": {
                "bytes": 2,
                "sha256": "b413f47d13ee2fe6c845b2ee141af81de858df4ec549a58b7970bb96645bc8d2",
            },
            "rows.jsonl": {
                "bytes": 4,
                "sha256": "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806",
            },
        },
    }
    assert files_under(store.path("scpt", "k1")) == ["deep/data.bin", "manifest.json", "rows.jsonl"]
    assert store.build("scpt", "k1", never) == (manifest, False)
    assert store.manifest("scpt", "k1") == store.require("scpt", "k1") == manifest
    assert list((tmp_path / "tmp").iterdir()) == []


def test_complete_artifacts_are_listed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.finished("scpt") == []
    for key in ("k2", "k1", "k3"):
        store.build("scpt", key, fill)
    (store.path("scpt", "k3") / "rows.jsonl").write_text("cut", encoding="utf-8")
    assert store.finished("scpt") == ["k1", "k2"]


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_a_build_that_fails_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    def fail(folder: Path) -> dict[str, Any]:
        fill(folder)
        raise error

    store = Store(tmp_path)
    with pytest.raises(type(error)):
        store.build("scpt", "k1", fail)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert list((tmp_path / "scpt").iterdir()) == []


def test_another_key_or_stage_is_another_artifact(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.build("scpt", "k1", fill)
    assert store.manifest("scpt", "k2") is None
    assert store.manifest("documents", "k1") is None


def test_what_is_missing_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        ArtifactError,
        match=r"scpt/k1 is missing\. Run `axolotl structtuning build` or `axolotl preprocess` first",
    ):
        Store(tmp_path).require("scpt", "k1")


def _half(folder: Path) -> dict[str, Any]:
    (folder / "rows.jsonl").write_text("half", encoding="utf-8")
    (folder / "left over").write_text("x", encoding="utf-8")
    raise RuntimeError("the disk is full")


def test_a_build_that_fails_leaves_nothing_with_a_name(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(RuntimeError, match="the disk is full"):
        store.build("scpt", "k1", _half)
    assert store.manifest("scpt", "k1") is None
    assert not store.path("scpt", "k1").exists()
    store.build("scpt", "k1", fill)
    assert files_under(store.path("scpt", "k1")) == ["deep/data.bin", "manifest.json", "rows.jsonl"]
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_manifest_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    original = store_module._write_durably

    def spy(path: Path, text: str) -> None:
        seen.append(files_under(path.parent))
        original(path, text)

    monkeypatch.setattr(store_module, "_write_durably", spy)
    Store(tmp_path).build("scpt", "k1", fill)
    assert seen == [["deep/data.bin", "rows.jsonl"]]


def test_a_crash_before_the_manifest_leaves_nothing_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(path: Path, text: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "_write_durably", crash)
        with pytest.raises(KeyboardInterrupt):
            Store(tmp_path).build("scpt", "k1", fill)
    assert Store(tmp_path).manifest("scpt", "k1") is None
    assert not Store(tmp_path).path("scpt", "k1").exists()
    assert Store(tmp_path).build("scpt", "k1", fill)[1]


def test_what_has_a_name_is_whole_at_every_moment(tmp_path: Path) -> None:
    store, seen, over = Store(tmp_path), Counter[bool](), threading.Event()

    def much(folder: Path) -> dict[str, Any]:
        for number in range(400):
            (folder / f"{number}.txt").write_bytes(b"x" * 50_000)
        return {}

    def watch() -> None:
        while not over.is_set():
            if store.path("scpt", "k1").exists():
                seen[store.manifest("scpt", "k1") is not None] += 1

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        store.build("scpt", "k1", much)
        late = time.monotonic() + 20
        while not seen and time.monotonic() < late:
            time.sleep(0.001)
    finally:
        over.set()
        watcher.join(20)
    assert set(seen) == {True}


def test_every_file_is_on_the_disk_before_it_has_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    target = Store(tmp_path).path("scpt", "k1")
    original = os.fsync

    def spy(descriptor: int) -> None:
        assert not target.exists()
        synced.add(os.fstat(descriptor).st_ino)
        original(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    Store(tmp_path).build("scpt", "k1", fill)
    found = [target / name for name in files_under(target)]
    assert len(found) == 3
    assert {path.stat().st_ino for path in found} <= synced


def test_a_manifest_is_the_same_in_whatever_order_it_was_made(tmp_path: Path) -> None:
    def turned(folder: Path) -> dict[str, Any]:
        return dict(reversed({**fill(folder), "version": "1"}.items()))

    def straight(folder: Path) -> dict[str, Any]:
        return {**fill(folder), "version": "1"}

    made = []
    for name, way in (("a", turned), ("b", straight)):
        Store(tmp_path / name).build("scpt", "k1", way)
        made.append((Store(tmp_path / name).path("scpt", "k1") / "manifest.json").read_bytes())
    assert made[0] == made[1]


def _truncate(folder: Path) -> None:
    (folder / "rows.jsonl").write_text("on", encoding="utf-8")


def _lengthen(folder: Path) -> None:
    (folder / "deep" / "data.bin").write_bytes(b"\x00\x01\x02")


def _delete(folder: Path) -> None:
    (folder / "rows.jsonl").unlink()


def _manifest(content: str | None) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        if content is None:
            (folder / "manifest.json").unlink()
        else:
            (folder / "manifest.json").write_text(content, encoding="utf-8")

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        _truncate,
        _lengthen,
        _delete,
        *map(
            _manifest,
            (
                None,
                "",
                "{",
                "{}",
                "null",
                "[]",
                '{"files": []}',
                '{"files": {"a": 1}}',
                '{"files": {"rows.jsonl": {}}}',
            ),
        ),
    ],
)
def test_a_damaged_artifact_is_built_again(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    store = Store(tmp_path)
    manifest, _ = store.build("scpt", "k1", fill)
    damage(store.path("scpt", "k1"))
    assert store.manifest("scpt", "k1") is None
    with pytest.raises(ArtifactError):
        store.require("scpt", "k1")
    assert store.build("scpt", "k1", fill) == (manifest, True)
    assert store.manifest("scpt", "k1") == manifest
    assert (store.path("scpt", "k1") / "rows.jsonl").read_text(encoding="utf-8") == "one\n"


def test_what_a_killed_build_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / "tmp" / "scpt-k1"
    (left / "deep").mkdir(parents=True)
    (left / "old.txt").write_text("old", encoding="utf-8")
    Store(tmp_path).build("scpt", "k1", fill)
    assert files_under(tmp_path / "scpt" / "k1") == ["deep/data.bin", "manifest.json", "rows.jsonl"]
    assert not left.exists()


def test_a_work_dir_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(
        ArtifactError,
        match=r"The work_dir .*/file/work cannot be written: .* Give another `work_dir:`\.",
    ):
        Store(tmp_path / "file" / "work").build("scpt", "k1", fill)


@pytest.mark.parametrize("blocked", ["tmp", "scpt", "locks/scpt-k1.lock"])
def test_a_work_dir_that_cannot_be_written_is_told(tmp_path: Path, blocked: str) -> None:
    # As on a disk that is read-only by now. (Permissions do not stop root, so something stands in
    # the way instead.)
    path = tmp_path / blocked
    if blocked.endswith(".lock"):
        path.mkdir(parents=True)
    else:
        path.write_text("no folder", encoding="utf-8")
    with pytest.raises(
        ArtifactError, match=r"The work_dir .* cannot be written: .* Give another `work_dir:`\."
    ):
        Store(tmp_path).build("scpt", "k1", fill)


def test_an_error_of_the_stage_itself_is_not_blamed_on_work_dir(tmp_path: Path) -> None:
    def fail(folder: Path) -> dict[str, Any]:
        raise FileNotFoundError("a file of the corpus")

    with pytest.raises(FileNotFoundError, match="a file of the corpus"):
        Store(tmp_path).build("scpt", "k1", fail)


def test_threads_build_once(tmp_path: Path) -> None:
    started, results = [], []
    ready = threading.Barrier(4)

    def slow(folder: Path) -> dict[str, Any]:
        started.append(folder)
        (folder / "rows.jsonl").write_text("one\n" * 1000, encoding="utf-8")
        return {}

    def work() -> None:
        ready.wait(10)
        results.append(Store(tmp_path).build("scpt", "k1", slow)[1])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results) == [False, False, False, True]
    assert len(started) == 1


BUILDER = """
import sys, time
from pathlib import Path
from structtuning_plugin.build.store import Store

root, name, rivals = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def fill(folder):
    with (root / "log").open("a") as log:
        log.write(name + "\\n")
    for number in range(20):
        (folder / f"{number}.txt").write_text(name)
        time.sleep(0.02)
    return {"by": name}

(root / f"ready-{name}").touch()
late = time.monotonic() + 30
while len(list(root.glob("ready-*"))) < rivals:
    assert time.monotonic() < late
    time.sleep(0.005)
manifest, made = Store(root / "work").build("scpt", "k1", fill)
print(manifest["by"], made)
"""


def test_processes_build_once(tmp_path: Path) -> None:
    names = ("a", "b", "c")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", BUILDER, str(tmp_path), name, str(len(names))],
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    outputs = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    builder = (tmp_path / "log").read_text().split()
    assert len(builder) == 1
    assert sorted(outputs) == sorted([*builder, str(name == builder[0])] for name in names)


def test_a_killed_process_does_not_block_the_next(tmp_path: Path) -> None:
    code = BUILDER.replace('return {"by": name}', "time.sleep(60)")
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), "a", "1"])
    while not (tmp_path / "work" / "tmp" / "scpt-k1" / "19.txt").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait(10)
    store = Store(tmp_path / "work")
    assert store.manifest("scpt", "k1") is None
    assert store.build("scpt", "k1", fill)[1]
    assert files_under(store.path("scpt", "k1")) == ["deep/data.bin", "manifest.json", "rows.jsonl"]


# --- fingerprints and rows


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (({"a": 1, "b": 2},), ({"b": 2, "a": 1},), True),
        (("a", "b"), ("b", "a"), False),
        (("ab",), ("a", "b"), False),
        ((None,), ("None",), False),
        ((1,), ("1",), False),
        (([1, 2],), ((1, 2),), True),
        (({},), (None,), False),
        (("é",), ("e\u0301",), False),
    ],
)
def test_fingerprints(one: tuple[Any, ...], other: tuple[Any, ...], same: bool) -> None:
    assert (fingerprint(*one) == fingerprint(*other)) is same


def test_a_fingerprint_is_stable_and_takes_odd_text() -> None:
    assert fingerprint("documents", {"a": [1, None, "細"]}) == "4a7deb5ab21aded61312"
    assert len(fingerprint("\ud800")) == 20


lines = st.dictionaries(
    st.text(max_size=5),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20),
    max_size=3,
)


@examples
@given(st.lists(lines, max_size=5))
def test_rows_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    write_jsonl(path, rows)
    assert list(read_jsonl(path)) == rows
    assert path.read_bytes().count(b"\n") == len(rows)


def test_rows_are_one_line_each_whatever_is_in_them(tmp_path: Path) -> None:
    row = {"text": "a\u2028b\nc\r\nd\x85細"}
    write_jsonl(tmp_path / "rows.jsonl", [row, row])
    assert (tmp_path / "rows.jsonl").read_bytes().count(b"\n") == 2
    assert list(read_jsonl(tmp_path / "rows.jsonl")) == [row, row]
    assert json.loads((tmp_path / "rows.jsonl").read_text(encoding="utf-8").split("\n")[0]) == row


def test_what_others_were_built_from_is_used(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.build("documents", "d1", fill)
    store.build("documents", "d2", fill)
    store.build("scpt", "s1", lambda folder: {**fill(folder), "built_from": {"documents": "d1"}})
    used = store.with_sources([("scpt", "s1"), ("ssft", "missing")])
    assert used == {("scpt", "s1"), ("documents", "d1"), ("ssft", "missing")}
    (artifact,) = store.unused(used)
    assert (artifact.stage, artifact.key, artifact.is_complete) == ("documents", "d2", True)
    assert artifact.bytes == sum(
        path.stat().st_size for path in store.path("documents", "d2").rglob("*") if path.is_file()
    )


def test_what_a_killed_build_left_is_removed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill_in(tmp_path / "tmp" / "scpt-s1")
    fill_in(store.path("taxonomy", "t1"))
    leftovers = store.unused({("scpt", "s1")})
    assert [(item.stage, item.key, item.is_complete) for item in leftovers] == [
        ("taxonomy", "t1", False),
        ("scpt", "s1", False),
    ]
    assert [store.remove(item) for item in leftovers] == [True, True]
    assert files_under(tmp_path) == ["locks/scpt-s1.lock", "locks/taxonomy-t1.lock"]


def test_an_artifact_that_is_being_built_stays(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def fill_and_clean(folder: Path) -> dict[str, Any]:
        (under_way,) = store.unused(set())
        assert under_way.folder == folder
        assert not Store(tmp_path).remove(under_way)
        return fill(folder)

    assert store.build("scpt", "k1", fill_and_clean)[1]


def fill_in(folder: Path) -> None:
    folder.mkdir(parents=True)
    fill(folder)
