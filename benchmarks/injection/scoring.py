"""Closed-book answers, written greedily, and how many are right letter for letter once normalised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from injection.grammar import DOMAIN
from injection.questions import PromptedQuestion

_AT_ONCE = 64


def ask(folder: Path, asked: Sequence[PromptedQuestion], pool: str, longest: int) -> list[str]:
    """The model's replies, of at most `longest` tokens.

    `pool`: the wordings around each question, `brief` or `reason`; its id chooses one.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).to(device).eval()
    prompts = [_prompt(tokenizer, one, pool) for one in asked]
    order = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))
    replies = [""] * len(prompts)
    for start in range(0, len(order), _AT_ONCE):
        places = order[start : start + _AT_ONCE]
        written = _generate(model, tokenizer, [prompts[place] for place in places], longest)
        for place, reply in zip(places, written, strict=True):
            replies[place] = reply
    return replies


def _generate(model: Any, tokenizer: Any, prompts: list[str], longest: int) -> list[str]:
    import torch

    batch = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False).to(
        model.device
    )
    with torch.inference_mode():
        ids = model.generate(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            max_new_tokens=longest,
            do_sample=False,
            pad_token_id=tokenizer.pad_token_id,
        )
    return list(
        tokenizer.batch_decode(ids[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
    )


def _prompt(tokenizer: Any, asked: PromptedQuestion, pool: str) -> str:
    from structtuning_plugin.core.hashing import stable_choice
    from structtuning_plugin.core.templates import Wordings, builtin_templates

    wordings = Wordings([builtin_templates()], "qa").pool("en", pool)
    wording = wordings[stable_choice(0, asked.id, len(wordings))]
    text = wording.render({"question": asked.question, "domain": DOMAIN, "language": "en"})
    message = [{"role": "user", "content": text}]
    return str(tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True))


def is_right(asked: PromptedQuestion, reply: str) -> bool:
    """Whether what stands behind the last answer marker, or the whole reply, is one of the right answers."""
    from structtuning_plugin.questions.grading.final_answer import final_answer
    from structtuning_plugin.questions.grading.text import exact_match

    return exact_match(final_answer(reply, "en"), asked.answers, "en")


def score(asked: Sequence[PromptedQuestion], replies: Sequence[str]) -> dict[str, list[int]]:
    """By kind of question: how many are right, of how many."""
    right = Counter(
        one.kind for one, reply in zip(asked, replies, strict=True) if is_right(one, reply)
    )
    return {
        kind: [right[kind], count] for kind, count in Counter(one.kind for one in asked).items()
    }


def chance(asked: Sequence[PromptedQuestion]) -> dict[str, float]:
    """By kind, what the best constant answer to each form of question would score: 0 to 1."""
    named: dict[tuple[str, str], Counter[str]] = {}
    for one in asked:
        named.setdefault((one.kind, one.form), Counter()).update(set(one.answers))
    best = Counter[str]()
    for (kind, _), answers in named.items():
        best[kind] += max(answers.values())
    return {kind: best[kind] / count for kind, count in Counter(one.kind for one in asked).items()}
