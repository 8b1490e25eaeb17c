"""What the arms of an ablation scored."""

from __future__ import annotations

from collections.abc import Sequence

from structtuning_plugin.ablation.table import Cell, Row
from structtuning_plugin.html_report.charts import chart
from structtuning_plugin.html_report.values import Chart, Column, Section, Table
from structtuning_plugin.html_report.wording import NOTHING, sentence
from structtuning_plugin.plotting import Series

_ABOUT = "Mean over seeds of training, with its 95 % interval over seeds (Student's t); one seed alone has none."


def arms(rows: Sequence[Row]) -> Section:
    """The arms in their order, as far as they have run."""
    sets = sorted({name for row in rows for name in row.by_set})
    shown = sets if len(sets) > 1 else []
    figures = ("score", "asked briefly", "seeds", "tokens", *shown)
    titles = [("arm", True), ("asked", True), *((title, False) for title in figures), ("what it is", True)]
    columns = tuple(Column(title=title, words=words) for title, words in titles)
    table = Table(caption="Arms of the ablation", columns=columns, rows=tuple(_cells(row, shown) for row in rows))
    return Section(
        anchor="arms",
        title="Ablation",
        lines=(_ABOUT, *(_missing(row) for row in rows if row.missing)),
        parts=(*_chart(rows), table),
    )


def reach(cell: Cell) -> tuple[float, float] | None:
    """The interval as far as a share can go, 0..1; None for one seed alone."""
    return None if cell.half is None else (max(0.0, cell.mean - cell.half), min(1.0, cell.mean + cell.half))


def _chart(rows: Sequence[Row]) -> tuple[Chart, ...]:
    scored = {row.arm: row.total for row in rows if row.total is not None}
    if not scored:
        return ()
    means, ends = [cell.mean for cell in scored.values()], [reach(cell) for cell in scored.values()]
    return (chart("ablation", "Score of each arm", list(scored), [Series(name="score", means=means, ends=ends)]),)


def _cells(row: Row, sets: Sequence[str]) -> tuple[str, ...]:
    seeds = f"{row.total.seeds:,}" if row.total is not None else "0"
    of_sets = (_cell(row.by_set.get(name)) for name in sets)
    return row.arm, row.style, _cell(row.total), _cell(row.brief), seeds, f"{row.tokens:,}", *of_sets, row.about


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return NOTHING
    return f"{100 * cell.mean:.1f} %" + (f" ± {100 * cell.half:.1f}" if cell.half is not None else "")


def _missing(row: Row) -> str:
    seeds = ", ".join(map(str, row.missing))
    return sentence("Not run yet: {arm} with seed {seeds}.", arm=row.arm, seeds=seeds)
