"""Held-out questions, to keep what overlaps one of them out of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from structtuning_plugin.hookspecs import QAFormat
from structtuning_plugin.questions.exclusion import Decontaminator
from structtuning_plugin.questions.files.discovery import QAFile
from structtuning_plugin.questions.files.loading import read


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutQuestions:
    """The questions of `ssft.holdout`, to compare with what is trained on.

    Args:
        decontaminator: Index of the questions.
        count: Number of the questions.
    """

    decontaminator: Decontaminator
    count: int

    def overlap(self, text: str, language: str) -> str:
        """Describe the held-out question that a text overlaps, and how; empty if there is none."""
        if not self.count:
            return ""
        overlap = self.decontaminator.overlap(text, language)
        if overlap is None:
            return ""
        return f"overlaps {overlap.holdout_id} ({overlap.how}, {overlap.score:.2f})"


def load_held_out_questions(
    files: Sequence[QAFile], formats: Mapping[str, QAFormat]
) -> HeldOutQuestions:
    """Load the held-out questions. They are read whole, also with `on_error: skip`.

    A record that is skipped could be trained on.

    Raises:
        CorpusError: If a set cannot be read.
        ConfigError: If no format fits a set.
    """
    holdout, _ = read(files, formats, "raise")
    return HeldOutQuestions(decontaminator=Decontaminator(holdout), count=len(holdout))
