"""Plain training of prepared rows: torch and transformers, nothing else.

Rows are drawn in epochs, each in an order of its own, until an arm has its tokens. A step has about
`step_tokens` tokens in forward passes of rows of similar length; its loss is the mean over the
trained tokens of the step, as in transformers' trainer.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

# Token ids of a row, and its labels (-100 has no loss).
Row = tuple[list[int], list[int]]
_IGNORED = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Optimisation of one stage.

    Args:
        rate: Largest learning rate, after a warm-up of 5 %; it then falls to a tenth by a cosine.
        step_tokens: Tokens of one step.
        batch_tokens: Tokens of one forward pass, padding included.
        bf16: Whether to compute in bfloat16 (autocast; the weights stay in float32).
    """

    rate: float
    step_tokens: int
    batch_tokens: int
    bf16: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """Cost of training: all tokens, tokens with a loss, steps, seconds, and the loss of steps."""

    tokens: int
    trained_tokens: int
    steps: int
    seconds: float
    losses: tuple[float, ...]


def load_rows(path: Path) -> list[Row]:
    """Load a row set."""
    with np.load(path) as data:
        ids, trained, offsets = data["ids"], data["trained"], data["offsets"]
    labels = np.where(trained, ids, _IGNORED)
    ends = offsets.tolist()
    return [(ids[start:end].tolist(), labels[start:end].tolist()) for start, end in pairwise(ends)]


def draw(sets: Sequence[Sequence[Row]], tokens: int, seed: int, is_balanced: bool) -> list[Row]:
    """Draw rows until they have so many tokens, in a random order.

    Args:
        sets: Row sets; none is empty.
        tokens: Tokens to draw.
        seed: Seed of the order.
        is_balanced: Whether each set gives the same number of tokens, else all are one set.
    """
    rng = random.Random(f"rows {seed}")
    if not is_balanced:
        return _draw([row for rows in sets for row in rows], tokens, rng)
    drawn = [row for rows in sets for row in _draw(rows, tokens // len(sets), rng)]
    rng.shuffle(drawn)
    return drawn


def _draw(rows: Sequence[Row], tokens: int, rng: random.Random) -> list[Row]:
    drawn: list[Row] = []
    count = 0
    while True:
        for row in rng.sample(rows, len(rows)):
            if count + len(row[0]) > tokens and drawn:
                return drawn
            drawn.append(row)
            count += len(row[0])


def split_steps(rows: Sequence[Row], step_tokens: int) -> list[list[Row]]:
    """Divide rows into steps of about so many tokens, in order."""
    steps: list[list[Row]] = [[]]
    count = 0
    for row in rows:
        if count >= step_tokens:
            steps.append([])
            count = 0
        steps[-1].append(row)
        count += len(row[0])
    return steps


def split_batches(rows: Sequence[Row], batch_tokens: int) -> Iterator[list[Row]]:
    """Divide the rows of a step into forward passes, shortest rows first."""
    batch: list[Row] = []
    for row in sorted(rows, key=lambda row: len(row[0])):
        if batch and (len(batch) + 1) * len(row[0]) > batch_tokens:
            yield batch
            batch = []
        batch.append(row)
    yield batch


def train(
    model: Any, rows: Sequence[Row], schedule: Schedule, deadline: float = math.inf
) -> Trained:
    """Train a model on rows, in order.

    Raises:
        TimeoutError: If the deadline (`time.monotonic`) is over; the model is then half trained.
    """
    import torch

    started = time.monotonic()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=schedule.rate, betas=(0.9, 0.95), weight_decay=0.01, fused=True
    )
    steps = split_steps(rows, schedule.step_tokens)
    model.train()
    losses = []
    for number, step in enumerate(steps):
        if time.monotonic() > deadline:
            raise TimeoutError
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate * compute_rate(number, len(steps))
        losses.append(_step(model, step, schedule))
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    model.eval()
    return Trained(
        tokens=sum(len(ids) for ids, _ in rows),
        trained_tokens=sum(sum(label != _IGNORED for label in labels) for _, labels in rows),
        steps=len(steps),
        seconds=round(time.monotonic() - started, 1),
        losses=tuple(round(loss, 4) for loss in losses),
    )


def compute_rate(step: int, steps: int) -> float:
    """Return the learning rate of a step as a share of the largest one.

    >>> [round(compute_rate(step, 40), 3) for step in (0, 1, 2, 39)]
    [0.5, 1.0, 0.999, 0.101]
    """
    warmup = max(1, round(0.05 * steps))
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup + 1) / max(1, steps - warmup + 1)
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * progress))


def _step(model: Any, rows: Sequence[Row], schedule: Schedule) -> float:
    """Compute the gradients of one step; return its loss."""
    import torch

    trained = sum(label != _IGNORED for _, labels in rows for label in labels[1:])
    total = 0.0
    for batch in split_batches(rows, schedule.batch_tokens):
        ids, mask, labels = pad(batch, model.device)
        targets = labels[:, 1:]
        has_loss = targets != _IGNORED
        with enter_autocast(model.device, schedule.bf16):
            hidden = model.get_decoder()(input_ids=ids, attention_mask=mask).last_hidden_state
            # The vocabulary is large: logits are computed where there is a loss.
            logits = model.get_output_embeddings()(hidden[:, :-1][has_loss])
        loss = torch.nn.functional.cross_entropy(logits.float(), targets[has_loss], reduction="sum")
        (loss / max(1, trained)).backward()
        total += float(loss.detach())
    return total / max(1, trained)


def pad(rows: Sequence[Row], device: Any) -> tuple[Any, Any, Any]:
    """Return ids, attention mask and labels of rows, padded on the right."""
    import torch

    width = max(len(ids) for ids, _ in rows)
    ids = [[*row, *[0] * (width - len(row))] for row, _ in rows]
    mask = [[1] * len(row) + [0] * (width - len(row)) for row, _ in rows]
    labels = [[*own, *[_IGNORED] * (width - len(own))] for _, own in rows]
    ids_tensor, mask_tensor, labels_tensor = (
        torch.tensor(values, device=device) for values in (ids, mask, labels)
    )
    return ids_tensor, mask_tensor, labels_tensor


def enter_autocast(device: Any, bf16: bool) -> AbstractContextManager[Any]:
    """Return the context in which the model computes in bfloat16, or does not."""
    import torch

    return torch.autocast(device.type, torch.bfloat16) if bf16 else nullcontext()
