"""Which samples put a book's knowledge into a small model: trains the arms and asks them.

    python benchmarks/injection/run.py --profile smoke|cpu|gpu [--seeds 0 1] [--arms main curve ...] [--jobs 2] -o FOLDER
    python benchmarks/injection/table.py FOLDER

`FOLDER/results.jsonl` gets a row for every arm and seed; what is there is not run again, so that a run which was killed
goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.append(str(Path(__file__).resolve().parents[2]))

from injection.arms import ARMS, GROUPS
from injection.experiment import Experiment
from injection.profiles import PROFILES

RESULTS = "results.jsonl"


def load_results(folder: Path) -> list[dict[str, Any]]:
    path = folder / RESULTS
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if path.is_file()
        else []
    )


def add_result(folder: Path, row: dict[str, Any]) -> None:
    with (folder / RESULTS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def run(folder: Path, experiments: list[Experiment], names: list[str]) -> None:
    """Runs what `results.jsonl` does not have yet, seed by seed."""
    folder.mkdir(parents=True, exist_ok=True)
    done = {
        (row["profile"], row["regime"], row["seed"], row["arm"]) for row in load_results(folder)
    }
    for experiment in experiments:
        experiment.write()
        for name in ["base", *names]:
            where = {
                "profile": experiment.name,
                "regime": experiment.regime,
                "seed": experiment.seed,
                "arm": name,
            }
            if tuple(where.values()) in done:
                continue
            started = time.monotonic()
            found = experiment.score_base() if name == "base" else experiment.run(ARMS[name])
            add_result(folder, {**where, **found})
            print(
                f"[injection] seed {experiment.seed}, {name}: {time.monotonic() - started:.0f} s",
                flush=True,
            )


def run_side_by_side(seeds: Sequence[int], jobs: int, arguments: Sequence[str]) -> int:
    """Seeds in processes of their own, one thread each; the first exit status that is not 0."""
    parts = [list(seeds[first::jobs]) for first in range(min(jobs, len(seeds)))]
    command = [sys.executable, __file__, *arguments, "--seeds"]
    processes = [subprocess.Popen([*command, *map(str, part)]) for part in parts]
    return max((abs(process.wait()) for process in processes), default=0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--profile", choices=PROFILES, required=True)
    parser.add_argument("--regime", choices=("pronoun", "named"), default="pronoun")
    parser.add_argument("--seeds", type=int, nargs="+", help="default: the profile's")
    known = f"of: {', '.join((*GROUPS, *ARMS))}; default: the profile's".replace("%", "%%")
    parser.add_argument("--arms", choices=(*GROUPS, *ARMS), nargs="+", metavar="ARM", help=known)
    parser.add_argument(
        "--jobs", type=int, default=1, help="processes that seeds are divided among"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        help="folder for books, models and results.jsonl",
    )
    given = parser.parse_args()
    profile = PROFILES[given.profile]
    folder = given.output.resolve()
    if given.jobs > 1:
        same = ["--profile", given.profile, "--regime", given.regime, "--output", str(folder)]
        same += ["--arms", *given.arms] if given.arms else []
        sys.exit(run_side_by_side(given.seeds or profile.seeds, given.jobs, same))
    experiments = [
        Experiment(
            name=given.profile,
            profile=profile,
            regime=given.regime,
            seed=seed,
            folder=folder / f"{given.profile}-{given.regime}-{seed}",
        )
        for seed in given.seeds or profile.seeds
    ]
    run(
        folder,
        experiments,
        [arm for name in given.arms or profile.arms for arm in GROUPS.get(name, (name,))],
    )


if __name__ == "__main__":
    main()
