"""What the commands say of themselves: help and the schema of the block."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from structtuning_plugin.cli import structtuning
from tests.axolotl_bridge.cli.conftest import Run

pytestmark = pytest.mark.axolotl

COMMANDS = [
    *(
        "ablate",
        "arms",
        "ask-again",
        "build",
        "clean",
        "coverage",
        "estimate",
        "evaluate",
        "export",
        "preview",
        "probes",
        "report",
        "schema",
        "show",
        "trace",
    ),
    "validate",
]


def test_the_group_lists_its_commands(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    listed = re.findall(r"^  ([\w-]+) {2,}\S", result.stdout.split("Commands:")[1], re.MULTILINE)
    assert listed == COMMANDS == sorted(structtuning.commands)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_command_shows_an_example_that_works(
    run: Run, project: Path, command: str, flag: str
) -> None:
    result = run(command, flag)
    assert result.exit_code == 0
    (example,) = re.findall(rf"^ +axolotl structtuning {command}\b.*$", result.stdout, re.MULTILINE)
    words = example.split()[3:]
    for path in (word for word in words if word.endswith(".yaml")):
        assert (project / path).is_file()
    options = {
        name for parameter in structtuning.commands[command].params for name in parameter.opts
    }
    assert {word for word in words if word.startswith("-")} <= options


def test_schema_is_the_schema_of_the_block(run: Run) -> None:
    schema = json.loads(run("schema").stdout)
    assert schema["additionalProperties"] is False
    assert {
        "domain",
        "corpus",
        "work_dir",
        "taxonomy",
        "scpt",
        "eval",
        "chunk_tokens",
        "seed",
    } <= set(schema["properties"])
    assert all("description" in entry or "$ref" in entry for entry in schema["properties"].values())
