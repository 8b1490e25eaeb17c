"""`evaluate`, as users type it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.evaluation import model_identity as identity
from tests.axolotl_bridge.cli.conftest import Run, refused
from tests.axolotl_bridge.conftest import MakeRecipe, WriteRecipe
from tests.evaluation.asking import CHOICE, FREE
from tests.evaluation.asking import write as write_rows
from tests.evaluation.conftest import KNOWN
from tests.llm.fault_server import FaultServer, serving

pytestmark = pytest.mark.axolotl

Evaluate = Callable[..., Result]


@pytest.fixture
def evaluate(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, home: Path, knowing: Path
) -> Evaluate:
    """The command with a recipe whose held-out questions the model knows."""
    write_rows(home / "exam.jsonl", KNOWN)
    write(
        recipe(
            {"stage": "ssft", "ssft": {"qa": ["exam.jsonl"], "holdout": ["exam.jsonl"]}},
            base_model=str(knowing),
        )
    )

    def evaluate(*arguments: str) -> Result:
        return run("evaluate", "recipe.yaml", "--max-new-tokens", "40", *arguments)

    return evaluate


def scores_of(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    scores: dict[str, Any] = json.loads(result.stdout)
    return scores


def test_a_model_that_knows_the_answers_gets_all(
    evaluate: Evaluate, home: Path, knowing: Path
) -> None:
    result = evaluate("-o", "run")
    assert result.exit_code == 0, result.stderr
    assert "exam.jsonl     token F1 100.0 % (100.0 to 100.0), n = 4" in result.stdout
    assert f"model          {knowing}" in result.stdout
    assert result.stdout.endswith("Answers and scores are in run\n")
    assert {
        path.name
        for path in (home / "run").iterdir()
        if path.suffix != ".lock" and path.name != ".lock"
    } == {
        *("run.json", "predictions.jsonl", "graded.jsonl", "scores.json", "dropped.jsonl"),
    }
    assert json.loads((home / "run/scores.json").read_text())["score"]["mean"] == 1


def test_the_second_time_nothing_is_asked(evaluate: Evaluate) -> None:
    first = evaluate("--json")
    second = evaluate("--json")
    assert scores_of(first) == scores_of(second)
    assert "4 of 4 questions are answered already" in second.stderr
    assert "loading" not in second.stderr


def test_another_model_is_compared(evaluate: Evaluate, tiny_model: Path) -> None:
    assert evaluate("-o", "before", "--model", str(tiny_model)).exit_code == 0
    found = scores_of(evaluate("--against", "before", "--json", "--batch-size", "2"))["against"]
    assert (found["only_here"], found["only_there"], found["score"]["n"]) == (0, 0, 4)
    assert found["score"]["difference"] > 0.9


def test_likelihoods_are_measured_beside_answers(
    evaluate: Evaluate, home: Path, tiny_model: Path
) -> None:
    rows = [{**row, "wrong": ["None.", "It is a bell."]} for row in KNOWN]
    write_rows(home / "wrong.jsonl", rows)
    tasks = ("--tasks", "wrong.jsonl", "--measures", "generate,likelihood", "--json")
    before = scores_of(evaluate(*tasks, "-o", "before", "--model", str(tiny_model)))
    scores = scores_of(evaluate(*tasks, "-o", "run", "--against", "before"))
    forms = scores["likelihood"]["forms"]
    assert list(forms) == ["mean", "plain", "bare", "prompt"]
    assert forms["prompt"]["margin"]["mean"] > 5
    assert forms["prompt"]["acc"]["mean"] == 1
    assert before["likelihood"]["forms"]["prompt"]["margin"]["mean"] < 5
    against = scores["against"]["likelihood"]["forms"]["prompt"]["margin"]
    assert against["difference"] > 5
    assert against["detectable"] > 0
    files = {path.name for path in (home / "run").iterdir()}
    assert {"likelihoods.jsonl", "likelihood_graded.jsonl", "graded.jsonl"} <= files
    # Nothing is scored twice, and what is not measured now stays as it is.
    graded = (home / "run/graded.jsonl").read_bytes()
    again = evaluate("--tasks", "wrong.jsonl", "--measures", "likelihood", "-o", "run")
    assert again.exit_code == 0, again.stderr
    assert "loading" not in again.stderr
    assert (home / "run/graded.jsonl").read_bytes() == graded
    assert "likelihoods " in again.stdout
    assert "margin, nats" in again.stdout
    assert "answered in the style" not in again.stdout


def test_other_tasks_a_limit_and_a_style(evaluate: Evaluate, home: Path) -> None:
    write_rows(home / "other.jsonl", [CHOICE, FREE | {"options": None}])
    scores = scores_of(
        evaluate(
            "--tasks",
            "other.jsonl",
            "--tasks",
            "exam.jsonl",
            "--limit",
            "1",
            "--style",
            "reason",
            "--json",
        )
    )
    assert {name: found["n"] for name, found in scores["files"].items()} == {
        "other.jsonl": 1,
        "exam.jsonl": 1,
    }
    assert scores["style"] == "reason"


def test_a_server_is_asked(evaluate: Evaluate) -> None:
    right = {row["question"]: row["answer"] for row in KNOWN}
    server = FaultServer(lambda body: right[body["messages"][-1]["content"].partition("\n")[0]])
    with serving(server):
        url = server.base_url
        scores = scores_of(evaluate("--server", url, "--served-model", "m", "--json"))
    assert (scores["model"], scores["server"], scores["score"]["mean"]) == ("m", url, 1)
    assert server.requests == 4


def test_perplexity_beside_the_scores(evaluate: Evaluate, home: Path) -> None:
    (home / "general.txt").write_text("It holds the tyre.", encoding="utf-8")
    scores = scores_of(evaluate("--perplexity", "general.txt", "--json"))
    assert list(scores["perplexity"]) == ["general.txt"]
    assert scores["perplexity"]["general.txt"]["perplexity"] > 1


def test_text_held_out_of_pretraining(run: Run, recipe: MakeRecipe, write: WriteRecipe) -> None:
    write(recipe({"eval": {"share": 0.2}}, sequence_len=320))
    refused(
        run("evaluate", "recipe.yaml", "--perplexity", "held-out"),
        "no built text held out of pre-training",
    )
    assert run("build", "recipe.yaml").exit_code == 0
    scores = scores_of(run("evaluate", "recipe.yaml", "--perplexity", "held-out", "--json"))
    assert (scores["questions"], scores["score"]) == (0, None)
    assert scores["perplexity"]["held-out"]["tokens"] > 0


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--server", "http://127.0.0.1:1/v1"], "needs `--served-model`"),
        (["--served-model", "m"], "give its address with `--server`"),
        (["--server", "ftp://x", "--served-model", "m"], "must start with http"),
        (
            ["--server", "http://127.0.0.1:1/v1", "--served-model", "m", "--model", "x"],
            "cannot go together",
        ),
        (
            ["--server", "http://127.0.0.1:1/v1", "--served-model", "m", "--perplexity", "x"],
            "tells no probabilities",
        ),
        (["--measures", "poetry"], "give one or both of generate, likelihood"),
        (
            [
                "--server",
                "http://127.0.0.1:1/v1",
                "--served-model",
                "m",
                "--measures",
                "likelihood",
            ],
            "tells no probabilities",
        ),
        (["--tasks", "none.jsonl"], "none.jsonl"),
        (["--against", "nowhere"], "nowhere is no finished evaluation"),
        (["--model", "corpus"], "corpus holds no model: it has no config.json"),
        (["--adapter", "corpus"], "corpus holds no adapter"),
    ],
)
def test_what_cannot_be_is_told(evaluate: Evaluate, arguments: list[str], fault: str) -> None:
    refused(evaluate(*arguments), fault)


def test_a_model_that_is_nowhere_is_told(evaluate: Evaluate) -> None:
    result = evaluate("--model", "no/such-model")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Error: The tokenizer of no/such-model cannot be loaded" in result.stderr


def test_a_recipe_without_questions_says_so(
    run: Run, recipe: MakeRecipe, write: WriteRecipe
) -> None:
    write(recipe())
    refused(
        run("evaluate", "recipe.yaml"),
        "Give files with `--tasks`, or name some under `structtuning.ssft.holdout`",
    )


def test_the_trained_model_comes_before_the_base_model(tmp_path: Path) -> None:
    recipe = {"base_model": "base", "output_dir": str(tmp_path / "out")}
    assert identity.choose(recipe, None, None) == identity.ModelChoice(model="base")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/adapter_config.json").write_text("{}")
    assert identity.choose(recipe, None, None) == identity.ModelChoice(
        model="base", adapter=str(tmp_path / "out")
    )
    with pytest.raises(ConfigError, match="It holds an adapter: give it with `--adapter`"):
        identity.choose(recipe, str(tmp_path / "out"), None)
    (tmp_path / "out/config.json").write_text("{}")
    assert identity.choose(recipe, None, None) == identity.ModelChoice(model=str(tmp_path / "out"))
    assert identity.choose(recipe, "other", None) == identity.ModelChoice(model="other")
    with pytest.raises(ConfigError, match="names no `base_model`"):
        identity.choose({"output_dir": str(tmp_path / "none")}, None, None)


def test_a_model_trained_anew_is_another_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_text("1")
    choice = identity.ModelChoice(model=str(tmp_path))
    found = identity.identity(choice, Path.read_text)
    assert found == {"model": {"config.json": "{}", "model.safetensors": "1"}, "adapter": None}
    (tmp_path / "training_args.bin").write_text("x")
    assert identity.identity(choice, Path.read_text) == found
    (tmp_path / "model.safetensors").write_text("2")
    assert identity.identity(choice, Path.read_text) != found
    assert identity.identity(identity.ModelChoice(model="org/name"), Path.read_text) == {
        "model": "org/name",
        "adapter": None,
    }
