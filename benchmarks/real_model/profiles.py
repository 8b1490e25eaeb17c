"""Sizes of an experiment: a minute for a test, hours on two cores, minutes on a GPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Regime = Literal["named", "pronoun"]

# Chapters with questions in the exam, in folds: a fold's chapters are trained, the others control.
PHYSIOLOGY_FOLDS = (
    ("Respiration", "The Skin and the Kidneys", "The Nervous System"),
    (
        "The Special Senses",
        "The Throat and the Voice",
        "Accidents and Emergencies",
        "In Sickness and in Health",
    ),
)
_FORMS = ("plain", "bare", "prompt")
_ARMS = (
    "base",
    "cpt+sft",
    "cpt+ssft",
    "paper",
    "compact+ssft",
    "compact+sft",
    "compact+none",
    "mixed",
    "passages+qa",
    "path-passages+qa",
)

# In the order of their worth, for a run that is stopped when its time is over.
_SMALL_ARMS = (
    "base",
    "cpt+sft",
    "compact+ssft",
    "planted",
    "passages+qa",
    "path-passages+qa",
    "paper",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Size of an experiment.

    Args:
        domains: Names of the domains.
        folds: Numbers of the folds of chapters.
        arms: Arms that are run by default.
        tokens: Tokens that every arm is trained on, prompts included.
        rates: Learning rates to choose from, per arm.
        seeds: Seeds; the first one chooses the learning rate.
        step_tokens: Tokens of one optimizer step.
        batch_tokens: Tokens of one forward pass, padding included.
        sequence_len: Greatest length of a row in tokens.
        book: Chapters, sections and points of the invented book.
        paraphrases: Paragraphs of each node of the invented book.
        regime: Subjects of the invented book: `named` in every sentence, or `pronoun` in most.
        questions: Greatest number of questions of the invented book.
        rewordings: Other wordings in which each question of the invented book is asked.
        forms: Forms of prompt in which each question is asked.
        new_tokens: Greatest length of a generated answer; 0 for no answers.
        general: Characters of general text to measure.
    """

    domains: tuple[str, ...]
    folds: tuple[int, ...]
    arms: tuple[str, ...]
    tokens: int
    rates: tuple[float, ...]
    seeds: tuple[int, ...]
    step_tokens: int
    batch_tokens: int
    sequence_len: int
    book: tuple[int, int, int]
    paraphrases: int
    regime: Regime
    questions: int
    rewordings: int
    forms: tuple[str, ...]
    new_tokens: int
    general: int


PROFILES: Mapping[str, Profile] = {
    "smoke": Profile(
        domains=("injection",),
        folds=(0,),
        arms=("base", "cpt+sft", "passages+qa"),
        tokens=3_000,
        rates=(1e-3, 3e-3),
        seeds=(0,),
        step_tokens=512,
        batch_tokens=1_024,
        sequence_len=512,
        book=(2, 2, 3),
        paraphrases=2,
        regime="pronoun",
        questions=24,
        rewordings=2,
        forms=_FORMS,
        new_tokens=4,
        general=2_000,
    ),
    "cpu-small": Profile(
        domains=("injection",),
        folds=(0,),
        arms=_SMALL_ARMS,
        tokens=8_000,
        rates=(5e-4,),
        seeds=(0,),
        step_tokens=256,
        batch_tokens=2_048,
        sequence_len=512,
        book=(4, 1, 6),
        paraphrases=3,
        regime="pronoun",
        questions=120,
        rewordings=0,
        forms=("plain", "prompt"),
        new_tokens=0,
        general=4_000,
    ),
    "cpu-small-named": Profile(
        domains=("injection",),
        folds=(0,),
        arms=_SMALL_ARMS,
        tokens=12_000,
        rates=(3e-4,),
        seeds=(0,),
        step_tokens=128,
        batch_tokens=2_048,
        sequence_len=512,
        book=(4, 1, 4),
        paraphrases=4,
        regime="named",
        questions=120,
        rewordings=0,
        forms=("plain", "prompt"),
        new_tokens=0,
        general=4_000,
    ),
    "cpu-focus": Profile(
        domains=("injection",),
        folds=(0,),
        arms=(*_SMALL_ARMS, "compact+none"),
        tokens=40_000,
        rates=(3e-4,),
        seeds=(0,),
        step_tokens=256,
        batch_tokens=2_048,
        sequence_len=512,
        book=(4, 2, 4),
        paraphrases=4,
        regime="named",
        questions=240,
        rewordings=0,
        forms=("prompt",),
        new_tokens=0,
        general=4_000,
    ),
    "cpu": Profile(
        domains=("physiology", "injection"),
        folds=(0,),
        arms=_ARMS,
        tokens=200_000,
        rates=(5e-5, 1e-4, 2e-4),
        seeds=(0,),
        step_tokens=2_048,
        batch_tokens=2_048,
        sequence_len=512,
        book=(4, 5, 5),
        paraphrases=6,
        regime="pronoun",
        questions=400,
        rewordings=2,
        forms=_FORMS,
        new_tokens=24,
        general=20_000,
    ),
    "gpu": Profile(
        domains=("physiology", "injection"),
        folds=(0, 1),
        arms=(*_ARMS, "planted"),
        tokens=1_000_000,
        rates=(5e-5, 1e-4, 2e-4),
        seeds=(0, 1, 2),
        step_tokens=8_192,
        batch_tokens=32_768,
        sequence_len=512,
        book=(6, 4, 5),
        paraphrases=8,
        regime="pronoun",
        questions=600,
        rewordings=2,
        forms=_FORMS,
        new_tokens=24,
        general=100_000,
    ),
}
