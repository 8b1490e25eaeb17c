"""Perplexity of texts under a model: every token once, each with at least half a window of what stands before it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from structtuning_plugin.axolotl_bridge.models import Loaded
from structtuning_plugin.evaluation.perplexity import Perplexity


def perplexity(
    loaded: Loaded,
    texts: Sequence[str],
    window: int,
    stride: int | None = None,
    done: Callable[[], None] = lambda: None,
) -> Perplexity:
    """Token-level perplexity, exp of the mean negative log-likelihood, over all tokens of all texts.

    Windows of `window` tokens move on by `stride` (half a window by default, at most `window` - 1); the tokens that a
    window shares with the one before are context only. A text's first token counts if the tokenizer puts BOS before it.
    """
    nll, tokens = 0.0, 0
    step = min(stride or window // 2, window - 1)
    for ids in loaded.codec.encode(texts):
        lost, count = _of_ids(
            loaded, [*loaded.codec.prefix, *ids], len(loaded.codec.prefix), window, step
        )
        nll, tokens = nll + lost, tokens + count
        done()
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    return Perplexity(
        perplexity=math.exp(nll / tokens) if tokens else None,
        bits_per_byte=nll / math.log(2) / size if size else None,
        tokens=tokens,
        texts=len(texts),
    )


def _of_ids(
    loaded: Loaded, ids: Sequence[int], front: int, window: int, stride: int
) -> tuple[float, int]:
    """Negative log-likelihood in nats of the tokens from `front` on that have one before them, and their number."""
    nll, count, scored = 0.0, 0, max(1, front)
    for start in range(0, max(1, len(ids)), stride):
        end = min(start + window, len(ids))
        if end > scored:
            nll += _window(loaded, ids[start:end], scored - start)
            count += end - scored
            scored = end
        if end == len(ids):
            break
    return nll, count


def _window(loaded: Loaded, ids: Sequence[int], first: int) -> float:
    import torch

    tensor: Any = torch.tensor([list(ids)], device=loaded.device)
    with torch.inference_mode():
        logits = loaded.model(input_ids=tensor).logits[0, first - 1 : -1].float()
        return float(torch.nn.functional.cross_entropy(logits, tensor[0, first:], reduction="sum"))
