"""`validate`: what a recipe would do, and what an edit of its taxonomy did."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.axolotl_bridge.cli.conftest import Run, refused
from tests.axolotl_bridge.conftest import MakeRecipe, Recipe, WriteRecipe
from tests.axolotl_bridge.questions import CHAT

pytestmark = pytest.mark.axolotl


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
    assert re.fullmatch(r"wordings       scpt: \d+ in en, es, fr, ja, ru, zh", lines[3])
    assert lines[4] == "tokens a row   256 = 2 special + 32 prompt + 0 title + 222 chunk, at most"
    assert re.fullmatch(r"built          no, .*/work/scpt/[0-9a-f]{20}/train", lines[5])
    assert re.fullmatch(r"axolotl        \d+\.\d+\.\S+.*", lines[6])
    assert lines[7:] == ["The recipe can be used."]
    assert not (home / "work" / "scpt").exists()
    assert run("build", "recipe.yaml").exit_code == 0
    assert "built          yes, " in run("validate", "recipe.yaml").stdout


def test_validate_refuses_what_cannot_fit(run: Run, recipe: MakeRecipe, write: WriteRecipe) -> None:
    write(recipe({"chunk_tokens": 250}))
    refused(
        run("validate", "recipe.yaml"),
        r"A row cannot fit: sequence_len 256 < 2 special tokens \+ 32",
    )


@pytest.fixture
def reviewed(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, home: Path
) -> Callable[[Callable[[str], str]], Result]:
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
        result.stdout.splitlines()[1]
        == "taxonomy       outline.md: 16 topics in 5 levels, 1 new, 1 renamed, 0 with other text"
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
        r"  line 22: 'Rims', The Bicycle.md@\d+, is below line 21, 'Spokes', The Bicycle.md@\d+. The order of the text stays "
        r"as it is: put it above line 21 again and change levels only.",
        message[1],
    )
    assert (
        message[2]
        == "  line 33: the new topic 'Nothing' has no text and no children. Indent its children below it."
    )


def test_validate_checks_an_edited_json(
    run: Run, built: str, recipe: MakeRecipe, write: WriteRecipe, home: Path
) -> None:
    run("export", built, "--what", "taxonomy", "-o", "t.json")
    write(recipe({"taxonomy": {"path": "t.json"}}))
    expected = "taxonomy       t.json: 15 topics in 4 levels, 0 new"
    assert run("validate", "recipe.yaml").stdout.splitlines()[1] == expected
    taxonomy = json.loads((home / "t.json").read_text(encoding="utf-8"))
    taxonomy["tree"]["children"].pop()
    (home / "t.json").write_text(json.dumps(taxonomy), encoding="utf-8")
    refused(
        run("validate", "recipe.yaml"),
        r"t.json: characters 0..\d+ of The Tandem.md belong to no node: give them to a node's",
    )


# --- instruction tuning


def test_validate_reads_the_questions_and_loads_the_template(
    run: Run, asking: Callable[..., Recipe], write: WriteRecipe, home: Path
) -> None:
    write(asking(stage=["scpt", "ssft"]))
    result = run("validate", "recipe.yaml")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    wordings = [line for line in lines if line.startswith("wordings")]
    assert [re.sub(r"\d+", "N", line) for line in wordings] == [
        f"wordings       {stage}: N in en, es, fr, ja, ru, zh" for stage in ("scpt", "ssft", "qa")
    ]
    at = lines.index(wordings[-1])
    assert lines[at + 1 : at + 4] == [
        "questions      4 in 1 file",
        "held out       1 in 1 file",
        "samples        answer, reasoned; chat template",
    ]
    assert [
        line.split("/work/")[1][:5] for line in lines if line.startswith("built          no, ")
    ] == ["scpt/", "ssft/"]
    assert lines[-1] == "The recipe can be used."
    assert not (home / "work" / "documents").exists()


def test_validate_says_what_is_left_out(
    run: Run, asking: Callable[..., Recipe], write: WriteRecipe, home: Path
) -> None:
    with (home / "questions.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"question": "Who?", "answer": ""}\n')
    write(asking(on_error="skip"))
    assert (
        "questions      4 in 1 file, 1 record left out"
        in run("validate", "recipe.yaml").stdout.splitlines()
    )


def test_validate_tells_a_bad_record(
    run: Run, asking: Callable[..., Recipe], write: WriteRecipe, home: Path
) -> None:
    write(asking())
    with (home / "questions.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"question": "Who?", "answer": ""}\n')
    result = run("validate", "recipe.yaml")
    assert result.exit_code == 1
    assert re.search(
        r"Error: questions\.jsonl, record 5, cannot be used: .*\(`no_answer`\)\. Fix or remove it, or set `on_error: skip`",
        result.stderr,
    )
    assert "The recipe can be used." not in result.stdout


def test_a_bad_record_held_out_is_an_error_in_any_case(
    run: Run, asking: Callable[..., Recipe], write: WriteRecipe, home: Path
) -> None:
    write(asking(on_error="skip"))
    (home / "exam.jsonl").write_text('{"question": "Who?", "answer": ""}\n', encoding="utf-8")
    for command in ("validate", "build"):
        result = run(command, "recipe.yaml")
        assert result.exit_code == 1
        assert re.search(r"Error: exam\.jsonl, record 1, cannot be used", result.stderr)


def test_validate_without_a_chat_template_names_both_remedies(
    run: Run, asking: Callable[..., Recipe], write: WriteRecipe
) -> None:
    def without(raw: Recipe) -> Recipe:
        return {key: value for key, value in raw.items() if key not in CHAT}

    write(without(asking()))
    result = run("validate", "recipe.yaml")
    assert result.exit_code == 1
    assert re.search(
        r"Name one in the recipe, such as `chat_template: chatml`.*`structtuning.ssft.format: plain`",
        result.stderr,
    )
    write(without(asking({"format": "plain"})))
    result = run("validate", "recipe.yaml")
    assert (
        result.exit_code,
        "samples        answer, reasoned; plain text" in result.stdout.splitlines(),
    ) == (0, True)


def test_the_example_of_instruction_tuning_can_be_used(
    run: Run, home: Path, project: Path, tiny_model: Path
) -> None:
    shutil.copytree(project / "example_configs", home / "example_configs")
    shutil.copytree(tiny_model, home / "outputs" / "quickstart")
    result = run("validate", "example_configs/quickstart_ssft.yaml")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert {"questions      32 in 2 files", "held out       6 in 1 file"} <= set(lines)
    assert "samples        answer, reasoned, structure, exercise, tell; chat template" in lines
    assert lines[-1] == "The recipe can be used."
