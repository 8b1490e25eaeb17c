"""What the bridge reads from a recipe, and what it refuses."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import yaml

from structtuning_plugin.axolotl_bridge import recipe as recipes
from structtuning_plugin.build.plan import make_plan
from structtuning_plugin.core.errors import ConfigError
from tests.axolotl_bridge.conftest import PLUGIN, MakeRecipe, WriteRecipe

OTHER_PLACE: dict[str, Callable[[Path, Path], dict[str, Any]]] = {
    "tokenizer_config": lambda model, other: {"tokenizer_config": str(other)},
    "base_model_config": lambda model, other: {"base_model_config": str(other)},
}


@pytest.fixture
def other(tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny model's folder with one more token."""
    from transformers import AutoTokenizer

    folder = tmp_path / "other"
    shutil.copytree(tiny_model, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["<one-more>"])
    tokenizer.save_pretrained(folder)
    return folder


# --- the host


@pytest.mark.axolotl
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"seed": 0},
        {"seed": 7},
        {"sequence_len": None},
        {"sequence_len": 512},
        {"special_tokens": {"pad_token": "</s>"}},
        {
            "special_tokens": {
                "pad_token": "</s>",
                "eos_token": None,
                "additional_special_tokens": ["<|a|>", "<|b|>"],
            }
        },
        {"special_tokens": {"pad_token": "</s>", "cls_token": "<cls>"}},
        {"special_tokens": {}},
        {"tokens": ["<|x|>", "<|y|>"]},
        {"tokens": []},
        {"tokens": ["<|x|>"], "special_tokens": {"eos_token": "<|end|>"}, "seed": None},
        {"tokenizer_use_fast": True},
        {"tokenizer_type": "AutoTokenizer"},
        {"tokenizer_use_mistral_common": False},
        {"shuffle_merged_datasets": False, "excess_length_strategy": "raise", "min_sample_len": 3},
        {"shuffle_before_merging_datasets": True},
    ],
    ids=str,
)
def test_the_host_is_the_same_before_and_after_validation(
    host: Any, recipe: MakeRecipe, changes: dict[str, Any]
) -> None:
    from structtuning_plugin.axolotl_bridge.scpt import VERSION

    raw = recipe(**changes)
    before = recipes.facts_of(raw)
    cfg = host.load(raw)
    after = recipes.facts_of(cfg)

    assert after == before
    assert (
        make_plan(recipes.block_of(cfg), after).keys
        == make_plan(recipes.block_of(raw), before).keys
    )
    assert recipes.row_fingerprint(cfg, after, VERSION) == recipes.row_fingerprint(
        raw, before, VERSION
    )


@pytest.mark.axolotl
@pytest.mark.parametrize("key", OTHER_PLACE)
def test_the_tokenizer_from_another_place_is_the_one_that_counts(
    host: Any, recipe: MakeRecipe, tiny_model: Path, other: Path, key: str
) -> None:
    changed = recipe(**OTHER_PLACE[key](tiny_model, other))
    before = recipes.facts_of(changed)
    assert before == recipes.facts_of(
        {**changed, "base_model": str(other), "tokenizer_config": None, "base_model_config": None}
    )
    assert before != recipes.facts_of(recipe())
    assert recipes.facts_of(host.load(changed)) == before
    assert "<one-more>" in recipes.load_tokenizer(changed).get_vocab()


@pytest.mark.axolotl
def test_magistral_means_mistral_common_before_axolotl_says_so(
    host: Any, recipe: MakeRecipe, tiny_model: Path, tmp_path: Path
) -> None:
    import mistral_common

    data = Path(str(mistral_common.__file__)).parent / "data" / "tekken_240911.json"
    if not data.is_file():
        pytest.skip("this mistral-common brings no tokenizer")
    folder = tmp_path / "Magistral-tiny"
    shutil.copytree(tiny_model, folder)
    shutil.copy(data, folder / "tekken.json")
    raw = recipe(base_model=str(folder))
    before = recipes.facts_of(raw)
    cfg = host.load(raw)
    assert cfg.tokenizer_use_mistral_common is True
    assert recipes.facts_of(cfg) == before
    assert (
        type(recipes.load_tokenizer(raw)).__name__
        == type(recipes.load_tokenizer(cfg)).__name__
        == "HFMistralTokenizer"
    )


def test_seed_and_length_have_axolotls_defaults(recipe: MakeRecipe) -> None:
    host = recipes.facts_of(recipe(sequence_len=None))
    assert (host.sequence_len, host.seed) == (512, 42)
    assert recipes.facts_of(recipe(seed=0)).seed == 0


def test_a_recipe_without_a_model_is_refused() -> None:
    with pytest.raises(ConfigError, match="names no `base_model`"):
        recipes.facts_of({"sequence_len": 8})


# --- the tokenizer's fingerprint


def fingerprint(recipe: dict[str, Any]) -> str:
    return recipes.tokenizer_fingerprint(recipe)


