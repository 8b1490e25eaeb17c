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
    "located": {
        "preset": "compact",
        "kinds": ["passage", "section_map", "chapter_map", "book_map", "locate"],
        "wordings": 10,
        "shares": {"locate": 0.4},
    },
    # What stands beside, beneath and above a point too.
    "related": {
        "preset": "compact",
        "kinds": [
            "passage",
            "section_map",
            "chapter_map",
            "book_map",
            "locate",
            "siblings",
            "children",
            "parent",
        ],
    },
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

    def stage_names(self, known: Mapping[str, Arm]) -> tuple[str, str]:
        """What its two models are called: arms that begin alike share the first one."""
        part = f"@{self.share}" if self.share < 100 else ""
        alike = not part and self.like and known[self.like].pretraining == self.pretraining
        return (
            f"{self.pretraining}{part}{f'={self.like}' if self.like and not alike else ''}",
            self.name,
        )


def _arm(pretraining: str, instruction: str, like: str = "", share: int = 100) -> Arm:
    part = f"@{share}%" if share < 100 else ""
    name = f"{pretraining}+{instruction}{part}{'=' if like else ''}{like}"
    return Arm(name=name, pretraining=pretraining, instruction=instruction, like=like, share=share)


OURS = "compact+ssft"
_FORMS = (("cpt", "sft"), ("cpt", "ssft"), ("paper", "mapped"), ("compact", "sft"))
# All trained on as many tokens as ours, stage by stage; on the same epochs; on as many tokens as the longest of them.
_TOKENS = tuple(_arm(*forms, like=OURS) for forms in _FORMS)
_EPOCHS = tuple(_arm(*forms) for forms in _FORMS)
_LONG = tuple(
    _arm(*forms, like="paper+mapped")
    for forms in (("cpt", "sft"), ("cpt", "ssft"), ("compact", "ssft"))
)
_MORE = (
    _arm("compact", "ssft"),
    _arm("heading", "ssft", like=OURS),
    _arm("located", "ssft", like=OURS),
    _arm("related", "ssft", like=OURS),
    _arm("compact", "open"),
)
# Less of the book, read more often: all of the curve's arms are trained on as many tokens.
_CURVE = tuple(
    _arm(*forms, like=OURS, share=share)
    for share in (5, 10, 30)
    for forms in (("cpt", "sft"), ("compact", "ssft"))
)
ARMS: Mapping[str, Arm] = {arm.name: arm for arm in (*_TOKENS, *_EPOCHS, *_LONG, *_MORE, *_CURVE)}
GROUPS: Mapping[str, tuple[str, ...]] = {
    "tokens": (OURS, *(arm.name for arm in _TOKENS)),
    "epochs": (*(arm.name for arm in _EPOCHS), OURS),
    "long": ("paper+mapped", *(arm.name for arm in _LONG)),
    "curve": tuple(arm.name for arm in _CURVE),
}
# The base has seen samples of all of these; `ssft` has the bare answers.
BASE_BLOCKS = (("cpt", "ssft"), ("compact", ""), ("paper", "maps"))


def scpt_block(form: str, common: Mapping[str, Any]) -> dict[str, Any]:
    return {**common, "stage": "scpt", "scpt": PRETRAINING[form]}


def ssft_block(form: str, common: Mapping[str, Any], qa: Path) -> dict[str, Any]:
    return {**common, "stage": "ssft", "ssft": {**INSTRUCTION[form], "qa": [str(qa)]}}
