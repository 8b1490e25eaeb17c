"""How large an experiment is: seconds for a test, an hour on two cores, or more on a GPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from injection.arms import GROUPS
from injection.grammar import Size
from injection.training import Training


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`paraphrases` of every node of a book; `asked` times all points of the base's books in other words.

    `chunk_tokens` is about a paragraph's length, `longest_answer` in tokens.
    """

    size: Size
    base_books: int
    paraphrases: int
    asked: int
    hidden: int
    layers: int
    base: Training
    pretraining: Training
    instruction: Training
    chunk_tokens: int
    longest_answer: int
    seeds: tuple[int, ...]
    arms: tuple[str, ...]


def _training(epochs: float, learning_rate: float, rows: int) -> Training:
    return Training(epochs=epochs, learning_rate=learning_rate, rows=rows, seed=0)


PROFILES: Mapping[str, Profile] = {
    "smoke": Profile(
        size=Size(chapters=2, sections=2, points=3),
        base_books=1,
        paraphrases=2,
        asked=1,
        hidden=64,
        layers=2,
        base=_training(1, 2e-3, 2),
        pretraining=_training(1, 1e-3, 2),
        instruction=_training(1, 5e-4, 2),
        chunk_tokens=48,
        longest_answer=24,
        seeds=(0,),
        arms=("cpt+sft", "compact+ssft"),
    ),
    "cpu": Profile(
        size=Size(chapters=4, sections=4, points=5),
        base_books=2,
        paraphrases=10,
        asked=2,
        hidden=128,
        layers=4,
        base=_training(2, 2e-3, 4),
        pretraining=_training(12, 1e-3, 2),
        instruction=_training(4, 5e-4, 2),
        chunk_tokens=48,
        longest_answer=160,
        seeds=(0, 1, 2),
        arms=GROUPS["tokens"],
    ),
    "gpu": Profile(
        size=Size(chapters=6, sections=5, points=6),
        base_books=8,
        paraphrases=10,
        asked=4,
        hidden=384,
        layers=8,
        base=_training(4, 1e-3, 16),
        pretraining=_training(4, 5e-4, 4),
        instruction=_training(4, 3e-4, 4),
        chunk_tokens=48,
        longest_answer=200,
        seeds=(0, 1, 2, 3, 4),
        arms=tuple(dict.fromkeys(name for group in GROUPS.values() for name in group)),
    ),
}
