"""One seed of the experiment in one folder: its books, its base, its arms.

FOLDER/
  base/{corpus/*.md, qa.jsonl, start/, model/}     other books, and the model that knows the forms
  target/{corpus/book.md, qa.jsonl}                the book, and the questions on half of its points
  target-SHARE/corpus/book.md                      so many % of its paragraphs
  trained/NAME/{model/, trained.json}              what a stage of an arm gave; what is there is not trained again
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from injection import arms, training
from injection.base import save_start
from injection.corpus import Regime, markdown
from injection.grammar import DOMAIN, Book, make_books
from injection.profiles import Profile
from injection.questions import PromptedQuestion, Split, exam_questions, split, training_questions
from injection.scoring import ask, chance, score
from injection.training import Trained, Training

_STAGES = ("pretraining", "instruction")


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One seed and regime in `folder`; everything in it follows from these two and the profile."""

    name: str
    profile: Profile
    regime: Regime
    seed: int
    folder: Path

    # --- books and questions

    def books(self) -> list[Book]:
        """The base's books and, last, the target."""
        return make_books(self.seed, self.profile.base_books + 1, self.profile.size)

    @property
    def target(self) -> Book:
        return self.books()[-1]

    def split(self) -> Split:
        return split(self.target, self.seed)

    def exam(self) -> list[PromptedQuestion]:
        return exam_questions(self.target, self.split().held_out, self.seed)

    def lessons(self) -> list[PromptedQuestion]:
        return training_questions(self.target, self.split().train, self.seed)

    def write(self) -> None:
        """Books and questions as files; those that are there are written again, byte for byte."""
        *others, target = self.books()
        self._write_books(self.folder / "base", others)
        self._write_books(self.folder / "target", [target])
        for share in sorted({arm.share for arm in arms.ARMS.values()} - {100}):
            self._write_books(self.folder / part_of(share), [target], share)
        many = [
            asked
            for book in others
            for turn in range(self.profile.asked)
            for asked in training_questions(book, book.points, 1000 * self.seed + turn)
        ]
        unique = {asked.id: asked for asked in many}
        _write_jsonl(self.folder / "base/qa.jsonl", [asked.record() for asked in unique.values()])
        _write_jsonl(self.folder / "target/qa.jsonl", [asked.record() for asked in self.lessons()])

    def _write_books(self, folder: Path, books: Sequence[Book], share: int = 100) -> None:
        (folder / "corpus").mkdir(parents=True, exist_ok=True)
        for book in books:
            text = markdown(book, self.regime, self.profile.paraphrases, self.seed, share)
            path = folder / "corpus" / f"{book.name.replace(' ', '-').lower()}.md"
            path.write_text(text, encoding="utf-8", newline="\n")

    # --- recipes

    def common(self, part: str) -> dict[str, Any]:
        """What all blocks on the books of one folder have in common."""
        return {
            "domain": DOMAIN,
            "corpus": [{"path": str(self.folder / part / "corpus"), "language": "en"}],
            "work_dir": str(self.folder / part / "work"),
            "chunk_tokens": self.profile.chunk_tokens,
            # The headings are the tree; many paraphrases beneath one are no reason to look for more.
            "taxonomy": {"extractor": "headings", "options": {"split_over": 1000}},
            "max_workers": 1,
        }

    def block(self, stage: str, form: str, part: str = "target") -> dict[str, Any]:
        if stage == "pretraining":
            return arms.scpt_block(form, self.common(part))
        return arms.ssft_block(
            form, self.common(part), self.folder / part.partition("-")[0] / "qa.jsonl"
        )

    # --- training

    def base(self) -> Trained:
        """The base model, on the rows of all forms at once."""
        folder = self.folder / "base"
        if not (folder / "trained.json").is_file():
            save_start(folder / "start", self.profile.hidden, self.profile.layers, self.seed)
            how = replace(self.profile.base, seed=self.seed)
            entries: list[dict[str, Any]] = []
            for forms in arms.BASE_BLOCKS:
                for stage, form in zip(_STAGES, forms, strict=True):
                    if not form:
                        continue
                    settings = training.recipe(
                        folder / "start", folder, how, self.block(stage, form, "base")
                    )
                    entries += training.built_rows(settings)[0]
            settings = training.recipe(folder / "start", folder, how, None) | {"datasets": entries}
            self._train(folder, settings)
        return _load(folder)

    def run(self, arm: arms.Arm) -> dict[str, Any]:
        """Trains an arm and asks it; what `results.jsonl` says of it."""
        base = self.base()
        start, costs = self.folder / "base/model", {}
        forms = (arm.pretraining, arm.instruction)
        for stage, name, form in zip(_STAGES, arm.stage_names(arms.ARMS), forms, strict=True):
            folder = self.folder / "trained" / name
            costs[stage] = self._stage(folder, start, stage, form, arm)
            start = folder / "model"
        exam = self.exam()
        pools = ("reason", "brief") if arm.reasons else ("brief",)
        scores = self._scores(start, exam, pools)
        return {
            "asked": pools[0],
            "scores": scores,
            "chance": chance(exam),
            "base": asdict(base),
            "costs": {stage: asdict(cost) for stage, cost in costs.items()},
        }

    def score_base(self) -> dict[str, Any]:
        """The base on the target book, which it has never seen."""
        base, exam = self.base(), self.exam()
        scores = self._scores(self.folder / "base/model", exam, ("brief", "reason"))
        return {
            "asked": "brief",
            "scores": scores,
            "chance": chance(exam),
            "base": asdict(base),
            "costs": {},
        }

    def _scores(
        self, model: Path, exam: Sequence[PromptedQuestion], pools: Sequence[str]
    ) -> dict[str, dict[str, list[int]]]:
        return {
            pool: score(exam, ask(model, exam, pool, self.profile.longest_answer)) for pool in pools
        }

    def _stage(self, folder: Path, start: Path, stage: str, form: str, arm: arms.Arm) -> Trained:
        if not (folder / "trained.json").is_file():
            how: Training = replace(getattr(self.profile, stage), seed=self.seed)
            if arm.like:
                how = replace(how, epochs=how.epochs * self._times(stage, form, arm))
            self._train(
                folder,
                training.recipe(start, folder, how, self.block(stage, form, part_of(arm.share))),
            )
        return _load(folder)

    def _times(self, stage: str, form: str, arm: arms.Arm) -> float:
        """How many times as many tokens an epoch of the other arm has."""
        like = arms.ARMS[arm.like]
        other = like.pretraining if stage == "pretraining" else like.instruction
        return self.rows(stage, other)[1] / self.rows(stage, form, part_of(arm.share))[1]

    def rows(self, stage: str, form: str, part: str = "target") -> tuple[list[dict[str, Any]], int]:
        """The rows of a form on the target book, or a part of it, and their tokens."""
        how: Training = getattr(self.profile, stage)
        folder = self.folder / "base"
        if not (folder / "start").is_dir():
            save_start(folder / "start", self.profile.hidden, self.profile.layers, self.seed)
        return training.built_rows(
            training.recipe(
                folder / "start", self.folder / "rows", how, self.block(stage, form, part)
            )
        )

    def _train(self, folder: Path, settings: Mapping[str, Any]) -> None:
        shutil.rmtree(folder / "model", ignore_errors=True)  # of a run that was killed
        trained = training.train(settings)
        shutil.rmtree(folder / "prepared", ignore_errors=True)
        (folder / "trained.json").write_text(json.dumps(asdict(trained)), encoding="utf-8")


def part_of(share: int) -> str:
    return "target" if share == 100 else f"target-{share}"


def _load(folder: Path) -> Trained:
    return Trained(**json.loads((folder / "trained.json").read_text(encoding="utf-8")))


def _write_jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8", newline="\n")
