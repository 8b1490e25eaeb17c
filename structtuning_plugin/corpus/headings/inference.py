"""Headings of a document from the lines that may be headings; the one function for every reader.

    infer_headings(marked, visible, contents, mode, length) -> Inference

A reader gives the marked lines, and those that `visible_lines` finds if it has lines at all. It
takes the lines of the result out of the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from structtuning_plugin.core.types import Heading
from structtuning_plugin.corpus.headings.boxes import refuse_boxes
from structtuning_plugin.corpus.headings.candidates import (
    Candidate,
    Decision,
    Doubt,
    HeadingsMode,
    Inference,
    Refusal,
)
from structtuning_plugin.corpus.headings.contents import (
    Contents,
    is_contents_title,
    name_of,
    refuse_contents_entries,
)
from structtuning_plugin.corpus.headings.false_headings import (
    is_paragraph,
    refuse_false_headings,
)
from structtuning_plugin.corpus.headings.nesting import (
    is_contradicted,
    is_own_level,
    number_levels,
)
from structtuning_plugin.corpus.headings.numbering import Number, parse_numbers
from structtuning_plugin.corpus.headings.running_lines import refuse_running_headers
from structtuning_plugin.corpus.headings.scoring import Scored, score_lines

# Score of a mark without a blank, or behind an invisible character.
_ODD_MARK = 0.9
# So many headings of one level look flat.
_FLAT = 6
# Headings by contents need so large a share of titles in it.
_LISTED_SHARE = 0.6
# Numbers give the levels of unmarked headings if so many have one.
_NUMBERED_SHARE = 0.3
_REFUSALS = (
    refuse_false_headings,
    refuse_contents_entries,
    refuse_running_headers,
    refuse_boxes,
)
# Order of styles without numbers, from the outside in.
_STYLE_RANKS = ("underlined", "bold+capitals", "capitals", "bold", "plain")


def infer_headings(
    marked: Sequence[Candidate],
    visible: Sequence[Candidate] = (),
    contents: Contents | None = None,
    mode: HeadingsMode = "auto",
    length: int = 0,
) -> Inference:
    """Decide which lines are headings, and at which levels.

    Args:
        marked: Lines with a level of their own, in order.
        visible: Lines without one that look like headings, in order.
        contents: The document's own list of contents.
        mode: `as_marked` takes the marked lines as they are; `auto` infers levels where the marks
            are flat or contradicted by numbers, and unmarked headings where there are no marks;
            `infer` does both everywhere.
        length: Characters of text of the document, in the measure of `Candidate.offset`.

    Returns:
        The headings in order, marked lines that are none, and doubts about the levels.
    """
    if mode == "as_marked":
        return _infer_nothing(marked)
    contents = contents or Contents()
    candidates, refusals = _refuse(marked)
    decisions = _level_marked(candidates, refusals, contents, mode)
    if mode == "infer" or not candidates or (len(candidates) == 1 and _is_title(candidates[0])):
        lines = score_lines(visible, contents, length)
        decisions = _with_inferred(decisions, lines, contents)
    return Inference(
        headings=tuple(decisions), refusals=tuple(refusals), doubts=_doubts(decisions, contents)
    )


def heading_of(decision: Decision, start: int) -> Heading:
    """Build the heading of a decision, whose section begins at `text[start]`."""
    return Heading(
        level=decision.level,
        title=decision.candidate.title,
        start=start,
        origin=decision.origin,
        score=decision.score,
        evidence=decision.evidence,
    )


def remove_headings(
    lines: Sequence[str], decisions: Sequence[Decision]
) -> tuple[str, tuple[Heading, ...]]:
    """Split lines into the text without headings, and the headings.

    Blank lines after a heading are removed too, so that the text reads without gaps.
    """
    decision_at = {decision.candidate.line: decision for decision in decisions}
    text_lines: list[str] = []
    headings: list[Heading] = []
    offset, skip_to, after_gap = 0, 0, True
    for number, line in enumerate(lines):
        if number in decision_at:
            decision = decision_at[number]
            skip_to, after_gap = decision.candidate.after, True
            headings.append(heading_of(decision, offset))
        if number < skip_to or (after_gap and not line.strip()):
            continue
        after_gap = False
        text_lines.append(line + "\n")
        offset += len(line) + 1
    text = "".join(text_lines).rstrip()
    return text, tuple(replace(h, start=min(h.start, len(text))) for h in headings)


def _as_marked(candidate: Candidate) -> Decision:
    """Return a marked line as a heading of its mark's level."""
    is_odd = any(style.startswith("mark ") for style in candidate.styles)
    return Decision(
        candidate=candidate,
        level=candidate.level or 1,
        origin="inferred" if is_odd else "marked",
        score=_ODD_MARK if is_odd else 1.0,
        evidence=candidate.styles,
    )


