"""The commands, as users type them: what they print, what they write, how they fail."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from structtuning_plugin.cli import structtuning
from tests.axolotl_bridge.conftest import Host, MakeRecipe, Recipe, WriteRecipe, book
from tests.structuring import long_text

pytestmark = pytest.mark.axolotl

COMMANDS = ["build", "estimate", "export", "preview", "schema", "show", "validate"]
Run = Callable[..., Result]

SUMMARY = {
    *("train_dir", "eval_dir", "documents", "languages", "same_text_as_another", "topics_per_level", "topics_by_source"),
    *("documents_without_headings", "chunks", "longest_chunk", "chunks_under_16_tokens", "samples", "eval_samples"),
    *("llm", "tokens", "overhead", "longest_sample", "sequence_len", "wordings_in_english_for", "dropped", "dropped_file"),
}


@pytest.fixture
def run(host: Host) -> Run:
    """A command in this process; a traceback would be an exception of another kind than SystemExit."""

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(structtuning, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return run


@pytest.fixture
def built(run: Run, recipe: MakeRecipe, write: WriteRecipe) -> str:
    """A recipe with evaluation, built."""
    write(recipe({"eval": {"share": 0.2}, "scpt": {"map_tokens": 64}}, sequence_len=320))
    assert run("build", "recipe.yaml").exit_code == 0
    return "recipe.yaml"


def refused(result: Result, message: str) -> None:
    """One message, exit status 1, nothing on standard output, no traceback."""
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert re.search(message, result.stderr), result.stderr
    assert "Traceback" not in result.stderr


# --- help


def test_the_group_lists_its_commands(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    listed = re.findall(r"^  (\w+) {2,}\S", result.stdout.split("Commands:")[1], re.MULTILINE)
    assert listed == COMMANDS == sorted(structtuning.commands)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_command_shows_an_example_that_works(run: Run, project: Path, command: str, flag: str) -> None:
    result = run(command, flag)
    assert result.exit_code == 0
    (example,) = re.findall(rf"^ +axolotl structtuning {command}\b.*$", result.stdout, re.MULTILINE)
    words = example.split()[3:]
    for path in (word for word in words if word.endswith(".yaml")):
        assert (project / path).is_file()
    options = {name for parameter in structtuning.commands[command].params for name in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= options


# --- build


def test_build_builds_and_says_what(run: Run, recipe: MakeRecipe, write: WriteRecipe, host: Any) -> None:
    write(recipe({"eval": {"share": 0.2}}))
    first = run("build", "recipe.yaml")
    assert first.exit_code == 0
    labels = [line.split("  ")[0] for line in first.stdout.splitlines()[:-1]]
    kinds = [label for label in labels if label.startswith("samples: ")]
    assert [label for label in labels if label not in kinds] == [
        "documents",
        "topics per level",
        "topics by source",
        "chunks",
        "held out for evaluation",
        "tokens of the corpus",
        "tokens of prompts (masked)",
        "tokens trained",
        "tokens in all",
        "longest sample",
        "left out",
    ]
    assert "samples: passage" in kinds
    assert "documents                   2 (en 2)\ntopics per level            1 > 2 > 4 > 8\n" in first.stdout
    assert "dropped.jsonl" in first.stdout.splitlines()[-1]
    assert all(line.startswith("[structtuning] ") for line in first.stderr.splitlines())

    again = run("build", "recipe.yaml")
    assert again.stdout == first.stdout
    assert again.stderr == "[structtuning] everything is built already\n"

    (entry,) = host.load(recipe({"eval": {"share": 0.2}})).datasets
    assert Path(entry["path"], "state.json").is_file()  # what the command builds is what Axolotl looks for


def test_build_json_has_exactly_these_keys(run: Run, built: str) -> None:
    result = run("build", built, "--json")
    figures = json.loads(result.stdout)
    assert set(figures) == SUMMARY
    assert set(figures["tokens"]) == {"corpus", "prompt", "trained", "trained_by_kind", "total", "held_out"}
    assert set(figures["samples"]) == set(figures["tokens"]["trained_by_kind"])
    assert figures["documents"] == 2
    assert figures["topics_per_level"] == [1, 2, 4, 8]
    assert Path(figures["train_dir"]).is_dir()
    assert Path(figures["eval_dir"]).is_dir()
    assert Path(figures["dropped_file"]).is_file()
    assert sum(figures["tokens"]["trained_by_kind"].values()) == figures["tokens"]["trained"]
    assert result.stderr == ""


def test_build_makes_what_was_deleted(run: Run, built: str, home: Path) -> None:
    whole = run("build", built, "--json").stdout
    for stage in ("documents", "taxonomy"):
        shutil.rmtree(home / "work" / stage)
        assert run("build", built, "--json").stdout == whole
        assert list((home / "work" / stage).glob("*/manifest.json"))


def test_build_without_eval(run: Run, recipe: MakeRecipe, write: WriteRecipe) -> None:
    write(recipe())
    figures = json.loads(run("build", "recipe.yaml", "--json").stdout)
    assert (figures["eval_dir"], figures["eval_samples"], figures["tokens"]["held_out"]) == (None, {}, 0)


# --- show


def test_show_draws_the_tree(run: Run, built: str) -> None:
    lines = run("show", built).stdout.splitlines()
    titles = [re.sub(r"  \[\d+ chunks?, [\d,]+ tokens\]$", "", line) for line in lines]
    assert titles == [
        "Bicycles",
        "├─ The Bicycle",
        "│  ├─ Wheels",
        "│  │  ├─ Rims",
        "│  │  └─ Spokes",
        "│  └─ Brakes",
        "│     ├─ Rim brakes",
        "│     └─ Disc brakes",
        "└─ The Tandem",
        "   ├─ Wheels",
        "   │  ├─ Rims",
        "   │  └─ Spokes",
        "   └─ Brakes",
        "      ├─ Rim brakes",
        "      └─ Disc brakes",
    ]
    assert run("show", built, "--depth", "0").stdout.splitlines() == lines[:1]
    assert run("show", built, "--depth", "1").stdout.splitlines() == [lines[0], lines[1], lines[8]]
    assert run("show", built, "--depth", "9").stdout.splitlines() == lines
    figures = json.loads(run("build", built, "--json").stdout)
    assert lines[0] == f"Bicycles  [{figures['chunks']} chunks, {figures['tokens']['corpus']:,} tokens]"


def test_show_of_some_branches(run: Run, built: str) -> None:
    def titles(*arguments: str) -> list[str]:
        return [re.sub(r"  \[.*", "", line) for line in run("show", built, *arguments).stdout.splitlines()]

    assert titles("--branch", "tandem", "--depth", "1") == ["Bicycles > The Tandem", "├─ Wheels", "└─ Brakes"]
    assert titles("--branch", "BRAKES") == [
        "Bicycles > The Bicycle > Brakes",
        "├─ Rim brakes",
        "└─ Disc brakes",
        "Bicycles > The Tandem > Brakes",
        "├─ Rim brakes",
        "└─ Disc brakes",
    ]
    refused(run("show", built, "--branch", "Saddle"), r"No title of the tree contains 'Saddle'. Run `show` without `--branch`")


def test_show_with_ids(run: Run, built: str) -> None:
    tree = json.loads(run("export", built, "--what", "taxonomy").stdout)["tree"]
    lines = run("show", built, "--ids").stdout.splitlines()
    assert lines[0].endswith(f" tokens, {tree['id']}]")
    assert lines[1].endswith(f" tokens, {tree['children'][0]['id']}]")


def test_show_refuses_a_negative_depth(run: Run, built: str) -> None:
    assert run("show", built, "--depth", "-1").exit_code == 2


@pytest.mark.parametrize("command", [["show"], ["preview"], ["export", "--what", "taxonomy"], ["export", "--what", "scpt"]])
def test_before_the_build_it_says_what_to_run(run: Run, recipe: MakeRecipe, write: WriteRecipe, command: list[str]) -> None:
    write(recipe())
    refused(run(*command, "recipe.yaml"), r"is missing. Run `axolotl structtuning build` or `axolotl preprocess` first")


# --- preview


def test_preview_tells_trained_from_masked(run: Run, built: str) -> None:
    figures = json.loads(run("build", built, "--json").stdout)
    shown = run("preview", built).stdout
    assert re.findall(r"^--- (\w+)/", shown, re.MULTILINE) == [
        kind for kind in ("passage", "section_map", "chapter_map", "book_map", "locate") if kind in figures["samples"]
    ]
    samples = re.split(r"^--- .*\n", shown, flags=re.MULTILINE)[1:]
    for sample in samples:
        assert re.fullmatch(r"<s>[^⟦⟧]+⟦[^⟦⟧]+</s>⟧\n\n", sample)
    assert "⟦This chapter of The Bicycle is about wheels." in samples[0]


def test_preview_of_one_kind(run: Run, built: str) -> None:
    shown = run("preview", built, "--kind", "locate", "--count", "2").stdout
    heads = re.findall(r"^--- locate/\S+  wording (\S+)  (\d+) masked \+ (\d+) trained tokens$", shown, re.MULTILINE)
    assert len(heads) == 2
    assert all(wording.startswith("en/locate/") for wording, _, _ in heads)
    everything = run("preview", built, "--kind", "locate", "--count", "1000").stdout
    assert everything.count("--- locate/") == json.loads(run("build", built, "--json").stdout)["samples"]["locate"]


def test_preview_of_an_unknown_or_absent_kind(run: Run, built: str) -> None:
    refused(run("preview", built, "--kind", "locat"), r"Unknown kind `locat`. Did you mean `locate`\? Allowed: book_map")
    refused(run("preview", built, "--kind", "parent"), r"no samples of the kind `parent`; it has: .*passage")


def test_preview_lets_no_corpus_steer_the_terminal(run: Run, recipe: MakeRecipe, write: WriteRecipe, corpus: Path) -> None:
    (corpus / "The Bicycle.md").write_text("# A\n\nright \u202e wrong \u2066 more\n", encoding="utf-8")
    write(recipe())
    assert run("build", "recipe.yaml").exit_code == 0
    shown = run("preview", "recipe.yaml").stdout
    assert "\u202e" not in shown
    assert "right \ufffd wrong" in shown


# --- export


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
        return [json.loads(line) for line in run("export", built, "--what", what).stdout.splitlines()]

    documents, chunks, samples = rows("documents"), rows("chunks"), rows("scpt")
    assert [document["id"] for document in documents] == ["The Bicycle.md", "The Tandem.md"]
    for document in documents:
        texts = [chunk["text"] for chunk in chunks if chunk["document_id"] == document["id"]]
        assert "".join(texts) == document["text"]
    assert set(samples[0]) == {
        *("id", "kind", "topic_id", "prompt", "completion", "eos", "template", "chunk_ids", "prompt_tokens", "trained_tokens")
    }


def test_export_of_the_taxonomy(run: Run, built: str, home: Path) -> None:
    taxonomy = json.loads(run("export", built, "--what", "taxonomy").stdout)
    assert taxonomy["format"] == "structtuning-taxonomy"
    assert taxonomy["tree"]["title"] == "Bicycles"
    outline = run("export", built, "--what", "taxonomy", "--format", "md").stdout.splitlines()
    assert outline[:2] == ["<!--", "structtuning-taxonomy, version 1"]
    lines = outline[outline.index("-->") + 2 :]
    assert re.fullmatch(r"- Bicycles <!-- [0-9a-f]{16}~[0-9a-f]{8} -->", lines[0])
    assert re.fullmatch(r"    - Wheels <!-- [0-9a-f]{16}~[0-9a-f]{8} The%20Bicycle.md@0 -->", lines[2])
    for name in ("t.json", "t.md", "T.MD"):
        assert run("export", built, "--what", "taxonomy", "-o", name).exit_code == 0
    assert json.loads((home / "t.json").read_text(encoding="utf-8")) == taxonomy
    assert (home / "t.md").read_text(encoding="utf-8").splitlines() == outline
    assert (home / "T.MD").read_text(encoding="utf-8").splitlines() == outline


@pytest.mark.parametrize("name", ["t.json", "t.md"])
def test_an_exported_taxonomy_can_be_given_back(run: Run, built: str, recipe: MakeRecipe, write: WriteRecipe, name: str) -> None:
    shown = run("show", built).stdout
    run("export", built, "--what", "taxonomy", "-o", name)
    write(recipe({"taxonomy": {"path": name}}, sequence_len=320), "again.yaml")
    assert run("build", "again.yaml").exit_code == 0
    titles = [re.sub(r"  \[.*", "", line) for line in shown.splitlines()]
    assert [re.sub(r"  \[.*", "", line) for line in run("show", "again.yaml").stdout.splitlines()] == titles


def test_export_of_lessons_for_a_structuring_model(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, corpus: Path, home: Path
) -> None:
    (corpus / "second.md").write_text("# Oil\n\nSlippery.\n\n# Grease\n\nThick.\n", encoding="utf-8")
    write(recipe({}))
    result = run("export", "recipe.yaml", "--what", "structurizer", "--held-out", "0.2", "-o", "lessons.jsonl")
    assert result.exit_code == 0
    assert result.stdout == ""
    trained, held = (
        [json.loads(line) for line in (home / name).read_text(encoding="utf-8").splitlines()]
        for name in ("lessons.jsonl", "lessons.held_out.jsonl")
    )
    assert {row["document_id"] for row in trained}.isdisjoint(row["document_id"] for row in held)
    for row in trained + held:
        assert [turn["role"] for turn in row["messages"]] == ["system", "user", "assistant"]
        assert ("title" if row["kind"] == "title" else "groups") in json.loads(row["messages"][2]["content"])
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


def test_a_folder_that_is_not_there_is_told_before_any_work(run: Run, recipe: MakeRecipe, write: WriteRecipe) -> None:
    write(recipe({}))
    refused(
        run("export", "recipe.yaml", "--what", "structurizer", "-o", "lost/lessons.jsonl"), "The folder of lost/lessons.jsonl"
    )


def test_lessons_need_headings(run: Run, recipe: MakeRecipe, write: WriteRecipe, corpus: Path) -> None:
    for path in corpus.iterdir():
        path.unlink()
    (corpus / "a.txt").write_text("Text.", encoding="utf-8")
    write(recipe({}))
    result = run("export", "recipe.yaml", "--what", "structurizer")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith("Error: No document of the corpus has headings, so none can show how a text is structured.\n")


# --- estimate


def test_estimate_says_what_would_be_asked(run: Run, recipe: MakeRecipe, write: WriteRecipe, corpus: Path, home: Path) -> None:
    (corpus / "plain.txt").write_text(long_text(60), encoding="utf-8")
    llm = {"base_url": "http://127.0.0.1:9/v1", "model": "m", "max_concurrency": 4, "budget": {"requests": 1, "tokens": 50}}
    write(recipe({"llm": llm}))
    told = run("estimate", "recipe.yaml", "--rate", "2")
    assert told.exit_code == 0
    figures = json.loads(run("estimate", "recipe.yaml", "--rate", "2", "--json").stdout)
    assert set(figures) == {"requests", "answered", "input_tokens", "output_tokens", "seconds"}
    assert figures["requests"] > 1
    assert figures["seconds"] == figures["requests"] / 2
    assert f"requests to send  {figures['requests']}\n" in told.stdout
    assert f"`llm.budget.requests: 1` is less than {figures['requests']}" in told.stdout
    assert "`llm.budget.tokens: 50` is less than" in told.stdout
    assert not (home / "work/taxonomy").exists()


def test_estimate_without_a_model(run: Run, recipe: MakeRecipe, write: WriteRecipe) -> None:
    write(recipe({}))
    refused(run("estimate", "recipe.yaml"), "The block has no `llm:`, so nothing is asked and nothing is sent.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--what", "taxonomy", "--format", "jsonl"], r"`taxonomy` cannot be written as jsonl. Allowed: json, md"),
        (["--what", "taxonomy", "-o", "t.parquet"], r"`taxonomy` cannot be written as parquet. Allowed: json, md"),
        (["--what", "chunks", "--format", "md"], r"`chunks` cannot be written as md. Allowed: json, jsonl, parquet"),
        (["--what", "scpt", "--format", "parquet"], r"Parquet is binary: name a file with `-o FILE`"),
        (["--what", "chunks", "-o", "nowhere/x.jsonl"], "The folder of nowhere/x.jsonl does not exist"),
        (["--what", "chunks", "-o", "nowhere/x.parquet"], "The folder of nowhere/x.parquet does not exist"),
        (["--what", "chunks", "-o", "recipe.yaml/x.jsonl"], "The folder of recipe.yaml/x.jsonl does not exist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_export_refuses_what_it_cannot_write(run: Run, built: str, arguments: list[str], message: str) -> None:
    refused(run("export", built, *arguments), message)


def test_export_of_something_unknown_is_a_usage_error(run: Run, built: str) -> None:
    assert run("export", built, "--what", "samples").exit_code == 2
    assert run("export", built, "--what", "chunks", "--format", "csv").exit_code == 2
    assert run("export", built).exit_code == 2


@pytest.mark.parametrize("name", ["x.jsonl", "x.parquet"])
def test_a_file_is_there_whole_or_as_it_was(run: Run, built: str, home: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from pyarrow import parquet

    (home / name).write_text("earlier", encoding="utf-8")

    def half(path: Any) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parquet, "write_table", lambda table, path: half(path))
    monkeypatch.setattr(Path, "write_text", lambda path, *_, **__: half(path))
    refused(run("export", built, "--what", "chunks", "-o", name), f"{name} cannot be written: .*No space left")
    assert (home / name).read_bytes() == b"earlier"
    assert [path.name for path in home.iterdir() if "x." in path.name] == [name]


# --- validate and schema


def test_validate_says_what_the_recipe_would_do_and_builds_nothing(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, home: Path
) -> None:
    (home / "corpus" / "picture.png").write_bytes(b"\x89PNG")
    write(recipe())
    result = run("validate", "recipe.yaml")
    assert result.exit_code == 0
    size = sum(path.stat().st_size for path in (home / "corpus").glob("*.md"))
    lines = result.stdout.splitlines()
    assert lines[:3] == [
        f"files          2, {size:,} bytes",
        "not read       picture.png: no reader takes .png",
        "extractor      auto",
    ]
    assert re.fullmatch(r"wordings       \d+ in .*\ben\b.*", lines[3])
    assert lines[4] == "tokens a row   256 = 2 special + 32 prompt + 0 title + 222 chunk, at most"
    assert re.fullmatch(r"built          no, .*/work/scpt/[0-9a-f]{20}/train", lines[5])
    assert lines[6:] == ["The recipe can be used."]
    assert not (home / "work" / "scpt").exists()
    assert run("build", "recipe.yaml").exit_code == 0
    assert "built          yes, " in run("validate", "recipe.yaml").stdout


def test_validate_refuses_what_cannot_fit(run: Run, recipe: MakeRecipe, write: WriteRecipe) -> None:
    write(recipe({"chunk_tokens": 250}))
    refused(run("validate", "recipe.yaml"), r"A row cannot fit: sequence_len 256 < 2 special tokens \+ 32")


@pytest.fixture
def reviewed(run: Run, recipe: MakeRecipe, write: WriteRecipe, home: Path) -> Callable[[Callable[[str], str]], Result]:
    """Validates a recipe whose outline was edited; nothing of the corpus is built by then."""

    def review(edit: Callable[[str], str]) -> Result:
        write(recipe())
        assert run("build", "recipe.yaml").exit_code == 0
        text = run("export", "recipe.yaml", "--what", "taxonomy", "--format", "md").stdout
        (home / "outline.md").write_text(edit(text), encoding="utf-8")
        write(recipe({"taxonomy": {"path": "outline.md"}}))
        shutil.rmtree(home / "work")
        result = run("validate", "recipe.yaml")
        assert not (home / "work" / "documents").exists()
        return result

    return review


def test_validate_checks_an_edited_outline(reviewed: Callable[..., Result], run: Run) -> None:
    def edit(text: str) -> str:
        text = text.replace("- Wheels <", "- The wheels <", 1)
        head, line = text.split("    - Brakes <", 1)
        return f"{head}    - More\n      - Brakes <" + line.replace("      - ", "        - ", 2)

    result = reviewed(edit)
    assert (result.exit_code, result.stderr) == (0, "[structtuning] reading documents: 2\n")
    assert (
        result.stdout.splitlines()[1] == "taxonomy       outline.md: 16 topics in 5 levels, 1 new, 1 renamed, 0 with other text"
    )
    assert result.stdout.splitlines()[-1] == "The recipe can be used."
    assert run("build", "recipe.yaml").exit_code == 0
    built = run("validate", "recipe.yaml")  # from the documents that were built
    assert (built.stdout.splitlines()[1], built.stderr) == (result.stdout.splitlines()[1], "")
    assert "│  └─ More  [" in run("show", "recipe.yaml").stdout


def test_validate_says_what_an_edit_broke(reviewed: Callable[..., Result]) -> None:
    def edit(text: str) -> str:
        lines = text.splitlines()
        first = next(number for number, line in enumerate(lines) if "- Wheels <" in line)
        lines[first + 1], lines[first + 2] = lines[first + 2], lines[first + 1]
        return "\n".join([*lines, "    - Nothing"])

    result = reviewed(edit)
    assert (result.exit_code, result.stdout) == (1, "")
    message = result.stderr.partition("Error: ")[2].splitlines()
    assert re.fullmatch(r".*/outline.md has 2 faults:", message[0])
    assert re.fullmatch(
        r"  line 21: 'Rims', The Bicycle.md@\d+, stands below line 20, 'Spokes', The Bicycle.md@\d+. The order of the text stays "
        r"as it is: put it above line 20 again and change levels only.",
        message[1],
    )
    assert message[2] == "  line 32: the new topic 'Nothing' holds nothing. Indent beneath it what it shall hold."


def test_validate_checks_an_edited_json(run: Run, built: str, recipe: MakeRecipe, write: WriteRecipe, home: Path) -> None:
    run("export", built, "--what", "taxonomy", "-o", "t.json")
    write(recipe({"taxonomy": {"path": "t.json"}}))
    expected = "taxonomy       t.json: 15 topics in 4 levels, 0 new"
    assert run("validate", "recipe.yaml").stdout.splitlines()[1] == expected
    taxonomy = json.loads((home / "t.json").read_text(encoding="utf-8"))
    taxonomy["tree"]["children"].pop()
    (home / "t.json").write_text(json.dumps(taxonomy), encoding="utf-8")
    refused(run("validate", "recipe.yaml"), r"t.json: characters 0..\d+ of The Tandem.md stand nowhere: give them to a node's")


def test_schema_is_the_schema_of_the_block(run: Run) -> None:
    schema = json.loads(run("schema").stdout)
    assert schema["additionalProperties"] is False
    assert {"domain", "corpus", "work_dir", "taxonomy", "scpt", "eval", "chunk_tokens", "seed"} <= set(schema["properties"])
    assert all("description" in entry or "$ref" in entry for entry in schema["properties"].values())


# --- errors


def _without(key: str, recipe: Recipe) -> Recipe:
    return {name: value for name, value in recipe.items() if name != key}


WRONG: dict[str, tuple[Callable[[MakeRecipe], Recipe], str]] = {
    "misspelt key": (lambda make: make({"chunk_token": 9}), r"Unknown key `chunk_token`. Did you mean `chunk_tokens`\?"),
    "misspelt key within": (lambda make: make({"scpt": {"shres": {}}}), r"structtuning.scpt: Unknown key `shres`.*`shares`"),
    "wrong value": (lambda make: make({"scpt": {"wordings": 0}}), r"structtuning.scpt.wordings: .*greater.*given: 0"),
    "no block": (lambda make: _without("structtuning", make()), r"has no `structtuning:` block"),
    "misspelt block": (
        lambda make: {**_without("structtuning", make()), "structuning": {}},
        r"Did you mean `structtuning:` where the recipe says `structuning:`",
    ),
    "not listed": (lambda make: make(plugins=None), r"does not list the plugin"),
    "disabled": (lambda make: make({"enabled": False}), r"says `enabled: false`; there is nothing to do"),
    "no corpus": (lambda make: make({"corpus": ["nowhere"]}), r"corpus entry .*nowhere does not exist"),
    "empty corpus": (lambda make: make({"corpus": ["corpus/*.pdf"]}), r"finds no file that can be read"),
    "unknown extractor": (
        lambda make: make({"taxonomy": {"extractor": "headngs"}}),
        r"Unknown extractor `headngs`. Did you mean `headings`\? Allowed: .*headings, .*parts",
    ),
    "unknown option": (lambda make: make({"taxonomy": {"options": {"splitover": 3}}}), r"splitover.*split_over"),
    "no taxonomy": (lambda make: make({"taxonomy": {"path": "t.json"}}), r"file .*t.json \(`taxonomy.path`\) does not exist"),
    "no templates": (lambda make: make({"scpt": {"template_dirs": ["w"]}}), r"template folder .*w does not exist"),
    "streaming": (lambda make: make(streaming=True), r"`streaming: True` and the structtuning block cannot go together"),
    "no model": (lambda make: make(base_model=None), r"names no `base_model`"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("command", ["build", "validate"])
def test_what_is_wrong_is_said_in_one_message(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, home: Path, command: str, name: str
) -> None:
    make, message = WRONG[name]
    write(make(recipe))
    refused(run(command, "recipe.yaml"), message)
    assert not (home / "work" / "scpt").exists()


@pytest.mark.parametrize("command", ["build", "show", "preview", "validate", "export"])
def test_a_missing_or_broken_recipe(run: Run, home: Path, command: str) -> None:
    more = ["--what", "chunks"] if command == "export" else []
    refused(run(command, "nowhere.yaml", *more), r"recipe nowhere.yaml cannot be read: .*No such file")
    (home / "broken.yaml").write_text("a: [1", encoding="utf-8")
    refused(run(command, "broken.yaml", *more), r"recipe broken.yaml cannot be read: while parsing")


def test_a_model_that_is_not_there(run: Run, recipe: MakeRecipe, write: WriteRecipe) -> None:
    write(recipe(base_model="./nowhere"))
    result = run("build", "recipe.yaml")
    assert result.exit_code == 1
    assert "Error: The tokenizer of `./nowhere` cannot be loaded" in result.stderr


def test_a_work_dir_that_cannot_be_written(run: Run, recipe: MakeRecipe, write: WriteRecipe, home: Path) -> None:
    (home / "file").write_text("", encoding="utf-8")
    write(recipe({"work_dir": "file/work"}))
    result = run("build", "recipe.yaml")
    assert result.exit_code == 1
    assert "work_dir" in result.stderr.splitlines()[-1]
    assert "cannot be written" in result.stderr.splitlines()[-1]


def test_a_bug_keeps_its_traceback(recipe: MakeRecipe, write: WriteRecipe, monkeypatch: pytest.MonkeyPatch) -> None:
    from structtuning_plugin.commands import building

    def bug(path: str) -> None:
        raise KeyError("bug")

    monkeypatch.setattr(building, "open_recipe", bug)
    write(recipe())
    assert isinstance(CliRunner().invoke(structtuning, ["build", "recipe.yaml"]).exception, KeyError)


# --- in processes of their own


def process(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_python_m_prints_pure_json(recipe: MakeRecipe, write: WriteRecipe, environment: dict[str, str]) -> None:
    write(recipe({"eval": {"share": 0.2}}))
    command = (sys.executable, "-m", "structtuning_plugin", "build", "recipe.yaml", "--json")
    first, second = process(environment, *command), process(environment, *command)
    assert first.returncode == 0, first.stderr
    figures = json.loads(first.stdout)
    assert set(figures) == SUMMARY
    assert second.stdout == first.stdout
    assert "[structtuning] reading documents: 2" in first.stderr
    assert second.stderr == ""


def test_axolotl_has_the_group(axolotl: Callable[..., subprocess.CompletedProcess[str]], home: Path) -> None:
    result = axolotl("structtuning", "show", "nowhere.yaml")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("Error: The recipe nowhere.yaml cannot be read")
    assert "Traceback" not in result.stderr


def test_errors_of_a_process_are_one_message(
    recipe: MakeRecipe, write: WriteRecipe, environment: dict[str, str], corpus: Path
) -> None:
    (corpus / "The Bicycle.md").write_text(book("The Bicycle"), encoding="utf-8")
    write(recipe({"domian": "x"}))
    result = process(environment, sys.executable, "-m", "structtuning_plugin", "validate", "recipe.yaml")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: The block cannot be used:\n  structtuning: Unknown key `domian`.")
    assert "Traceback" not in result.stderr