def test_fingerprint_is_of_the_files_not_of_their_place(
    recipe: MakeRecipe, tiny_model: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere" / "model"
    shutil.copytree(tiny_model, elsewhere)
    assert fingerprint(recipe(base_model=str(elsewhere))) == fingerprint(recipe())
    (elsewhere / "model.safetensors").write_bytes(b"other weights")
    (elsewhere / "README.md").write_text("other words", encoding="utf-8")
    assert fingerprint(recipe(base_model=str(elsewhere))) == fingerprint(recipe())
    text = (elsewhere / "tokenizer.json").read_text(encoding="utf-8")
    (elsewhere / "tokenizer.json").write_text(
        text.replace('"content": "<pad>"', '"content": "<pax>"'), encoding="utf-8"
    )
    assert fingerprint(recipe(base_model=str(elsewhere))) != fingerprint(recipe())


@pytest.mark.parametrize(
    "name", ["added_tokens.json", "tokenizer.model", "vocab.txt", "merges.txt", "tekken.json"]
)
def test_every_file_of_a_tokenizer_counts(
    recipe: MakeRecipe, tiny_model: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    before = fingerprint(recipe(base_model=str(folder)))
    (folder / name).write_bytes(b"1")
    one = fingerprint(recipe(base_model=str(folder)))
    (folder / name).write_bytes(b"2")
    assert len({before, one, fingerprint(recipe(base_model=str(folder)))}) == 3


def test_everything_that_a_recipe_changes_counts(recipe: MakeRecipe, other: Path) -> None:
    variants: list[dict[str, Any]] = [
        {},
        {"tokens": ["<|x|>"]},
        {"tokens": ["<|y|>"]},
        {"tokens": ["<|x|>", "<|y|>"]},
        {"special_tokens": {"pad_token": "<|x|>"}},
        {"special_tokens": {"eos_token": "<|x|>"}},
        {"added_tokens_overrides": {2: "<|x|>"}},
        {"tokenizer_type": "LlamaTokenizer"},
        {"tokenizer_use_fast": False},
        {"tokenizer_legacy": False},
        {"tokenizer_use_mistral_common": True},
        {"revision_of_model": "v2"},
        {"base_model": "someone/model"},
        {"base_model": "someone/other-model"},
        {"tokenizer_config": str(other)},
    ]
    assert len({fingerprint(recipe(**changes)) for changes in variants}) == len(variants)


def test_what_a_recipe_says_without_effect_does_not_count(recipe: MakeRecipe) -> None:
    same: list[dict[str, Any]] = [
        {},
        {"tokens": []},
        {"special_tokens": {}},
        {"special_tokens": {"pad_token": None}},
        {"learning_rate": 1.0},
    ]
    assert len({fingerprint(recipe(**changes)) for changes in same}) == 1
    assert fingerprint(recipe(added_tokens_overrides={2: "x"})) == fingerprint(
        recipe(added_tokens_overrides={"2": "x"})
    )


def test_a_folder_given_relative_to_the_working_directory_is_read(
    recipe: MakeRecipe, tiny_model: Path, home: Path
) -> None:
    shutil.copytree(tiny_model, home / "tiny")
    assert fingerprint(recipe(base_model="./tiny")) == fingerprint(recipe())


# --- rows


def test_row_fingerprint_has_all_that_axolotls_hash_lacks(recipe: MakeRecipe) -> None:
    variants: list[dict[str, Any]] = [
        {},
        {"seed": 1},
        {"tokens": ["<|x|>"]},
        {"excess_length_strategy": "truncate"},
        {"min_sample_len": 3},
        {"eval_sequence_len": 64},
        {"shuffle_merged_datasets": False},
        {"shuffle_before_merging_datasets": True},
        {"curriculum_sampling": True},
    ]

    def of(changes: dict[str, Any], version: int = 1) -> str:
        return recipes.row_fingerprint(
            recipe(**changes), recipes.facts_of(recipe(**changes)), version
        )

    assert len({of(changes) for changes in variants} | {of({}, version=2)}) == len(variants) + 1
    defaults = {
        "excess_length_strategy": "drop",
        "shuffle_merged_datasets": True,
        "shuffle_before_merging_datasets": False,
    }
    assert of(defaults) == of({})


# --- refusals

REFUSED = {
    "pretraining_dataset": ([{"path": "x"}], "would train on it alone"),
    "streaming": (True, "would look for our rows on a hub"),
    "skip_prepare_dataset": (True, "never be tokenised"),
    "rl": ("dpo", "preference training"),
    "reward_model": (True, "reward model does not learn text"),
    "kd_trainer": (True, "teacher's likelihoods"),
    "process_reward_model": (True, "reward model does not learn text"),
}


@pytest.mark.parametrize("key", REFUSED)
def test_what_cannot_go_with_us_is_refused_with_its_reason(recipe: MakeRecipe, key: str) -> None:
    value, reason = REFUSED[key]
    with pytest.raises(ConfigError, match=rf"`{key}: .*cannot go together: .*{reason}"):
        recipes.block_of(recipe(**{key: value}))
    assert recipes.block_of(recipe(**{key: False})).enabled
    assert not recipes.block_of(recipe({"enabled": False}, **{key: value})).enabled


def test_every_refusal_is_tried_here() -> None:
    assert set(recipes._INCOMPATIBLE) == set(REFUSED)


def test_eval_and_val_set_size_cannot_go_together(recipe: MakeRecipe) -> None:
    with pytest.raises(
        ConfigError, match=r"`val_set_size: 0.1` and `structtuning.eval` cannot go together"
    ):
        recipes.block_of(recipe({"eval": {"share": 0.2}}, val_set_size=0.1))
    assert recipes.block_of(recipe({"eval": {"share": 0.2}}, val_set_size=0)).eval
    assert recipes.block_of(recipe(val_set_size=0.1)).eval is None


def test_paths_of_the_block_become_absolute(recipe: MakeRecipe, home: Path) -> None:
    block = recipes.block_of(
        recipe({"taxonomy": {"path": "t.json"}, "scpt": {"template_dirs": ["w", "/x/y"]}})
    )
    assert [entry.path for entry in block.corpus] == [str(home / "corpus")]
    assert block.work_dir == str(home / "work")
    assert block.taxonomy.path == str(home / "t.json")
    assert block.scpt.template_dirs == (str(home / "w"), "/x/y")


# --- recipes as files


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        (PLUGIN, True),
        ("structtuning_plugin.axolotl_bridge.plugin.StructTuningPlugin", True),
        ("structtuning_plugin.StructTuning", False),
        ("somewhere.StructTuningPlugin", False),
        ("structtuning_plugin_of_mine.StructTuningPlugin", False),
    ],
)
def test_lists_us(name: str, listed: bool) -> None:
    assert recipes.lists_us({"plugins": ["axolotl.integrations.liger.LigerPlugin", name]}) is listed
    assert not recipes.lists_us({"plugins": None})
    assert not recipes.lists_us({})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: [1", "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"- a\n- b\n", "is no mapping"),
        (b"", "is no mapping"),
        (b"base_model: x\nstructtuning: {}\n", "does not list the plugin"),
    ],
)
def test_a_recipe_that_cannot_be_used_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        recipes.load_recipe(path)


