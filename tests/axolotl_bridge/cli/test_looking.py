"""`show` and `preview`: the tree and the samples of a build."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.axolotl_bridge.cli.conftest import Run, refused
from tests.axolotl_bridge.conftest import MakeRecipe, Recipe, WriteRecipe
from tests.axolotl_bridge.questions import CHAT

pytestmark = pytest.mark.axolotl


def samples_of(run: Run, recipe: str) -> dict[str, int]:
    """How many samples there are of each kind of `scpt`."""
    counts: dict[str, int] = json.loads(run("build", recipe, "--json").stdout)["stages"]["scpt"][
        "samples"
    ]
    return counts


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
    assert (
        lines[0] == f"Bicycles  [{figures['chunks']} chunks, {figures['corpus_tokens']:,} tokens]"
    )


def test_show_of_some_branches(run: Run, built: str) -> None:
    def titles(*arguments: str) -> list[str]:
        return [
            re.sub(r"  \[.*", "", line)
            for line in run("show", built, *arguments).stdout.splitlines()
        ]

    assert titles("--branch", "tandem", "--depth", "1") == [
        "Bicycles > The Tandem",
        "├─ Wheels",
        "└─ Brakes",
    ]
    assert titles("--branch", "BRAKES") == [
        "Bicycles > The Bicycle > Brakes",
        "├─ Rim brakes",
        "└─ Disc brakes",
        "Bicycles > The Tandem > Brakes",
        "├─ Rim brakes",
        "└─ Disc brakes",
    ]
    refused(
        run("show", built, "--branch", "Saddle"),
        r"No title of the tree contains 'Saddle'. Run `show` without `--branch`",
    )


def test_show_with_ids(run: Run, built: str) -> None:
    tree = json.loads(run("export", built, "--what", "taxonomy").stdout)["tree"]
    lines = run("show", built, "--ids").stdout.splitlines()
    assert lines[0].endswith(f" tokens, {tree['id']}]")
    assert lines[1].endswith(f" tokens, {tree['children'][0]['id']}]")


def test_show_refuses_a_negative_depth(run: Run, built: str) -> None:
    assert run("show", built, "--depth", "-1").exit_code == 2


@pytest.mark.parametrize(
    "command",
    [["show"], ["preview"], ["export", "--what", "taxonomy"], ["export", "--what", "scpt"]],
)
def test_before_the_build_it_says_what_to_run(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, command: list[str]
) -> None:
    write(recipe())
    refused(
        run(*command, "recipe.yaml"),
        r"is missing. Run `axolotl structtuning build` or `axolotl preprocess` first",
    )


# --- preview


def test_preview_tells_trained_from_masked(run: Run, built: str) -> None:
    samples = samples_of(run, built)
    shown = run("preview", built).stdout
    # The corpus has no facts, so no place in it is asked for.
    assert set(samples) == {"passage", "recover", "unfold"}
    assert re.findall(r"^--- (\w+)/", shown, re.MULTILINE) == ["passage", "recover", "unfold"]
    shown_samples = re.split(r"^--- .*\n", shown, flags=re.MULTILINE)[1:]
    for sample in shown_samples:
        assert re.fullmatch(r"<s>[^⟦⟧]+⟦[^⟦⟧]+</s>⟧\n\n", sample)
    assert "⟦This chapter of The Bicycle is about wheels." in shown_samples[0]


def test_preview_of_one_kind(run: Run, asking: Callable[..., Recipe], write: WriteRecipe) -> None:
    write(asking(stage="scpt", scpt={"kinds": ["passage", "locate"], "shares": {"locate": 0.5}}))
    assert run("build", "recipe.yaml").exit_code == 0
    shown = run("preview", "recipe.yaml", "--kind", "locate", "--count", "1").stdout
    heads = re.findall(
        r"^--- locate/\S+  wording (\S+)  (\d+) masked \+ (\d+) trained tokens$",
        shown,
        re.MULTILINE,
    )
    assert len(heads) == 1
    assert all(wording.startswith("en/locate/") for wording, _, _ in heads)
    everything = run("preview", "recipe.yaml", "--kind", "locate", "--count", "1000").stdout
    assert everything.count("--- locate/") == samples_of(run, "recipe.yaml")["locate"] == 2


def test_preview_of_an_unknown_or_absent_kind(run: Run, built: str) -> None:
    refused(
        run("preview", built, "--kind", "locat"),
        r"Unknown kind `locat`. Did you mean `locate`\? Allowed: answer, book_map",
    )
    refused(
        run("preview", built, "--kind", "parent"),
        r"no samples of the kind `parent`; it has: .*passage",
    )


def test_preview_lets_no_corpus_steer_the_terminal(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, corpus: Path
) -> None:
    (corpus / "The Bicycle.md").write_text(
        "# A\n\nright \u202e wrong \u2066 more\n", encoding="utf-8"
    )
    write(recipe())
    assert run("build", "recipe.yaml").exit_code == 0
    shown = run("preview", "recipe.yaml").stdout
    assert "\u202e" not in shown
    assert "right \ufffd wrong" in shown


# --- instruction tuning


def test_preview_of_a_conversation_tells_the_answer_from_the_rest(run: Run, answered: str) -> None:
    shown = run("preview", answered, "--kind", "reasoned", "--count", "2").stdout
    heads = re.findall(
        r"^--- reasoned/questions\.jsonl#(\d)  wording en/reason/\d\d\+en/reasoned-path/\d\d  \d+ masked \+ \d+ trained tokens$",
        shown,
        re.MULTILINE,
    )
    assert heads == ["1", "2"]
    sample = re.split(r"^--- .*\n", shown, flags=re.MULTILINE)[1]
    assert re.fullmatch(
        r"<\|im_start\|>user\n[^⟦⟧]*<\|im_end\|>\n<\|im_start\|>assistant\n"
        r"⟦Wheels > Spokes\n\n[^⟦⟧]*Thirty-six\.<\|im_end\|>⟧\n\n\n",
        sample,
    )
    assert re.findall(r"^--- (\w+)/", run("preview", answered).stdout, re.MULTILINE) == [
        "answer",
        "reasoned",
    ]


def test_preview_of_plain_questions(
    run: Run, asking: Callable[..., Recipe], write: WriteRecipe
) -> None:
    raw = asking({"format": "plain"})
    write({key: value for key, value in raw.items() if key not in CHAT})
    assert run("build", "recipe.yaml").exit_code == 0
    sample = run("preview", "recipe.yaml", "--kind", "answer").stdout.split("\n", 1)[1]
    assert re.fullmatch(r"<s>Question: [^⟦⟧]*\nAnswer:\n⟦Thirty-six\.</s>⟧\n\n", sample)


def test_preview_of_both_stages_in_order(
    run: Run, asking: Callable[..., Recipe], write: WriteRecipe
) -> None:
    write(asking(stage=["scpt", "ssft"], scpt={"kinds": ["passage"]}))
    assert run("build", "recipe.yaml").exit_code == 0
    assert re.findall(r"^--- (\w+)/", run("preview", "recipe.yaml").stdout, re.MULTILINE) == [
        "passage",
        "answer",
        "reasoned",
    ]
    refused(
        run("preview", "recipe.yaml", "--kind", "walk"),
        r"no samples of the kind `walk`; it has: answer, passage, reasoned\.",
    )
