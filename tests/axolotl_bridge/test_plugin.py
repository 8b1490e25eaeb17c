"""The plugin inside Axolotl.

What it puts into a configuration, when it builds, what it leaves alone.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.core.errors import (
    ArtifactError,
    ConfigError,
    CorpusError,
    StructTuningError,
)
from tests.axolotl_bridge.conftest import PLUGIN, TYPE, MakeRecipe, book

pytestmark = pytest.mark.axolotl

LONG_NAME = "structtuning_plugin.axolotl_bridge.plugin.StructTuningPlugin"


@pytest.fixture
def log() -> Iterator[list[str]]:
    """What the plugin logs; Axolotl's loggers pass nothing on to pytest's."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    logger, keeper = logging.getLogger("axolotl.structtuning"), Keep()
    level = logger.level
    logger.addHandler(keeper)
    logger.setLevel(logging.INFO)
    yield lines
    logger.removeHandler(keeper)
    logger.setLevel(level)


def ours(entries: Any) -> list[Any]:
    return [entry for entry in entries or [] if entry["type"] == TYPE]


def rows_of(entry: Any) -> list[dict[str, Any]]:
    import datasets

    return list(datasets.load_from_disk(entry["path"]))


def as_command(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/axolotl", command, "recipe.yaml"])


# --- register


def test_register_names_one_dataset_and_builds_nothing(
    host: Any, recipe: MakeRecipe, home: Path
) -> None:
    cfg = host.register(recipe())
    (entry,) = cfg["datasets"]
    assert set(entry) == {"path", "type", "split", "revision"}
    assert (entry["type"], entry["split"]) == (TYPE, "train")
    path = Path(entry["path"])
    assert path.is_absolute()
    assert path.relative_to(home).parts[:2] == ("work", "scpt")
    assert path.name == "train"
    assert not (home / "work" / "scpt").exists()
    assert not cfg.get("test_datasets")


def test_eval_adds_test_datasets(host: Any, recipe: MakeRecipe) -> None:
    cfg = host.load(recipe({"eval": {"unit": "topic", "share": 0.3}}))
    (train,), (held_out,) = cfg.datasets, cfg.test_datasets
    assert Path(held_out["path"]) == Path(train["path"]).with_name("eval")
    assert held_out["revision"] == train["revision"]
    meta = host.datasets(cfg)
    assert len(meta.train_dataset) == len(rows_of(train))
    assert len(meta.eval_dataset) == len(rows_of(held_out)) > 0


@pytest.mark.parametrize("plugins", [[LONG_NAME], [PLUGIN, PLUGIN]], ids=len)
def test_however_it_is_listed_the_data_comes_once(
    host: Any, recipe: MakeRecipe, plugins: list[str]
) -> None:
    cfg = host.load(recipe(plugins=plugins))
    assert len(cfg.datasets) == 1
    assert len(host.datasets(cfg).train_dataset) == len(rows_of(cfg.datasets[0]))


def test_the_users_own_datasets_stay_and_are_mixed(
    host: Any, recipe: MakeRecipe, home: Path
) -> None:
    replay = [{"text": f"Something else entirely, number {number}."} for number in range(7)]
    (home / "replay.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in replay), encoding="utf-8"
    )
    own = {"path": "replay.jsonl", "ds_type": "json", "type": "completion"}
    cfg = host.load(recipe(datasets=[own], sample_packing=False))
    first, second = cfg.datasets
    assert (first["path"], first["type"], second["type"]) == ("replay.jsonl", "completion", TYPE)

    made = host.datasets(cfg).train_dataset

    assert len(made) == len(rows_of(second)) + len(replay)
    whole = [row for row in made if -100 not in row["labels"]]
    assert len(whole) == len(replay)  # completion trains on everything, ours never on BOS


def test_the_users_own_test_datasets_stay(host: Any, recipe: MakeRecipe) -> None:
    own = {"path": "mine.jsonl", "ds_type": "json", "type": "completion", "split": "train"}
    cfg = host.load(recipe({"eval": {"share": 0.3}}, test_datasets=[own]))
    assert [entry["type"] for entry in cfg.test_datasets] == ["completion", TYPE]
    assert [entry["type"] for entry in host.load(recipe(test_datasets=[own])).test_datasets] == [
        "completion"
    ]


@pytest.mark.parametrize("datasets", [[], None])
def test_an_empty_list_of_datasets_is_none(
    host: Any, recipe: MakeRecipe, datasets: list[Any] | None
) -> None:
    raw = recipe()
    raw["datasets"] = datasets
    assert len(host.load(raw).datasets) == 1


def test_a_disabled_block_leaves_the_recipe_as_it_is(
    host: Any, recipe: MakeRecipe, home: Path
) -> None:
    own = [
        {"path": "replay.jsonl", "ds_type": "json", "type": "completion"},
        {"path": str(home / "own.jsonl"), "ds_type": "json", "type": TYPE},
    ]
    raw = recipe({"enabled": False, "corpus": ["nowhere"]}, datasets=own, streaming=False)
    cfg = host.register(raw)
    assert cfg["datasets"] == own
    assert cfg.get("seed") is None
    assert not cfg.get("test_datasets")
    cfg = host.load(raw)
    assert [entry["path"] for entry in cfg.datasets] == [entry["path"] for entry in own]
    from axolotl.integrations.base import PluginManager

    assert PluginManager.get_instance().load_datasets(cfg, preprocess=True) is None
    assert not (home / "work").exists()


def test_a_disabled_block_needs_nothing_else(host: Any, recipe: MakeRecipe) -> None:
    raw = recipe(datasets=[{"path": "replay.jsonl", "ds_type": "json", "type": "completion"}])
    raw["structtuning"] = {"enabled": False}
    assert len(host.load(raw).datasets) == 1


def test_an_own_dataset_of_our_type_stays_beside_ours(
    host: Any, recipe: MakeRecipe, home: Path
) -> None:
    own = [
        {"path": str(home / "elsewhere.jsonl"), "ds_type": "json", "type": TYPE},
        {"path": str(home / "work" / "exported.jsonl"), "ds_type": "json", "type": TYPE},
        {"path": str(home / "work2" / "scpt" / "x.jsonl"), "ds_type": "json", "type": TYPE},
    ]
    cfg = host.register(host.register(recipe(datasets=own)))
    assert cfg["datasets"][:-1] == own
    assert len(cfg["datasets"]) == 4


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("bicycles", r"must be a mapping of settings, but it is str 'bicycles'"),
        (["bicycles"], r"must be a mapping of settings, but it is list"),
        ({"domain": "X"}, r"`corpus` is missing"),
        ({"corpus": ["corpus"]}, r"`domain` is missing"),
        ({"domian": "X", "corpus": ["corpus"]}, r"Unknown key `domian`\. Did you mean `domain`\?"),
        (
            {"domain": "X", "corpus": ["corpus"], "scpt": {"presett": "paper"}},
            r"structtuning\.scpt.*`presett`.*`preset`",
        ),
        (
            {"domain": "X", "corpus": ["corpus"], "stage": "sft"},
            r"structtuning\.stage.*'scpt' or 'ssft'.*given: 'sft'",
        ),
        (
            {"domain": "X", "corpus": ["corpus"], "chunk_tokens": 1},
            r"structtuning\.chunk_tokens: .*16",
        ),
    ],
    ids=str,
)
def test_a_wrong_block_is_refused_before_anything_else(
    host: Any, recipe: MakeRecipe, block: Any, message: str
) -> None:
    raw = recipe()
    raw["structtuning"] = block
    with pytest.raises(ConfigError, match=message):
        host.load(raw)


