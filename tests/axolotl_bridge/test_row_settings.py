"""Settings by which Axolotl would drop, repeat or reweight our rows."""

from __future__ import annotations

import logging
import sys
from typing import Any

import pytest

from structtuning_plugin.axolotl_bridge import recipe as recipes
from structtuning_plugin.axolotl_bridge import row_settings
from structtuning_plugin.core.errors import ConfigError
from tests.axolotl_bridge.conftest import PLUGIN, TYPE, MakeRecipe

pytestmark = pytest.mark.axolotl

OWN = {"path": "replay.jsonl", "ds_type": "json", "type": "completion"}


def test_a_weight_of_our_rows_is_refused(recipe: MakeRecipe) -> None:
    ours = {"path": "work/scpt/x/train", "type": TYPE, "weight": 2}
    with pytest.raises(ConfigError, match=r"`weight: 2` of the dataset work/scpt/x/train is refus"):
        row_settings.check_settings(recipe(datasets=[ours]), (TYPE,))
    notices = row_settings.check_settings(recipe(datasets=[{**OWN, "weight": 2}]), (TYPE,))
    assert [notice.startswith("`weight` of the dataset replay.jsonl") for notice in notices] == [
        True
    ]
    assert row_settings.check_settings(recipe(datasets=[OWN]), (TYPE,)) == []


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("balance_labels", "is no setting of the Axolotl"),
        ("dataset_mixing_ratio", "is no setting of the Axolotl"),
        ("curiculum_sampling", "Did you mean `curriculum_sampling`?"),
        ("curriculum_sampling", ""),
        ("weight_decay", ""),
        ("label_smoothing_factor", ""),
        ("lora_dropout", ""),
    ],
)
def test_unknown_settings_about_rows_get_a_notice(recipe: MakeRecipe, key: str, told: str) -> None:
    notices = row_settings.check_settings(recipe(**{key: 0.5}), (TYPE,))
    assert [told in notice for notice in notices] == ([True] if told else [])


def test_no_setting_of_the_tested_version_gets_a_notice() -> None:
    from axolotl.utils.schemas.config import AxolotlInputConfig

    settings = dict.fromkeys(AxolotlInputConfig.model_fields, 1)
    assert row_settings.check_settings({**settings, "datasets": []}, (TYPE,)) == []


def test_rows_that_are_too_short_are_told_with_numbers(
    host: Any, recipe: MakeRecipe, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        train = host.datasets(host.load(recipe(min_sample_len=3))).train_dataset
    assert "`min_sample_len: 3` drops" not in caplog.text
    lengths = sorted(map(len, train["input_ids"]))
    shortest = lengths[2] + 1
    count = sum(length < shortest for length in lengths)
    with caplog.at_level(logging.WARNING):
        rest = host.datasets(host.load(recipe(min_sample_len=shortest))).train_dataset
    assert f"`min_sample_len: {shortest}` drops {count} of {len(train)} rows" in caplog.text
    assert len(rest) == len(train) - count
    with pytest.raises(ConfigError, match=rf"`min_sample_len: 512` drops .* of {len(train)} rows"):
        host.datasets(host.load(recipe(min_sample_len=512)))


def test_held_out_rows_are_not_all_dropped(host: Any, recipe: MakeRecipe) -> None:
    raw = recipe({"eval": {"share": 0.3}}, eval_sequence_len=8)
    with pytest.raises(ConfigError, match=r"`eval_sequence_len: 8` drops (\d+) of \1 rows"):
        host.datasets(host.load(raw))


@pytest.mark.parametrize(
    "argument", ["--structtuning.stage=ssft", "--structtuning.scpt.preset", "--structtuning.x=y"]
)
def test_an_argument_that_axolotl_drops_is_refused_by_name(
    host: Any, recipe: MakeRecipe, argument: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["axolotl", "train", "recipe.yaml", argument])
    with pytest.raises(ConfigError, match=f"`{argument.partition('=')[0]}` does nothing"):
        host.register(recipe())


@pytest.mark.parametrize(
    "entries",
    [[{"cls": PLUGIN}], [{"cls": PLUGIN, "options": {}}], {"cls": PLUGIN}, PLUGIN],
)
def test_plugins_may_be_mappings(entries: Any) -> None:
    assert recipes.lists_us({"plugins": entries})
    assert not recipes.lists_us({"plugins": [{"cls": "other.Plugin"}, {}]})


def test_a_disabled_block_does_not_check_the_host(
    host: Any, recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    from structtuning_plugin.axolotl_bridge import plugin

    def fail() -> None:
        raise AssertionError

    monkeypatch.setattr(plugin, "check_host", fail)
    host.register(recipe({"enabled": False}))
    with pytest.raises(AssertionError):
        host.register(recipe())
