"""Twelve traps that Axolotl sets to a plugin, each as it would happen."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from structtuning_plugin.core.errors import BudgetError, ConfigError, PluginError
from tests.axolotl_bridge.conftest import PLUGIN, TYPE, MakeRecipe, WriteRecipe, book

pytestmark = pytest.mark.axolotl

COMPLETION = {"path": "replay.jsonl", "ds_type": "json", "type": "completion"}
PACKED = {"sample_packing": True, "eval_sample_packing": False}
RunAxolotl = Callable[..., subprocess.CompletedProcess[str]]


def rows_of(entry: Any) -> list[dict[str, Any]]:
    import datasets

    return list(datasets.load_from_disk(entry["path"]))


def place(cfg: Any) -> tuple[str, str]:
    """What Axolotl's hash of prepared data sees of us."""
    entry = cfg["datasets"][-1]
    assert entry["type"] == TYPE
    return entry["path"], entry["revision"]


# --- T1: an ImportError of a plugin is logged, and the recipe trains on without it


@pytest.mark.parametrize("broken", ["plugin", "recipe", "codec", "scpt"])
def test_t01_an_import_error_stops_axolotl(
    host: Any, recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    from axolotl.integrations.base import PluginManager

    import structtuning_plugin.axolotl_bridge as package

    bridge = package.__name__
    for name in [name for name in sys.modules if name.startswith(f"{bridge}.")]:
        monkeypatch.delitem(sys.modules, name)
        monkeypatch.delattr(package, name.rpartition(".")[2])
    monkeypatch.setitem(sys.modules, f"{bridge}.{broken}", None)

    with pytest.raises(
        PluginError, match=r"structtuning-plugin cannot be loaded: .*Install it again"
    ) as caught:
        PluginManager.get_instance().register(PLUGIN)
    assert not isinstance(caught.value, ImportError)
    with pytest.raises(PluginError):
        host.load(recipe(datasets=[COMPLETION]))


# --- T2: unknown keys at the top are ignored, so a misspelt block would be no block


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("structunning", "Did you mean `structtuning:` where the recipe says `structunning:`"),
        ("struct_tuning", "Did you mean `structtuning:` where the recipe says `struct_tuning:`"),
        ("unrelated", "has no `structtuning:` block. Add one"),
        (None, "has no `structtuning:` block. Add one"),
    ],
)
@pytest.mark.parametrize("datasets", [None, [COMPLETION]], ids=["ours only", "own datasets"])
def test_t02_no_block_or_a_misspelt_one_is_an_error(
    host: Any, recipe: MakeRecipe, key: str | None, hint: str, datasets: Any
) -> None:
    raw = recipe(datasets=datasets)
    block = raw.pop("structtuning")
    if key:
        raw[key] = block
    with pytest.raises(ConfigError, match=re.escape(hint)):
        host.load(raw)


def test_t02_an_empty_block_is_an_error(host: Any, recipe: MakeRecipe) -> None:
    raw = recipe(datasets=[COMPLETION])
    raw["structtuning"] = None
    with pytest.raises(ConfigError, match="has no `structtuning:` block"):
        host.load(raw)