def test_a_missing_corpus_and_an_unknown_extractor_are_refused_in_register(
    host: Any, recipe: MakeRecipe
) -> None:
    with pytest.raises(CorpusError, match="nowhere does not exist"):
        host.load(recipe({"corpus": ["nowhere"]}))
    with pytest.raises(
        StructTuningError, match=r"Unknown extractor `headigns`. Did you mean `headings`"
    ):
        host.load(recipe({"taxonomy": {"extractor": "headigns"}}))
    with pytest.raises(StructTuningError, match=r"nowhere.json .`taxonomy.path`. does not exist"):
        host.load(recipe({"taxonomy": {"path": "nowhere.json"}}))


def test_a_share_held_out_by_row_gets_a_warning(
    host: Any, recipe: MakeRecipe, log: list[str]
) -> None:
    host.register(recipe(val_set_size=0.1))
    assert any("val_set_size puts chunks of one document" in line for line in log)
    log.clear()
    host.register(recipe({"eval": {"share": 0.2}}, val_set_size=0))
    assert not any("val_set_size" in line for line in log)


def test_train_on_inputs_gets_a_warning_and_changes_nothing(
    host: Any, recipe: MakeRecipe, log: list[str]
) -> None:
    cfg = host.load(recipe(train_on_inputs=True, sample_packing=False))
    assert any("ours train on completions and answers only" in line for line in log)
    assert all(row["labels"][0] == -100 for row in host.datasets(cfg).train_dataset)


