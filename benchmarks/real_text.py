"""A real book, a small model made on the spot, and the user's own three commands.

    python benchmarks/real_text.py --data DATA [--profile cpu|gpu] -o FOLDER
    axolotl structtuning ablate FOLDER/recipe.yaml -o FOLDER/ablation --seed 0 --seed 1
    bash FOLDER/ablation/run.sh
    axolotl structtuning arms FOLDER/ablation

The base is trained by Axolotl on another book, in every form of sample. The exam are the probes of the target; questions
of the same kinds on its other points, none of which names a point of the exam, are what the arms are tuned on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.append(str(Path(__file__).resolve().parents[1]))

from injection import training
from injection.base import save_start
from injection.training import Training

TARGET, OTHER = "practical-physiology-pd-en", "microbiology-en"
_EXAM = {"share": 0.2, "per_point": 4}
_ROUNDS = 8  # of questions to learn from, each on another half of the points
# What the base has seen: (stage, keys of that part of the block).
_FORMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("scpt", {"kinds": ["passage"], "context": "none"}),
    ("scpt", {"preset": "compact"}),
    ("scpt", {"preset": "paper"}),
    ("ssft", {"preset": "compact"}),
    ("ssft", {"preset": "paper", "kinds": ["reasoned"]}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`target`, `other`: characters of the books, to the end of a chapter; the rest as in an Axolotl recipe."""

    target: int
    other: int
    hidden: int
    layers: int
    base: Training
    epochs: float
    learning_rate: float
    rows: int


PROFILES = {
    "smoke": Profile(
        target=20_000,
        other=20_000,
        hidden=64,
        layers=2,
        base=Training(epochs=1, learning_rate=2e-3, rows=4, seed=0),
        epochs=1,
        learning_rate=1e-3,
        rows=2,
    ),
    "cpu": Profile(
        target=80_000,
        other=80_000,
        hidden=128,
        layers=4,
        base=Training(epochs=3, learning_rate=2e-3, rows=4, seed=0),
        epochs=8,
        learning_rate=1e-3,
        rows=2,
    ),
    "gpu": Profile(
        target=10**9,
        other=10**9,
        hidden=512,
        layers=12,
        base=Training(epochs=4, learning_rate=1e-3, rows=16, seed=0),
        epochs=4,
        learning_rate=5e-4,
        rows=8,
    ),
}


def excerpt(text: str, most: int) -> str:
    """The book up to the end of the chapter with which it has more than `most` characters."""
    kept = 0
    parts = text.split("\n## ")
    for count, part in enumerate(parts, start=1):
        kept += len(part)
        if kept > most:
            return "\n## ".join(parts[:count]) + "\n"
    return text


def block(folder: Path, domain: str, **more: Any) -> dict[str, Any]:
    corpus = [{"path": str(folder / "corpus"), "language": "en"}]
    return {
        "domain": domain,
        "corpus": corpus,
        "work_dir": str(folder / "work"),
        "chunk_tokens": 256,
        "max_workers": 1,
        **more,
    }


def probes(
    recipe: Mapping[str, Any], about: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The probes of a block as records of a set of questions, and the title of every topic by its id."""
    from structtuning_plugin.build.held_out import build_probes, split_corpus
    from structtuning_plugin.build.pipeline import build
    from structtuning_plugin.commands.recipe_context import RecipeContext
    from structtuning_plugin.config import parse_block
    from structtuning_plugin.core.progress import Progress
    from structtuning_plugin.questions.probes.files import record_of

    opened = RecipeContext.of(
        recipe, parse_block({**about, "stage": "scpt", "scpt": {"kinds": ["passage"]}})
    )
    build(opened.plan, opened.codec, Progress(), opened.chat)
    root, documents, chunks = opened.plan.load_taxonomy()
    made = build_probes(opened.plan, split_corpus(opened.plan, root, documents, chunks))
    return [record_of(probe) for probe in made], {topic.id: topic.title for topic in root.walk()}


def questions(
    recipe: Mapping[str, Any], about: Mapping[str, Any], exam: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Questions of the kinds of the exam that name none of its points, each once."""
    kept = {record["topic_id"] for record in exam}
    found: dict[str, dict[str, Any]] = {}
    for seed in range(1, _ROUNDS + 1):
        records, titles = probes(
            recipe, {**about, "seed": seed, "probes": {"share": 0.5, "per_point": 7}}
        )
        names = [titles[topic_id].casefold() for topic_id in kept]
        for record in records:
            said = f"{record['question']} {record['answer']}".casefold()
            if record["topic_id"] not in kept and not any(name in said for name in names):
                found.setdefault(
                    record["id"],
                    {key: record[key] for key in ("id", "question", "answer", "language")},
                )
    return list(found.values())


def write_jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows),
        encoding="utf-8",
        newline="\n",
    )


