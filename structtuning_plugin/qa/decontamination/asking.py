"""What of a record is compared: every question in it, with its options and answers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from structtuning_plugin.qa.decontamination.folding import fold, take_list
from structtuning_plugin.types import QAPair


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question, all folded: `text` is what is asked, `options` what there is to choose from, `answers` the right ones.

    `answers` is empty where the text may hold them itself. `cut` says that an instruction was taken off the text.
    """

    text: str
    options: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    cut: bool = False

    @property
    def asked(self) -> str:
        return "\n".join([self.text, *self.options])

    @property
    def answered(self) -> str:
        return "\n".join([self.text, *self.answers]) if self.answers else self.asked


def read_text(text: str, options: tuple[str, ...] = (), answers: tuple[str, ...] = ()) -> Asked:
    """A question as it stands, its options taken from it where it lists them."""
    right = tuple(map(fold, answers))
    if options:
        return Asked(text=fold(text), options=tuple(map(fold, options)), answers=right)
    stem, listed = take_list(fold(text))
    return Asked(text=stem, options=listed, answers=right)


def questions_of(pair: QAPair) -> list[Asked]:
    """The record's question, or each of the user's turns and each with the one before; the system's turn is no question."""
    if not pair.turns:
        return [read_text(pair.question, tuple(text for _, text in pair.options), pair.answers)]
    after = [*pair.turns[1:], None]
    turns = [
        (turn.content, (reply.content,) if reply and reply.role == "assistant" else ())
        for turn, reply in zip(pair.turns, after, strict=True)
        if turn.role == "user"
    ]
    # "And why?" asks something only together with what was asked before.
    led = [(f"{before}\n{text}", reply) for (before, _), (text, reply) in pairwise(turns)]
    return [read_text(text, answers=reply) for text, reply in [*turns, *led]]
