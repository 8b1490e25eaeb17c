"""Lines to a tree, by their indentation."""

from __future__ import annotations

from collections.abc import Sequence

from structtuning_plugin.taxonomy.outlines.faults import Faults, blanks
from structtuning_plugin.taxonomy.outlines.lines import Line
from structtuning_plugin.taxonomy.outlines.marks import INDENT


def link(lines: Sequence[Line], faults: Faults) -> None:
    """Parents and children, by indentation."""
    open_lines: list[Line] = []
    for above, line in zip([None, *lines], lines, strict=False):
        while open_lines and open_lines[-1].indent >= line.indent:
            open_lines.pop()
        if above is None or not open_lines:
            _check_margin(line, lines[0], faults)
        elif line.indent > above.indent + 1 and line.straight and above.straight:
            faults.add(line.number, _skipped(line, above))
        if open_lines:
            line.parent = open_lines[-1]
            open_lines[-1].children.append(line)
        open_lines.append(line)


def _check_margin(line: Line, first: Line, faults: Faults) -> None:
    if line is first and line.indent:
        faults.add(
            line.number, f"{line.title!r} comes first and is indented. The domain comes first, at the margin: put it back."
        )
    elif line is not first and not first.indent:
        faults.add(line.number, f"{line.title!r} stands at the margin, as the domain of line {first.number} does. Indent it.")


def _skipped(line: Line, above: Line) -> str:
    return (
        f"{line.title!r} is indented by {blanks(line.indent * INDENT)}, but line {above.number} above it, {above.title!r}, by "
        f"{above.indent * INDENT}. Indent it, and what is beneath it, by {(above.indent + 1) * INDENT} at most."
    )


def check_ids(lines: Sequence[Line], faults: Faults) -> None:
    """No id twice, no new node without anything in it."""
    seen: dict[str, Line] = {}
    for line in lines:
        if line.id and line.id in seen:
            line.sound, first = False, seen[line.id]
            faults.add(
                line.number,
                f"{line.title!r} has the comment of line {first.number}, {first.title!r}. Delete one of the two lines, "
                "or take the comment out to make a new topic.",
            )
        elif line.id:
            seen[line.id] = line
        elif line.sound and not line.places and not line.children:
            faults.add(line.number, f"the new topic {line.title!r} holds nothing. Indent beneath it what it shall hold.")