def prepare(data: Path, folder: Path, profile: Profile) -> None:
    """The books, the base, the exam, the questions to learn from, and the recipe for `ablate`."""
    for name, book, most in (("target", TARGET, profile.target), ("other", OTHER, profile.other)):
        (folder / name / "corpus").mkdir(parents=True, exist_ok=True)
        text = (data / "books" / book / "structured.md").read_text(encoding="utf-8")
        (folder / name / "corpus" / f"{book}.md").write_text(
            excerpt(text, most), encoding="utf-8", newline="\n"
        )
    _train_base(folder, profile)
    recipe = training.recipe(folder / "base/model", folder, profile.base, None)
    about = block(folder / "target", "Physiology")
    exam, _ = probes(recipe, {**about, "probes": _EXAM})
    write_jsonl(folder / "exam.jsonl", exam)
    write_jsonl(folder / "qa.jsonl", questions(recipe, about, exam))
    recipe |= {
        "num_epochs": profile.epochs,
        "learning_rate": profile.learning_rate,
        "micro_batch_size": profile.rows,
    }
    asked = {"qa": [str(folder / "qa.jsonl")], "holdout": [str(folder / "exam.jsonl")]}
    recipe |= {
        "plugins": [training.PLUGIN],
        "structtuning": {**about, "probes": _EXAM, "ssft": asked},
    }
    _write_recipe(folder / "recipe.yaml", recipe)


def _train_base(folder: Path, profile: Profile) -> None:
    base, about = folder / "base", block(folder / "other", "Microbiology")
    if (base / "trained.json").is_file():
        return
    text = (folder / "other" / "corpus" / f"{OTHER}.md").read_text(encoding="utf-8")
    save_start(base / "start", profile.hidden, profile.layers, seed=0, texts=[text])
    plain = training.recipe(base / "start", base, profile.base, None)
    write_jsonl(folder / "other/qa.jsonl", questions(plain, about, []))
    entries: list[dict[str, Any]] = []
    for stage, form in _FORMS:
        keys = {**form, "qa": [str(folder / "other/qa.jsonl")]} if stage == "ssft" else form
        settings = training.recipe(
            base / "start", base, profile.base, {**about, "stage": stage, stage: keys}
        )
        entries += training.built_rows(settings)[0]
    trained = training.train(plain | {"datasets": entries})
    (base / "trained.json").write_text(
        json.dumps({"tokens": trained.tokens, "seconds": trained.seconds}), encoding="utf-8"
    )


def _write_recipe(path: Path, recipe: Mapping[str, Any]) -> None:
    import yaml

    path.write_text(
        yaml.safe_dump(dict(recipe), sort_keys=False, allow_unicode=True),
        encoding="utf-8",
        newline="\n",
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, required=True, help=f"folder with books/{TARGET} and books/{OTHER}"
    )
    parser.add_argument("--profile", choices=PROFILES, default="cpu")
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    folder = given.output.resolve()
    prepare(given.data, folder, PROFILES[given.profile])
    print(
        f"\nNow:\n  axolotl structtuning ablate {folder}/recipe.yaml -o {folder}/ablation --seed 0 --seed 1"
    )


if __name__ == "__main__":
    main()
