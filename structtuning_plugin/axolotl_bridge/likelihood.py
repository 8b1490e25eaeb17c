"""Log-likelihoods by a model on this machine: of candidates after a prompt, and of whole texts.

Candidates are scored in right-padded batches after uncut prompts. Of a text (perplexity), each
token is scored once, with at least half a window of context.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from structtuning_plugin.axolotl_bridge.codec import encode_pair
from structtuning_plugin.axolotl_bridge.generation import Turns, encode_all
from structtuning_plugin.axolotl_bridge.models import Loaded
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation.likelihood import Prompted
from structtuning_plugin.evaluation.perplexity import Perplexity

# Token ids of a context and of its continuation.
Pair = tuple[list[int], list[int]]


def score_pairs(loaded: Loaded, pairs: Sequence[Pair]) -> list[float]:
    """Compute the log-likelihood of each continuation, in nats, in one batch.

    The sum is in float32, as in lm-evaluation-harness, so that the figures agree.
    """
    import torch

    width = max(len(context) + len(continuation) for context, continuation in pairs) - 1
    rows = [[*context, *continuation][:-1] for context, continuation in pairs]
    # Causal attention never looks at padding on the right, so that no mask is needed.
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows], device=loaded.device)
    with torch.inference_mode():
        logits = loaded.model(input_ids=ids).logits
    scores = []
    for row, (_, continuation), own in zip(rows, pairs, logits, strict=True):
        part = own[len(row) - len(continuation) : len(row)].float().log_softmax(dim=-1)
        targets = torch.tensor(continuation, device=loaded.device)
        scores.append(float(part.gather(1, targets[:, None]).sum()))
    return scores


class LocalScorer:
    """`LikelihoodScorer` by a loaded model; longest prompts first."""

    def __init__(
        self,
        loaded: Loaded,
        recipe: Mapping[str, Any],
        wordings: Wordings,
        plain: bool,
        batch_size: int,
    ) -> None:
        self._loaded = loaded
        self._turns = Turns(loaded, recipe, wordings, plain)
        self._batch_size = batch_size

    def score(
        self, prompted: Sequence[Prompted], done: Callable[[Prompted, tuple[float, ...]], None]
    ) -> list[Dropped]:
        """Score prompts through `done`; return those that could not be scored."""
        ready, dropped = encode_all(
            prompted, self.encode, self._length_fault, lambda item: f"{item.form}: "
        )
        ready.sort(key=lambda entry: (-max(map(_length, entry[1])), entry[0].prompt))
        batch: list[tuple[Prompted, list[Pair]]] = []
        for entry in ready:
            batch.append(entry)
            if sum(len(pairs) for _, pairs in batch) >= self._batch_size:
                self._score(batch, done)
                batch = []
        self._score(batch, done)
        # A question is left out once, however many of its forms are.
        return list({entry.id: entry for entry in dropped}.values())

    def _score(
        self,
        batch: Sequence[tuple[Prompted, list[Pair]]],
        done: Callable[[Prompted, tuple[float, ...]], None],
    ) -> None:
        """Score the candidates of whole prompts, at most `batch_size` at once."""
        pairs = [pair for _, own in batch for pair in own]
        logliks: list[float] = []
        for start in range(0, len(pairs), self._batch_size):
            logliks += self._run(pairs[start : start + self._batch_size])
        for item, own in batch:
            done(item, tuple(logliks[: len(own)]))
            logliks = logliks[len(own) :]

    def _run(self, pairs: Sequence[Pair]) -> list[float]:
        import torch

        try:
            return score_pairs(self._loaded, pairs)
        except torch.OutOfMemoryError:
            raise ConfigError(
                f"The GPU's memory does not suffice for {len(pairs)} candidates at once. Set "
                f"`--batch-size` to less than {self._batch_size}; what was scored is kept."
            ) from None

    def encode(self, item: Prompted) -> list[Pair]:
        """Return the token ids of the context and of each candidate after it.

        Raises:
            ValueError: If the chat template refuses the conversation.
        """
        language = item.question.pair.language
        if item.messages:
            return [
                self._turns.encode_pair(item.messages, language, text)
                for text in item.candidates.texts
            ]
        return [
            encode_pair(self._turns.encode_plain, item.context, f" {text}")
            for text in item.candidates.texts
        ]

    def _length_fault(self, pairs: Sequence[Pair]) -> str:
        limit = self._loaded.limit
        longest = max(map(_length, pairs))
        if limit is not None and longest > limit:
            return f"{longest:,} tokens, but the model takes {limit:,}"
        if not all(context and continuation for context, continuation in pairs):
            return "an answer or the text before it has no token of its own"
        return ""


def _length(pair: Pair) -> int:
    return len(pair[0]) + len(pair[1])


# --- Perplexity of texts


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
