"""Equal tokens for all arms."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.evaluation.ablation.arms import budgets, parameters_of, tokens_per_step

RECIPE = {
    "sample_packing": True,
    "micro_batch_size": 2,
    "gradient_accumulation_steps": 4,
    "sequence_len": 100,
    "num_epochs": 3,
}


def test_every_arm_gets_the_steps_of_the_largest() -> None:
    small, large = budgets([(800, 500), (1700, 900)], RECIPE)
    assert (small.steps, large.steps) == (7, 7)  # 3 epochs of 1,700 tokens in steps of 800
    assert (small.epochs, large.epochs) == (7.0, pytest.approx(5600 / 1700))
    assert small.flops(1000) == large.flops(1000) == 6 * 1000 * 5600


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=6))
def test_no_arm_sees_its_rows_less_often_than_the_recipe_says(sizes: list[tuple[int, int]]) -> None:
    found = budgets(sizes, RECIPE)
    assert len({budget.steps for budget in found}) == 1
    assert all(budget.epochs >= 3 for budget in found)


def test_rows_must_be_packed() -> None:
    with pytest.raises(ConfigError) as caught:
        tokens_per_step({**RECIPE, "sample_packing": False})
    assert str(caught.value) == (
        "Equal tokens need `sample_packing: true`: without it a step of long rows is a step of more tokens."
    )


def test_parameters_are_read_from_the_files_headers(tmp_path: Path) -> None:
    assert parameters_of(tmp_path) is None
    for number, shapes in enumerate(([[3, 4], [5]], [[2, 2]])):
        header = json.dumps(
            {
                "__metadata__": {"format": "pt"},
                **{f"t{at}": {"dtype": "F32", "shape": shape} for at, shape in enumerate(shapes)},
            }
        ).encode()
        (tmp_path / f"model-{number}.safetensors").write_bytes(
            struct.pack("<Q", len(header)) + header
        )
    assert parameters_of(tmp_path) == 3 * 4 + 5 + 2 * 2
