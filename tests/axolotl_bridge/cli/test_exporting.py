"""`export`: rows, the taxonomy, lessons for a structuring model, and what cannot be written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.axolotl_bridge.cli.conftest import Run, refused
from tests.axolotl_bridge.conftest import MakeRecipe, WriteRecipe

pytestmark = pytest.mark.axolotl


@pytest.mark.parametrize("what", ["documents", "chunks", "scpt"])
def test_export_writes_rows_in_every_form(run: Run, built: str, home: Path, what: str) -> None:
    from pyarrow import parquet

    printed = run("export", built, "--what", what).stdout
    rows = [json.loads(line) for line in printed.splitlines()]
    assert len(rows) > 1
    for name in ("x.jsonl", "x.json", "x.parquet"):
        result = run("export", built, "--what", what, "-o", name)
        assert (result.stdout, result.stderr) == ("", f"Written: {name}\n")
    assert (home / "x.jsonl").read_text(encoding="utf-8") == printed
    assert json.loads((home / "x.json").read_text(encoding="utf-8")) == rows
    assert json.loads(json.dumps(parquet.read_table(home / "x.parquet").to_pylist())) == rows
    assert json.loads(run("export", built, "--what", what, "--format", "json").stdout) == rows


def test_exported_rows_say_what_they_are(run: Run, built: str) -> None:
    def rows(what: str) -> list[dict[str, Any]]:
        return [
            json.loads(line) for line in run("export", built, "--what", what).stdout.splitlines()
        ]

    documents, chunks, samples = rows("documents"), rows("chunks"), rows("scpt")
    assert [document["id"] for document in documents] == ["The Bicycle.md", "The Tandem.md"]
    for document in documents:
        texts = [chunk["text"] for chunk in chunks if chunk["document_id"] == document["id"]]
        assert "".join(texts) == document["text"]
    assert set(samples[0]) == {
        *(
            "id",
            "kind",
            "topic_id",
            "prompt",
            "completion",
            "eos",
            "template",
            "chunk_ids",
            "prompt_tokens",
            "trained_tokens",
        )
    }


def test_export_of_the_taxonomy(run: Run, built: str, home: Path) -> None:
    taxonomy = json.loads(run("export", built, "--what", "taxonomy").stdout)
    assert taxonomy["format"] == "structtuning-taxonomy"
    assert taxonomy["tree"]["title"] == "Bicycles"
    outline = run("export", built, "--what", "taxonomy", "--format", "md").stdout.splitlines()
    assert outline[:2] == ["<!--", "structtuning-taxonomy, version 1"]
    lines = outline[outline.index("-->") + 2 :]
    assert re.fullmatch(r"- Bicycles <!-- [0-9a-f]{16}~[0-9a-f]{8} -->", lines[0])
    assert re.fullmatch(
        r"    - Wheels <!-- [0-9a-f]{16}~[0-9a-f]{8} The%20Bicycle.md@0 -->", lines[2]
    )
    for name in ("t.json", "t.md", "T.MD"):
        assert run("export", built, "--what", "taxonomy", "-o", name).exit_code == 0
    assert json.loads((home / "t.json").read_text(encoding="utf-8")) == taxonomy
    assert (home / "t.md").read_text(encoding="utf-8").splitlines() == outline
    assert (home / "T.MD").read_text(encoding="utf-8").splitlines() == outline


@pytest.mark.parametrize("name", ["t.json", "t.md"])
def test_an_exported_taxonomy_can_be_given_back(
    run: Run, built: str, recipe: MakeRecipe, write: WriteRecipe, name: str
) -> None:
    shown = run("show", built).stdout
    run("export", built, "--what", "taxonomy", "-o", name)
    write(recipe({"taxonomy": {"path": name}}, sequence_len=320), "again.yaml")
    assert run("build", "again.yaml").exit_code == 0
    titles = [re.sub(r"  \[.*", "", line) for line in shown.splitlines()]
    assert [
        re.sub(r"  \[.*", "", line) for line in run("show", "again.yaml").stdout.splitlines()
    ] == titles


def test_export_of_lessons_for_a_structuring_model(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, corpus: Path, home: Path
) -> None:
    (corpus / "second.md").write_text(
        "# Oil\n\nSlippery.\n\n# Grease\n\nThick.\n", encoding="utf-8"
    )
    write(recipe({}))
    result = run(
        "export",
        "recipe.yaml",
        "--what",
        "structurizer",
        "--held-out",
        "0.2",
        "-o",
        "lessons.jsonl",
    )
    assert result.exit_code == 0
    assert result.stdout == ""
    trained, held = (
        [json.loads(line) for line in (home / name).read_text(encoding="utf-8").splitlines()]
        for name in ("lessons.jsonl", "lessons.held_out.jsonl")
    )
    assert {row["document_id"] for row in trained}.isdisjoint(row["document_id"] for row in held)
    for row in trained + held:
        assert [turn["role"] for turn in row["messages"]] == ["system", "user", "assistant"]
        assert ("title" if row["kind"] == "title" else "groups") in json.loads(
            row["messages"][2]["content"]
        )
    assert not (home / "lessons.held_out.jsonl").samefile(home / "lessons.jsonl")


def test_lessons_of_one_book_hold_nothing_out_and_say_so(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, corpus: Path, home: Path
) -> None:
    for path in list(corpus.iterdir())[1:]:
        path.unlink()
    write(recipe({}))
    (home / "lessons.held_out.jsonl").write_text("of an earlier export")
    result = run("export", "recipe.yaml", "--what", "structurizer", "-o", "lessons.jsonl")
    assert result.exit_code == 0
    assert "Nothing is held out: leave `test_datasets` out of the recipe" in result.stderr
    assert not (home / "lessons.held_out.jsonl").exists()


def test_a_folder_that_is_not_there_is_told_before_any_work(
    run: Run, recipe: MakeRecipe, write: WriteRecipe
) -> None:
    write(recipe({}))
    refused(
        run("export", "recipe.yaml", "--what", "structurizer", "-o", "lost/lessons.jsonl"),
        "The folder of lost/lessons.jsonl",
    )


def test_lessons_need_headings(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, corpus: Path
) -> None:
    for path in corpus.iterdir():
        path.unlink()
    (corpus / "a.txt").write_text("Text.", encoding="utf-8")
    write(recipe({}))
    result = run("export", "recipe.yaml", "--what", "structurizer")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith(
        "Error: No document of the corpus has headings, so none can show how a text is structured.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--what", "taxonomy", "--format", "jsonl"],
            r"`taxonomy` cannot be written as jsonl. Allowed: json, md",
        ),
        (
            ["--what", "taxonomy", "-o", "t.parquet"],
            r"`taxonomy` cannot be written as parquet. Allowed: json, md",
        ),
        (
            ["--what", "chunks", "--format", "md"],
            r"`chunks` cannot be written as md. Allowed: json, jsonl, parquet",
        ),
        (
            ["--what", "scpt", "--format", "parquet"],
            r"Parquet is binary: name a file with `-o FILE`",
        ),
        (
            ["--what", "chunks", "-o", "nowhere/x.jsonl"],
            "The folder of nowhere/x.jsonl does not exist",
        ),
        (
            ["--what", "chunks", "-o", "nowhere/x.parquet"],
            "The folder of nowhere/x.parquet does not exist",
        ),
        (
            ["--what", "chunks", "-o", "recipe.yaml/x.jsonl"],
            "The folder of recipe.yaml/x.jsonl does not exist",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_export_refuses_what_it_cannot_write(
    run: Run, built: str, arguments: list[str], message: str
) -> None:
    refused(run("export", built, *arguments), message)


def test_export_of_something_unknown_is_a_usage_error(run: Run, built: str) -> None:
    assert run("export", built, "--what", "samples").exit_code == 2
    assert run("export", built, "--what", "chunks", "--format", "csv").exit_code == 2
    assert run("export", built).exit_code == 2


@pytest.mark.parametrize("name", ["x.jsonl", "x.parquet"])
def test_a_file_is_there_whole_or_as_it_was(
    run: Run, built: str, home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from pyarrow import parquet

    (home / name).write_text("earlier", encoding="utf-8")

    def half(path: Any) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parquet, "write_table", lambda table, path: half(path))
    monkeypatch.setattr(Path, "write_text", lambda path, *_, **__: half(path))
    refused(
        run("export", built, "--what", "chunks", "-o", name),
        f"{name} cannot be written: .*No space left",
    )
    assert (home / name).read_bytes() == b"earlier"
    assert [path.name for path in home.iterdir() if "x." in path.name] == [name]


def test_export_of_conversations_in_every_form(run: Run, answered: str, home: Path) -> None:
    from pyarrow import parquet

    rows = [
        json.loads(line) for line in run("export", answered, "--what", "ssft").stdout.splitlines()
    ]
    assert [row["id"] for row in rows] == [
        *(f"answer/questions.jsonl#{number}" for number in (1, 2, 3)),
        *(f"reasoned/questions.jsonl#{number}" for number in (1, 2)),
    ]
    assert set(rows[0]) == {
        *(
            "id",
            "kind",
            "messages",
            "template",
            "language",
            "topic_ids",
            "chunk_ids",
            "structure",
            "qa_id",
        ),
        *("request", "model", "verdict", "prompt_tokens", "trained_tokens"),
    }
    assert [(turn["role"], turn["training"]) for turn in rows[3]["messages"]] == [
        ("user", False),
        ("assistant", True),
    ]
    for name in ("x.jsonl", "x.json", "x.parquet"):
        assert run("export", answered, "--what", "ssft", "-o", name).stderr == f"Written: {name}\n"
    assert json.loads((home / "x.json").read_text(encoding="utf-8")) == rows
    assert json.loads(json.dumps(parquet.read_table(home / "x.parquet").to_pylist())) == rows


def test_export_of_a_stage_that_the_block_has_not(run: Run, answered: str) -> None:
    refused(
        run("export", answered, "--what", "scpt"),
        r"This recipe builds no `scpt`: its block says `stage: ssft`\.",
    )


def test_export_of_conversations_from_a_recipe_of_scpt(run: Run, built: str) -> None:
    refused(
        run("export", built, "--what", "ssft"),
        r"This recipe builds no `ssft`: its block says `stage: scpt`\.",
    )


def test_rows_for_another_toolkit(run: Run, built: str, home: Path) -> None:
    result = run("export", built, "--to", "completion", "-o", "rows", "--license", "mit")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Written: rows\n")
    rows = [json.loads(line) for line in run("export", built, "--what", "scpt").stdout.splitlines()]
    lines = (home / "rows/scpt/train.jsonl").read_text(encoding="utf-8").splitlines()
    columns = ("prompt", "completion", "eos")
    assert [json.loads(line) for line in lines] == [
        {key: row[key] for key in columns} for row in rows
    ]
    assert (home / "rows/scpt/eval.jsonl").is_file()
    card = (home / "rows/README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlicense: mit\n")
    assert "- The Bicycle.md" in card.splitlines()
    for path in (home / "rows").rglob("*"):
        assert path.is_dir() or str(home) not in path.read_text(encoding="utf-8")
    run("export", built, "--to", "parquet", "-o", "rows")
    assert not (home / "rows/scpt/train.jsonl").exists()


def test_exports_that_cannot_be(run: Run, built: str, home: Path) -> None:
    for options, message in (
        (("--to", "trk", "-o", "rows"), "Unknown exporter `trk`. Did you mean `trl`?"),
        (("--to", "trl"), "`--to` writes a folder: name one with `-o FOLDER`"),
        (("--to", "trl", "-o", "rows", "--format", "json"), "`--to` decides the form"),
        (("--to", "trl", "-o", "rows", "--what", "taxonomy"), "`taxonomy` has none. Allowed: scpt"),
        (("--to", "trl", "-o", "rows", "--what", "ssft"), "This recipe builds no `ssft`"),
        (("--to", "messages", "-o", "rows"), "The rows of `scpt` are prompts with completions"),
        (("--to", "trl", "-o", "."), "has files that are no export"),
        (("--what", "taxonomy", "-o", "."), "is a folder: name a file"),
    ):
        refused(run("export", built, *options), re.escape(message))
    assert not (home / "rows").exists()
