"""Arms by measures, on chapters that were trained and on control chapters.

    python benchmarks/real_model/table.py FOLDER [--against ARM] [--form FORM]

Each arm has the learning rate, and with `--form best` the form of prompt, with the largest margin
on the development half of the trained chapters' questions. Trained chapters are scored on the other
half, control chapters on all questions. Differences are paired by question; intervals of 95 % come
from a bootstrap over seeds and questions. `gain` is the difference in differences: what an arm
gained on trained chapters less what it gained on control chapters. `smallest` is the smallest gain
that so many questions can show (80 % power, two-sided 5 %).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.append(str(Path(__file__).resolve().parents[2]))

import numpy as np

from real_model.arms import PLANTED
from real_model.run import RESULTS, load_results
from real_model.scoring import Exam, compute_margin, load_exam

FORMS = ("plain", "bare", "prompt")
MEASURES = {
    "margin": "margin, nats",
    "bits_per_byte": "bits a byte of the right answer (less is better)",
    "pairs": "pairs in right order, %",
    "acc": "acc, %",
    "acc_norm": "acc_norm, %",
    "exact_match": "exact match of written answers, %",
    "f1": "token F1 of written answers, %",
}
RESAMPLES = 2_000
# Random halves of the questions, on which the checks are repeated, and how many must agree. Halves
# are drawn without replacement: questions drawn twice would make two equal arms differ too often.
_HALVES = 20
_AGREEING = 19
# Measures of written answers, which a profile may leave out.
_WRITTEN = ("exact_match", "f1")
# z(0.975) + z(0.8)
_POWER = 2.8016
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmScores:
    """Scores of an arm with its chosen rate and form.

    `values` has by measure and side an array of shape (seeds, questions).
    """

    arm: str
    rate: float
    form: str
    rows: tuple[Row, ...]
    values: Mapping[tuple[str, str], Any]


def score_row(row: Row, exam: Exam, form: str) -> dict[int, dict[str, float]]:
    """Return the measures of each question (by its place in the exam), means over its wordings."""
    from structtuning_plugin.evaluation.likelihood import Candidates, measure

    lists: dict[int, dict[str, list[float]]] = {}
    for item, logliks in zip(exam["prompts"], row["logliks"], strict=True):
        if form in ("mean", item["form"]):
            candidates = Candidates(texts=tuple(item["texts"]), right=tuple(item["right"]))
            own = lists.setdefault(item["question"], {})
            for name, value in measure(candidates, logliks).items():
                own.setdefault(name, []).append(value)
    scores = {}
    for place, measures in lists.items():
        scores[place] = {name: fmean(values) for name, values in measures.items()}
        if any(row["answers"]):
            scores[place] |= _graded(row["answers"][place], exam["questions"][place])
    return scores


def _graded(answer: str, question: Row) -> dict[str, float]:
    from structtuning_plugin.questions.grading.final_answer import final_answer
    from structtuning_plugin.questions.grading.text import exact_match, token_f1

    text = final_answer(answer, "en")
    return {
        "exact_match": float(exact_match(text, question["answers"], "en")),
        "f1": token_f1(text, question["answers"], "en"),
    }


def choose_form(row: Row, exam: Exam) -> str:
    """Return the form with the largest margin on the development half."""
    asked = {item["form"] for item in exam["prompts"]}
    forms = [form for form in FORMS if form in asked]
    margins = {form: compute_margin(exam, row["logliks"], "trained", "dev", form) for form in forms}
    return max(forms, key=lambda form: margins[form])


def choose_rows(rows: Sequence[Row], exams: Mapping[int, Exam]) -> tuple[Row, ...]:
    """Return the rows of an arm with the rate that is best on the development half, by fold."""
    chosen: list[Row] = []
    for fold in sorted({row["fold"] for row in rows}):
        own = [row for row in rows if row["fold"] == fold]
        first = [row for row in own if row["seed"] == own[0]["seed"]]
        best = max(
            first, key=lambda row: compute_margin(exams[fold], row["logliks"], "trained", "dev")
        )
        chosen += [row for row in own if row["rate"] == best["rate"]]
    return tuple(chosen)


def score_arm(arm: str, rows: Sequence[Row], exams: Mapping[int, Exam], form: str) -> ArmScores:
    """Score an arm, over all its folds and seeds."""
    chosen = choose_rows(rows, exams)
    shown = form if form != "best" else choose_form(chosen[0], exams[chosen[0]["fold"]])
    seeds = sorted({row["seed"] for row in chosen})
    complete = [
        seed
        for seed in seeds
        if {row["fold"] for row in chosen if row["seed"] == seed} == {row["fold"] for row in chosen}
    ]
    by_seed = [_by_side(_of_seed(chosen, seed), exams, shown) for seed in complete]
    values = {key: np.asarray([one[key] for one in by_seed]) for key in by_seed[0]}
    return ArmScores(arm=arm, rate=chosen[0]["rate"], form=shown, rows=chosen, values=values)


def _of_seed(rows: Sequence[Row], seed: int) -> list[Row]:
    return [row for row in rows if row["seed"] == seed]


def _by_side(
    rows: Sequence[Row], exams: Mapping[int, Exam], form: str
) -> dict[tuple[str, str], list[float]]:
    """Collect the values of a seed's questions, fold by fold, by measure and side."""
    values: dict[tuple[str, str], list[float]] = {}
    for row in sorted(rows, key=lambda row: row["fold"]):
        exam = exams[row["fold"]]
        for place, measures in sorted(score_row(row, exam, form).items()):
            question = exam["questions"][place]
            if question["side"] == "control" or question["half"] == "test":
                for name in MEASURES:
                    if name in measures:
                        key = (name, question["side"])
                        values.setdefault(key, []).append(measures[name])
    return values


