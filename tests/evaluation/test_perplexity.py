"""Perplexity: every token once, with what stands before it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from structtuning_plugin.axolotl_bridge.likelihood import perplexity
from structtuning_plugin.axolotl_bridge.models import Loaded, load_model
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.evaluation import perplexity as texts

TEXT = (
    "A rim holds the tyre. It is true when it turns without leaving its plane. Thirty-six spokes carry a rider. "
    * 4
)


@pytest.fixture(scope="module")
def loaded(tiny_model: Path) -> Loaded:
    return load_model(str(tiny_model))


def loss_of(loaded: Loaded, text: str) -> tuple[float, int]:
    """Of the whole text at once, as transformers computes it."""
    import torch

    ids = torch.tensor([[*loaded.codec.prefix, *loaded.codec.encode([text])[0]]])
    with torch.inference_mode():
        return float(loaded.model(input_ids=ids, labels=ids).loss), ids.shape[1] - 1


@pytest.mark.axolotl
def test_a_window_that_holds_all_is_the_models_own_loss(loaded: Loaded) -> None:
    loss, count = loss_of(loaded, TEXT)
    found = perplexity(loaded, [TEXT], window=1024)
    assert (found.tokens, found.texts) == (count, 1)
    assert found.perplexity == pytest.approx(math.exp(loss), rel=1e-4)
    assert found.bits_per_byte == pytest.approx(loss * count / math.log(2) / len(TEXT), rel=1e-4)


@pytest.mark.axolotl
@pytest.mark.parametrize(
    ("window", "stride"), [(16, None), (16, 16), (16, 1), (7, 3), (64, 60), (2, 1)]
)
def test_every_token_counts_once_whatever_the_window(
    loaded: Loaded, window: int, stride: int | None
) -> None:
    _, count = loss_of(loaded, TEXT)
    found = perplexity(loaded, [TEXT, TEXT], window, stride)
    assert found.tokens == 2 * count
    assert found.perplexity == pytest.approx(perplexity(loaded, [TEXT], window, stride).perplexity)


@pytest.mark.axolotl
def test_a_windows_context_is_what_stands_before_it(loaded: Loaded) -> None:
    """By hand: window 8, stride 4. Tokens 1..7 from 0 on, 8..11 from 4 on, and so forth."""
    import torch

    ids = [*loaded.codec.prefix, *loaded.codec.encode([TEXT])[0]][:16]
    text = loaded.tokenizer.decode(ids[1:])
    assert [*loaded.codec.prefix, *loaded.codec.encode([text])[0]] == ids
    total = 0.0
    for start, first, end in ((0, 1, 8), (4, 8, 12), (8, 12, 16)):
        with torch.inference_mode():
            logs = loaded.model(input_ids=torch.tensor([ids[start:end]])).logits[0].log_softmax(-1)
        total -= sum(float(logs[at - start - 1, ids[at]]) for at in range(first, end))
    assert perplexity(loaded, [text], window=8).perplexity == pytest.approx(
        math.exp(total / 15), rel=1e-4
    )


@pytest.mark.axolotl
def test_a_model_knows_its_own_text_better(knowing: Path) -> None:
    loaded = load_model(str(knowing))
    known, other = (
        perplexity(loaded, [text], 64).perplexity
        for text in ("It holds the tyre.", "Zebras quiz jocks.")
    )
    assert known is not None
    assert other is not None
    assert known < other


@pytest.mark.axolotl
def test_no_token_has_no_perplexity(loaded: Loaded) -> None:
    assert perplexity(loaded, [], 64).perplexity is None


class _Plan:
    """A recipe without text of its own that is held out."""

    class block:  # noqa: N801
        stage = ("ssft",)


def test_files_hold_text_or_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One.\r\nTwo.", encoding="utf-8")
    lines = [json.dumps({"text": "x\u2028y"}, ensure_ascii=False), "", '{"text": " "}']
    (tmp_path / "b.jsonl").write_text("\n".join(lines), encoding="utf-8")
    names = [str(tmp_path / "a.txt"), str(tmp_path / "b.jsonl")]
    found = texts.texts_of(_Plan, names)  # type: ignore[arg-type]
    assert found == {names[0]: ["One.\nTwo."], names[1]: ["x\ny"]}


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.txt", " \n", "holds no text"),
        ("a.jsonl", "{}", 'line 1: an object with `"text": "..."` is needed'),
        ("a.jsonl", '{"text": "x"}\n{', "line 2: no JSON"),
        ("", "", "cannot be read"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, name: str, content: str, fault: str) -> None:
    if name:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=fault):
        texts.texts_of(_Plan, [str(tmp_path / (name or "none.txt"))])  # type: ignore[arg-type]


def test_held_out_text_must_be_there() -> None:
    with pytest.raises(ConfigError, match="no built text held out of pre-training"):
        texts.texts_of(_Plan, [texts.HELD_OUT])  # type: ignore[arg-type]