def _infer_nothing(marked: Sequence[Candidate]) -> Inference:
    """Take marks as they are. A paragraph with a mark stays text: a title is not trained on."""
    refusals = [
        Refusal(candidate=candidate, reason="paragraph_as_heading")
        for candidate in marked
        if is_paragraph(candidate.title)
    ]
    lines = {refusal.candidate.line for refusal in refusals}
    decisions = [_as_marked(candidate) for candidate in marked if candidate.line not in lines]
    return Inference(headings=tuple(decisions), refusals=tuple(refusals))


def _is_title(candidate: Candidate) -> bool:
    return candidate.offset == 0


def _refuse(marked: Sequence[Candidate]) -> tuple[list[Candidate], list[Refusal]]:
    """Split marked lines into candidates and lines that are no headings."""
    refusals: list[Refusal] = []
    candidates = list(marked)
    for refuse in _REFUSALS:
        more = refuse(candidates)
        lines = {refusal.candidate.line for refusal in more}
        candidates = [candidate for candidate in candidates if candidate.line not in lines]
        refusals += more
    return candidates, sorted(refusals, key=lambda refusal: refusal.candidate.line)


def _level_marked(
    candidates: Sequence[Candidate],
    refusals: Sequence[Refusal],
    contents: Contents,
    mode: HeadingsMode,
) -> list[Decision]:
    """Return the marked headings, with levels by their numbers or the contents where needed."""
    if not candidates:
        return []
    marks = [candidate.level or 1 for candidate in candidates]
    has_title = _has_title(candidates, refusals)
    numbers = parse_numbers([candidate.title for candidate in candidates])
    by_number = number_levels([c.title for c in candidates], numbers, marks)
    if is_contradicted(numbers, marks, by_number, has_title):
        return _levelled(candidates, marks, by_number, _number_evidence(numbers))
    listed = _contents_levels(candidates, marks, contents)
    if listed:
        evidence = ["depth in the contents" for _ in candidates]
        return _levelled(candidates, marks, listed, evidence)
    if has_title and len(candidates) > 1 and min(marks[1:]) <= marks[0]:
        shift = marks[0] - min(marks[1:]) + 1
        levels = [marks[0], *(mark + shift for mark in marks[1:])]
        return _levelled(candidates, marks, levels, ["title of the pages" for _ in candidates])
    return [_as_marked(candidate) for candidate in candidates]


def _has_title(candidates: Sequence[Candidate], refusals: Sequence[Refusal]) -> bool:
    """Return True if the first heading is the title: printed on pages of other sections too."""
    first = candidates[0]
    if first.offset or parse_numbers([first.title])[0] is not None:
        return False
    others = [candidate.line for candidate in candidates[1:]]
    return any(
        refusal.candidate.title == first.title and refusal.candidate.line > min(others, default=0)
        for refusal in refusals
        if not refusal.is_text
    )


def _number_evidence(numbers: Sequence[Number | None]) -> list[str]:
    return [f"number {n.text}" if n else "place among numbered headings" for n in numbers]


def _levelled(
    candidates: Sequence[Candidate],
    marks: Sequence[int],
    levels: Sequence[int],
    evidence: Sequence[str],
) -> list[Decision]:
    decisions = []
    for candidate, mark, level, reason in zip(candidates, marks, levels, evidence, strict=True):
        kept = _as_marked(candidate)
        if level == mark:
            decisions.append(kept)
            continue
        names = (*kept.evidence, f"marked as level {mark}", reason)
        decisions.append(replace(kept, level=level, origin="levelled", evidence=names))
    return decisions


