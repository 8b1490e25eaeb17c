"""Work on single documents that earlier builds have done: used again, and never seen in the bytes."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from structtuning_plugin.build import code_version
from structtuning_plugin.build.by_document import DocumentSteps, load_counts
from structtuning_plugin.build.context import BuildContext
from structtuning_plugin.build.pipeline import BUILDERS, build
from structtuning_plugin.build.summary import closing_rows
from structtuning_plugin.core.tokens import CountingCodec
from tests.build.building import PROGRESS, bytes_under, plan_of, write_corpus
from tests.codecs import CharCodec

STEPS = ("read", "outline", "cut", "sentences")
CHANGES: dict[str, Any] = {"scpt": {"preset": "compact"}}
LIBRARY = {
    "wheels.md": "# Wheels\n\nThe hub is the middle part of a wheel. Spokes of steel run from the "
    "hub to the rim.\n\n## Tyres\n\nA tyre holds air. The tyre of a racing wheel is narrow and "
    "hard, and it runs fast.\n",
    "brakes/pads.md": "# Pads\n\nPads of rubber press on the rim and slow the wheel down.\n\n"
    "The parts of a brake are:\n\n- lever\n- cable\n- pads\n",
    "brakes/discs.md": "# Discs\n\nA disc brake needs 160 mm of steel and two pistons.\n\n"
    "| Wheel | Disc |\n|---|---|\n| Road | 160 mm |\n| Mountain | 203 mm |\n",
    "notes.txt": "The chain wants little oil. A dry chain wears the sprockets.\n",
}
OTHER_TEXTS = (
    "# Chains\n\nThe chain joins the front sprocket and the rear sprocket of the wheel.\n",
    "# Wheels\n\nThe hub is the middle part of a wheel. Spokes of steel run from the hub.\n",
    "A saddle is set 109 percent of the inner leg above the pedal axle.\n",
)


def run_build(base: Path, **changes: Any) -> dict[str, tuple[int, int]]:
    """Build in `base`; return how many results of each step were there, and how many were made."""
    plan = plan_of(base, **{**CHANGES, **changes})
    build(plan, CharCodec(), PROGRESS)
    return {step: count for step, count in load_counts(plan).items() if step != "phrases"}


def forget_artifacts(work: Path) -> None:
    for stage in BUILDERS:
        shutil.rmtree(work / stage, ignore_errors=True)


def build_both(base: Path, files: Mapping[str, str], **changes: Any) -> dict[str, tuple[int, int]]:
    """Build with what is known, and without; both must give the same bytes."""
    shutil.rmtree(base / "corpus", ignore_errors=True)
    write_corpus(base / "corpus", dict(files))
    forget_artifacts(base / "work")
    counts = run_build(base, **changes)
    run_build(base, work_dir="fresh", **changes)
    assert bytes_under(base / "work") == bytes_under(base / "fresh")
    shutil.rmtree(base / "fresh")
    return counts


def of(count: tuple[int, int], *steps: str) -> dict[str, tuple[int, int]]:
    return dict.fromkeys(steps or STEPS, count)


def test_a_build_without_a_change_makes_nothing_anew(tmp_path: Path) -> None:
    assert build_both(tmp_path, LIBRARY) == of((0, 4))
    assert build_both(tmp_path, LIBRARY) == of((4, 0))


def test_only_a_changed_document_is_made_anew(tmp_path: Path) -> None:
    build_both(tmp_path, LIBRARY)
    assert build_both(tmp_path, {**LIBRARY, "notes.txt": OTHER_TEXTS[0]}) == of((3, 1))
    assert build_both(tmp_path, LIBRARY) == of((4, 0))


def test_a_new_document_is_made_alone(tmp_path: Path) -> None:
    build_both(tmp_path, LIBRARY)
    assert build_both(tmp_path, {**LIBRARY, "brakes/a.txt": OTHER_TEXTS[2]}) == of((4, 1))


def test_of_a_removed_document_nothing_stays(tmp_path: Path) -> None:
    build_both(tmp_path, LIBRARY)
    less = {name: text for name, text in LIBRARY.items() if name != "brakes/pads.md"}
    assert build_both(tmp_path, less) == of((3, 0))


def test_settings_make_their_own_step_anew(tmp_path: Path) -> None:
    build_both(tmp_path, LIBRARY)
    counts = build_both(tmp_path, LIBRARY, chunk_tokens=80)
    assert counts["read"] == (4, 0)
    assert counts["outline"] == counts["cut"] == (0, 4)
    counts = build_both(tmp_path, LIBRARY, tokenizer="others")
    assert (counts["read"], counts["cut"]) == ((4, 0), (0, 4))
    counts = build_both(tmp_path, LIBRARY, hygiene={"noise": False})
    assert (counts["read"], counts["cut"]) == ((0, 4), (4, 0))
    assert build_both(tmp_path, LIBRARY, domain="Machines", seed=1) == of((4, 0))


def test_other_code_makes_its_step_and_later_ones_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {"corpus": ("c1",), "taxonomy": ("t1",), "questions": ("q1",)}
    monkeypatch.setattr("structtuning_plugin.build.by_document.step_version", versions.__getitem__)
    build_both(tmp_path, LIBRARY)
    versions["taxonomy"] = ("t2",)
    assert build_both(tmp_path, LIBRARY) == {
        **of((4, 0), "read", "sentences"),
        **of((0, 4), "outline", "cut"),
    }


def test_rooms_before_a_step_decide_it(tmp_path: Path) -> None:
    write_corpus(
        tmp_path, {"core/a.py": "1", "corpus/b.py": "1", "questions/c.py": "1", "d.py": ""}
    )
    rooms = ("core", "corpus")
    first = code_version.hash_of_rooms(tmp_path, rooms)
    (tmp_path / "questions" / "c.py").write_text("2")
    assert code_version.hash_of_rooms(tmp_path, rooms) == first
    (tmp_path / "core" / "a.py").write_text("2")
    second = code_version.hash_of_rooms(tmp_path, rooms)
    (tmp_path / "d.py").write_text("2")
    third = code_version.hash_of_rooms(tmp_path, rooms)
    assert len({first, second, third}) == 3


@pytest.mark.parametrize("step", STEPS)
def test_a_corrupt_entry_is_made_anew(tmp_path: Path, step: str) -> None:
    build_both(tmp_path, LIBRARY)
    path = tmp_path / "work" / "by_document" / f"{step}.sqlite"
    with sqlite3.connect(path) as database:
        key = database.execute("SELECT key FROM results ORDER BY key").fetchone()[0]
        database.execute("UPDATE results SET value = X'00' || value WHERE key = ?", (key,))
    database.close()
    assert build_both(tmp_path, LIBRARY) == {**of((4, 0)), step: (3, 1)}
    assert build_both(tmp_path, LIBRARY) == of((4, 0))


def test_subjects_of_a_folder_are_found_again_where_it_changed(tmp_path: Path) -> None:
    files = {
        f"{folder}/{number}.md": f"# {folder} {number}\n\nThe {word} of wheel {number} is round.\n"
        for folder in ("one", "two")
        for number, word in enumerate(("hub", "rim", "tyre", "spoke", "axle"))
    }
    taxonomy = {"subjects_over": 4}
    assert build_both(tmp_path, files, taxonomy=taxonomy)["subjects"] == (0, 2)
    files["one/0.md"] = OTHER_TEXTS[0]
    assert build_both(tmp_path, files, taxonomy=taxonomy)["subjects"] == (1, 1)


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_corpus(tmp_path / "corpus", LIBRARY)
    plan = plan_of(tmp_path, **CHANGES)
    (tmp_path / "corpus" / "notes.txt").write_text(OTHER_TEXTS[2], encoding="utf-8")
    build(plan, CharCodec(), PROGRESS)
    assert build_both(tmp_path, LIBRARY)["read"] == (3, 1)


def test_a_file_that_cannot_be_read_is_tried_again(tmp_path: Path) -> None:
    files = {**LIBRARY, "broken.jsonl": "{"}
    assert build_both(tmp_path, files, on_error="skip")["read"] == (0, 5)
    assert build_both(tmp_path, files, on_error="skip")["read"] == (4, 1)


def test_a_file_that_includes_others_follows_them(tmp_path: Path) -> None:
    book = "= Book\n\n== Hubs\n\nHubs turn.\n\ninclude::part.adoc[]\n"
    files = {
        "book.adoc": book,
        "part.adoc": "== Rims\n\nRims are round.\n",
        "a.md": "# A\n\nText.\n",
    }
    assert build_both(tmp_path, files)["read"] == (0, 3)
    assert build_both(tmp_path, files)["read"] == (3, 0)
    changed = {**files, "part.adoc": "== Rims\n\nRims are made of steel.\n"}
    assert build_both(tmp_path, changed)["read"] == (1, 2)


def test_a_work_dir_that_cannot_hold_results_builds_all_the_same(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", LIBRARY)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "by_document").write_text("a file")
    assert run_build(tmp_path) == {}
    run_build(tmp_path, work_dir="fresh")
    assert bytes_under(tmp_path / "work") == bytes_under(tmp_path / "fresh")


def test_the_summary_tells_what_was_known(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", LIBRARY)
    run_build(tmp_path)
    assert "known from earlier builds" not in dict(closing_rows(plan_of(tmp_path, **CHANGES)))
    write_corpus(tmp_path / "corpus", {"notes.txt": OTHER_TEXTS[2]})
    run_build(tmp_path)
    plan = plan_of(tmp_path, **CHANGES)
    assert dict(closing_rows(plan))["known from earlier builds"] == (
        "read 3 of 4, outline 3 of 4, cut 3 of 4, sentences 3 of 4, phrases 3 of 4"
    )
    assert load_counts(plan) == {**of((3, 1)), "phrases": (3, 1)}
    assert load_counts(plan_of(tmp_path, **CHANGES, seed=2)) == {}


def test_a_context_that_did_nothing_opens_no_file(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", LIBRARY)
    context = BuildContext(plan_of(tmp_path, **CHANGES), CountingCodec(CharCodec()), PROGRESS)
    assert isinstance(context.steps, DocumentSteps)
    context.close()
    assert not (tmp_path / "work" / "by_document").exists()


NAMES = st.sampled_from([*LIBRARY, "brakes/levers.md", "z.txt"])
TEXTS = st.sampled_from([*LIBRARY.values(), *OTHER_TEXTS])
EDITS = st.lists(st.tuples(NAMES, st.none() | TEXTS), min_size=1, max_size=3)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(EDITS, min_size=1, max_size=2))
def test_any_order_of_changes_gives_the_bytes_of_a_fresh_build(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[str, str | None]]]
) -> None:
    base, files = tmp_path_factory.mktemp("any"), dict(LIBRARY)
    for edits in rounds:
        for name, text in edits:
            files.pop(name, None)
            if text is not None:
                files[name] = text
        if files:
            build_both(base, files)
