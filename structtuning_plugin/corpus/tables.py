"""Tables as text: rows of cells between bars.

    Grid: [["Month", "Crop"], ["May", "Radish"]]   ->   | Month | Crop |
                                                        | --- | --- |
                                                        | May | Radish |

A cell merged over rows is repeated in each row that it covers; over columns it appears once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# A table with more columns is a drawing; spans beyond are faults of the file.
_MOST_COLUMNS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: its text, the columns and rows that it covers, and whether it is a header."""

    text: str
    columns: int = 1
    rows: int = 1
    is_header: bool = False


def lay_out(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """Lay cells out as a grid of equal rows."""
    grid: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}
    for row in rows:
        line: list[str] = []
        cells = iter(row)
        upcoming = next(cells, None)
        while upcoming is not None or any(column >= len(line) for column in below):
            column = len(line)
            if column >= _MOST_COLUMNS:
                break
            if column in below:
                count, text = below.pop(column)
                line.append(text)
                if count > 1:
                    below[column] = (count - 1, text)
                continue
            if upcoming is None:
                line.append("")
                continue
            _place(upcoming, line, below)
            upcoming = next(cells, None)
        grid.append(line)
    width = max(map(len, grid), default=0)
    return [line + [""] * (width - len(line)) for line in grid]


def _place(cell: Cell, line: list[str], below: dict[int, tuple[int, str]]) -> None:
    start = len(line)
    columns = max(1, min(cell.columns, _MOST_COLUMNS - start))
    line += [cell.text, *[""] * (columns - 1)]
    if cell.rows > 1:
        for column in range(start, start + columns):
            below[column] = (cell.rows - 1, line[column])


def render_grid(grid: Sequence[Sequence[str]], has_header: bool = True) -> str:
    """Render a grid as text; empty rows and empty columns are left out.

    >>> render_grid([["a", "b"], ["1", "2 | 3"]])
    '| a | b |\\n| --- | --- |\\n| 1 | 2 \\\\| 3 |'
    """
    rows = [[_flat(text) for text in row] for row in grid]
    rows = [row for row in rows if any(row)]
    width = max(map(len, rows), default=0)
    full = [
        column for column in range(width) if any(row[column : column + 1] != [""] for row in rows)
    ]
    lines = ["| " + " | ".join(row[column] for column in full) + " |" for row in rows]
    if has_header and len(lines) > 1:
        lines.insert(1, "| " + " | ".join("---" for _ in full) + " |")
    return "\n".join(lines)


def render_cells(rows: Sequence[Sequence[Cell]]) -> str:
    """Render rows of cells; a table without header cells has no line below its first row."""
    has_header = bool(rows) and any(cell.is_header for cell in rows[0])
    return render_grid(lay_out(rows), has_header)


def _flat(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
