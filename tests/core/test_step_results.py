"""Results of steps: what is known is not made again, and nothing broken is trusted."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.step_results import (
    ResultFile,
    StepResults,
    count_unused,
    delete_unused,
    list_builds,
    map_items,
)


class Step:
    """A step that counts what it is asked to do."""

    def __init__(self, path: Path, identity: str = "v1", build: str = "scpt-1") -> None:
        self.said: list[str] = []
        self.calls: list[str] = []
        self.file = ResultFile(path, build, self.said.append)
        self.results: StepResults[str, list[int]] = StepResults(self.file, identity, list[int])

    def compute(self, words: Sequence[str]) -> Iterator[list[int]]:
        for word in words:
            self.calls.append(word)
            yield list(map(ord, word))

    def run(self, *words: str) -> list[list[int]]:
        return list(self.results.map(words, self.compute))


def codes(*words: str) -> list[list[int]]:
    return [list(map(ord, word)) for word in words]


def run_once(path: Path, *words: str, identity: str = "v1", build: str = "scpt-1") -> Step:
    step = Step(path, identity, build)
    assert step.run(*words) == codes(*words)
    step.file.close()
    return step


def test_what_is_known_is_not_made_again(tmp_path: Path) -> None:
    path = tmp_path / "by_document" / "step.sqlite"
    assert run_once(path, "a", "b").calls == ["a", "b"]
    second = run_once(path, "c", "b", "a", "d")
    assert second.calls == ["c", "d"]
    assert (second.results.count.reused, second.results.count.made) == (2, 2)


def test_another_identity_is_another_result(tmp_path: Path) -> None:
    run_once(tmp_path / "s", "a")
    assert run_once(tmp_path / "s", "a", identity="v2").calls == ["a"]
    assert run_once(tmp_path / "s", "a").calls == []


def test_without_results_all_is_made() -> None:
    assert list(map_items(None, ["a"], lambda words: [len(word) for word in words])) == [1]


def test_an_item_may_come_twice(tmp_path: Path) -> None:
    assert run_once(tmp_path / "s", "a", "a").calls == ["a", "a"]
    assert run_once(tmp_path / "s", "a", "a", "b").calls == ["b"]


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), min_size=1, max_size=4))
def test_any_order_gives_what_one_run_gives(
    tmp_path_factory: pytest.TempPathFactory, runs: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("any") / "s"
    for words in runs:
        run_once(path, *words)


@pytest.mark.parametrize("column", ["value", "key"])
def test_a_changed_entry_is_made_again(tmp_path: Path, column: str) -> None:
    path = tmp_path / "s"
    run_once(path, "a", "b")
    with sqlite3.connect(path) as database:
        database.execute(
            f"UPDATE results SET {column} = CAST(SUBSTR({column}, 1, LENGTH({column}) - 1) || 'x' "
            "AS BLOB)"
        )
    database.close()
    assert run_once(path, "a", "b").calls == ["a", "b"]
    assert run_once(path, "a", "b").calls == []


def test_an_exchanged_entry_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "s"
    run_once(path, "a", "b")
    with sqlite3.connect(path) as database:
        (first, one), (second, two) = database.execute("SELECT key, value FROM results").fetchall()
        database.execute("UPDATE results SET value = ? WHERE key = ?", (two, first))
        database.execute("UPDATE results SET value = ? WHERE key = ?", (one, second))
    database.close()
    assert sorted(run_once(path, "a", "b").calls) == ["a", "b"]


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough" * 50, b"SQLite format 3"]
)
def test_a_broken_file_is_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s"
    path.write_bytes(content)
    assert run_once(path, "a").calls == ["a"]
    assert run_once(path, "a").calls == []


def test_a_file_cut_in_the_middle_costs_time_only(tmp_path: Path) -> None:
    path = tmp_path / "s"
    words = [f"word {number}" for number in range(500)]
    run_once(path, *words)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert run_once(path, *words).calls
    assert run_once(path, *words).calls in ([], words)
    assert run_once(path, *words).calls == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    step = run_once(tmp_path / "file" / "s", "a")
    assert step.calls == ["a"]
    assert [line.split(":")[0] for line in step.said] == [
        "results of single documents are not kept"
    ]


def test_an_error_keeps_what_was_made(tmp_path: Path) -> None:
    step = Step(tmp_path / "s")

    def fail(words: Sequence[str]) -> Iterator[list[int]]:
        yield [97]
        raise ValueError("b")

    with pytest.raises(ValueError, match="b"):
        list(step.results.map(["a", "b"], fail))
    step.file.close()
    assert run_once(tmp_path / "s", "a", "b").calls == ["b"]


def test_a_result_that_json_cannot_hold_is_not_kept(tmp_path: Path) -> None:
    for _ in range(2):
        step = Step(tmp_path / "s")
        results = step.results.map(["a"], lambda words: [[object()] for _ in words])  # type: ignore[misc]
        assert len(list(results)) == 1
        assert step.results.count.made == 1
        step.file.close()


def test_what_may_change_is_not_kept(tmp_path: Path) -> None:
    file = ResultFile(tmp_path / "s", "scpt-1")
    results: StepResults[str, int] = StepResults(
        file, "v1", int, is_kept=lambda word, length: length < 2
    )
    assert list(results.map(["a", "bb"], lambda words: map(len, words))) == [1, 2]
    assert list(results.map(["a", "bb"], lambda words: map(len, words))) == [1, 2]
    assert (results.count.reused, results.count.made) == (1, 3)


SERIES = """
import sys
from pathlib import Path
from tests.core.test_step_results import Step
step = Step(Path(sys.argv[1]))
for result in step.results.map([str(number) for number in range(100_000)], step.compute):
    if len(step.calls) == 1_000:
        print("ready", flush=True)
