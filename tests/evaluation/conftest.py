"""The tiny model and recipes of the bridge's tests, and a tiny model that knows four answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from structtuning_plugin.axolotl_bridge.generation import Turns
from structtuning_plugin.axolotl_bridge.models import load_model
from structtuning_plugin.evaluation.types import PromptedQuestion
from tests.axolotl_bridge.cli.conftest import run
from tests.axolotl_bridge.conftest import _as_found, corpus, home, host, recipe, tiny_model, write
from tests.evaluation.asking import QA, asked, gold, questions

__all__ = ["_as_found", "corpus", "home", "host", "recipe", "run", "tiny_model", "write"]

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
KNOWN = (
    {"question": "What is a rim?", "answer": "It holds the tyre."},
    {
        "question": "How many spokes carry a rider of the bicycle, pulled and never pushed?",
        "answer": "Thirty-six.",
    },
    {"question": "Bells?", "answer": "None at all, they say, and it is a long story to tell."},
    {"question": "Which tyre stays dry?", "answer": "Both."},
)


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> list[PromptedQuestion]:
    """Four questions, as they are asked."""
    return asked(questions(tmp_path_factory.mktemp("known") / "known.jsonl", *KNOWN))


@pytest.fixture(scope="session")
def knowing(
    tiny_model: Path, known: list[PromptedQuestion], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A model with a chat template that was trained on these alone, until it has them by heart."""
    import torch
    from transformers import set_seed

    loaded = load_model(str(tiny_model))
    loaded.tokenizer.add_tokens(["<|im_start|>", "<|im_end|>"], special_tokens=True)
    loaded.tokenizer.chat_template = TEMPLATE
    loaded.model.resize_token_embeddings(len(loaded.tokenizer))
    turns, end = (
        Turns(loaded, {}, QA, plain=False),
        loaded.tokenizer.convert_tokens_to_ids("<|im_end|>"),
    )
    assert end in turns.stop_ids
    prompts = [turns.encode(item.messages, "en") for item in known]
    answers = [[*loaded.codec.encode([gold(item)])[0], end] for item in known]
    set_seed(0)
    optimizer = torch.optim.AdamW(loaded.model.parameters(), lr=5e-3)
    loaded.model.train()
    width = max(len(prompt) + len(answer) for prompt, answer in zip(prompts, answers, strict=True))
    ids, labels = (
        torch.zeros((len(known), width), dtype=torch.long),
        torch.full((len(known), width), -100),
    )
    for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        end_of_prompt, end_of_answer = len(prompt), len(prompt) + len(answer)
        ids[row, :end_of_answer] = torch.tensor([*prompt, *answer])
        labels[row, end_of_prompt:end_of_answer] = torch.tensor(answer)
    for _ in range(150):
        # What stands behind an answer is seen by nothing that has a label.
        loss = loaded.model(input_ids=ids, labels=labels).loss
        if loss.item() < 0.01:
            break
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    folder = tmp_path_factory.mktemp("knowing") / "model"
    # Sampling settings of a model must not reach us.
    loaded.model.generation_config.update(do_sample=True, temperature=5.0, repetition_penalty=9.0)
    loaded.model.save_pretrained(folder)
    loaded.tokenizer.save_pretrained(folder)
    return folder
