"""The stage `ssft` inside Axolotl.

What it puts into a configuration, and that the rows counted are the rows trained on.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build import artifacts
from structtuning_plugin.core.errors import ArtifactError, ConfigError
from structtuning_plugin.core.types import Message
from tests.axolotl_bridge.conftest import PLUGIN, TYPE, MakeRecipe, Recipe
from tests.axolotl_bridge.questions import CHAT, SSFT, write_questions

pytestmark = pytest.mark.axolotl

BOTH = {**SSFT, "stage": ["scpt", "ssft"]}
KEYS = {
    "type": "chat_template",
    "field_messages": "messages",
    "message_property_mappings": {"role": "role", "content": "content"},
    "message_field_training": "training",
    "roles_to_train": ["assistant"],
    "train_on_eos": "turn",
    "split": "train",
}
OWN = {
    "path": "mine.jsonl",
    "ds_type": "json",
    "type": "chat_template",
    "field_messages": "messages",
}


@pytest.fixture(autouse=True)
def _questions(home: Path, corpus: Path, project: Path) -> None:
    """The first chapter of the sample textbook, whose sentences are worth a question, and questions
    about it.
    """
    for path in corpus.iterdir():
        path.unlink()
    whole = (project / "example_configs" / "corpus" / "the_bicycle.md").read_text(encoding="utf-8")
    (corpus / "book.md").write_text("\n## ".join(whole.split("\n## ")[:2]) + "\n", encoding="utf-8")
    write_questions(home)


def rows_of(entry: Any) -> list[dict[str, Any]]:
    return artifacts.load_rows(Path(entry["path"]))


def manifest_of(entry: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(
        (Path(entry["path"]).parent / "manifest.json").read_text(encoding="utf-8")
    )
    return loaded


def dropped_of(entry: Any) -> list[dict[str, Any]]:
    path = Path(entry["path"]).parent / "dropped.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def as_command(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/axolotl", command, "recipe.yaml"])


def places(cfg: Any, key: str = "datasets") -> list[tuple[str, str]]:
    return [(entry["path"], entry["revision"]) for entry in cfg.get(key) or []]


def expected(
    recipe: Recipe, cfg: Any, rows: Iterable[dict[str, Any]]
) -> list[tuple[list[int], list[int]]]:
    """Ids and labels of rows, by what counted them in the build; in one order."""
    from structtuning_plugin.axolotl_bridge import recipe as recipes
    from structtuning_plugin.axolotl_bridge.chat import AxolotlChat

    chat = AxolotlChat(recipe, recipes.load_tokenizer(recipe))
    found = []
    for row in rows:
        made = chat.tokenised(
            [Message(role=m["role"], content=m["content"]) for m in row["messages"]]
        )
        found.append((made["input_ids"], made["labels"]))
        assert (
            len(made["input_ids"])
            == row["prompt_tokens"] + row["trained_tokens"]
            <= cfg.sequence_len
        )
        assert sum(label != -100 for label in made["labels"]) == row["trained_tokens"]
    return sorted(found)


def made_of(dataset: Any) -> list[tuple[list[int], list[int]]]:
    return sorted((list(row["input_ids"]), list(row["labels"])) for row in dataset)


# --- register


def test_register_names_one_dataset_of_messages_and_builds_nothing(
    host: Any, recipe: MakeRecipe, home: Path
) -> None:
    cfg = host.register(recipe(SSFT, **CHAT))
    (entry,) = cfg["datasets"]
    assert {key: value for key, value in entry.items() if key not in ("path", "revision")} == KEYS
    assert Path(entry["path"]).relative_to(home).parts[:2] == ("work", "ssft")
    assert Path(entry["path"]).name == "train"
    assert not cfg.get("test_datasets")
    assert not (home / "work" / "ssft").exists()


@pytest.mark.parametrize("stages", [["scpt", "ssft"], ["ssft", "scpt"]], ids=" ".join)
def test_two_stages_are_two_datasets_in_order(
    host: Any, recipe: MakeRecipe, stages: list[str]
) -> None:
    cfg = host.load(recipe({**BOTH, "stage": stages}, **CHAT))
    assert [entry.type for entry in cfg.datasets] == [TYPE, "chat_template"]
    assert [Path(entry.path).parts[-3] for entry in cfg.datasets] == ["scpt", "ssft"]
    made = host.datasets(cfg).train_dataset
    assert len(made) == sum(len(rows_of(entry)) for entry in cfg.datasets)


def test_both_stages_share_one_tree_with_each_alone(
    host: Any, recipe: MakeRecipe, home: Path
) -> None:
    host.datasets(host.load(recipe(BOTH, **CHAT)))
    host.datasets(host.load(recipe(**CHAT)))
    host.datasets(host.load(recipe(SSFT, **CHAT)))
    assert {
        stage: len(list((home / "work" / stage).glob("*/manifest.json")))
        for stage in ("taxonomy", "scpt", "ssft")
    } == {
        "taxonomy": 1,
        "scpt": 1,
        "ssft": 1,
    }


def test_eval_adds_test_datasets_for_each_stage(host: Any, recipe: MakeRecipe) -> None:
    cfg = host.load(recipe({**BOTH, "eval": {"share": 0.3}}, **CHAT))
    assert [entry.type for entry in cfg.test_datasets] == [TYPE, "chat_template"]
    for train, held_out in zip(cfg.datasets, cfg.test_datasets, strict=True):
        assert Path(held_out.path) == Path(train.path).with_name("eval")
        assert held_out.revision == train.revision
    meta = host.datasets(cfg)
    assert len(meta.train_dataset) == sum(len(rows_of(entry)) for entry in cfg.datasets)
    assert len(meta.eval_dataset) == sum(len(rows_of(entry)) for entry in cfg.test_datasets) > 0
    assert {row["kind"] for row in rows_of(cfg.test_datasets[1])} == {"exercise"}


def test_nothing_to_evaluate_on_is_a_clear_error(host: Any, recipe: MakeRecipe) -> None:
    """Axolotl would fail to load a dataset without rows."""
    cfg = host.load(
        recipe(
            {**SSFT, "ssft": {**SSFT["ssft"], "kinds": ["answer", "structure"]}, "eval": {}}, **CHAT
        )
    )
    with pytest.raises(
        ConfigError,
        match=r"no exercise on any of them to evaluate on: keep `exercise` among `ssft.kinds`",
    ):
        host.datasets(cfg)


@pytest.mark.parametrize(
    "changes", [SSFT, BOTH, {**BOTH, "eval": {"share": 0.3}}], ids=["ssft", "both", "eval"]
)
def test_ray_registers_twice_and_the_data_comes_once(
    host: Any, recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    import axolotl.cli.train as train
    from axolotl.integrations.base import PluginManager

    driver = host.load(recipe(changes, **CHAT, use_ray=True))
    worker: list[Any] = []
    monkeypatch.setattr(train, "do_train", lambda cfg, cli_args: worker.append(cfg))
    monkeypatch.setattr(train, "Accelerator", lambda **_: None, raising=False)
    PluginManager._instance = None  # a worker is a new process

    train.ray_train_func({"cfg": driver.to_dict(), "cli_args": None})

    (cfg,) = worker
    for key in ("datasets", "test_datasets"):
        assert places(cfg, key) == places(driver, key)
    assert (
        PluginManager.get_instance().load_datasets(cfg) is None
    )  # builds, and finds nothing changed
    assert all(Path(path).is_dir() for path, _ in places(cfg))


def test_a_users_own_conversations_stay_and_are_mixed(
    host: Any, recipe: MakeRecipe, home: Path
) -> None:
    turns = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "I."}]
    (home / "mine.jsonl").write_text((json.dumps({"messages": turns}) + "\n") * 5, encoding="utf-8")
    cfg = host.load(recipe(SSFT, **CHAT, datasets=[OWN]))
    first, second = cfg.datasets
    assert (first.path, first.type) == ("mine.jsonl", "chat_template")
    assert first.message_field_training is None  # ours are not written over the user's
    assert len(host.datasets(cfg).train_dataset) == len(rows_of(second)) + 5
    again = host.register(host.register(recipe(SSFT, **CHAT, datasets=[OWN])))
    assert [entry["path"] for entry in again["datasets"][:-1]] == ["mine.jsonl"]


def test_the_settings_of_one_recipe_do_not_leak_into_the_next(
    host: Any, recipe: MakeRecipe
) -> None:
    first = host.register(recipe(SSFT, **CHAT))
    first["datasets"][0]["message_property_mappings"]["role"] = "from"
    first["datasets"][0]["roles_to_train"].append("user")
    (entry,) = host.register(recipe(SSFT, **CHAT))["datasets"]
    assert {key: value for key, value in entry.items() if key not in ("path", "revision")} == KEYS


@pytest.mark.parametrize(("language", "mark"), [("en", "Question: "), ("ru", "Вопрос: ")])
def test_plain_rows_are_prompts_and_completions(
    host: Any, recipe: MakeRecipe, language: str, mark: str
) -> None:
    questions = {"path": "questions.jsonl", "language": language}
    cfg = host.load(recipe({**SSFT, "ssft": {"qa": [questions], "format": "plain"}}))
    (entry,) = cfg.datasets
    assert entry.type == TYPE
    made = host.datasets(cfg).train_dataset
    rows = rows_of(entry)
    assert sorted(sum(label != -100 for label in row["labels"]) for row in made) == sorted(
        row["trained_tokens"] for row in rows
    )
    assert sorted(len(row["input_ids"]) for row in made) == sorted(
        row["prompt_tokens"] + row["trained_tokens"] for row in rows
    )
    (answer,) = (row for row in rows if row["id"] == "answer/questions.jsonl#3")
    assert answer["prompt"].startswith(mark)
    assert "Who reigned over Bohemia when Rabbi Loew wrote?" in answer["prompt"]
    assert (answer["completion"], answer["eos"]) == ("Rudolf the Second.", True)


# --- rows


@pytest.mark.parametrize(
    "changes", [{}, {"train_on_inputs": True}, {"sample_packing": True}], ids=str
)
def test_axolotl_makes_the_rows_that_were_counted(
    host: Any, recipe: MakeRecipe, changes: dict[str, Any]
) -> None:
    raw = recipe(SSFT, **CHAT, **changes)
    cfg = host.load(raw)
    made = host.datasets(cfg).train_dataset
    (entry,) = cfg.datasets
    rows = rows_of(entry)
    assert made_of(made) == expected(raw, cfg, rows)
    counts = manifest_of(entry)["counts"]["train"]
    assert counts["samples"] == Counter(row["kind"] for row in rows)
    assert counts["total_tokens"] == sum(len(row["input_ids"]) for row in made)
    assert counts["trained_tokens"] == sum(label != -100 for row in made for label in row["labels"])
    assert counts["longest_sample"] == max(len(row["input_ids"]) for row in made)
    assert {"answer", "reasoned", "structure", "exercise"} == set(counts["samples"])


@pytest.mark.parametrize("sequence_len", [144, 160, 200])
def test_no_row_is_too_long_for_axolotl(host: Any, recipe: MakeRecipe, sequence_len: int) -> None:
    cfg = host.load(recipe(SSFT, **CHAT, sequence_len=sequence_len))
    made = host.datasets(cfg).train_dataset
    assert len(made) == len(rows_of(cfg.datasets[0]))
    assert max(len(row["input_ids"]) for row in made) <= sequence_len
    assert "too_long" in {item["reason"] for item in dropped_of(cfg.datasets[0])}


def test_conversations_are_trained_on_as_given(host: Any, recipe: MakeRecipe, home: Path) -> None:
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What turns?"},
        {"role": "assistant", "content": "A wheel. </s>"},
        {"role": "user", "content": "Who?"},
        {"role": "assistant", "content": "A rider."},
    ]
    write_questions(home, [{"messages": turns}])
    raw = recipe({**SSFT, "ssft": {**SSFT["ssft"], "kinds": ["answer"]}}, **CHAT)
    cfg = host.load(raw)
    (row,) = host.datasets(cfg).train_dataset
    from structtuning_plugin.axolotl_bridge import recipe as recipes

    tokenizer = recipes.load_tokenizer(raw)
    assert tokenizer.decode(row["input_ids"]) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat turns?<|im_end|>\n<|im_start|>assistant\n"
        "A wheel. < /s><|im_end|>\n<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\nA rider.<|im_end|>\n"
    )
    trained = tokenizer.decode([label for label in row["labels"] if label != -100])
    assert trained == "A wheel. < /s><|im_end|>A rider.<|im_end|>"


def test_what_the_template_refuses_is_listed(host: Any, recipe: MakeRecipe, home: Path) -> None:
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What?"},
        {"role": "assistant", "content": "It."},
    ]
    write_questions(home, [{"messages": turns}, {"messages": turns[1:]}])
    gemma = {
        "chat_template": "gemma",
        "tokens": ["<start_of_turn>", "<end_of_turn>"],
        "eot_tokens": ["<end_of_turn>"],
    }
    cfg = host.load(recipe({**SSFT, "ssft": {**SSFT["ssft"], "kinds": ["answer"]}}, **gemma))
    assert len(host.datasets(cfg).train_dataset) == 1
    (item,) = (item for item in dropped_of(cfg.datasets[0]) if item["reason"] == "chat_template")
    assert (item["stage"], item["id"]) == ("ssft", "answer/questions.jsonl#1")
    assert item["detail"] == "TemplateError: System role not supported"


def test_a_template_that_refuses_every_row_stops_the_build(host: Any, recipe: MakeRecipe) -> None:
    gemma = {
        "chat_template": "gemma",
        "tokens": ["<start_of_turn>", "<end_of_turn>"],
        "eot_tokens": ["<end_of_turn>"],
    }
    cfg = host.load(recipe({**SSFT, "ssft": {**SSFT["ssft"], "system": "Be brief."}}, **gemma))
    with pytest.raises(ConfigError, match="The stage `ssft` has no row to train on"):
        host.datasets(cfg)


def test_a_tokenizer_without_a_template_stops_axolotl(
    host: Any, recipe: MakeRecipe, home: Path
) -> None:
    cfg = host.load(recipe(SSFT))
    with pytest.raises(
        ConfigError, match=r"Name one in the recipe.*or set `structtuning.ssft.format: plain`"
    ):
        host.datasets(cfg)
    assert not (home / "work" / "ssft").exists()


# --- what names the rows


TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}\n{% endfor %}"


@pytest.mark.parametrize("given", ["text", "file", "named"])
def test_a_template_of_ones_own_is_the_same_before_and_after_validation(
    host: Any, recipe: MakeRecipe, home: Path, given: str
) -> None:
    """Axolotl adds `chat_template: jinja` by itself."""
    (home / "my.jinja").write_text(TEMPLATE, encoding="utf-8")
    jinja = {"chat_template_jinja": "my.jinja" if given == "file" else TEMPLATE}
    raw = recipe(SSFT, **jinja, **({"chat_template": "jinja"} if given == "named" else {}))
    cfg = host.load(raw)
    made = host.datasets(cfg).train_dataset
    assert made_of(made) == expected(raw, cfg, rows_of(cfg.datasets[0]))


def test_the_text_of_a_template_counts_not_where_it_lies(
    host: Any, recipe: MakeRecipe, home: Path
) -> None:
    def path(**changes: Any) -> str:
        return str(host.register(recipe(SSFT, **changes))["datasets"][0]["path"])

    (home / "a.jinja").write_text(TEMPLATE, encoding="utf-8")
    (home / "b.jinja").write_text(TEMPLATE, encoding="utf-8")
    same = path(chat_template_jinja="a.jinja")
    assert (
        path(chat_template_jinja="b.jinja")
        == path(chat_template="jinja", chat_template_jinja=TEMPLATE)
        == same
    )
    (home / "a.jinja").write_text(TEMPLATE.replace(": ", " - "), encoding="utf-8")
    assert path(chat_template_jinja="a.jinja") != same


def test_whatever_changes_the_rows_changes_path_or_revision(
    host: Any, recipe: MakeRecipe, home: Path, tiny_model: Path
) -> None:
    other = home / "other"
    shutil.copytree(tiny_model, other)
    (other / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    write_questions(home, name="others.jsonl", rows=[{"question": "Who?", "answer": "I."}])

    def ssft(**changes: Any) -> dict[str, Any]:
        return {**SSFT, "ssft": {**SSFT["ssft"], **changes}}

    raw = {
        "as it is": recipe(SSFT, **CHAT),
        "template": recipe(SSFT, **{**CHAT, "chat_template": "qwen_25"}),
        "its arguments": recipe(SSFT, **CHAT, chat_template_kwargs={"enable_thinking": False}),
        "ends of turns": recipe(SSFT, **{**CHAT, "eot_tokens": ["<|im_start|>"]}),
        "the model's own template": recipe(SSFT, **CHAT, base_model=str(other)),
        "tokens": recipe(SSFT, **{**CHAT, "tokens": [*CHAT["tokens"], "<|x|>"]}),
        "questions": recipe(ssft(qa=["others.jsonl"]), **CHAT),
        "more questions": recipe(ssft(qa=["questions.jsonl", "others.jsonl"]), **CHAT),
        "held out": recipe(ssft(holdout=["others.jsonl"]), **CHAT),
        "system": recipe(ssft(system="Be brief."), **CHAT),
        "format": recipe(ssft(format="plain"), **CHAT),
        "kinds": recipe(ssft(kinds=["answer"]), **CHAT),
        "sequence_len": recipe(SSFT, **CHAT, sequence_len=320),
        "seed": recipe(SSFT, **CHAT, seed=1),
        "min_sample_len": recipe(SSFT, **CHAT, min_sample_len=3),
        "shuffle_merged_datasets": recipe(SSFT, **CHAT, shuffle_merged_datasets=False),
    }
    found = {name: places(host.register(changed))[0] for name, changed in raw.items()}
    write_questions(home, [{"question": "Which?", "answer": "This."}])
    found["the questions' text"] = places(host.register(raw["as it is"]))[0]
    assert {place for place in found.values() if list(found.values()).count(place) > 1} == set()


def test_the_rows_of_scpt_know_nothing_of_questions_and_templates(
    host: Any, recipe: MakeRecipe
) -> None:
    def path(block: dict[str, Any], **changes: Any) -> str:
        (entry,) = (
            entry
            for entry in host.register(recipe(block, **changes))["datasets"]
            if entry["type"] == TYPE
        )
        return str(entry["path"])

    # `tokens:` are the tokenizer's, and so the chunks'.
    alone = path({}, tokens=CHAT["tokens"])
    assert path(BOTH, **CHAT) == alone
    assert path(BOTH, **{**CHAT, "chat_template": "qwen_25"}) == alone


# --- commands


def test_evaluate_asks_for_preprocess_until_there_is_something(
    host: Any, recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_command(monkeypatch, "evaluate")
    with pytest.raises(ArtifactError, match="run `axolotl preprocess` with this recipe first"):
        host.load(recipe(BOTH, **CHAT))
    as_command(monkeypatch, "preprocess")
    host.datasets(host.load(recipe(SSFT, **CHAT)))
    as_command(monkeypatch, "evaluate")
    assert len(host.load(recipe(SSFT, **CHAT)).datasets) == 1
    with pytest.raises(
        ArtifactError, match="nothing to evaluate on yet"
    ):  # the other half is not built
        host.load(recipe(BOTH, **CHAT))


@pytest.mark.parametrize("command", ["merge-lora", "inference"])
def test_commands_without_data_need_no_questions(
    host: Any, recipe: MakeRecipe, home: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (home / "questions.jsonl").unlink()
    as_command(monkeypatch, command)
    cfg = host.load(recipe(BOTH, **CHAT))
    assert [entry.type for entry in cfg.datasets] == [TYPE, "chat_template"]
    assert not any(Path(entry.path).exists() for entry in cfg.datasets)
    as_command(monkeypatch, "train")
    with pytest.raises(ConfigError, match=r"questions\.jsonl does not exist"):
        host.load(recipe(BOTH, **CHAT))


def test_questions_that_changed_in_between_are_a_clear_error(
    host: Any, recipe: MakeRecipe, home: Path
) -> None:
    cfg = host.load(recipe(SSFT, **CHAT))
    write_questions(home, [{"question": "Which?", "answer": "This."}])
    with pytest.raises(
        ConfigError,
        match=r"corpus or the recipe changed while Axolotl was starting. Start it again",
    ):
        host.datasets(cfg)


def test_a_disabled_block_takes_out_both(host: Any, recipe: MakeRecipe) -> None:
    cfg = host.register(recipe(BOTH, **CHAT, plugins=[PLUGIN]))
    assert len(cfg["datasets"]) == 2
    cfg["structtuning"]["enabled"] = False
    assert host.register(cfg)["datasets"] == []