# --- T3: with Ray `register` runs again, on the validated configuration


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"eval": {"share": 0.3}},
        {"scpt": {"preset": "paper", "shares": {"book_map": 0.02}}, "chunk_tokens": 64},
    ],
    ids=str,
)
def test_t03_ray_registers_twice_and_the_data_comes_once(
    host: Any, recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    import axolotl.cli.train as train
    from axolotl.integrations.base import PluginManager

    raw = recipe(changes, datasets=[COMPLETION], special_tokens={"pad_token": "</s>"}, use_ray=True)
    driver = host.load(raw)
    worker: list[Any] = []
    monkeypatch.setattr(train, "do_train", lambda cfg, cli_args: worker.append(cfg))
    monkeypatch.setattr(train, "Accelerator", lambda **_: None, raising=False)
    PluginManager._instance = None  # a worker is a new process

    train.ray_train_func({"cfg": driver.to_dict(), "cli_args": None})

    (cfg,) = worker
    assert [entry["type"] for entry in cfg.datasets] == ["completion", TYPE]
    assert place(cfg) == place(driver)
    for key in ("datasets", "test_datasets"):
        assert [entry["path"] for entry in cfg.get(key) or []] == [
            entry["path"] for entry in driver.get(key) or []
        ]
    assert cfg.structtuning.to_dict() == driver.structtuning.to_dict()
    assert (
        PluginManager.get_instance().load_datasets(cfg) is None
    )  # builds, and finds nothing changed
    assert Path(place(driver)[0]).is_dir()


def test_t03_a_second_register_after_a_change_replaces_the_first(
    host: Any, recipe: MakeRecipe, corpus: Path
) -> None:
    cfg = host.register(recipe())
    first = place(cfg)
    (corpus / "The Tandem.md").write_text(book("The Tandem", times=6), encoding="utf-8")
    again = host.register(cfg)
    assert len(again["datasets"]) == 1
    assert place(again) != first


# --- T4: a worker may have another working directory


def test_t04_another_working_directory_finds_the_same_files(
    host: Any, recipe: MakeRecipe, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "w" / "scpt" / "en" / "locate").mkdir(parents=True)
    (home / "w" / "scpt" / "en" / "locate" / "mine.jinja").write_text(
        "Where is {{ name }}?", encoding="utf-8"
    )
    first = host.load(
        recipe(
            {
                "scpt": {"template_dirs": ["w"]},
                "corpus": [{"path": "corpus/*.md"}],
                "work_dir": "./work",
            }
        )
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    block = first["structtuning"]
    given = [
        block["work_dir"],
        *block["scpt"]["template_dirs"],
        *(entry["path"] for entry in block["corpus"]),
    ]
    assert all(Path(path).is_absolute() for path in given)
    assert str(home) in given[0]
    again = host.register(first)
    assert place(again) == place(first)
    made = host.datasets(first).train_dataset
    assert len(made) == len(rows_of(first.datasets[0]))
    assert not (elsewhere / "work").exists()


# --- T5: the plugin manager calls every plugin it ever met


def test_t05_a_recipe_that_does_not_list_us_is_untouched(host: Any, recipe: MakeRecipe) -> None:
    from axolotl.integrations.base import PluginManager

    host.load(recipe())
    other = "axolotl.integrations.spectrum.SpectrumPlugin"
    for plugins in ([other], None):
        for block in (None, {"anything": True}):
            raw = recipe(plugins=plugins, datasets=[COMPLETION])
            del raw["structtuning"]
            if block:
                raw["unrelated"] = block
            cfg = host.register(raw)
            assert cfg.to_dict() == raw
            assert PLUGIN in PluginManager.get_instance().plugins
            PluginManager.get_instance().load_datasets(cfg)
            loaded = host.load({**raw, **({"spectrum_top_fraction": 0.5} if plugins else {})})
            assert [entry["type"] for entry in loaded.datasets] == ["completion"]
            assert loaded.get("seed") is None


# --- T6: some recipes validate with our data and never train on it


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pretraining_dataset", [{"path": "replay.jsonl", "type": "pretrain"}]),
        ("streaming", True),
        ("skip_prepare_dataset", True),
        ("rl", "dpo"),
        ("reward_model", True),
        ("process_reward_model", True),
    ],
)
def test_t06_recipes_that_would_pass_us_over_are_refused(
    host: Any, recipe: MakeRecipe, key: str, value: Any
) -> None:
    with pytest.raises(
        ConfigError, match=f"`{key}: .*` and the structtuning block cannot go together"
    ):
        host.load(recipe(**{key: value}))


# --- T7: rows that are too long are dropped without a word


@pytest.mark.parametrize(
    ("sequence_len", "preset"),
    [(96, "compact"), (160, "compact"), (512, "compact"), (160, "paper"), (512, "paper")],
)
def test_t07_every_row_and_every_token_that_was_built_is_trained(
    host: Any, recipe: MakeRecipe, corpus: Path, sequence_len: int, preset: str
) -> None:
    (corpus / "Long.md").write_text(
        book("Long", times=40) + "\n" + "unbroken" * 200, encoding="utf-8"
    )
    block = {"scpt": {"preset": preset, "map_tokens": 32}}
    cfg = host.load(recipe(block, sequence_len=sequence_len, sample_packing=False))
    assert cfg.excess_length_strategy is None  # Axolotl's default, which drops

    made = host.datasets(cfg).train_dataset

    built = rows_of(cfg.datasets[0])
    lengths = sorted(1 + row["prompt_tokens"] + row["trained_tokens"] for row in built)
    assert sorted(len(row["input_ids"]) for row in made) == lengths
    assert lengths[-1] <= sequence_len
    trained = sum(label != -100 for row in made for label in row["labels"])
    assert trained == sum(row["trained_tokens"] for row in built)


def test_t07_packing_and_several_processes_drop_nothing_either(
    host: Any, recipe: MakeRecipe
) -> None:
    cfg = host.load(recipe(sample_packing=True))
    made = host.datasets(cfg, processes=2).train_dataset
    assert len(made) == len(rows_of(cfg.datasets[0]))


