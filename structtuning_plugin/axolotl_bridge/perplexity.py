"""Perplexity of texts: each token is scored once, with at least half a window of context."""

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
    """Compute the token-level perplexity over all texts: exp of the mean negative log-likelihood.

    Windows of `window` tokens advance by `stride` tokens (by default half a window, at most
    `window` - 1). Tokens that a window shares with the previous one are context only. The first
    token of a text is scored if the tokenizer puts BOS before it.
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
    """Return the negative log-likelihood (nats) of the tokens from `front` on, and their number."""
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