# --- Differences


def resample(values: Any, generator: Any) -> Any:
    """Draw means over seeds and questions, with replacement; shape (resamples,)."""
    seeds, questions = values.shape
    drawn_seeds = generator.integers(0, seeds, (RESAMPLES, seeds))
    drawn = generator.integers(0, questions, (RESAMPLES, questions))
    means = np.empty(RESAMPLES)
    for number in range(RESAMPLES):
        means[number] = values[drawn_seeds[number]].mean(axis=0)[drawn[number]].mean()
    return means


def subtract(ours: Any, theirs: Any) -> Any:
    """Return differences question by question; a base of one seed is paired with every seed."""
    return ours - (theirs if theirs.shape == ours.shape else theirs.mean(axis=0)[None, :])


def compute_gain(trained: Any, control: Any) -> dict[str, float]:
    """Compute the difference in differences with its interval and the smallest one to be seen.

    Args:
        trained: Paired differences on trained chapters, shape (seeds, questions).
        control: Paired differences on control chapters.
    """
    generator = np.random.default_rng(0)
    drawn = resample(trained, generator) - resample(control, generator)
    low, high = np.quantile(drawn, [0.025, 0.975])
    variance = 0.0
    for values in (trained, control):
        means = values.mean(axis=0)
        variance += float(means.var(ddof=1)) / len(means) if len(means) > 1 else 0.0
    return {
        "mean": float(trained.mean() - control.mean()),
        "low": float(low),
        "high": float(high),
        "smallest": _POWER * variance**0.5,
    }


def compute_interval(values: Any) -> dict[str, float]:
    """Compute the mean of values with its interval."""
    drawn = resample(values, np.random.default_rng(0))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}


# --- Tables


