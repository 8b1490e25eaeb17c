"""Replay against forgetting: rows of elsewhere in both stages, to a share of the tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.build.summary import closing_lines
from structtuning_plugin.commands.trace import origin
from structtuning_plugin.config import parse_block
from structtuning_plugin.core.errors import ConfigError
from tests.build.ssft_building import built, plan_of, write_qa
from tests.questions.study.building import sentence, words

KINDS = {"kinds": ["answer", "exercise"]}


def write_replay(base: Path, texts: int = 200, chats: int = 200) -> list[str]:
    """A text, lines of texts, conversations, and questions of another field."""
    records = [{"text": " ".join(sentence(f"t{n}/{k}") for k in range(6))} for n in range(texts)]
    write_qa(base / "general" / "web.jsonl", records)
    long = "\n\n".join(sentence(f"novel/{number}", 12) for number in range(200))
    (base / "general" / "novel.txt").write_text(long, encoding="utf-8")
    talks = [
        {
            "messages": [
                {"role": "user", "content": f"Tell me of {words(f'c{n}', 4)}."},
                {"role": "assistant", "content": sentence(f"c{n}", 20)},
            ]
        }
        for n in range(chats)
    ]
    write_qa(base / "talks.jsonl", talks)
    return ["general", "talks.jsonl"]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    base = tmp_path_factory.mktemp("replay")
    datasets = write_replay(base)
    return built(
        base,
        stage=["scpt", "ssft"],
        ssft={**KINDS, "qa": [], "kinds": ["exercise"]},
        replay={"datasets": datasets, "share": 0.2},
    )


def rows_of(plan: Plan, stage: Any) -> list[dict[str, Any]]:
    return [row for row in plan.load_rows(stage) if row["kind"].startswith("replay-")]


@pytest.mark.parametrize("stage", ["scpt", "ssft"])
def test_the_share_is_of_all_trained_tokens(both: Plan, stage: Any) -> None:
    counts = both.store.require(stage, both.keys[stage])["counts"]["train"]
    kind = {"scpt": "replay-text", "ssft": "replay-chat"}[stage]
    tokens = counts["trained_tokens_by_kind"][kind]
    assert tokens / counts["trained_tokens"] == pytest.approx(0.2, rel=0.02)
    assert counts["samples"][kind] == len(rows_of(both, stage))
    assert f"samples: {kind}" in "\n".join(closing_lines(both))


def test_texts_are_plain_rows_without_a_place(both: Plan) -> None:
    rows = rows_of(both, "scpt")
    for row in rows:
        assert (row["prompt"], row["topic_id"], row["chunk_ids"], row["eos"]) == ("", "", [], True)
        assert row["template"] == "none"
    text = (Path(both.block.work_dir).parent / "general" / "novel.txt").read_text(encoding="utf-8")
    pieces = [row for row in rows if row["id"].startswith("replay-text/novel.txt/")]
    others = [row for row in rows if row["id"].startswith("replay-text/web.jsonl#")]
    assert others
    assert all(row["completion"] in text for row in pieces)


def test_conversations_are_as_given(both: Plan) -> None:
    talks = (Path(both.block.work_dir).parent / "talks.jsonl").read_text(encoding="utf-8")
    given = [json.loads(line)["messages"] for line in talks.splitlines()]
    for row in rows_of(both, "ssft"):
        number = int(row["id"].rpartition("#")[2])
        turns = [{"role": m["role"], "content": m["content"]} for m in row["messages"]]
        assert turns == given[number - 1]
        assert [m["training"] for m in row["messages"]] == [False, True]
        assert (row["topic_ids"], row["structure"], row["template"]) == ([], "", "as given")


def test_the_draw_is_of_all_records_and_by_the_seed(both: Plan, tmp_path: Path) -> None:
    numbers = [int(row["id"].rpartition("#")[2]) for row in rows_of(both, "ssft")]
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) > 150
    assert min(numbers) < 50
    datasets = write_replay(tmp_path)
    settings: dict[str, Any] = {
        "stage": "ssft",
        "ssft": {"qa": [], "kinds": ["exercise"]},
        "replay": {"datasets": datasets, "share": 0.2},
    }
    again = built(tmp_path, **settings)
    assert [int(row["id"].rpartition("#")[2]) for row in rows_of(again, "ssft")] == numbers
    other = built(tmp_path, seed=2, **settings)
    assert [int(row["id"].rpartition("#")[2]) for row in rows_of(other, "ssft")] != numbers


def test_a_replayed_row_can_be_traced(both: Plan) -> None:
    for stage in ("scpt", "ssft"):
        record = origin(both, rows_of(both, stage)[0])
        assert (record["topics"], record["chunks"]) == ([], [])


def test_too_few_records_are_all_replayed(tmp_path: Path) -> None:
    datasets = write_replay(tmp_path, chats=3)
    plan = built(
        tmp_path, ssft={"qa": [], "kinds": ["exercise"]}, replay={"datasets": datasets[1:]}
    )
    assert len(rows_of(plan, "ssft")) == 3


def test_held_out_questions_are_not_replayed(tmp_path: Path) -> None:
    talks = [
        {"question": "Who turned the quixel of the zorble?", "answer": "The wumpus"},
        {"question": f"Who is {words('p', 4)}?", "answer": words("a", 3)},
    ]
    write_qa(tmp_path / "talks.jsonl", talks)
    exam = write_qa(tmp_path / "exam.jsonl", talks[:1])
    plan = built(
        tmp_path,
        ssft={"qa": [], "kinds": ["exercise"], "holdout": [exam]},
        replay={"datasets": ["talks.jsonl"], "share": 0.5},
    )
    (row,) = rows_of(plan, "ssft")
    assert row["id"] == "replay-chat/talks.jsonl#2"
    assert [m["content"] for m in row["messages"]] == [f"Who is {words('p', 4)}?", words("a", 3)]
    dropped = artifacts.load_dropped(plan.folder("ssft"))
    assert ("talks.jsonl#1", "holdout") in {(item.id, item.reason) for item in dropped}


def test_what_is_too_long_is_listed(tmp_path: Path) -> None:
    write_qa(tmp_path / "talks.jsonl", [{"question": "Who?", "answer": words("long", 900)}])
    plan = built(
        tmp_path,
        ssft={"qa": [], "kinds": ["exercise"]},
        replay={"datasets": ["talks.jsonl"], "share": 0.5},
    )
    dropped = {item.id: item for item in artifacts.load_dropped(plan.folder("ssft"))}
    assert dropped["replay-chat/talks.jsonl#1"].reason == "too_long"


def test_the_content_of_the_files_decides_the_key(tmp_path: Path) -> None:
    datasets = write_replay(tmp_path, 5, 5)
    settings: dict[str, Any] = {"stage": "scpt", "replay": {"datasets": datasets}}
    keys = [plan_of(tmp_path, stage="scpt").keys, plan_of(tmp_path, **settings).keys]
    settings["replay"] = {"datasets": datasets, "share": 0.3}
    keys.append(plan_of(tmp_path, **settings).keys)
    (tmp_path / "general" / "novel.txt").write_text("Another one.", encoding="utf-8")
    keys.append(plan_of(tmp_path, **settings).keys)
    assert len({key["scpt"] for key in keys}) == 4
    assert len({key["taxonomy"] for key in keys}) == 1


def test_a_stage_without_fitting_records_is_an_error(tmp_path: Path) -> None:
    datasets = write_replay(tmp_path, 5, 5)
    message = r"`replay.datasets` has nothing for the stage `scpt`, which needs text"
    with pytest.raises(ConfigError, match=message):
        built(tmp_path, stage="scpt", replay={"datasets": datasets[1:]})
    message = r"`replay.datasets` has nothing for the stage `ssft`, which needs conversations"
    with pytest.raises(ConfigError, match=message):
        built(tmp_path, ssft=KINDS, replay={"datasets": datasets[:1]})


@pytest.mark.parametrize(
    ("replay", "message"),
    [
        ({}, "replay.datasets: `datasets` is missing: give a list of paths"),
        ({"datasets": []}, "replay.datasets: `datasets` is missing"),
        ({"datasets": ["a"], "share": 1}, "replay.share: Input should be less than 1"),
        ({"datasets": ["a"], "share": 0}, "replay.share: Input should be greater than 0"),
        ({"datasets": [{"hub": "a/b"}]}, "replay.datasets: `hub: a/b` cannot be replayed"),
        ({"path": "a"}, "replay: Unknown key `path`."),
    ],
)
def test_faults_of_the_block(replay: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_block({"domain": "Bicycles", "corpus": ["books"], "replay": replay})
    assert f"structtuning.{message}" in str(caught.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.jsonl"):
        plan_of(tmp_path, replay={"datasets": ["nothing.jsonl"]})
