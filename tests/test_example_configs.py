"""The recipes in `example_configs/`.

Each says how to run it, loads, and is a stock Axolotl recipe but for the listed keys.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import click
import pytest
import yaml

from structtuning_plugin.cli import export, structtuning
from structtuning_plugin.config import LLMConfig, parse_block
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.hookspecs import ReadRequest
from structtuning_plugin.samples.budget import plan_budget
from structtuning_plugin.taxonomy.extractors.options import GapOptions

ROOT = Path(__file__).parents[1]
RECIPES = {path.stem: path for path in sorted((ROOT / "example_configs").glob("*.yaml"))}
STOCK = {
    path.stem: path for path in sorted((Path(__file__).parent / "stock_recipes").glob("*.yml"))
}

PLUGIN = "structtuning_plugin.StructTuningPlugin"

# Recipes that start from the stock recipe of another one.
STOCK_OF = {"llm_taxonomy": "lora", "lora_ssft": "lora", "structurizer": "lora"}

# These train a model of their own size on a CPU; no stock recipe does.
QUICKSTARTS = {"quickstart", "quickstart_ssft"}

# Recipes of plain Axolotl, which train on what a command of ours wrote.
WITHOUT_BLOCK = {"structurizer"}

# What the plugin is about may differ in every recipe: it is named, and it brings and splits the
# data.
OURS = {"plugins", "structtuning", "datasets", "val_set_size"}

# recipe -> what else differs from the stock recipe. Keep it short: the header of the recipe names
# each key.
DIFFERS: dict[str, set[str]] = {
    "lora": set(),
    "llm_taxonomy": set(),
    "lora_ssft": {
        "base_model",
        "output_dir",
        "chat_template",
        "eot_tokens",
    },  # another stage of the same model
    "qlora": set(),
    "ray": set(),
    "fsdp2": {"base_model", "micro_batch_size"},  # one node instead of several
    "deepspeed_zero3": {
        "deepspeed",
        "gradient_checkpointing_kwargs",
    },  # the stock recipe is for one GPU
    "paper": {
        "sample_packing",
        "gradient_accumulation_steps",
        "micro_batch_size",
        "num_epochs",
        "optimizer",
        "learning_rate",
        "cosine_min_lr_ratio",
        "warmup_ratio",  # excludes `warmup_steps`
        "warmup_steps",
        "deepspeed",
        "weight_decay",
    },
    "structurizer": {
        "base_model",
        "chat_template",
        "datasets",
        "test_datasets",
        "val_set_size",
        "output_dir",
        "sequence_len",
        "eval_sample_packing",
        "micro_batch_size",
        "num_epochs",
    },
}

each_recipe = pytest.mark.parametrize("name", RECIPES)
each_recipe_with_a_block = pytest.mark.parametrize(
    "name", [name for name in RECIPES if name not in WITHOUT_BLOCK]
)
each_pair = pytest.mark.parametrize("name", DIFFERS)
each_pair_with_a_block = pytest.mark.parametrize(
    "name", [name for name in DIFFERS if name not in WITHOUT_BLOCK]
)


def _load(path: Path) -> dict[str, Any]:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def _stock(name: str) -> Path:
    """The stock recipe that a recipe starts from."""
    return STOCK[STOCK_OF.get(name, name)]


def _header(path: Path) -> str:
    """The comment that a file begins with, as one line."""
    comment = re.match(r"(?:#.*\n)*", path.read_text(encoding="utf-8"))
    assert comment is not None
    return " ".join(line.lstrip("#").strip() for line in comment[0].splitlines())


def _without(recipe: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in recipe.items() if key not in keys}


def test_every_recipe_has_its_stock_recipe_and_its_list() -> None:
    assert set(RECIPES) - QUICKSTARTS == set(DIFFERS)
    assert {_stock(name) for name in DIFFERS} == set(STOCK.values())
    assert {
        name for name, path in RECIPES.items() if "structtuning" not in _load(path)
    } == WITHOUT_BLOCK


@each_recipe
def test_begins_with_the_command_that_runs_it(name: str) -> None:
    assert re.search(rf"axolotl train example_configs/{name}\.yaml\b", _header(RECIPES[name]))


@each_recipe_with_a_block
def test_block_fits_the_recipe_and_finds_its_corpus(name: str) -> None:
    recipe = _load(RECIPES[name])
    block = parse_block(recipe["structtuning"])
    questions = [Path(str(entry.path)) for entry in (*block.ssft.qa, *block.ssft.holdout)]
    assert all(
        (ROOT / path).exists()
        for path in (*(Path(entry.path) for entry in block.corpus), *questions)
    )
    codec: Any = SimpleNamespace(prefix=(1,))  # one BOS
    plan_budget(recipe["sequence_len"], block.chunk_tokens, block.scpt, codec)


@each_pair
def test_differs_from_the_stock_recipe_in_listed_keys_only(name: str) -> None:
    recipe, stock = _load(RECIPES[name]), _load(_stock(name))
    allowed = DIFFERS[name] if name in WITHOUT_BLOCK else OURS | DIFFERS[name]
    assert _without(recipe, allowed) == _without(stock, allowed)


@each_pair_with_a_block
def test_names_the_plugin_which_brings_and_splits_the_data(name: str) -> None:
    recipe, stock = _load(RECIPES[name]), _load(_stock(name))
    assert recipe["plugins"] == [*stock.get("plugins", []), PLUGIN]
    assert "datasets" not in recipe
    assert not recipe.get("val_set_size")


@each_pair
def test_every_listed_key_differs_and_is_named_in_the_header(name: str) -> None:
    recipe, stock, header = _load(RECIPES[name]), _load(_stock(name)), _header(RECIPES[name])
    absent = object()
    for key in DIFFERS[name]:
        assert recipe.get(key, absent) != stock.get(key, absent), (
            f"{key} does not differ: take it off the list"
        )
        assert f"`{key}`" in header


@each_pair
def test_names_the_stock_recipe_that_the_fixture_holds(name: str) -> None:
    source = re.search(r"examples/\S+\.ya?ml", _header(_stock(name)))
    assert source is not None
    assert f"`{source[0]}`" in _header(RECIPES[name])
    assert "Apache-2.0" in _header(_stock(name))


def test_the_plain_corpus_is_the_sample_without_its_headings() -> None:
    corpus = ROOT / "example_configs/corpus"
    assert [path.name for path in corpus.iterdir()] == ["the_bicycle.md"], (
        "recipes take the folder as a whole"
    )
    text = (corpus / "the_bicycle.md").read_text(encoding="utf-8")
    (document,) = (
        MarkdownReader()
        .read(ReadRequest(document_id="the_bicycle.md", text=text, source=""))
        .documents
    )
    assert document.headings
    assert (ROOT / "example_configs/corpus_plain/the_bicycle.txt").read_text(
        encoding="utf-8"
    ) == document.text + "\n"


def test_llm_taxonomy_is_the_lora_recipe_but_for_its_corpus_and_its_model() -> None:
    ours, lora = _load(RECIPES["llm_taxonomy"]), _load(RECIPES["lora"])
    block = ours["structtuning"]
    assert _without(ours, {"structtuning"}) == _without(lora, {"structtuning"})
    assert _without(block, {"corpus", "taxonomy", "llm"}) == _without(
        lora["structtuning"], {"corpus"}
    )
    assert block["corpus"] == ["example_configs/corpus_plain"]
    served = re.search(r"vllm serve (\S+)", _header(RECIPES["llm_taxonomy"]))
    assert served is not None
    assert block["llm"]["model"] == served[1]


def test_quickstart_ssft_goes_on_from_quickstart() -> None:
    first, second = _load(RECIPES["quickstart"]), _load(RECIPES["quickstart_ssft"])
    assert second["base_model"] == first["output_dir"]
    for key in ("domain", "corpus", "work_dir"):
        assert second["structtuning"][key] == first["structtuning"][key]
    assert second["sequence_len"] == first["sequence_len"]
    assert {second["output_dir"], second["dataset_prepared_path"]}.isdisjoint(
        {first["output_dir"], first["dataset_prepared_path"]}
    )
    kept, held_out = (second["structtuning"]["ssft"][key] for key in ("qa", "holdout"))
    assert set(kept).isdisjoint(held_out)


def test_lora_ssft_starts_from_what_lora_leaves() -> None:
    ssft, lora = _load(RECIPES["lora_ssft"]), _load(RECIPES["lora"])
    assert ssft["base_model"] == f"{lora['output_dir']}/merged"
    assert all(key in ssft["structtuning"] for key in ("domain", "corpus", "work_dir"))
    assert _without(ssft["structtuning"], {"stage", "ssft"}) == lora["structtuning"]
    assert "axolotl merge-lora example_configs/lora.yaml" in _header(RECIPES["lora_ssft"])


def test_structurizer_reads_what_its_export_writes_and_serves_what_it_merges() -> None:
    recipe, header = _load(RECIPES["structurizer"]), _header(RECIPES["structurizer"])
    (train,), (held_out,) = recipe["datasets"], recipe["test_datasets"]
    exported = re.search(r"axolotl structtuning (export \S+\.yaml .*?-o \S+)", header)
    assert exported is not None
    # The group above says what help is called, and click remembers that of the first time.
    group = click.Context(structtuning, **structtuning.context_settings)
    given = export.make_context("export", exported[1].split()[1:], parent=group).params
    assert given["what"] == "structurizer"
    assert ROOT / given["config"] in RECIPES.values()
    written = Path(given["output"])
    assert train["path"] == str(written)
    assert held_out["path"] == str(written.with_name(f"{written.stem}.held_out{written.suffix}"))
    assert _without(held_out, {"split"}) == {**train, "path": held_out["path"]}
    assert train["roles_to_train"] == ["assistant"]
    assert f"vllm serve {Path(recipe['output_dir']).as_posix()}/merged " in header


def test_structurizer_has_room_for_a_window_and_its_answer() -> None:
    options, longest_answer = GapOptions(), LLMConfig(model="structurizer").max_output_tokens
    wording, numbers = 450, 3 * options.window_items
    assert (
        options.window_tokens + wording + numbers + longest_answer
        <= _load(RECIPES["structurizer"])["sequence_len"]
    )


@pytest.fixture(autouse=True)
def fresh_plugin_manager() -> Iterator[None]:
    """Axolotl's plugin manager is one for the process, and calls every plugin it ever met."""

    def forget() -> None:
        if base := sys.modules.get("axolotl.integrations.base"):
            base.PluginManager._instance = None

    forget()
    yield
    forget()


