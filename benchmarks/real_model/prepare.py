"""Everything that training needs, as token ids: rows of each row set, the exam, general text.

FOLDER/
  domain/{corpus/book.md, lessons.jsonl, exam.jsonl}   what the plugin gets, and what is asked
  rows/NAME.npz                                       ids, trained, offsets of a row set
  exam.json                                           prompts, candidates and questions
  general.npz                                         general text in windows
  manifest.json                                       tokens of the row sets, proof of no leak

A machine with only torch and transformers trains from this folder.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from real_model.arms import ARMS, PLANTED, ROW_SETS, RowSet, is_buildable
from real_model.domains import Domain, ExamQuestion
from real_model.profiles import Profile

PLUGIN = "structtuning_plugin.StructTuningPlugin"
_SENTENCE = re.compile(r"(?<=[.?!])\s+|\n+")


def prepare(
    folder: Path, model: Path, domain: Domain, arms: Sequence[str], profile: Profile, general: str
) -> None:
    """Build everything of one domain that is not there yet."""
    report = _load_report(folder, domain)
    known = {*report["rows"], *report["skipped"]}
    names = dict.fromkeys(name for arm in arms for name in ARMS[arm].row_sets)
    missing = [name for name in names if name not in known]
    if not missing and (folder / "general.npz").is_file():
        return
    paths = _write_domain(folder / "domain", domain)
    if not domain.lessons:
        _write_jsonl(paths["lessons"], _rule_made(folder, model, domain, profile))
    guard = LeakGuard(domain.exam, domain.paraphrase)
    for name in missing:
        if is_buildable(ROW_SETS[name]):
            rows = _build(folder, model, domain, profile, name, paths)
            kept, proof = guard.filter(rows, is_checked=name != PLANTED)
            save_rows(folder / "rows" / f"{name}.npz", [row["ids"] for row in kept])
            report["rows"][name] = {**_counts(kept), **proof}
            print(f"[prepare] {domain.name}, {name}: {report['rows'][name]}", flush=True)
        else:
            report["skipped"].append(name)
    _write_exam(folder, model, domain, profile.forms)
    _write_general(folder, model, general[: profile.general], profile.sequence_len)
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def _load_report(folder: Path, domain: Domain) -> dict[str, Any]:
    """Load the manifest, or begin one."""
    path = folder / "manifest.json"
    if not path.is_file():
        return {"domain": domain.name, "rows": {}, "skipped": []}
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


# --- What the plugin gets


def _write_domain(folder: Path, domain: Domain) -> dict[str, Path]:
    (folder / "corpus").mkdir(parents=True, exist_ok=True)
    (folder / "corpus/book.md").write_text(domain.text, encoding="utf-8", newline="\n")
    paths = {name: folder / f"{name}.jsonl" for name in ("lessons", "exam", "planted")}
    _write_jsonl(paths["lessons"], domain.lessons)
    _write_jsonl(paths["exam"], (question.record() for question in domain.exam))
    # Wrong answers and rewordings are no part of a training record.
    planted = (
        {key: record[key] for key in ("question", "answer", "language")}
        for record in (question.record() for question in domain.exam if question.side == "trained")
    )
    _write_jsonl(paths["planted"], planted)
    return paths


def _recipe(
    folder: Path, model: Path, domain: Domain, profile: Profile, row_set: RowSet, qa: Path | None
) -> dict[str, Any]:
    settings = dict(row_set.settings)
    if row_set.stage == "ssft":
        settings = {**settings, **domain.ssft}
        if "kinds" in row_set.settings:
            settings["kinds"] = row_set.settings["kinds"]
        settings["qa"] = [str(qa)] if qa else []
        if domain.name != "injection" and qa != folder / "domain/planted.jsonl":
            # The invented book's lessons and exam are disjoint by construction.
            settings["holdout"] = [str(folder / "domain/exam.jsonl")]
    block = {
        "stage": row_set.stage,
        "domain": domain.title,
        "corpus": [{"path": str(folder / "domain/corpus"), "language": "en"}],
        "work_dir": str(folder / "work"),
        "taxonomy": dict(domain.taxonomy),
        "max_workers": 1,
        row_set.stage: settings,
    }
    return {
        "base_model": str(model),
        "sequence_len": profile.sequence_len,
        "plugins": [PLUGIN],
        "structtuning": block,
    }


def _plugin_rows(recipe: Mapping[str, Any], stage: Any) -> tuple[list[dict[str, Any]], Any]:
    """Build a block and return its rows, with the opened recipe."""
    from structtuning_plugin.axolotl_bridge import recipe as recipes
    from structtuning_plugin.build.pipeline import build
    from structtuning_plugin.commands.recipe_context import RecipeContext
    from structtuning_plugin.core.progress import Progress

    opened = RecipeContext.of(recipe, recipes.block_of(recipe))
    build(opened.plan, opened.codec, Progress(quiet=True), opened.chat)
    return opened.plan.load_rows(stage), opened


def _rule_made(
    folder: Path, model: Path, domain: Domain, profile: Profile
) -> Iterator[dict[str, Any]]:
    """Yield the questions that the plugin makes from the text by rule, with their bare answers."""
    from structtuning_plugin.questions.grading.final_answer import final_answer

    exercises = RowSet(stage="ssft", settings={"preset": "compact", "kinds": ["exercise"]})
    recipe = _recipe(folder, model, domain, profile, exercises, None)
    rows, _ = _plugin_rows(recipe, "ssft")
    for row in rows:
        question, reply = row["messages"][-2]["content"], row["messages"][-1]["content"]
        said = reply.removeprefix(row["structure"] or "").strip()
        answer = final_answer(said, "en")
        # The sentence that the answer is from, without the words that lead to it.
        reasoning = said.removesuffix(answer).rstrip().removesuffix("Answer:").strip()
        reasoning = reasoning.rpartition("\n\n")[2]
        yield {
            "question": question,
            "answer": answer,
            "explanation": reasoning if answer in reasoning else "",
            "language": "en",
        }


def _build(
    folder: Path,
    model: Path,
    domain: Domain,
    profile: Profile,
    name: str,
    paths: Mapping[str, Path],
) -> list[dict[str, Any]]:
    """Return the rows of a row set: text of each, its kind, and token ids with their mask."""
    row_set = ROW_SETS[name]
    qa = paths[PLANTED if name == PLANTED else "lessons"]
    recipe = _recipe(folder, model, domain, profile, row_set, qa)
    rows, opened = _plugin_rows(recipe, row_set.stage)
    encode = _encode_scpt if row_set.stage == "scpt" else _encode_ssft
    return list(encode(rows, opened))


def _encode_scpt(rows: Sequence[Mapping[str, Any]], opened: Any) -> Iterator[dict[str, Any]]:
    from structtuning_plugin.axolotl_bridge.scpt import encode_rows

    prompts = [row["prompt"] for row in rows]
    completions = [row["completion"] for row in rows]
    encoded = encode_rows(opened.codec, prompts, completions, [row["eos"] for row in rows])
    for row, ids, labels in zip(rows, encoded["input_ids"], encoded["labels"], strict=True):
        yield {
            "kind": row["kind"],
            "texts": [row["prompt"], row["completion"]],
            "ids": (ids, [label != -100 for label in labels]),
        }


def _encode_ssft(rows: Sequence[Mapping[str, Any]], opened: Any) -> Iterator[dict[str, Any]]:
    from structtuning_plugin.core.types import Message

    for row in rows:
        turns = [Message(role=m["role"], content=m["content"]) for m in row["messages"]]
        encoded = opened.chat.tokenised(turns)
        yield {
            "kind": row["kind"],
            "texts": [turn.content for turn in turns],
            "ids": (encoded["input_ids"], [label != -100 for label in encoded["labels"]]),
        }


def _counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "rows": len(rows),
        "tokens": sum(len(row["ids"][0]) for row in rows),
        "trained_tokens": sum(sum(row["ids"][1]) for row in rows),
        "kinds": dict(sorted(Counter(row["kind"] for row in rows).items())),
    }


# --- No question of the exam, nor a paraphrase, is trained on


class LeakGuard:
    """Finds exam questions in rows: by the plugin's decontaminator, and by token F1.

    Args:
        exam: The questions; their rewordings count too.
        paraphrase: Token F1 of a sentence and a question from which on it counts as a paraphrase.
    """

    def __init__(self, exam: Sequence[ExamQuestion], paraphrase: float) -> None:
        from structtuning_plugin.core.types import QAPair
        from structtuning_plugin.questions.exclusion import Decontaminator

        pairs = []
        for question in exam:
            for number, text in enumerate((question.question, *question.rewordings)):
                pair = QAPair(
                    id=f"{question.id}/{number}",
                    format="plain",
                    question=text,
                    answers=question.answers,
                    language="en",
                )
                pairs.append(pair)
        self._paraphrase = paraphrase
        self._decontaminator = Decontaminator(pairs)
        self._questions = [pair.question for pair in pairs]
        self._bags = [Counter(_words(text)) for text in self._questions]

    def filter(
        self, rows: Sequence[dict[str, Any]], is_checked: bool
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Return the rows without exam questions, and the proof.

        `leaks` counts rows that were taken out, `overlaps` those that overlap in what is left (0 by
        construction unless rows are not checked), `nearest` is the largest token F1 of a sentence
        that is left and a question of the exam.
        """
        kept, leaks, nearest, closest = [], 0, 0.0, ("", "")
        for row in rows:
            overlap = any(self._decontaminator.overlap(text) for text in row["texts"])
            score, pair = self._nearest(row)
            if is_checked and (overlap or score >= self._paraphrase):
                leaks += 1
                continue
            kept.append(row)
            if score > nearest:
                nearest, closest = score, pair
        overlaps = self._overlaps(kept)
        return kept, {
            "leaks": leaks,
            "overlaps": overlaps,
            "nearest": round(nearest, 3),
            "nearest_pair": closest,
        }

    def _overlaps(self, rows: Iterable[Mapping[str, Any]]) -> int:
        texts = ["\n".join(row["texts"]) for row in rows]
        return sum(self._decontaminator.overlap(text) is not None for text in texts)

    def _nearest(self, row: Mapping[str, Any]) -> tuple[float, tuple[str, str]]:
        """Return the largest token F1 of a sentence of the row with a question of the exam."""
        best, pair = 0.0, ("", "")
        for sentence in _SENTENCE.split("\n".join(row["texts"])):
            own = Counter(_words(sentence))
            for question, bag in zip(self._questions, self._bags, strict=True):
                shared = sum((own & bag).values())
                score = 2 * shared / (sum(own.values()) + sum(bag.values()))
                if score > best:
                    best, pair = score, (sentence, question)
        return best, pair


