"""How a row's tokens are shared out, and what is said when they do not suffice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.config import ScptConfig
from structtuning_plugin.core.errors import BudgetError
from structtuning_plugin.samples.budget import Budget, plan_budget
from tests.codecs import CharCodec
from tests.taxonomy_strategies import examples


def plan(
    sequence_len: int, chunk_tokens: int | None = None, bos: bool = True, **scpt: Any
) -> Budget:
    return plan_budget(sequence_len, chunk_tokens, ScptConfig(**scpt), CharCodec(bos))


@pytest.mark.parametrize(
    ("sequence_len", "scpt", "prompt", "title", "chunk"),
    [
        (4096, {}, 512, 0, 3072),
        (2048, {}, 256, 0, 1790),
        (32768, {}, 1024, 0, 3072),
        (4096, {"preset": "paper"}, 1024, 64, 3006),
        (2048, {"preset": "paper"}, 512, 64, 1470),
        (256, {"preset": "paper"}, 64, 16, 174),
        (4096, {"context": "mindmap"}, 1024, 0, 3070),
        (4096, {"map_tokens": 100}, 100, 0, 3072),
        (4096, {"title_in_completion": True}, 512, 64, 3072),
        (64, {}, 16, 0, 46),
    ],
)
def test_defaults_follow_from_sequence_len(
    sequence_len: int, scpt: dict[str, Any], prompt: int, title: int, chunk: int
) -> None:
    assert plan(sequence_len, **scpt) == Budget(
        sequence_len=sequence_len, specials=2, prompt=prompt, title=title, chunk=chunk
    )


def test_special_tokens_are_those_of_the_tokenizer() -> None:
    assert plan(1024).specials == 2
    assert plan(1024, bos=False).specials == 1
    assert plan(1024, bos=False).chunk == plan(1024).chunk + 1


def test_a_chunk_may_be_as_long_as_there_is_room() -> None:
    assert plan(1000, chunk_tokens=873).chunk == 873
    assert plan(1000, chunk_tokens=16).chunk == 16


def test_the_completion_has_what_the_prompt_leaves() -> None:
    assert plan(1000).completion == 1000 - 2 - 125


@pytest.mark.parametrize(
    ("given_values", "expected"),
    [
        (
            {"sequence_len": 1000, "chunk_tokens": 874},
            "sequence_len 1000 < 2 special tokens + 125 for the prompt (map_tokens) + 0 for the title + 874 for the chunk "
            "(chunk_tokens). Raise sequence_len, or lower map_tokens or chunk_tokens; 873 tokens are left for the chunk.",
        ),
        (
            {"sequence_len": 256, "map_tokens": 250, "title_in_completion": True},
            "sequence_len 256 < 2 special tokens + 250 for the prompt (map_tokens) + 16 for the title + 16 for the chunk",
        ),
        (
            {"sequence_len": 256, "map_tokens": 250, "title_in_completion": True},
            "; 0 tokens are left for the chunk.",
        ),
        (
            {"sequence_len": 33},
            "sequence_len 33 < 2 special tokens + 16 for the prompt (map_tokens) + 0 for the title + 16",
        ),
        ({"sequence_len": 33}, "; 15 tokens are left for the chunk."),
    ],
)
def test_what_cannot_fit_is_told_in_numbers(given_values: dict[str, Any], expected: str) -> None:
    with pytest.raises(BudgetError) as caught:
        plan(**given_values)
    assert expected in str(caught.value)


@examples
@given(
    st.integers(1, 10_000),
    st.none() | st.integers(16, 10_000),
    st.none() | st.integers(16, 10_000),
    st.sampled_from(("compact", "paper")),
    st.booleans(),
)
def test_a_budget_that_is_given_holds(
    sequence_len: int, chunk_tokens: int | None, map_tokens: int | None, preset: str, bos: bool
) -> None:
    try:
        budget = plan(sequence_len, chunk_tokens, bos, preset=preset, map_tokens=map_tokens)
    except BudgetError:
        return
    assert budget.specials + budget.prompt + budget.title + budget.chunk <= sequence_len
    assert budget.chunk >= 16
    assert budget.chunk == chunk_tokens or chunk_tokens is None
    assert budget.prompt == map_tokens or map_tokens is None