def test_eval_with_val_set_size_is_refused(host: Any, recipe: MakeRecipe) -> None:
    with pytest.raises(ConfigError, match=r"`val_set_size: 0.1` and `structtuning.eval`"):
        host.load(recipe({"eval": {}}, val_set_size=0.1))


# --- the schema


def test_the_schema_class_checks_the_block() -> None:
    from importlib import import_module

    from pydantic import ValidationError

    from structtuning_plugin import StructTuningPlugin

    module, name = StructTuningPlugin().get_input_args().rsplit(".", 1)
    args = getattr(import_module(module), name)
    assert name == "StructTuningArgs"
    assert set(args.model_fields) == {"structtuning"}
    assert args.model_validate({}).structtuning is None
    block = {"domain": "X", "corpus": "a.md"}
    assert args.model_validate({"structtuning": block}).structtuning.corpus[0].path == "a.md"
    with pytest.raises(
        ValidationError, match=r"Unknown key `chunk_token`. Did you mean `chunk_tokens`\?"
    ):
        args.model_validate({"structtuning": {**block, "chunk_token": 64}})


def test_the_validated_recipe_carries_the_whole_block(host: Any, recipe: MakeRecipe) -> None:
    from structtuning_plugin.config import parse_block

    cfg = host.load(recipe({"eval": {"share": 0.25}, "chunk_tokens": 64}))
    block = parse_block(cfg.structtuning)
    assert (block.eval.share, block.chunk_tokens, block.domain) == (0.25, 64, "Bicycles")  # type: ignore[union-attr]


# --- load_datasets


