"""Arms by kinds of question, from the results of `run.py`.

    python benchmarks/injection/table.py FOLDER

Right answers in %, the mean over seeds and half the width of its 95 % interval (Student's t; none for a single seed).
"facts" is the mean of one hop, inherited and two hops, "all" that of all kinds. An arm trained on to another one's
tokens is written `arm=other`. `(brief)` are arms that were tuned to reason, asked for the bare answer. Arms that got a part of
the book have a table of their own, beside the arms with all of it and as many tokens.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.append(str(Path(__file__).resolve().parents[2]))

from injection.arms import ARMS, OURS
from injection.questions import FACTS, KINDS

Row = Mapping[str, Any]


def shares(row: Row, pool: str) -> dict[str, float]:
    """% right by kind, and the means over kinds."""
    found = {kind: 100 * right / count for kind, (right, count) in row["scores"][pool].items()}
    return _with_means(found)


def chance_of(row: Row) -> dict[str, float]:
    """% that the best constant answers would have."""
    return _with_means({kind: 100 * share for kind, share in row["chance"].items()})


def _with_means(found: dict[str, float]) -> dict[str, float]:
    facts = [found[kind] for kind in FACTS if kind in found]
    return {**found, "facts": fmean(facts), "all": fmean(found.values())}


def mean_and_interval(values: Sequence[float]) -> str:
    """`62.1 ± 4.9`; the mean alone of a single value.

    >>> mean_and_interval([60.0, 62.0, 64.0]), mean_and_interval([60.0])
    ('62.0 ± 5.0', '60.0')
    """
    if len(values) < 2:
        return f"{fmean(values):.1f}"
    from scipy.stats import t

    half = float(t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    return f"{fmean(values):.1f} ± {half:.1f}"


def table(rows: Sequence[Row]) -> str:
    """One line per arm and way of asking, in the order of the results; one table of one regime."""
    columns = ("facts", "all", *KINDS)
    head = ["arm", "seeds", *columns, "tokens", "trained", "steps", "seconds"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines.append(
        _line("best constant answers", [chance_of(row) for row in _of_first_arm(rows)], columns, {})
    )
    for name in dict.fromkeys(row["arm"] for row in rows if "%" not in row["arm"]):
        of_arm = [row for row in rows if row["arm"] == name]
        for pool in of_arm[0]["scores"]:
            label = name if pool == of_arm[0]["asked"] else f"{name} ({pool})"
            lines.append(
                _line(label, [shares(row, pool) for row in of_arm], columns, _costs(of_arm))
            )
    return "\n".join(lines)


def curve(rows: Sequence[Row]) -> str:
    """Facts right, by the share of the book that an arm was given; all arms are trained on as many tokens.

    Seeds without such arms do not count, or the whole book would be another mean than its parts.
    """
    seeds = {row["seed"] for row in rows if "%" in row["arm"]}
    found: dict[str, dict[int, list[float]]] = {}
    for row in rows:
        arm = ARMS.get(row["arm"])
        if arm is not None and row["seed"] in seeds and OURS in (arm.like, arm.name):
            of_form = found.setdefault(f"{arm.pretraining}+{arm.instruction}", {})
            of_form.setdefault(arm.share, []).append(shares(row, row["asked"])["facts"])
    parts = sorted({share for by_share in found.values() for share in by_share})
    lines = [
        f"| facts, by share of the book | {' | '.join(f'{share} %' for share in parts)} |",
        "|---" * (len(parts) + 1) + "|",
    ]
    for name, by_share in found.items():
        if len(by_share) > 1 or name == "cpt+sft":
            cells = [
                mean_and_interval(by_share[share]) if share in by_share else "-" for share in parts
            ]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _of_first_arm(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["arm"] == rows[0]["arm"]]


def _line(
    name: str,
    found: Sequence[Mapping[str, float]],
    columns: Iterable[str],
    costs: Mapping[str, float],
) -> str:
    cells = [
        mean_and_interval([one[column] for one in found if column in one]) for column in columns
    ]
    paid = [
        f"{costs[key]:,.0f}" if costs else "" for key in ("tokens", "trained", "steps", "seconds")
    ]
    return f"| {' | '.join([name, str(len(found)), *cells, *paid])} |"


def _costs(rows: Sequence[Row]) -> dict[str, float]:
    """Of both stages together, mean over seeds; of the base its own."""
    stages = [list(row["costs"].values()) or [row["base"]] for row in rows]
    return {
        key: fmean(sum(stage[key] for stage in of_row) for of_row in stages)
        for key in ("tokens", "trained", "steps", "seconds")
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where `results.jsonl` is")
    given = parser.parse_args()
    path = given.folder / "results.jsonl"
    if not path.is_file():
        sys.exit(f"There is no {path}: run benchmarks/injection/run.py -o {given.folder} first.")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    groups = dict.fromkeys((row["profile"], row["regime"]) for row in rows)
    for profile, regime in groups:
        print(f"profile {profile}, regime {regime}\n")
        of_group = [row for row in rows if (row["profile"], row["regime"]) == (profile, regime)]
        print(table(of_group), end="\n\n")
        if any("%" in row["arm"] for row in of_group):
            print(curve(of_group), end="\n\n")


if __name__ == "__main__":
    main()
