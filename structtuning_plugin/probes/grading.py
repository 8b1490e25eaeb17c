"""How right an answer to a probe is, from 0 to 1.

    siblings, children    F1 of the set of titles
    path                  1 for the whole path, else F1 of the titles that the question does not tell
    all others            token F1 of the final answer, 1 if it is the right one (`qa.grading`)

F1 is 2 * shared / (given + wanted), as SQuAD's (Rajpurkar et al. 2016), of titles in the place of tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from structtuning_plugin.probes.values import Probe
from structtuning_plugin.qa.grading.answers import grade_text
from structtuning_plugin.qa.grading.final import final_answer
from structtuning_plugin.qa.grading.text import normalise
from structtuning_plugin.taxonomy.tree import PATH_JOINT

_JOINT = re.compile(r"\s*[>→›＞]\s*")
# A title may hold one of these itself, so each is tried alone; the best reading counts.
_BETWEEN_TITLES = tuple(map(re.compile, (r"\n", r"[;；\n]", r"[,，、;；\n]", r"[,，、;；\n]|\s(?:and|et|y|и)\s|和")))
_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)、])\s*")


@dataclass(frozen=True, slots=True)
class Graded:
    """`score` in 0..1; `exact` says that nothing is missing, wrong or beside the point."""

    score: float
    exact: bool


def grade(probe: Probe, given: str) -> Graded:
    """An answer as a model gave it, reasoning and all."""
    if probe.kind == "path":
        return _path(probe, given)
    if probe.titles:
        score = _titles(probe, final_answer(given, probe.pair.language))
        return Graded(score, score == 1.0)
    score = grade_text(probe.pair, given)
    return Graded(score, score == 1.0)


def _path(probe: Probe, given: str) -> Graded:
    language = probe.pair.language
    wanted = _steps(probe.pair.answers[0], language)
    found = _steps(_line_of(final_answer(given, language)), language)
    if found == wanted:
        return Graded(1.0, True)
    asked = {step for title in probe.titles for step in _steps(title, language)}
    # What the question says, the domain and the point, is no memory; it costs nothing either.
    told = set(wanted) - asked
    return Graded(_f1(set(found) - told, asked), False)


def _line_of(text: str) -> str:
    """The first line that is a path, or the whole text."""
    return next((line for line in text.splitlines() if PATH_JOINT.strip() in line or "→" in line), text)


def _steps(path: str, language: str) -> list[str]:
    return [normalise(step, language) for step in _JOINT.split(path.strip(" \t\n`*\"'")) if step.strip()]


def _titles(probe: Probe, given: str) -> float:
    language = probe.pair.language
    wanted = {normalise(title, language) for title in probe.titles}
    readings = [{normalise(_ITEM.sub("", item), language) for item in cut.split(given)} - {""} for cut in _BETWEEN_TITLES]
    return max(_f1(reading, wanted) for reading in readings)


def _f1(found: set[str], wanted: set[str]) -> float:
    return 2 * len(found & wanted) / (len(found) + len(wanted)) if found else 0.0
