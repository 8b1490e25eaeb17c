"""Learning curve of the arms, as a PNG or SVG. Needs matplotlib, the extra `plots`.

    python benchmarks/real_model/plot.py FOLDER -o curve.png [--form best|mean|plain|bare|prompt]

Margin and bits per byte of the right answer by trained tokens, from 0, the model as it is; chapters
that were trained with a whole line, control chapters with a dashed one. Bars are 95 % bootstrap
intervals over seeds and questions.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.append(str(Path(__file__).resolve().parents[2]))

from real_model.arms import ARMS
from real_model.run import RESULTS, load_results
from real_model.table import FORMS, MEASURES, compute_interval, group_rows, load_exams, score_arm

_SHOWN = ("margin", "bits_per_byte")
_LINES = {"trained": "-", "control": "--"}

# Tokens, and the mean with its interval.
Point = tuple[int, Mapping[str, float]]


def compute_curves(
    rows: Sequence[Mapping[str, Any]], prepared: Path, form: str
) -> dict[tuple[str, str, str], list[Point]]:
    """Compute the points by measure, arm and side, in the order of the tokens.

    Every arm begins with the base model's scores, where these are in the rows.
    """
    curves: dict[tuple[str, str, str], list[Point]] = {}
    base = [row for row in rows if not ARMS[row["arm"]].stages]
    for arm in dict.fromkeys(row["arm"] for row in rows if row not in base):
        own = [row for row in rows if row["arm"] == arm]
        for tokens in sorted({row["tokens"] for row in (*base, *own)}):
            chosen = [row for row in own if row["tokens"] == tokens] or base
            scores = score_arm(chosen[0]["arm"], chosen, load_exams(chosen, prepared), form)
            for name in _SHOWN:
                for side in _LINES:
                    point = tokens, compute_interval(scores.values[name, side])
                    curves.setdefault((name, arm, side), []).append(point)
    return curves


def draw_curves(curves: Mapping[tuple[str, str, str], Sequence[Point]], path: Path) -> None:
    """Draw one panel a measure; deterministic.

    Raises:
        ConfigError: If matplotlib is missing, or the suffix is neither `.png` nor `.svg`.
    """
    from structtuning_plugin.evaluation.report.plots import COLOURS, check_plot, matplotlib_part

    target = check_plot(path)
    figure = matplotlib_part("figure").Figure(figsize=(10, 4.2), layout="constrained")
    panels = figure.subplots(1, len(_SHOWN))
    arms = list(dict.fromkeys(arm for _, arm, _ in curves))
    for panel, name in zip(panels, _SHOWN, strict=True):
        for (measure, arm, side), points in curves.items():
            if measure == name:
                _draw_line(panel, points, arm, side, COLOURS[arms.index(arm) % len(COLOURS)])
        panel.set(xlabel="tokens of training", ylabel=MEASURES[name])
        panel.grid(alpha=0.3)
    panels[0].legend()
    kind = target.suffix.lower().lstrip(".")
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with matplotlib_part("").rc_context({"svg.hashsalt": "structtuning"}):
        figure.savefig(target, format=kind, dpi=100, metadata=metadata)


def _draw_line(panel: Any, points: Sequence[Point], arm: str, side: str, colour: str) -> None:
    tokens = [place for place, _ in points]
    means = [value["mean"] for _, value in points]
    reach = [
        [value["mean"] - value["low"] for _, value in points],
        [value["high"] - value["mean"] for _, value in points],
    ]
    label = f"{arm}, {side}"
    panel.errorbar(
        tokens, means, yerr=reach, label=label, color=colour, linestyle=_LINES[side], capsize=3
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where `results.jsonl` is")
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG or SVG to write")
    parser.add_argument("--prepared", type=Path, help="prepared rows; FOLDER/prepared by default")
    parser.add_argument("--form", choices=("best", "mean", *FORMS), default="best")
    given = parser.parse_args()
    rows = load_results(given.folder)
    if not rows:
        sys.exit(f"There is no {given.folder / RESULTS}: run benchmarks/real_model/run.py first.")
    group = next(iter(group_rows(rows).values()))
    curves = compute_curves(group, given.prepared or given.folder / "prepared", given.form)
    draw_curves(curves, given.output)


if __name__ == "__main__":
    main()