"""


def test_a_killed_process_leaves_whole_results(tmp_path: Path, project: Path) -> None:
    path = tmp_path / "s"
    command = [sys.executable, "-c", SERIES, str(path)]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    step = run_once(path, *(str(number) for number in range(2_000)))
    assert len(step.calls) <= 1_200


def test_two_at_once_are_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "s"
    one, two = Step(path, build="scpt-1"), Step(path, build="scpt-2")
    first, second = one.results.map("abc", one.compute), two.results.map("abc", two.compute)
    assert [list(pair) for pair in zip(first, second, strict=True)] == [
        [codes(word)[0]] * 2 for word in "abc"
    ]
    one.file.close()
    two.file.close()
    assert run_once(path, "a", "b", "c").calls == []


# --- what no build uses


def test_results_that_no_build_uses_are_deleted(tmp_path: Path) -> None:
    path = tmp_path / "s"
    run_once(path, "a", "b", build="scpt-1")
    run_once(path, "b", "c", build="scpt-2")
    assert list_builds(path) == ["scpt-1", "scpt-2"]
    assert count_unused(path, ["scpt-1", "scpt-2"]).count == 0
    assert count_unused(path, []).count == 3
    unused = count_unused(path, ["scpt-2"])
    assert (unused.count, unused.bytes > 16) == (1, True)
    assert delete_unused(path, ["scpt-2"])
    assert list_builds(path) == ["scpt-2"]
    assert run_once(path, "a", "b", "c", build="scpt-3").calls == ["a"]


def test_a_build_that_starts_again_forgets_its_earlier_uses(tmp_path: Path) -> None:
    path = tmp_path / "s"
    run_once(path, "a", "b")
    run_once(path, "b")
    assert count_unused(path, ["scpt-1"]).count == 1


def test_a_missing_or_broken_file_has_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s"
    assert (list_builds(path), count_unused(path, []).count) == ([], 0)
    assert not path.exists()
    path.write_bytes(b"no database" * 100)
    assert (list_builds(path), count_unused(path, []).count) == ([], 0)
    assert not delete_unused(path, [])
    assert path.read_bytes() == b"no database" * 100