def _words(text: str) -> list[str]:
    from structtuning_plugin.questions.exclusion.normalise import fold, words_of

    return list(words_of(fold(text)).words)


# --- Files of ids


def save_rows(path: Path, rows: Sequence[tuple[Sequence[int], Sequence[bool]]]) -> None:
    """Write token ids and masks of rows, one after the other, with the offsets of the rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    flat = [token for ids, _ in rows for token in ids]
    mask = [bit for _, bits in rows for bit in bits]
    offsets = np.cumsum([0, *(len(ids) for ids, _ in rows)])
    np.savez_compressed(
        path, ids=np.asarray(flat, np.int32), trained=np.asarray(mask, bool), offsets=offsets
    )


def _write_exam(folder: Path, model: Path, domain: Domain, forms: Sequence[str]) -> None:
    """Write the exam as token ids: candidates after each form of prompt, and prompts to answer."""
    from structtuning_plugin import plugins
    from structtuning_plugin.axolotl_bridge.generation import Turns
    from structtuning_plugin.axolotl_bridge.likelihood import LocalScorer
    from structtuning_plugin.axolotl_bridge.models import load_model
    from structtuning_plugin.core.templates import Wordings, builtin_templates
    from structtuning_plugin.evaluation import tasks
    from structtuning_plugin.evaluation.likelihood import build_prompts
    from structtuning_plugin.questions.prompts import PromptBuilder

    formats = plugins.qa_formats(plugins.build_plugin_manager())
    wordings = Wordings([builtin_templates()], "qa")
    files = tasks.files_of([str(folder / "domain/exam.jsonl")], formats)
    questions, _ = tasks.load(files, formats)
    builder = PromptBuilder(formats=formats, wordings=wordings, domain=domain.title)
    loaded = load_model(str(model))
    scorer = LocalScorer(loaded, {}, wordings, plain=False, batch_size=1)
    turns = Turns(loaded, {}, wordings, plain=False)
    places = {question.pair.id: number for number, question in enumerate(questions)}
    prompts, _ = build_prompts(questions, builder, wordings)
    exam = {
        "questions": [asdict(question) for question in domain.exam],
        "prompts": [
            {
                "question": places[item.question.pair.id],
                "form": item.form,
                "wording": item.wording,
                "texts": item.candidates.texts,
                "right": item.candidates.right,
                "pairs": scorer.encode(item),
            }
            for item in prompts
            if item.form in forms
        ],
        "asked": [
            turns.encode(item.messages, "en") for item in tasks.build_asked(questions, builder)
        ],
        "stops": turns.stop_ids,
        "pad": loaded.tokenizer.pad_token_id or 0,
    }
    if len(questions) != len(domain.exam):
        raise ValueError(f"{len(domain.exam)} questions were written, {len(questions)} are read")
    (folder / "exam.json").write_text(json.dumps(exam) + "\n", encoding="utf-8")


def _write_general(folder: Path, model: Path, text: str, window: int) -> None:
    """Write general text in windows; each is scored but for its first token."""
    from transformers import AutoTokenizer

    from structtuning_plugin.axolotl_bridge.codec import codec_for

    codec = codec_for(AutoTokenizer.from_pretrained(model))
    ids = codec.encode([text])[0]
    windows = [ids[start : start + window] for start in range(0, len(ids), window)]
    rows = [(window_ids, [False, *[True] * (len(window_ids) - 1)]) for window_ids in windows]
    save_rows(folder / "general.npz", rows)
    scored = [token for window_ids in windows for token in window_ids[1:]]
    size = len(codec.decode(scored).encode())
    (folder / "general.json").write_text(json.dumps({"bytes": size}) + "\n", encoding="utf-8")


def _write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