@pytest.fixture
def machine_with_gpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A folder with the recipes, on a machine that claims eight Hopper GPUs and knows every model's
    configuration.
    """
    with mock.patch.dict(
        os.environ, {"HF_HUB_OFFLINE": "1", "AXOLOTL_DO_NOT_TRACK": "1"}
    ):  # plugins write to it, too
        shutil.copytree(ROOT / "example_configs", tmp_path / "example_configs")
        monkeypatch.chdir(tmp_path)

        import axolotl.cli.config
        import axolotl.utils.config
        import torch
        from axolotl.loaders.patch_manager import PatchManager
        from transformers import LlamaConfig

        gpu = {"bf16": True, "fp8": True, "tf32": True, "n_gpu": 8, "compute_capability": "sm_90"}
        software = {"torch_version": torch.__version__.split("+")[0]}
        monkeypatch.setattr(axolotl.cli.config, "gpu_capabilities", lambda: (gpu, software))
        monkeypatch.setattr(
            axolotl.cli.config, "prepare_optim_env", lambda cfg: None
        )  # asks for DeepSpeed itself
        monkeypatch.setattr(
            axolotl.cli.config, "prepare_debug_log", lambda cfg: None
        )  # takes over stdout for good
        monkeypatch.setattr(axolotl.utils.config, "load_model_config", lambda cfg: LlamaConfig())
        monkeypatch.setattr(axolotl.utils.config, "is_torch_bf16_gpu_available", lambda: True)
        monkeypatch.setattr(
            PatchManager, "apply_pre_config_load_patches", staticmethod(lambda cfg: None)
        )
        yield


@pytest.mark.axolotl
@pytest.mark.usefixtures("machine_with_gpus")
@each_recipe_with_a_block
def test_axolotl_loads_it_and_the_plugin_brings_the_data(name: str) -> None:
    from axolotl.cli.config import load_cfg

    cfg = load_cfg(f"example_configs/{name}.yaml")

    block = parse_block(_load(RECIPES[name])["structtuning"])
    work_dir = Path.cwd() / block.work_dir
    stages = [Path(entry.path).relative_to(work_dir).parts[0] for entry in cfg.datasets]
    held_out = [
        Path(entry.path).relative_to(work_dir).parts[0] for entry in cfg.test_datasets or []
    ]
    assert stages == list(block.stage) == (["ssft"] if name.endswith("_ssft") else ["scpt"])
    assert held_out == (stages if block.eval else [])
    types = {"scpt": "structtuning_plugin.axolotl_bridge.scpt", "ssft": "chat_template"}
    assert [entry.type for entry in cfg.datasets] == [types[stage] for stage in stages]


@pytest.mark.axolotl
@pytest.mark.usefixtures("machine_with_gpus")
@pytest.mark.parametrize("name", sorted(WITHOUT_BLOCK))
def test_axolotl_loads_it_without_the_plugin(name: str) -> None:
    from axolotl.cli.config import load_cfg

    cfg = load_cfg(f"example_configs/{name}.yaml")

    assert not cfg.plugins
    assert [entry.type for entry in (*cfg.datasets, *cfg.test_datasets)] == [
        "chat_template",
        "chat_template",
    ]
