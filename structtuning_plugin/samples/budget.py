"""How the tokens of a row are shared out: specials, the prompt, the title, the chunk.

| BOS | prompt <= prompt | title <= title | chunk <= chunk | EOS |   <= sequence_len
"""

from __future__ import annotations

from dataclasses import dataclass

from structtuning_plugin.config.scpt import ScptConfig
from structtuning_plugin.core.errors import BudgetError
from structtuning_plugin.core.tokens import Codec

LARGEST_DEFAULT_CHUNK = 3072
LARGEST_DEFAULT_PROMPT = 1024
SMALLEST_CHUNK = 16
SMALLEST_PROMPT = 16
_LARGEST_TITLE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Greatest lengths in tokens. `specials` counts what the tokenizer puts in front, and EOS."""

    sequence_len: int
    specials: int
    prompt: int
    title: int
    chunk: int

    @property
    def completion(self) -> int:
        """What a completion may have beside a prompt of full length."""
        return self.sequence_len - self.specials - self.prompt


def plan_budget(
    sequence_len: int, chunk_tokens: int | None, scpt: ScptConfig, codec: Codec
) -> Budget:
    """The budget that the recipe's `sequence_len` and the block leave.

    Raises:
        BudgetError: it cannot fit; the message has the numbers.
    """
    specials = len(codec.prefix) + 1
    part = 4 if scpt.context_form == "mindmap" else 8
    prompt = scpt.map_tokens or min(
        LARGEST_DEFAULT_PROMPT, max(SMALLEST_PROMPT, sequence_len // part)
    )
    title = min(_LARGEST_TITLE, sequence_len // 16) if scpt.completion_has_title else 0
    room = sequence_len - specials - prompt - title
    chunk = chunk_tokens or min(LARGEST_DEFAULT_CHUNK, room)
    if chunk > room or chunk < SMALLEST_CHUNK:
        raise BudgetError(
            f"A row cannot fit: sequence_len {sequence_len} < {specials} special tokens + {prompt} for the prompt (map_tokens) "
            f"+ {title} for the title + {max(chunk, SMALLEST_CHUNK)} for the chunk (chunk_tokens). "
            f"Raise sequence_len, or lower map_tokens or chunk_tokens; {max(room, 0)} tokens are left for the chunk."
        )
    return Budget(
        sequence_len=sequence_len, specials=specials, prompt=prompt, title=title, chunk=chunk
    )
