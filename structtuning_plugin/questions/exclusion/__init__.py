"""Keeps questions that are evaluated on out of what is trained on."""

from structtuning_plugin.questions.exclusion.decontaminator import Decontaminator, Overlap

__all__ = ["Decontaminator", "Overlap"]
