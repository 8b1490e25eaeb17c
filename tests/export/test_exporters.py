"""What each exporter writes, and what it says that its toolkit cannot do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin import plugins
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.export.card import CardFacts, render_card
from structtuning_plugin.export.folder import MARK, check_output, write_folder
from structtuning_plugin.hookspecs import Exporter, ExportRequest
from tests.codecs import CharCodec

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

PLAIN: list[dict[str, Any]] = [
    {"id": "a", "kind": "passage", "prompt": "A > B\n\n", "completion": "Text.", "eos": True},
    {"id": "b", "kind": "passage", "prompt": "", "completion": "Ümlaut", "eos": False},
]


def talk(*roles: str) -> dict[str, Any]:
    """Make a conversation of turns with these roles."""
    turns = [
        {"role": role, "content": f"{role} {n}", "training": role == "assistant"}
        for n, role in enumerate(roles)
    ]
    return {"id": "c", "kind": "answer", "messages": turns}


CHATS = [talk("system", "user", "assistant"), talk("user", "assistant", "user", "assistant")]


def raw(texts: Sequence[str]) -> list[list[int]]:
    """Encode texts as other toolkits do: with BOS, and control tokens where the text has them."""
    return [[1, *CharCodec().encode([text.replace("</s>", chr(2))])[0]] for text in texts]


def request_for(folder: Path, rows: Mapping[str, Rows]) -> ExportRequest:
    """Make a request for rows by stage and part."""
    return ExportRequest(
        folder=folder,
        parts={stage: tuple(parts) for stage, parts in rows.items()},
        rows=lambda stage, part: rows[stage][part],
        sequence_len=512,
        codec=CharCodec(),
        encode_raw=raw,
        eos_text="</s>",
    )


def exporter(name: str) -> Exporter:
    """Return a registered exporter."""
    return plugins.find(plugins.exporters(plugins.build_plugin_manager()), name, "exporter")


def lines(path: Path) -> list[Any]:
    """Read JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def content(path: Path) -> Any:
    """Read JSON."""
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_exporters() -> None:
    assert list(plugins.exporters(plugins.build_plugin_manager())) == [
        "completion",
        "hub-folder",
        "llama-factory",
        "messages",
        "parquet",
        "trl",
    ]


def test_completion(tmp_path: Path) -> None:
    request = request_for(tmp_path, {"scpt": {"train": PLAIN, "eval": PLAIN[:1]}})
    assert exporter("completion").write(request) == []
    columns = ("prompt", "completion", "eos")
    expected = [{name: row[name] for name in columns} for row in PLAIN]
    assert lines(tmp_path / "scpt/train.jsonl") == expected
    assert lines(tmp_path / "scpt/eval.jsonl") == expected[:1]


def test_what_has_no_such_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="The rows of `ssft` are conversations"):
        exporter("completion").write(request_for(tmp_path, {"ssft": {"train": CHATS}}))
    with pytest.raises(ConfigError, match="The rows of `scpt` are prompts with completions"):
        exporter("messages").write(request_for(tmp_path, {"scpt": {"train": PLAIN}}))


def test_messages(tmp_path: Path) -> None:
    assert exporter("messages").write(request_for(tmp_path, {"ssft": {"train": CHATS}})) == []
    assert lines(tmp_path / "ssft/train.jsonl")[0] == {
        "messages": [
            {"role": "system", "content": "system 0"},
            {"role": "user", "content": "user 1"},
            {"role": "assistant", "content": "assistant 2"},
        ]
    }


def test_trl(tmp_path: Path) -> None:
    rows: dict[str, Rows] = {"scpt": {"train": PLAIN}, "ssft": {"train": CHATS}}
    notices = exporter("trl").write(request_for(tmp_path, rows))
    assert lines(tmp_path / "scpt/train.jsonl")[0] == {"prompt": "A > B\n\n", "completion": "Text."}
    assert content(tmp_path / "scpt/sft_config.json") == {
        "max_length": 512,
        "packing": False,
        "completion_only_loss": True,
    }
    assert content(tmp_path / "ssft/sft_config.json")["assistant_only_loss"] is True
    assert notices == [
        "scpt/train.jsonl: TRL would train 1 rows with other tokens or another mask, because it "
        "joins prompt and completion before it tokenises them, adds EOS to all, or adds no BOS. "
        "train_tokens.jsonl has our tokens and labels for the same loss.",
        "`assistant_only_loss` needs a chat template with `{% generation %}` marks; TRL has its own "
        "for known model families.",
    ]
    assert lines(tmp_path / "scpt/train_tokens.jsonl") == [
        {
            "input_ids": [1, *map(ord, "A > B\n\nText."), 2],
            "labels": [-100] * 8 + [*map(ord, "Text."), 2],
        },
        {"input_ids": [1, *map(ord, "Ümlaut")], "labels": [-100, *map(ord, "Ümlaut")]},
    ]