def test_it_builds_once_and_then_only_reads(
    host: Any, recipe: MakeRecipe, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from structtuning_plugin.axolotl_bridge import recipe as recipes

    first = host.datasets(host.load(recipe())).train_dataset
    assert any(line.startswith("structtuning: tokens trained") for line in log)
    log.clear()
    monkeypatch.setattr(recipes, "load_tokenizer", None)  # not needed any more
    second = host.datasets(host.load(recipe())).train_dataset
    assert [line for line in log if "everything is built already" in line]
    assert second.to_dict() == first.to_dict()


def test_every_rank_loads_the_tokenizer_built_or_not(
    host: Any, recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Axolotl's loader may wait for the other ranks, so no rank may leave it out."""
    from structtuning_plugin.axolotl_bridge import recipe as recipes

    monkeypatch.setenv("WORLD_SIZE", "2")
    loaded, load = [], recipes.load_tokenizer

    def counted(cfg: Any) -> Any:
        loaded.append(cfg)
        return load(cfg)

    monkeypatch.setattr(recipes, "load_tokenizer", counted)
    cfg = host.load(recipe())
    from axolotl.integrations.base import PluginManager

    for _ in range(2):
        assert PluginManager.get_instance().load_datasets(cfg) is None
    assert len(loaded) == 2


@pytest.mark.parametrize("change", ["other text", "a new file", "a file less"])
def test_a_corpus_that_changed_in_between_is_a_clear_error(
    host: Any, recipe: MakeRecipe, corpus: Path, change: str
) -> None:
    cfg = host.load(recipe())
    if change == "other text":
        (corpus / "The Tandem.md").write_text(book("The Tandem", times=5), encoding="utf-8")
    elif change == "a new file":
        (corpus / "The Tricycle.md").write_text(book("The Tricycle"), encoding="utf-8")
    else:
        (corpus / "The Tandem.md").unlink()
    with pytest.raises(
        ConfigError,
        match=r"corpus or the recipe changed while Axolotl was starting. Start it again",
    ):
        host.datasets(cfg)


def test_a_corpus_that_changes_later_is_built_anew(
    host: Any, recipe: MakeRecipe, corpus: Path
) -> None:
    first = host.load(recipe())
    host.datasets(first)
    (corpus / "The Tricycle.md").write_text(book("The Tricycle"), encoding="utf-8")
    second = host.load(recipe())
    assert second.datasets[0]["path"] != first.datasets[0]["path"]
    assert (
        len(host.datasets(second).train_dataset)
        == len(rows_of(second.datasets[0]))
        > len(rows_of(first.datasets[0]))
    )


def test_a_recipe_that_does_not_list_us_is_none_of_our_business(
    host: Any, recipe: MakeRecipe
) -> None:
    from structtuning_plugin import StructTuningPlugin

    cfg = {"structtuning": "anything", "datasets": [{"path": "x", "type": "completion"}]}
    before = json.dumps(cfg)
    plugin = StructTuningPlugin()
    plugin.register(cfg)
    plugin.load_datasets(cfg, preprocess=True)
    assert json.dumps(cfg) == before


# --- commands


@pytest.mark.parametrize(
    "command", ["merge-lora", "inference", "quantize", "merge-sharded-fsdp-weights", "vllm-serve"]
)
@pytest.mark.parametrize(
    "missing",
    [
        {"corpus": ["nowhere"]},
        {"taxonomy": {"path": "nowhere.json"}},
        {"scpt": {"template_dirs": ["nowhere"]}},
    ],
    ids=lambda block: next(iter(block)),
)
def test_commands_without_data_need_no_corpus(
    host: Any,
    recipe: MakeRecipe,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    missing: dict[str, Any],
) -> None:
    as_command(monkeypatch, command)
    cfg = host.load(recipe(missing))
    assert len(ours(cfg.datasets)) == 1
    assert not Path(cfg.datasets[0]["path"]).exists()
    assert not (home / "work").exists()


@pytest.mark.parametrize("command", ["train", "preprocess", "evaluate"])
def test_commands_with_data_need_the_corpus(
    host: Any, recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    as_command(monkeypatch, command)
    with pytest.raises(CorpusError, match="nowhere does not exist"):
        host.load(recipe({"corpus": ["nowhere"]}))


def test_evaluate_asks_for_preprocess_until_there_is_something(
    host: Any, recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_command(monkeypatch, "evaluate")
    with pytest.raises(ArtifactError, match="run `axolotl preprocess` with this recipe first"):
        host.load(recipe())
    as_command(monkeypatch, "preprocess")
    host.datasets(host.load(recipe()))
    as_command(monkeypatch, "evaluate")
    assert len(host.load(recipe()).datasets) == 1


def test_the_package_shows_one_name() -> None:
    import structtuning_plugin

    assert structtuning_plugin.__all__ == ["StructTuningPlugin", "__version__"]
    with pytest.raises(AttributeError, match="has no attribute 'StructTuningPlugn'"):
        _ = structtuning_plugin.StructTuningPlugn
