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
from tests.axolotl_bridge.conftest import MakeRecipe, WriteRecipe

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