def test_a_recipe_is_read_as_it_stands(recipe: MakeRecipe, write: WriteRecipe) -> None:
    assert recipes.load_recipe(write(recipe())) == yaml.safe_load(yaml.safe_dump(recipe()))


# --- the tokenizer


@pytest.mark.axolotl
@pytest.mark.parametrize(
    "changes",
    [
        {"base_model": "./nowhere"},
        {"base_model": "someone/unknown-model"},
        {"tokenizer_type": "NoSuchTokenizer"},
    ],
    ids=str,
)
def test_a_tokenizer_that_cannot_be_loaded_is_a_clear_error(
    recipe: MakeRecipe, changes: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match=r"The tokenizer of `.*` cannot be loaded"):
        recipes.load_tokenizer(recipe(**changes))


@pytest.mark.axolotl
def test_the_raw_recipe_gives_the_tokenizer_that_axolotl_loads(
    host: Any, recipe: MakeRecipe
) -> None:
    changes: dict[str, Any] = {
        "tokens": ["<|x|>"],
        "special_tokens": {
            "pad_token": "<|pad|>",
            "cls_token": "<cls>",
            "additional_special_tokens": ["<|a|>"],
        },
    }
    from axolotl.loaders.tokenizer import load_tokenizer

    ours, theirs = (
        recipes.load_tokenizer(recipe(**changes)),
        load_tokenizer(host.load(recipe(**changes))),
    )
    assert ours.get_vocab() == theirs.get_vocab()
    assert ours.pad_token == theirs.pad_token == "<|pad|>"


@pytest.mark.axolotl
def test_overridden_tokens_need_no_output_dir(recipe: MakeRecipe, home: Path) -> None:
    tokenizer = recipes.load_tokenizer(
        recipe(added_tokens_overrides={2: "<|mine|>"}, output_dir=None)
    )
    assert tokenizer.convert_ids_to_tokens(2) == "<|mine|>"


# --- the command


@pytest.mark.parametrize(
    ("spec", "argv", "command"),
    [
        ("axolotl.cli.train", ["x", "c.yaml"], "train"),
        ("axolotl.cli.evaluate", ["x", "c.yaml"], "evaluate"),
        ("axolotl.cli.merge_lora", ["x"], "merge-lora"),
        ("axolotl.cli.preprocess", ["x"], "preprocess"),
        ("axolotl.cli.main", ["main.py", "inference", "c.yaml"], "inference"),
        ("axolotl.__main__", ["main.py"], None),
        (None, ["/usr/bin/axolotl", "merge-lora", "c.yaml"], "merge-lora"),
        (None, ["axolotl"], None),
        (None, ["/usr/bin/pytest", "train"], None),
        ("pytest.__main__", ["x", "train"], None),
        ("axolotl_of_mine.cli.train", ["x"], None),
    ],
)
def test_host_command(
    monkeypatch: pytest.MonkeyPatch, spec: str | None, argv: list[str], command: str | None
) -> None:
    main = ModuleType("__main__")
    main.__spec__ = SimpleNamespace(name=spec) if spec else None  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(sys, "argv", argv)
    assert recipes.host_command() == command
