"""Budget of a row in tokens: specials, the prompt, the title, the chunk.

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
    """Greatest lengths in tokens.

    Args:
        sequence_len: The whole row.
        specials: Tokens that the tokenizer puts in front of the row, and EOS.
        prompt: The prompt.
        title: The title at the start of a completion; 0 without titles.
        chunk: The text of the corpus.
    """

    sequence_len: int
    specials: int
    prompt: int
    title: int
    chunk: int

    @property
    def completion(self) -> int:
        """Room for a completion after a prompt of full length."""
        return self.sequence_len - self.specials - self.prompt


def plan_budget(
    sequence_len: int, chunk_tokens: int | None, scpt: ScptConfig, codec: Codec
) -> Budget:
    """Divide `sequence_len` as the block says.

    Args:
        sequence_len: Greatest length of a row in tokens.
        chunk_tokens: Greatest length of a chunk; None for what is left, at most 3072.
        scpt: Settings of the samples.
        codec: The tokenizer.

    Raises:
        BudgetError: If it cannot fit; the message has the numbers.
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
            f"A row cannot fit: sequence_len {sequence_len} < {specials} special tokens + {prompt} "
            f"for the prompt (map_tokens) + {title} for the title + {max(chunk, SMALLEST_CHUNK)} "
            "for the chunk (chunk_tokens). Raise sequence_len, or lower map_tokens or "
            f"chunk_tokens; {max(room, 0)} tokens are left for the chunk."
        )
    return Budget(
        sequence_len=sequence_len, specials=specials, prompt=prompt, title=title, chunk=chunk
    )
