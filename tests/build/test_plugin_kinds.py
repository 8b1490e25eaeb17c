"""Kinds of samples that a plugin adds.

Built in both stages, or refused with the name of the kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin import plugins
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.core.errors import ConfigError, PluginError
from structtuning_plugin.core.types import Chunk, Dropped, Message, QAPair, Topic
from structtuning_plugin.hookspecs import SampleKind, ScptDraft, SsftDraft
from structtuning_plugin.plugins import build_plugin_manager, sample_kinds
from tests.build import ssft_building
from tests.build.building import PROGRESS, built, manifest_of, plan_of
from tests.chats import WordChat
from tests.codecs import WordCodec
from tests.test_plugins import plugin


def parts(topic: Topic, context: Any) -> Iterator[SsftDraft]:
    """The number of a topic's subtopics, asked without any template."""
    question = Message(role="user", content=f"How many parts has {context.tree.name(topic)}?")
    answer = Message(role="assistant", content=str(len(topic.subtopics)))
    yield SsftDraft(
        id=f"parts/{topic.id}",
        language=topic.language,
        topics=(topic,),
        build=lambda structure: ((question, answer), "none"),
        structures=("",),
    )


def first_words(chunk: Chunk, context: Any) -> Iterator[ScptDraft | Dropped]:
    words = chunk.text.split()
    if not words:
        yield Dropped(stage="scpt", id=f"first/{chunk.id}", reason="no_words")
        return
    yield ScptDraft(
        id=f"first/{chunk.id}",
        topic_id=chunk.topic_id,
        prompt="It begins: ",
        template="none",
        completions=(words[0],),
        chunk_ids=(chunk.id,),
    )


def kind(name: str = "parts", **changes: Any) -> SampleKind[Any, Any]:
    values: dict[str, Any] = {
        "name": name,
        "stage": "ssft",
        "source": "topic",
        "draft": parts,
        "order": 35,
        "description": "Parts of a topic.",
        "share": 0.2,
        **changes,
    }
    return SampleKind(**values)


FIRST = {"name": "first", "stage": "scpt", "source": "chunk", "draft": first_words}


@pytest.fixture
def with_kinds(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`with_kinds(kind, ...)`: every plan knows these kinds too."""

    def register(*kinds: SampleKind[Any, Any]) -> None:
        stranger = plugin("stranger", register_sample_kinds=list(kinds))
        monkeypatch.setattr(plugins, "build_plugin_manager", lambda: build_plugin_manager(stranger))

    return register


def test_a_kind_of_instruction_tuning_is_built_among_ours(with_kinds: Any, tmp_path: Path) -> None:
    with_kinds(kind())
    kinds = ["answer", "structure", "parts", "exercise"]
    plan = ssft_building.built(tmp_path, ssft={"kinds": list(reversed(kinds))})
    assert plan.block.ssft.kinds == ("answer", "structure", "parts", "exercise")
    rows = ssft_building.rows_of(plan)
    # Kinds about topics come topic by topic, between the user's questions and the exercises.
    order = [row["kind"] for row in rows]
    assert set(order) == set(kinds)
    assert [name for name in order if name not in ("structure", "parts")] == sorted(
        name for name in order if name not in ("structure", "parts")
    )
    (brakes,) = (
        row for row in rows if row["messages"][0]["content"] == "How many parts has Brakes?"
    )
    assert (brakes["messages"][1]["content"], brakes["template"]) == ("6", "none")
    assert ssft_building.counts_of(plan)["train"]["samples"]["parts"] == sum(
        row["kind"] == "parts" for row in rows
    )


def test_a_kind_of_pre_training_is_made_of_chunks(with_kinds: Any, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus/a.md").write_text("# Oil\n\nA chain wants oil.\n", encoding="utf-8")
    with_kinds(kind(**FIRST, presets=("compact",), share=0.9, on_held_out="evaluate"))
    plan = built(tmp_path, scpt={"kinds": ["first", "passage"]})
    rows = [(row["kind"], row["prompt"], row["completion"]) for row in plan.load_rows("scpt")]
    assert rows[-1] == ("first", "It begins: ", "A")
    assert manifest_of(plan, "scpt")["counts"]["train"]["samples"] == {"first": 1, "passage": 1}


@pytest.mark.parametrize(("stage", "draft"), [("scpt", "text"), ("ssft", {"id": 1})])
def test_what_is_no_draft_names_the_kind(
    with_kinds: Any, tmp_path: Path, stage: str, draft: Any
) -> None:
    with_kinds(kind(name="odd", stage=stage, draft=lambda topic, context: [draft]))
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus/a.md").write_text("# Oil\n\nA chain wants oil.\n", encoding="utf-8")
    kinds = {"scpt": ["passage", "odd"], "ssft": ["odd"]}[stage]
    plan = plan_of(tmp_path, stage=stage, **{stage: {"kinds": kinds}})
    with pytest.raises(PluginError) as caught:
        build(plan, WordCodec(), PROGRESS, WordChat())
    name = {"scpt": "ScptDraft", "ssft": "SsftDraft"}[stage]
    message = str(caught.value)
    assert message.startswith(
        "The sample kind `odd` (plugin stranger, hook `register_sample_kinds`) returned "
        f"{draft!r} from `draft` for Topic "
    )
    assert message.endswith(
        f"Expected: an iterable of `{name}` and `Dropped`. Report this to the plugin's authors, or "
        "leave it out of `kinds` in the block."
    )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"source": "chunk"},
            "its source is 'chunk'; sources of ssft are: questions, linked_questions, topic, "
            "exercises, walks, study",
        ),
        ({"share": 1.0}, "its share is 1.0, but must be between 0 and 1, both excluded"),
        ({"stage": "rl"}, "its stage is 'rl'. Allowed: scpt, ssft"),
        (
            {"presets": ("compacd",)},
            "it names the preset 'compacd'. Did you mean `compact`? Allowed: compact, paper",
        ),
    ],
)
def test_a_kind_that_cannot_work_is_refused(changes: dict[str, Any], fault: str) -> None:
    manager = build_plugin_manager(plugin("stranger", register_sample_kinds=[kind(**changes)]))
    with pytest.raises(PluginError) as caught:
        sample_kinds(manager)
    assert str(caught.value) == (
        "The sample kind `parts` (plugin stranger, hook `register_sample_kinds`) cannot be used: "
        f"{fault}. Report this to the plugin's authors, or uninstall it."
    )


def test_two_owners_of_a_kind_are_both_named() -> None:
    manager = build_plugin_manager(
        plugin("stranger", register_sample_kinds=[kind(name="structure")])
    )
    with pytest.raises(
        PluginError, match=r"The sample kind `structure` has two owners: .*stranger"
    ):
        sample_kinds(manager)


def test_a_kind_of_the_users_own_data_takes_no_share(with_kinds: Any, tmp_path: Path) -> None:
    with_kinds(kind(name="mine", source="questions", share=None))
    with pytest.raises(
        ConfigError, match="`mine` takes no share: all of your own questions and exercises are kept"
    ):
        ssft_building.plan_of(tmp_path, ssft={"shares": {"mine": 0.5}})


def test_the_users_questions_come_as_pairs(with_kinds: Any, tmp_path: Path) -> None:
    units: list[Any] = []
    with_kinds(
        kind(
            name="mine",
            source="questions",
            share=None,
            draft=lambda pairs, context: units.append(pairs) or [],
        )
    )
    ssft_building.built(tmp_path, ssft={"kinds": ["answer", "mine"]})
    assert len(units) == 1
    assert units[0]
    assert all(isinstance(pair, QAPair) for pair in units[0])
