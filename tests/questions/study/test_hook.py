"""Prompts enter by a hook, those of plugins too; what cannot work is refused by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from structtuning_plugin.core.errors import PluginError
from structtuning_plugin.hookspecs import StudyPrompt
from structtuning_plugin.plugins import build_plugin_manager, study_kinds, study_prompts
from tests.kinds import KINDS
from tests.questions.study.building import PROMPTS
from tests.test_plugins import plugin

ODD = StudyPrompt(name="odd", reply="text", description="Something odd.", order=500)
OURS = [
    *("facts", "restatement", "questions", "implications", "concepts", "newcomer", "discussion"),
    *("case", "faq", "table", "tutorial", "summary", "comparison", "links"),
]


def registered(*prompts: Any) -> dict[str, StudyPrompt]:
    return study_prompts(
        build_plugin_manager(plugin("stranger", register_study_prompts=list(prompts)))
    )


def test_ours_enter_by_the_same_hook() -> None:
    assert list(PROMPTS) == OURS
    assert [prompt.order for prompt in PROMPTS.values()] == [10 * n for n in range(1, 15)]
    assert {p.name for p in PROMPTS.values() if p.stage == "ssft"} == {"questions", "faq"}


def test_a_prompt_of_a_plugin_is_last_or_where_it_says() -> None:
    assert list(registered(ODD)) == [*OURS, "odd"]
    assert next(iter(registered(replace(ODD, order=1)))) == "odd"


def test_each_prompt_has_a_kind_of_rows() -> None:
    kinds = study_kinds(PROMPTS.values())
    assert list(kinds) == [f"study-{name}" for name in OURS]
    assert {kind.source for kind in kinds.values()} == {"study"}
    assert {kind.share for kind in kinds.values()} == {None}
    assert not kinds.keys() & KINDS.keys()
    last = max(kind.order for kind in KINDS.values())
    assert all(kind.order > last for kind in kinds.values())


@pytest.mark.parametrize(
    ("prompt", "event"),
    [
        (replace(ODD, reply="table"), "whose `reply` is 'table'"),
        (replace(ODD, source="book"), "whose `source` is 'book'"),
        (replace(ODD, description=" "), "whose `description` is ' '"),
        (replace(ODD, order="first"), "whose `order` is 'first'"),
        (replace(ODD, facts=-1), "whose `facts` is -1"),
        (replace(ODD, facts=True), "whose `facts` is True"),
        (replace(ODD, name=""), "whose `name` is ''"),
    ],
)
def test_wrong_properties(prompt: StudyPrompt, event: str) -> None:
    with pytest.raises(PluginError) as caught:
        registered(prompt)
    message = str(caught.value)
    assert message.startswith("The plugin stranger returned a study prompt ")
    assert event in message
    assert "Report this to the plugin's authors, or uninstall it." in message


@pytest.mark.parametrize("name", ["An Essay", "a/b", "frame", "judge", "again", "ä"])
def test_a_name_is_a_folder(name: str) -> None:
    with pytest.raises(PluginError) as caught:
        registered(replace(ODD, name=name))
    label = f"The study prompt `{name}` (plugin stranger, hook `register_study_prompts`)"
    assert str(caught.value).startswith(f"{label} cannot be used: its name is {name!r}, but must")


def test_only_passages_have_facts() -> None:
    with pytest.raises(PluginError, match="it is about 3 facts, but its source section has none"):
        registered(replace(ODD, source="section", facts=3))


def test_two_owners_of_one_name() -> None:
    with pytest.raises(PluginError, match="The study prompt `facts` has two owners: "):
        registered(replace(ODD, name="facts"))


@pytest.mark.parametrize("thing", [None, "odd", {"name": "odd"}, StudyPrompt])
def test_other_things_are_no_prompts(thing: Any) -> None:
    with pytest.raises(PluginError, match=r"Expected: .*`StudyPrompt`"):
        registered(thing)
