"""Lines that may be headings, and what is decided about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# `taxonomy.headings` of the block.
HeadingsMode = Literal["auto", "as_marked", "infer"]

# Places where the levels of a document's headings can be doubted.
Doubt = Literal["flat_levels", "levels_reset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A line of a source, or several of them, that may be a heading.

    Args:
        line: Number of its first line, from 0.
        after: Number of the line after its last one.
        title: The title without marks.
        level: Level that its mark gives it; None for a line without a mark.
        offset: Characters of text before it. Two headings with equal offsets have no text between
            them.
        styles: Names of what sets it off: `bold`, `capitals`, `underlined`, `html h2`...
        blank_before: Whether the line before is blank or missing.
        blank_after: Whether the line after is blank or missing.
        text_before: Last line of text before it, empty if there is none.
        text_after: First line of text after it, empty if there is none.
    """

    line: int
    after: int
    title: str
    level: int | None = None
    offset: int = 0
    styles: tuple[str, ...] = ()
    blank_before: bool = True
    blank_after: bool = True
    text_before: str = ""
    text_after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A candidate that is a heading.

    Args:
        candidate: The candidate.
        level: Its level, from 1 on.
        origin: `marked` as it is; `levelled`, with another level than its mark's; or `inferred`,
            without a mark.
        score: 0..1; 1 for marked ones.
        evidence: Names of what speaks for it.
    """

    candidate: Candidate
    level: int
    origin: Literal["marked", "levelled", "inferred"] = "marked"
    score: float = 1.0
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A marked line that is no heading.

    Args:
        candidate: The candidate.
        reason: A word that code can count.
        is_text: Whether the line stays in the text; a running header does not.
    """

    candidate: Candidate
    reason: str
    is_text: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """Headings of one document, in order.

    Args:
        headings: The headings.
        refusals: Marked lines that are no headings.
        doubts: Reasons to doubt the levels.
    """

    headings: tuple[Decision, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    doubts: tuple[Doubt, ...] = ()