def _contents_levels(
    candidates: Sequence[Candidate], marks: Sequence[int], contents: Contents
) -> list[int]:
    """Return levels by the list of contents, where marks are flat and it has most of the titles."""
    depths = [contents.depths.get(name_of(candidate.title), 0) for candidate in candidates]
    listed = [depth for depth in depths if depth]
    is_flat = len(set(marks[1:])) <= 1 and len(candidates) > 2
    if not is_flat or len(set(listed)) < 2 or len(listed) < _LISTED_SHARE * len(candidates):
        return []
    first_title = candidates[0].title
    is_own = is_own_level(first_title) or is_contents_title(first_title)
    has_title = not depths[0] and candidates[0].offset == 0 and not is_own
    first = 2 if has_title else 1
    levels, last = [], first
    for place, depth in enumerate(depths):
        if place == 0 and has_title:
            levels.append(1)
            continue
        level = depth + first - 1 if depth else (first if place == 0 else last)
        levels.append(level)
        last = level
    return levels


def _with_inferred(
    decisions: Sequence[Decision], lines: Sequence[Scored], contents: Contents
) -> list[Decision]:
    """Merge marked headings and unmarked ones, with levels for the latter."""
    repeats = refuse_running_headers([line.candidate for line in lines])
    numbers = {refusal.candidate.line for refusal in repeats}
    # Repetitions of an unmarked line stay in the text, as they were.
    lines = [line for line in lines if line.candidate.line not in numbers]
    levels = _inferred_levels(lines, contents)
    if lines and _has_title([line.candidate for line in lines], repeats):
        levels = [1, *(level - min(levels[1:], default=1) + 2 for level in levels[1:])]
    lowest = max((decision.level for decision in decisions), default=0)
    inferred = [
        Decision(
            candidate=line.candidate,
            level=lowest + level,
            origin="inferred",
            score=line.score,
            evidence=line.evidence,
        )
        for line, level in zip(lines, levels, strict=True)
    ]
    return sorted([*decisions, *inferred], key=lambda decision: decision.candidate.line)


def _inferred_levels(lines: Sequence[Scored], contents: Contents) -> list[int]:
    """Return levels of unmarked headings: by numbers, the list of contents, or their styles."""
    candidates = [line.candidate for line in lines]
    numbered = [line for line in lines if line.number is not None]
    if lines and len(numbered) >= _NUMBERED_SHARE * len(lines):
        plain = [line for line in lines if line.number is None]
        ranks = _style_ranks(plain)
        marks = [1 if line.number is not None else ranks[_style(line)] for line in lines]
        numbers = [line.number for line in lines]
        return number_levels([candidate.title for candidate in candidates], numbers, marks)
    ranks = _style_ranks(lines)
    listed = _contents_levels(candidates, [1] * len(lines), contents) if lines else []
    return listed or [ranks[_style(line)] for line in lines]


def _style_ranks(lines: Sequence[Scored]) -> dict[str, int]:
    """Return the level of each style, from 1 on."""
    styles = sorted(dict.fromkeys(_style(line) for line in lines), key=_style_rank)
    return {style: rank for rank, style in enumerate(styles, start=1)}


def _style(line: Scored) -> str:
    return "+".join(line.candidate.styles)


def _style_rank(style: str) -> int:
    ranks = [rank for rank, name in enumerate(_STYLE_RANKS) if name in style]
    return ranks[0] if ranks else len(_STYLE_RANKS)


def _doubts(decisions: Sequence[Decision], contents: Contents) -> tuple[Doubt, ...]:
    """Return reasons to doubt the levels of marked headings without numbers."""
    if any(decision.origin == "levelled" for decision in decisions):
        return ()
    levels = [decision.level for decision in decisions]
    titles = [decision.candidate.title for decision in decisions]
    if any(number is not None for number in parse_numbers(titles)):
        return ()
    body = levels[1:] if levels and levels[0] < min(levels[1:], default=9) else levels
    if len(body) >= _FLAT and len(set(body)) == 1:
        return ("flat_levels",)
    return ("levels_reset",) if _looks_reset(body) else ()


def _looks_reset(levels: Sequence[int]) -> bool:
    """Return True if only the first section has subsections, and two or more follow without any.

    A converter that ranks the sizes of type page by page leaves such an outline.
    """
    if len(levels) < 4:
        return False
    top = min(levels)
    tops = [place for place, level in enumerate(levels) if level == top]
    if len(tops) < 3 or tops[0] != 0:
        return False
    return tops[1] - tops[0] > 2 and tops[1:] == list(range(tops[1], len(levels)))
