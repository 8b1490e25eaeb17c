"""The keys of `ssft`: their defaults, and what is refused in which words."""

from __future__ import annotations

from typing import Any

import pytest

from structtuning_plugin.config import StructTuningConfig
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.samples.selection import greatest_shares, select_kinds
from tests.kinds import KINDS, checked_block

LLM = {"base_url": "http://a/v1", "model": "m"}


def block(ssft: dict[str, Any], **changes: Any) -> StructTuningConfig:
    given = {"stage": "ssft", "domain": "D", "corpus": ["c"], "ssft": ssft, **changes}
    return checked_block(given)


@pytest.mark.parametrize(
    ("ssft", "with_model", "kinds"),
    [
        ({}, False, ("answer", "reasoned", "structure", "exercise", "tell")),
        ({}, True, ("answer", "reasoned", "structure", "exercise", "tell", "walk")),
        ({"preset": "paper"}, False, ("answer", "reasoned", "structure")),
        ({"preset": "paper"}, True, ("answer", "reasoned", "structure", "walk")),
        ({"kinds": ["exercise", "answer"]}, True, ("answer", "exercise")),
    ],
)
def test_kinds_by_preset_and_model(
    ssft: dict[str, Any], with_model: bool, kinds: tuple[str, ...]
) -> None:
    parsed = block(ssft, **({"llm": LLM} if with_model else {}))
    assert select_kinds(parsed, "ssft", KINDS).names == kinds


def test_defaults() -> None:
    ssft = block({}).ssft
    assert (ssft.context_form, block({"preset": "paper"}).ssft.context_form) == ("path", "mindmap")
    assert block({"preset": "paper", "context": "path"}).ssft.context_form == "path"
    assert block({"context": "none"}).ssft.context_form == "none"
    assert [block({"context": form}).ssft.shows_place for form in ("none", "path", None)] == [
        False,
        True,
        True,
    ]
    assert greatest_shares(block({}), "ssft", KINDS) == {
        "structure": 0.05,
        "tell": 0.2,
        "walk": 0.3,
    }
    assert greatest_shares(block({"preset": "paper"}), "ssft", KINDS)["structure"] == 0.15
    assert (ssft.walks.count, ssft.walks.one_hop, ssft.walks.across, ssft.walks.judge) == (
        None,
        0.25,
        0.65,
        True,
    )
    assert (ssft.passages, ssft.exercises, ssft.rewrite, ssft.retriever, ssft.format) == (
        3,
        None,
        True,
        "bm25",
        "chat",
    )
    assert (ssft.forms_per_fact, ssft.exercise_tokens) == (3, None)


@pytest.mark.parametrize(
    ("given", "paths"),
    [("a.jsonl", ["a.jsonl"]), ({"path": "a"}, ["a"]), (["a", {"path": "b"}], ["a", "b"])],
)
@pytest.mark.parametrize("key", ["qa", "holdout"])
def test_a_path_alone_is_a_set(key: str, given: Any, paths: list[str]) -> None:
    assert [entry.path for entry in getattr(block({key: given}).ssft, key)] == paths


NEAREST = "Allowed: encoding, fields, format, hub, language, path, revision, split, subset."


@pytest.mark.parametrize(
    ("ssft", "told"),
    [
        ({"kinds": []}, "structtuning.ssft.kinds: `kinds` is empty: name at least one kind."),
        (
            {"kinds": ["walk"]},
            "structtuning: `ssft.kinds: walk` needs a model to ask: add `llm:` with `base_url:` and `model:`.",
        ),
        (
            {"shares": {"answer": 0.5}},
            "structtuning.ssft.shares: `answer` takes no share: all of your own questions and exercises are kept. "
            "Limit the other kinds.",
        ),
        (
            {"shares": {"reasoned": 0.5}},
            "structtuning.ssft.shares: `reasoned` takes no share: all of your own questions and exercises are kept. "
            "Limit the other kinds.",
        ),
        (
            {"shares": {"exercise": 0.9}},
            "structtuning.ssft.shares: `exercise` takes no share: all of your own questions and exercises are kept. "
            "Limit the other kinds.",
        ),
        (
            {"shares": {"structure": 0.9}},
            "structtuning: `ssft.shares` of the kinds in use add up to 1.10; your own questions and exercises need room, so keep "
            "the sum below 1.",
        ),
        (
            {"qa": [{"path": "a", "hub": "b"}]},
            "structtuning.ssft.qa.0: Give either `path:` (files) or `hub:` (a dataset's name), and not both.",
        ),
        (
            {"holdout": [{}]},
            "structtuning.ssft.holdout.0: Give either `path:` (files) or `hub:` (a dataset's name), and not both.",
        ),
        (
            {"qa": [{"pth": "a"}]},
            f"structtuning.ssft.qa.0: Unknown key `pth`. Did you mean `path`? {NEAREST}",
        ),
        (
            {"walks": {"across": 1.5}},
            "structtuning.ssft.walks.across: Input should be less than or equal to 1 (given: 1.5)",
        ),
        (
            {"walks": {"hops": 3}},
            "structtuning.ssft.walks: Unknown key `hops`. Allowed: across, count, judge, one_hop.",
        ),
    ],
)
def test_what_is_wrong_is_said(ssft: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        block(ssft)
    assert str(caught.value) == f"The block cannot be used:\n  {told}"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("hold_out", "holdout"),
        ("kind", "kinds"),
        ("retriver", "retriever"),
        ("walk", "walks"),
        ("share", "shares"),
    ],
)
def test_a_misspelt_key_is_answered_with_the_nearest_one(given: str, meant: str) -> None:
    with pytest.raises(ConfigError) as caught:
        block({given: []})
    assert (
        f"structtuning.ssft: Unknown key `{given}`. Did you mean `{meant}`? Allowed: context, "
        in str(caught.value)
    )


@pytest.mark.parametrize(
    ("given", "stages"), [("ssft", ("ssft",)), (["ssft", "scpt", "ssft"], ("scpt", "ssft"))]
)
def test_stages_are_a_list_in_their_order(given: Any, stages: tuple[str, ...]) -> None:
    assert block({}, stage=given).stage == stages


def test_no_stage_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        block({}, stage=[])
    assert str(caught.value) == (
        "The block cannot be used:\n  structtuning.stage: `stage` is empty: give `scpt`, `ssft` or both."
    )