def test_trl_needs_no_tokens_where_the_text_says_the_same(tmp_path: Path) -> None:
    assert exporter("trl").write(request_for(tmp_path, {"scpt": {"train": PLAIN[:1]}})) == []
    assert not (tmp_path / "scpt/train_tokens.jsonl").exists()


def test_llama_factory(tmp_path: Path) -> None:
    odd = talk("user", "user", "assistant")
    rows: dict[str, Rows] = {"scpt": {"train": PLAIN}, "ssft": {"train": [*CHATS, odd]}}
    notices = exporter("llama-factory").write(request_for(tmp_path, rows))
    info = content(tmp_path / "dataset_info.json")
    assert info["scpt_train"] == {
        "file_name": "scpt_train.json",
        "formatting": "alpaca",
        "columns": {"prompt": "instruction", "query": "input", "response": "output"},
    }
    assert info["ssft_train"]["columns"] == {"messages": "conversations"}
    assert content(tmp_path / "scpt_train.json")[0] == {
        "instruction": "A > B\n\n",
        "input": "",
        "output": "Text.",
    }
    first, second = content(tmp_path / "ssft_train.json")
    assert [turn["from"] for turn in first["conversations"]] == ["system", "human", "gpt"]
    assert [turn["value"] for turn in second["conversations"]][-1] == "assistant 3"
    assert [notice.split(":")[0] for notice in notices] == [
        "Prompts with completions",
        "Conversations",
        "1 conversations are left out",
        "1 rows end within their topic and are built without EOS (`eos",
    ]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("parquet", "scpt/{}.parquet"),
        ("hub-folder", "data/scpt/{}-00000-of-00001.parquet"),
    ],
)
def test_parquet(tmp_path: Path, name: str, path: str) -> None:
    from pyarrow import parquet

    exporter(name).write(request_for(tmp_path, {"scpt": {"train": PLAIN, "eval": PLAIN[:1]}}))
    held_out = "validation" if name == "hub-folder" else "eval"
    assert parquet.read_table(tmp_path / path.format("train")).to_pylist() == PLAIN
    assert parquet.read_table(tmp_path / path.format(held_out)).to_pylist() == PLAIN[:1]


FACTS = CardFacts(
    domain="Räder",
    exporter="hub-folder",
    license="cc-by-4.0",
    version="1.0",
    seed=42,
    sequence_len=512,
    stages={
        "scpt": {
            "train": {"samples": {"passage": 2}, "trained_tokens_by_kind": {"passage": 1234}},
            "eval": {"samples": {}, "trained_tokens_by_kind": {}},
        }
    },
    languages={"de": 1},
    sources=["a.md"],
    dropped={"duplicate": 3},
    notices=["One notice."],
)


def test_the_card(tmp_path: Path) -> None:
    import datasets

    exporter("hub-folder").write(request_for(tmp_path, {"scpt": {"train": PLAIN, "eval": PLAIN}}))
    card = render_card(FACTS, tmp_path)
    assert card.startswith("---\nlicense: cc-by-4.0\nlanguage:\n- de\npretty_name: Räder\n")
    for line in (
        "| scpt | train | passage | 2 | 1,234 |",
        "- One notice.",
        "| `duplicate` | 3 |",
        "- a.md",
    ):
        assert line in card.splitlines()
    assert str(tmp_path) not in card
    (tmp_path / "README.md").write_text(card, encoding="utf-8")
    loaded = datasets.load_dataset(str(tmp_path), "scpt", cache_dir=str(tmp_path / "cache"))
    assert {name: len(part) for name, part in loaded.items()} == {"train": 2, "validation": 2}


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out"

    def fail(folder: Path) -> None:
        (folder / "half.jsonl").write_text("x")
        raise ConfigError("no")

    write_folder(target, {"exporter": "x"}, lambda folder: (folder / "one").touch())
    assert sorted(path.name for path in target.iterdir()) == ["one", MARK]
    with pytest.raises(ConfigError, match=r"^no$"):
        write_folder(target, {}, fail)
    assert sorted(path.name for path in target.iterdir()) == ["one", MARK]
    write_folder(target, {}, lambda folder: (folder / "two").touch())
    assert sorted(path.name for path in target.iterdir()) == [MARK, "two"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_other_peoples_files_are_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    check_output(tmp_path / "out")
    (tmp_path / "out/thesis.tex").touch()
    with pytest.raises(ConfigError, match="has files that are no export"):
        check_output(tmp_path / "out")
    with pytest.raises(ConfigError, match="is a file"):
        check_output(tmp_path / "out/thesis.tex")
    with pytest.raises(ConfigError, match="does not exist"):
        check_output(tmp_path / "none/out")
