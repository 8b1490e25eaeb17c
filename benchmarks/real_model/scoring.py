"""Scores of a model on a prepared exam: log-likelihoods, answers, general text. Torch alone."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from real_model.training import autocast, load_rows, pad

Exam = Mapping[str, Any]


def load_exam(folder: Path) -> Exam:
    """Load the prepared exam."""
    exam: Exam = json.loads((folder / "exam.json").read_text(encoding="utf-8"))
    return exam


def score_exam(model: Any, exam: Exam, batch_tokens: int, bf16: bool) -> list[list[float]]:
    """Compute the log-likelihood of each candidate of each prompt, in nats."""
    places = [(p, c) for p, item in enumerate(exam["prompts"]) for c in range(len(item["pairs"]))]
    pairs = {(p, c): exam["prompts"][p]["pairs"][c] for p, c in places}
    places.sort(key=lambda place: -sum(map(len, pairs[place])))
    scores = [[0.0] * len(item["pairs"]) for item in exam["prompts"]]
    for batch in _batches(places, pairs, batch_tokens):
        values = _logliks(model, [pairs[place] for place in batch], bf16)
        for (prompt, candidate), value in zip(batch, values, strict=True):
            scores[prompt][candidate] = round(value, 4)
    return scores


def _batches(
    places: Sequence[tuple[int, int]], pairs: Mapping[Any, Any], batch_tokens: int
) -> list[list[tuple[int, int]]]:
    """Group places, the longest first, so that a padded group has at most so many tokens."""
    batches: list[list[tuple[int, int]]] = []
    width = 0
    for place in places:
        if not batches or (len(batches[-1]) + 1) * width > batch_tokens:
            batches.append([])
            width = sum(map(len, pairs[place]))
        batches[-1].append(place)
    return batches


def _logliks(model: Any, pairs: Sequence[Any], bf16: bool) -> list[float]:
    import torch

    rows = [[*context, *continuation][:-1] for context, continuation in pairs]
    ids, _, _ = pad([(row, row) for row in rows], model.device)
    with torch.inference_mode(), autocast(model.device, bf16):
        hidden = model.get_decoder()(input_ids=ids).last_hidden_state
        values = []
        # The vocabulary is large: logits are computed where an answer is.
        for row, (_, continuation), own in zip(rows, pairs, hidden, strict=True):
            part = own[len(row) - len(continuation) : len(row)]
            logits = model.get_output_embeddings()(part).float()
            targets = torch.tensor(continuation, device=model.device)
            logliks = logits.log_softmax(dim=-1).gather(1, targets[:, None])
            values.append(float(logliks.sum()))
    return values


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
        with torch.inference_mode(), autocast(model.device, bf16):
            logits = model(input_ids=ids, attention_mask=mask).logits[0, :-1].float()
        nats += float(torch.nn.functional.cross_entropy(logits, labels[0, 1:], reduction="sum"))
    return nats / math.log(2) / size


def margin_of(
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
