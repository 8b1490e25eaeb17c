"""The arms: which samples a book is given by, which its questions, and how often each is seen.

An arm is a form of pre-training and one of instruction tuning, both as blocks of the plugin. `like` names the arm whose
tokens, stage by stage, it is trained on to; `share` is the part of the book that it gets, in %.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Room for most of a chapter; a quarter of the length, the default, would leave hardly a sibling of the point.
_MAP_TOKENS = 224

PRETRAINING: dict[str, dict[str, Any]] = {
    "cpt": {"kinds": ["passage"], "context": "none"},
    "paper": {"preset": "paper", "map_tokens": _MAP_TOKENS},
    "compact": {"preset": "compact"},
    # With as many wordings of `locate` as there are paraphrases, and a share for them.
    "located": {"preset": "compact", "wordings": 10, "shares": {"locate": 0.4}},
    "heading": {"kinds": ["passage"], "context": "path"},
}
INSTRUCTION: dict[str, dict[str, Any]] = {
    "sft": {"kinds": ["answer"]},
    "ssft": {"kinds": ["answer", "reasoned"]},
    "mapped": {"kinds": ["answer", "reasoned"], "context": "mindmap"},
    # For the base, which has the bare answers from `ssft`.
    "maps": {"kinds": ["reasoned"], "context": "mindmap"},
    # With questions that the plugin makes from the book, on held-out points too: these arms have seen more.
    "open": {"preset": "compact"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """`reasons`: whether it is asked to say first where the question belongs, as its tuning taught it."""

    name: str
    pretraining: str
    instruction: str
    like: str = ""
    share: int = 100

    @property
    def reasons(self) -> bool:
        return self.instruction != "sft"


_ALL = (
    Arm(name="cpt+sft", pretraining="cpt", instruction="sft"),
    Arm(name="cpt+ssft", pretraining="cpt", instruction="ssft"),
    Arm(name="paper+ssft", pretraining="paper", instruction="mapped"),
    Arm(name="compact+sft", pretraining="compact", instruction="sft"),
    Arm(name="compact+ssft", pretraining="compact", instruction="ssft"),
    Arm(name="cpt+sft=compact+ssft", pretraining="cpt", instruction="sft", like="compact+ssft"),
    Arm(name="cpt+ssft=compact+ssft", pretraining="cpt", instruction="ssft", like="compact+ssft"),
    Arm(name="cpt+sft=paper+ssft", pretraining="cpt", instruction="sft", like="paper+ssft"),
    Arm(name="cpt+ssft=paper+ssft", pretraining="cpt", instruction="ssft", like="paper+ssft"),
    Arm(name="heading+ssft", pretraining="heading", instruction="ssft"),
    Arm(name="located+ssft", pretraining="located", instruction="ssft"),
    Arm(name="compact+open", pretraining="compact", instruction="open"),
)
# Less of the book, read more often: all of the curve's arms are trained on as many tokens.
_CURVE = tuple(
    Arm(name=f"{pre}+{tuned}@{share}%=compact+ssft", pretraining=pre, instruction=tuned, like="compact+ssft", share=share)
    for share in (5, 10, 30)
    for pre, tuned in (("cpt", "sft"), ("compact", "ssft"))
)
ARMS: Mapping[str, Arm] = {arm.name: arm for arm in (*_ALL, *_CURVE)}
MAIN = ("cpt+sft", "cpt+ssft", "paper+ssft", "compact+sft", "compact+ssft")
MATCHED = tuple(arm.name for arm in _ALL if arm.like)
CURVE = tuple(arm.name for arm in _CURVE)
GROUPS = {"main": MAIN, "matched": MATCHED, "curve": CURVE}
# The base has seen samples of all of these; `ssft` has the bare answers.
BASE_BLOCKS = (("cpt", "ssft"), ("compact", ""), ("paper", "maps"))


def scpt_block(form: str, common: Mapping[str, Any]) -> dict[str, Any]:
    return {**common, "stage": "scpt", "scpt": PRETRAINING[form]}


def ssft_block(form: str, common: Mapping[str, Any], qa: Path) -> dict[str, Any]:
    return {**common, "stage": "ssft", "ssft": {**INSTRUCTION[form], "qa": [str(qa)]}}
