"""Every knowledge point keeps an exercise, also where its first one was left out before."""

from __future__ import annotations

from structtuning_plugin.core.types import Message, SizedSample, SsftSample
from structtuning_plugin.samples.shares import from_first, limit_shares

EXERCISE = frozenset({"exercise"})


def row(kind: str, topic: str, turn: int, trained: int = 10) -> SizedSample:
    turns = (Message(role="user", content="q"), Message(role="assistant", content="a"))
    sample = SsftSample(
        id=f"{kind}/{topic}/{turn}",
        kind=kind,
        messages=turns,
        template="t",
        topic_ids=(topic, "other"),
    )
    return SizedSample(sample=sample, prompt_tokens=1, trained=trained, turn=turn)


def test_turns_begin_at_nought_in_every_topic() -> None:
    rows = [
        row("exercise", "a", 0),
        row("exercise", "a", 2),
        row("exercise", "b", 3),
        row("exercise", "b", 1),
        row("structure", "b", 2),
    ]
    assert [each.turn for each in from_first(rows, "exercise")] == [0, 2, 2, 0, 2]
    assert [each.sample for each in from_first(rows, "exercise")] == [each.sample for each in rows]


def test_a_topic_whose_first_exercise_is_gone_keeps_another() -> None:
    rows = [
        row("answer", "-", 0),
        *(row("exercise", topic, turn) for topic in "abcdef" for turn in (1, 2, 3)),
    ]
    kept, dropped = limit_shares(
        from_first(rows, "exercise"), {"exercise": 0.1}, EXERCISE, seed=1, stage="ssft"
    )
    assert [each.sample.id for each in kept if each.sample.kind == "exercise"] == [
        f"exercise/{topic}/1" for topic in "abcdef"
    ]
    assert {item.stage for item in dropped} == {"ssft"}
    assert len(dropped) == 12