def write_measure_table(scores: Sequence[ArmScores], name: str, against: str) -> list[str]:
    """Write the table of one measure; the arm `against` is what differences are taken to."""
    reference = next((one for one in scores if one.arm == against), None)
    head = ["arm", "trained", "control", f"trained - {against}", f"control - {against}"]
    head += ["gain", "smallest"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for one in scores:
        if (name, "trained") not in one.values or (name, "control") not in one.values:
            continue
        sides = [compute_interval(one.values[name, side]) for side in ("trained", "control")]
        cells = [_cell(name, side) for side in sides]
        cells += _differences(one, reference, name) if reference is not None else [""] * 4
        lines.append(f"| {' | '.join([one.arm, *cells])} |")
    return lines


def _differences(one: ArmScores, reference: ArmScores, name: str) -> list[str]:
    if one.arm == reference.arm:
        return [""] * 4
    trained, control = (
        subtract(one.values[name, side], reference.values[name, side])
        for side in ("trained", "control")
    )
    effect = compute_gain(trained, control)
    return [
        _cell(name, compute_interval(trained), "+"),
        _cell(name, compute_interval(control), "+"),
        _cell(name, effect, "+"),
        _number(name, effect["smallest"]),
    ]


def _cell(name: str, found: Mapping[str, float], sign: str = "") -> str:
    mean = _number(name, found["mean"], sign)
    return f"{mean} ({_number(name, found['low'])} to {_number(name, found['high'])})"


def _number(name: str, value: float, sign: str = "") -> str:
    share = MEASURES[name].endswith("%")
    return f"{100 * value:{sign}.1f}" if share else f"{value:{sign}.2f}"


def write_cost_table(scores: Sequence[ArmScores]) -> list[str]:
    """Write what each arm cost: rate, form, tokens, minutes, and bits per byte of general text."""
    head = [
        "arm",
        "runs",
        "rate",
        "form",
        "tokens",
        "trained tokens",
        "minutes",
        "general bits/byte",
    ]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for one in scores:
        stages = [row["stages"] for row in one.rows]
        tokens = fmean(sum(stage["tokens"] for stage in own) for own in stages)
        trained = fmean(sum(stage["trained_tokens"] for stage in own) for own in stages)
        cells = [one.arm, str(len(one.rows)), f"{one.rate:g}", one.form, f"{tokens:,.0f}"]
        cells += [f"{trained:,.0f}", f"{fmean(row['minutes'] for row in one.rows):.1f}"]
        cells.append(f"{fmean(row['general'] for row in one.rows):.4f}")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def compute_constant_share(exam: Exam, side: str) -> float:
    """Return the share of questions that the best constant answer to each kind has right."""
    kinds: dict[str, Counter[str]] = {}
    count = 0
    for question in exam["questions"]:
        if question["side"] == side and (side == "control" or question["half"] == "test"):
            kinds.setdefault(question["kind"], Counter()).update(set(question["answers"]))
            count += 1
    return sum(max(answers.values()) for answers in kinds.values()) / count


def write_tables(rows: Sequence[Row], prepared: Path, against: str, form: str) -> str:
    """Write all tables of one profile, domain and number of tokens."""
    first = rows[0]
    folds = sorted({row["fold"] for row in rows})
    exams = {
        fold: load_exam(prepared / f"{first['profile']}-{first['domain']}-{fold}") for fold in folds
    }
    arms = dict.fromkeys(row["arm"] for row in rows)
    scores = [
        score_arm(arm, [row for row in rows if row["arm"] == arm], exams, form) for arm in arms
    ]
    lines = [*write_cost_table(scores), ""]
    for name, title in MEASURES.items():
        if not any((name, "trained") in one.values for one in scores):
            continue
        lines += [f"{title}; questions: {_sizes(scores, name)}", ""]
        if name in _WRITTEN:
            shares = [
                compute_constant_share(exams[folds[0]], side) for side in ("trained", "control")
            ]
            constant = ", ".join(f"{100 * share:.1f}" for share in shares)
            lines += [f"best constant answers, exact match, trained and control: {constant}", ""]
        lines += [*write_measure_table(scores, name, against), ""]
    lines += [*write_checks(scores, against), ""]
    return "\n".join(lines)


def write_checks(scores: Sequence[ArmScores], against: str) -> list[str]:
    """Write whether the measures can tell arms apart: a planted arm, and two seeds of one (A/A).

    Each check is repeated on 20 random halves of the questions. The planted arm must differ from
    the base on 19 of them at least, two seeds of one arm on one at most.
    """
    lines = []
    named = {one.arm: one for one in scores}
    for name in ("margin", "bits_per_byte"):
        if PLANTED in named and against in named:
            apart = count_told_apart(named[PLANTED], named[against], name)
            verdict = "as it must" if apart >= _AGREEING else f"too few, {_AGREEING} are needed"
            lines.append(
                f"{PLANTED} and {against}, {name}: differ on {apart} of {_HALVES} halves, {verdict}"
            )
        for one in scores:
            for first, second in _seed_pairs(one):
                apart = count_told_apart(first, second, name)
                most = _HALVES - _AGREEING
                verdict = "as it should be" if apart <= most else f"too many, {most} is the most"
                lines.append(
                    f"two seeds of {one.arm}, {name}: differ on {apart} of {_HALVES} halves, "
                    f"{verdict}"
                )
    return lines


def count_told_apart(ours: ArmScores, theirs: ArmScores, name: str) -> int:
    """Count the halves of the questions on which the gain's interval is on one side of 0."""
    generator = np.random.default_rng(1)
    trained, control = (
        subtract(ours.values[name, side], theirs.values[name, side])
        for side in ("trained", "control")
    )
    count = 0
    for _ in range(_HALVES):
        halves = (
            values[:, generator.permutation(values.shape[1])[: max(1, values.shape[1] // 2)]]
            for values in (trained, control)
        )
        effect = compute_gain(*halves)
        count += not effect["low"] <= 0 <= effect["high"]
    return count


def _seed_pairs(one: ArmScores) -> Iterator[tuple[ArmScores, ArmScores]]:
    """Yield the seeds of an arm in pairs, each as an arm of one seed."""
    count = len(next(iter(one.values.values())))
    for first, second in combinations(range(count), 2):
        yield _of_one_seed(one, first), _of_one_seed(one, second)


def _of_one_seed(one: ArmScores, place: int) -> ArmScores:
    values = {key: array[place : place + 1] for key, array in one.values.items()}
    return replace(one, values=values)


def _sizes(scores: Sequence[ArmScores], name: str) -> str:
    sizes = []
    for side in ("trained", "control"):
        counts = {one.values[name, side].shape[1] for one in scores if (name, side) in one.values}
        sizes.append(f"{'/'.join(map(str, sorted(counts)))} {side}")
    return ", ".join(sizes)


def write_curve(rows: Sequence[Row], prepared: Path, form: str) -> list[str]:
    """Write margin and bits per byte of each arm by tokens, trained and control chapters."""
    lines = ["| arm | tokens | margin | control | bits/byte | control |", "|---" * 6 + "|"]
    for arm, tokens in dict.fromkeys((row["arm"], row["tokens"]) for row in rows):
        own = [row for row in rows if (row["arm"], row["tokens"]) == (arm, tokens)]
        scores = score_arm(arm, own, load_exams(own, prepared), form)
        cells = [
            _cell(name, compute_interval(scores.values[name, side]))
            for name in ("margin", "bits_per_byte")
            for side in ("trained", "control")
        ]
        lines.append(f"| {' | '.join([arm, f'{tokens:,}', *cells])} |")
    return lines


def load_exams(rows: Iterable[Row], prepared: Path) -> dict[int, Exam]:
    """Load the exams of rows by their fold."""
    return {
        row["fold"]: _exam(prepared / f"{row['profile']}-{row['domain']}-{row['fold']}")
        for row in rows
    }


@cache
def _exam(folder: Path) -> Exam:
    return load_exam(folder)


def group_rows(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """Group rows by profile and domain, in their order."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["profile"], row["domain"]), []).append(row)
    return groups


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where `results.jsonl` is")
    parser.add_argument("--prepared", type=Path, help="prepared rows; FOLDER/prepared by default")
    parser.add_argument("--against", default="base", help="arm that the others are compared with")
    parser.add_argument("--form", choices=("best", "mean", *FORMS), default="best")
    parser.add_argument("--export", type=Path, help="folder for all that the tables need")
    given = parser.parse_args()
    rows = load_results(given.folder)
    if not rows:
        sys.exit(f"There is no {given.folder / RESULTS}: run benchmarks/real_model/run.py first.")
    prepared = given.prepared or given.folder / "prepared"
    if given.export is not None:
        export_results(given.folder, prepared, given.export)
    for (profile, domain), group in group_rows(rows).items():
        most = max(row["tokens"] for row in group)
        print(f"profile {profile}, domain {domain}, {most:,} tokens, {group[0]['device']}\n")
        whole = [row for row in group if row["tokens"] in (0, most)]
        print(write_tables(whole, prepared, given.against, given.form))
        if len({row["tokens"] for row in group}) > 2:
            print("\n".join(write_curve(group, prepared, given.form)), end="\n\n")
        for folder in sorted(prepared.glob(f"{profile}-{domain}-*")):
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            print(_proof(folder.name, manifest), end="\n\n")


def export_results(folder: Path, prepared: Path, target: Path) -> None:
    """Copy what the tables need: results, manifests, and exams without token ids and questions.

    An exam that lies in a repository is read by the models of tomorrow.
    """
    target.mkdir(parents=True, exist_ok=True)
    (target / RESULTS).write_bytes((folder / RESULTS).read_bytes())
    for path in sorted(prepared.glob("*/exam.json")):
        own = target / "prepared" / path.parent.name
        own.mkdir(parents=True, exist_ok=True)
        exam = json.loads(path.read_text(encoding="utf-8"))
        prompts = [
            {key: value for key, value in item.items() if key != "pairs"}
            for item in exam["prompts"]
        ]
        hidden = {"question": "", "wrong": [], "rewordings": []}
        questions = [{**question, **hidden} for question in exam["questions"]]
        text = json.dumps({"questions": questions, "prompts": prompts}) + "\n"
        (own / "exam.json").write_text(text, encoding="utf-8")
        (own / "manifest.json").write_bytes((path.parent / "manifest.json").read_bytes())


def _proof(name: str, manifest: Mapping[str, Any]) -> str:
    lines = [f"{name}: row sets left out: {', '.join(manifest['skipped']) or 'none'}"]
    for row_set, report in manifest["rows"].items():
        lines.append(
            f"  {row_set}: {report['rows']:,} rows, {report['tokens']:,} tokens; "
            f"{report['leaks']} taken out, {report['overlaps']} overlap with the exam, "
            f"nearest question F1 {report['nearest']}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
