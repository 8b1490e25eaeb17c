"""Chat templates as Axolotl ships them, each with a tokenizer of its control tokens, and rows told
apart by their labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from structtuning_plugin.core.types import Message
from tests.axolotl_bridge import tokenizers_made_here as tokenizers

_IM = ("<|im_start|>", "<|im_end|>")
_TURN = ("<start_of_turn>", "<end_of_turn>")


@dataclass(frozen=True, slots=True)
class Template:
    """What a model with this template has in its vocabulary, and what ends a turn there.

    EOS where nothing is said.
    """

    name: str
    control: tuple[str, ...] = ()
    end: str | None = None
    has_system: bool = True

    @property
    def recipe(self) -> dict[str, Any]:
        return {
            "chat_template": self.name,
            "sequence_len": 512,
            **({"eot_tokens": [self.end]} if self.end else {}),
        }

    def tokenizer(self) -> Any:
        found = tokenizers.byte_level_with_bos()
        found.add_tokens(list(self.control), special_tokens=True)
        return found


TEMPLATES = {
    template.name: template
    for template in (
        Template("chatml", _IM, _IM[1]),
        Template(
            "llama3", ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"), "<|eot_id|>"
        ),
        Template("mistral_v1"),
        Template("mistral_v3_tekken", ("[INST]", "[/INST]"), has_system=False),
        Template("gemma", _TURN, _TURN[1], has_system=False),
        Template("qwen_25", _IM, _IM[1]),
        Template("qwen3", _IM, _IM[1]),
        Template("phi_3", ("<|user|>", "<|assistant|>", "<|end|>"), "<|end|>"),
        Template("alpaca"),
    )
}

ROLES = {"s": "system", "u": "user", "a": "assistant"}


def chat_of(name: str, **changes: Any) -> Any:
    """An `AxolotlChat` for one of the templates."""
    from structtuning_plugin.axolotl_bridge.chat import AxolotlChat

    template = TEMPLATES[name]
    return AxolotlChat({**template.recipe, **changes}, template.tokenizer())


def talk(roles: str, *contents: str) -> list[Message]:
    """`talk("ua", "Who?", "I.")`: a conversation."""
    return [
        Message(role=ROLES[role], content=content)
        for role, content in zip(roles, contents, strict=True)
    ]


def shown(tokenizer: Any, row: dict[str, list[int]]) -> str:
    """A row decoded; what is trained stands between ⟦ and ⟧, and is the ids themselves."""
    assert len(row["input_ids"]) == len(row["labels"]) == sum(row["attention_mask"])
    parts = []
    for is_trained, run in groupby(
        zip(row["input_ids"], row["labels"], strict=True), key=lambda pair: pair[1] != -100
    ):
        pairs = list(run)
        assert not is_trained or all(token == label for token, label in pairs)
        text = tokenizer.decode([token for token, _ in pairs])
        parts.append(f"⟦{text}⟧" if is_trained else text)
    return "".join(parts)