def test_t07_a_row_that_is_too_long_stops_axolotl(
    host: Any, recipe: MakeRecipe, home: Path
) -> None:
    (home / "own.jsonl").write_text(
        '{"prompt": "Long", "completion": "' + "word " * 400 + '"}\n', encoding="utf-8"
    )
    own = {"path": "own.jsonl", "ds_type": "json", "type": TYPE}
    cfg = host.load(recipe(datasets=[own]))
    with pytest.raises(
        BudgetError,
        match=r"row 'Long' has \d+ tokens, but sequence_len is 256; it would be dropped",
    ):
        host.datasets(cfg)


# --- T8: the hash of prepared data knows neither content nor most settings


def test_t08_whatever_changes_the_rows_changes_path_or_revision(
    host: Any, recipe: MakeRecipe, corpus: Path, tiny_model: Path, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    other = tmp_path / "other"
    shutil.copytree(tiny_model, other)
    tokenizer = AutoTokenizer.from_pretrained(other)
    tokenizer.add_tokens(["<one-more>"])
    tokenizer.save_pretrained(other)
    (tmp_path / "w" / "scpt" / "en" / "locate").mkdir(parents=True)
    wording = tmp_path / "w" / "scpt" / "en" / "locate" / "mine.jinja"
    wording.write_text("Where is {{ name }}?", encoding="utf-8")

    recipes = {
        "as it is": recipe(),
        "tokenizer": recipe(base_model=str(other)),
        "tokens": recipe(tokens=["<|x|>"]),
        "special_tokens": recipe(special_tokens={"pad_token": "</s>"}),
        "seed": recipe(seed=1),
        "sequence_len": recipe(sequence_len=320),
        "excess_length_strategy": recipe(excess_length_strategy="truncate"),
        "min_sample_len": recipe(min_sample_len=3),
        "eval_sequence_len": recipe(eval_sequence_len=128),
        "shuffle_merged_datasets": recipe(shuffle_merged_datasets=False),
        "shuffle_before_merging_datasets": recipe(shuffle_before_merging_datasets=True),
        "revision_of_model": recipe(revision_of_model="main"),
        "domain": recipe({"domain": "Cycles"}),
        "preset": recipe({"scpt": {"preset": "paper"}}),
        "wordings": recipe({"scpt": {"wordings": 1}}),
        "templates": recipe({"scpt": {"template_dirs": ["w"]}}),
        "chunk_tokens": recipe({"chunk_tokens": 64}),
        "extractor": recipe({"taxonomy": {"extractor": "parts"}}),
        "eval": recipe({"eval": {"share": 0.2}}),
        "eval by document": recipe({"eval": {"share": 0.2, "unit": "document"}}),
        "block's seed": recipe({"seed": 3}),
        "less corpus": recipe({"corpus": ["corpus/The Bicycle.md"]}),
    }
    places = {name: place(host.register(raw)) for name, raw in recipes.items()}
    wording.write_text("In which chapter is {{ name }}?", encoding="utf-8")
    places["wording's text"] = place(host.register(recipes["templates"]))
    (corpus / "The Tandem.md").write_text(
        book("The Tandem").replace("rain", "snow"), encoding="utf-8"
    )
    places["corpus' text"] = place(host.register(recipe()))
    assert {at for at in places.values() if list(places.values()).count(at) > 1} == set()


def test_t08_what_does_not_change_the_rows_changes_nothing(
    host: Any, recipe: MakeRecipe, tiny_model: Path, tmp_path: Path
) -> None:
    shutil.copytree(tiny_model, tmp_path / "moved")
    (tmp_path / "corpus" / "The Bicycle.md").touch()
    same = [
        recipe(),
        recipe(base_model=str(tmp_path / "moved")),
        recipe(
            learning_rate=0.5,
            num_epochs=3,
            output_dir="x",
            dataset_prepared_path="y",
            shuffle_merged_datasets=True,
        ),
        recipe(seed=42),
        recipe(
            {"max_workers": 2, "scpt": {"preset": "compact", "wordings": 3}, "on_error": "raise"}
        ),
        recipe({"corpus": [str(tmp_path / "corpus")], "work_dir": str(tmp_path / "work")}),
    ]
    assert len({place(host.register(raw)) for raw in same}) == 1


def test_t08_axolotls_own_hash_follows_the_content(
    host: Any, recipe: MakeRecipe, corpus: Path
) -> None:

    def prepared() -> int:
        return sum(path.is_dir() for path in Path("prepared").iterdir())

    host.datasets(host.load(recipe()))
    host.datasets(host.load(recipe()))
    assert prepared() == 1
    host.datasets(host.load(recipe(min_sample_len=3)))
    assert prepared() == 2
    (corpus / "The Tandem.md").write_text(
        book("The Tandem").replace("rain", "snow"), encoding="utf-8"
    )
    made = host.datasets(host.load(recipe())).train_dataset
    assert prepared() == 3
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(recipe()["base_model"])
    text = " ".join(tokenizer.decode(row["input_ids"]) for row in made)
    assert "in snow as in sun" in text


# --- T9: the cache of `datasets` does not see code


def test_t09_the_strategys_version_is_part_of_everything(
    host: Any, recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datasets.fingerprint import Hasher

    from structtuning_plugin.axolotl_bridge import plugin, scpt
    from structtuning_plugin.axolotl_bridge import recipe as recipes

    first, cfg = place(host.register(recipe())), host.load(recipe())
    tokenizer = recipes.load_tokenizer(cfg)
    hashed = Hasher.hash(scpt.load(tokenizer, cfg).tokenize_prompt)
    assert Hasher.hash(scpt.load(tokenizer, cfg).tokenize_prompt) == hashed
    monkeypatch.setattr(scpt, "VERSION", scpt.VERSION + 1)
    monkeypatch.setattr(plugin, "VERSION", scpt.VERSION)
    assert scpt.load(tokenizer, cfg).version == scpt.VERSION
    assert Hasher.hash(scpt.load(tokenizer, cfg).tokenize_prompt) != hashed
    second = place(host.register(recipe()))
    assert second[0] == first[0]  # the costly part stays
    assert second[1] != first[1]


# --- T10: without a seed the rows come in another order at every build


def test_t10_a_seed_is_set_and_the_order_is_the_same_every_time(
    host: Any, recipe: MakeRecipe
) -> None:
    cfg = host.load(recipe())
    assert cfg.seed == 42
    assert host.load(recipe(seed=0)).seed == 0

    def rows(seed: int | None) -> Any:
        shutil.rmtree("prepared", ignore_errors=True)
        return host.datasets(host.load(recipe(seed=seed))).train_dataset["input_ids"][:]

    first = rows(None)
    assert rows(None) == first
    assert rows(42) == first
    assert sorted(rows(1)) != first  # shuffled at all, and otherwise


def test_t10_two_builds_are_the_same_to_the_byte(host: Any, recipe: MakeRecipe) -> None:
    def build(work_dir: str) -> dict[str, bytes]:
        cfg = host.load(recipe({"work_dir": work_dir}))
        host.datasets(cfg)
        folder = Path(cfg.datasets[0]["path"])
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}

    assert build("one") == build("two")


# --- T11: the model card publishes paths


@pytest.mark.training
def test_t11_the_model_card_has_no_path_and_no_dataset_of_ours(
    recipe: MakeRecipe, write: WriteRecipe, home: Path, tiny_model: Path, axolotl: RunAxolotl
) -> None:
    shutil.copytree(tiny_model, home / "tiny")
    write(recipe({"eval": {"share": 0.3}}, base_model="./tiny", **PACKED))

    done = axolotl("train", "recipe.yaml")

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    card = (home / "model-out" / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(card.split("---")[1])
    assert "datasets" not in head
    assert str(home) not in card
    assert not re.search(r"(?<![\w.])/(tmp|home|root|work|Users)/", card)
    state = (home / "model-out").glob("checkpoint-*/trainer_state.json")
    assert list(state)
    assert list((home / "work" / "scpt").glob("*/manifest.json"))


# --- T12: `axolotl evaluate` never asks plugins for data


@pytest.mark.training
def test_t12_evaluate_says_what_is_missing_and_works_afterwards(
    recipe: MakeRecipe, write: WriteRecipe, home: Path, axolotl: RunAxolotl
) -> None:
    write(recipe({"eval": {"share": 0.3}}, **PACKED))

    too_early = axolotl("evaluate", "recipe.yaml")
    assert too_early.returncode != 0
    assert "run `axolotl preprocess` with this recipe first" in too_early.stdout + too_early.stderr
    assert not (home / "prepared").exists()

    built = axolotl("preprocess", "recipe.yaml", "--no-download")
    assert built.returncode == 0, built.stdout[-4000:] + built.stderr[-4000:]
    assert list((home / "work" / "scpt").glob("*/manifest.json"))

    evaluated = axolotl("evaluate", "recipe.yaml")
    assert evaluated.returncode == 0, evaluated.stdout[-4000:] + evaluated.stderr[-4000:]
    summary = (home / "model-out" / "eval_summary.csv").read_text(encoding="utf-8")
    assert re.search(r"^loss,[\d.]+,[\d.]+", summary, re.MULTILINE)
