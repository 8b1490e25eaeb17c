"""Scores of a model on a prepared exam: log-likelihoods, answers, general text. Torch alone."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from real_model.training import enter_autocast, load_rows, pad

Exam = Mapping[str, Any]


def load_exam(folder: Path) -> Exam:
    """Load the prepared exam."""
    exam: Exam = json.loads((folder / "exam.json").read_text(encoding="utf-8"))
    return exam


def score_exam(model: Any, exam: Exam, batch_tokens: int, bf16: bool) -> list[list[float]]:
    """Compute the log-likelihood of each candidate of each prompt, in nats.

    The candidates of a prompt share one sequence: each sees the context and itself alone.
    """
    packed = [Packed.of(item["pairs"]) for item in exam["prompts"]]
    scores: list[list[float]] = [[] for _ in packed]
    order = sorted(range(len(packed)), key=lambda place: -len(packed[place].ids))
    for places in _batches(order, [len(item.ids) for item in packed], batch_tokens):
        values = _logliks(model, [packed[place] for place in places], bf16)
        for place, own in zip(places, values, strict=True):
            scores[place] = [round(value, 4) for value in own]
    return scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A context and its candidates in one sequence, without the candidates' last tokens.

    Args:
        ids: Token ids.
        positions: Position of each token; every candidate begins after the context.
        owners: Number of each token's candidate, from 1; 0 for the context.
        places: For each candidate, the places whose logits predict its tokens.
        targets: Token ids of each candidate.
    """

    ids: tuple[int, ...]
    positions: tuple[int, ...]
    owners: tuple[int, ...]
    places: tuple[tuple[int, ...], ...]
    targets: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, pairs: Sequence[Any]) -> Packed:
        """Pack pairs of one context and a candidate each.

        Raises:
            ValueError: If the contexts differ.
        """
        context = list(pairs[0][0])
        if any(list(other) != context for other, _ in pairs):
            raise ValueError("The candidates of a prompt need one context.")
        ids, owners, places = list(context), [0] * len(context), []
        positions = list(range(len(context)))
        for number, (_, candidate) in enumerate(pairs, start=1):
            start, inner = len(ids), len(candidate) - 1
            places.append((len(context) - 1, *range(start, start + inner)))
            ids += candidate[:-1]
            owners += [number] * inner
            positions += range(len(context), len(context) + inner)
        targets = tuple(tuple(candidate) for _, candidate in pairs)
        return cls(
            ids=tuple(ids),
            positions=tuple(positions),
            owners=tuple(owners),
            places=tuple(places),
            targets=targets,
        )


def _batches(
    order: Sequence[int], lengths: Sequence[int], batch_tokens: int
) -> Iterator[list[int]]:
    """Group places, the longest first, so that a padded group has at most so many tokens."""
    batch: list[int] = []
    for place in order:
        if batch and (len(batch) + 1) * lengths[batch[0]] > batch_tokens:
            yield batch
            batch = []
        batch.append(place)
    yield batch


def _logliks(model: Any, items: Sequence[Packed], bf16: bool) -> list[list[float]]:
    import torch

    width, device = max(len(item.ids) for item in items), model.device

    def padded(rows: Sequence[Sequence[int]], value: int) -> Any:
        return torch.tensor([[*row, *[value] * (width - len(row))] for row in rows], device=device)

    # Padding has an owner of its own, so that it sees itself and is seen by nothing else.
    owners = padded([item.owners for item in items], -1)
    own = owners[:, :, None] == owners[:, None, :]
    context = (owners == 0)[:, None, :] & (owners != -1)[:, :, None]
    mask = (own | context) & torch.ones((width, width), dtype=torch.bool, device=device).tril()
    with torch.inference_mode(), enter_autocast(device, bf16):
        hidden = model.get_decoder()(
            input_ids=padded([item.ids for item in items], 0),
            position_ids=padded([item.positions for item in items], 0),
            attention_mask=mask[:, None],
        ).last_hidden_state
        # The vocabulary is large: logits are computed where an answer is.
        return [_sums(model, item, own) for item, own in zip(items, hidden, strict=True)]


def _sums(model: Any, item: Packed, hidden: Any) -> list[float]:
    """Sum the log-probabilities of each candidate's tokens."""
    import torch

    places = [place for own in item.places for place in own]
    targets = torch.tensor([token for own in item.targets for token in own], device=hidden.device)
    logits = model.get_output_embeddings()(hidden[places]).float().log_softmax(dim=-1)
    parts = logits.gather(1, targets[:, None])[:, 0].split([len(own) for own in item.targets])
    return [float(part.sum()) for part in parts]


def write_answers(model: Any, exam: Exam, new_tokens: int, batch_size: int) -> list[list[int]]:
    """Generate an answer to each question, greedily; return the token ids before the stop."""
    order = sorted(range(len(exam["asked"])), key=lambda place: -len(exam["asked"][place]))
    answers: list[list[int]] = [[] for _ in order]
    for start in range(0, len(order) if new_tokens else 0, batch_size):
        places = order[start : start + batch_size]
        replies = _generate(model, [exam["asked"][place] for place in places], exam, new_tokens)
        for place, reply in zip(places, replies, strict=True):
            answers[place] = reply
    return answers


def _generate(
    model: Any, prompts: Sequence[Sequence[int]], exam: Exam, new_tokens: int
) -> list[list[int]]:
    import torch

    width = max(map(len, prompts))
    pad_id, stops = exam["pad"], set(exam["stops"])
    ids = [[*[pad_id] * (width - len(prompt)), *prompt] for prompt in prompts]
    mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    with torch.inference_mode():
        rows = model.generate(
            input_ids=torch.tensor(ids, device=model.device),
            attention_mask=torch.tensor(mask, device=model.device),
            max_new_tokens=new_tokens,
            do_sample=False,
            eos_token_id=sorted(stops),
            pad_token_id=pad_id,
        )[:, width:].tolist()
    replies = []
    for row in rows:
        end = next((place for place, token in enumerate(row) if token in stops), len(row))
        replies.append(row[:end])
    return replies


def score_general(model: Any, folder: Path, batch_tokens: int, bf16: bool) -> float:
    """Compute the bits per byte of the general text."""
    import torch

    size = json.loads((folder / "general.json").read_text(encoding="utf-8"))["bytes"]
    nats = 0.0
    for row in load_rows(folder / "general.npz"):
        ids, mask, labels = pad([row], model.device)
        with torch.inference_mode(), enter_autocast(model.device, bf16):
            logits = model(input_ids=ids, attention_mask=mask).logits[0, :-1].float()
        nats += float(torch.nn.functional.cross_entropy(logits, labels[0, 1:], reduction="sum"))
    return nats / math.log(2) / size


def compute_margin(
    exam: Exam, logliks: Sequence[Sequence[float]], side: str, half: str, form: str = ""
) -> float:
    """Compute the mean margin of the questions of a side and half, by which rates are chosen.

    Args:
        exam: The exam.
        logliks: Log-likelihoods, as of `score_exam`.
        side: "trained" or "control".
        half: "dev" or "test".
        form: Form of prompt; empty for all.
    """
    margins = []
    for item, values in zip(exam["prompts"], logliks, strict=True):
        question = exam["questions"][item["question"]]
        fits = (question["side"], question["half"]) == (side, half)
        right = [values[index] for index in item["right"]]
        wrong = [value for index, value in enumerate(values) if index not in item["right"]]
        if fits and wrong and form in ("", item["form"]):
            margins.append(fmean(right) - fmean(wrong))
    return fmean(margins)
