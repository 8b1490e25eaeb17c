"""What the study, walks and `evaluate --server` get from a real server with a real small model.

    python benchmarks/real_server/study.py --library FOLDER --model WHEEL_OR_GGUF --form schema

Both stages are built from the beginning of the sample textbook, with its headings. The build is
killed after the first reply and goes on. Then every written row is compared with the held-out
questions and traced, and the questions are asked with options.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from run import EXAMPLES, MODEL, QUESTIONS, Outcomes, WordCodec, ask_exam, model_file, serving

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import Plan, RecipeFacts, make_plan
from structtuning_plugin.build.summary import closing_lines
from structtuning_plugin.commands.trace import origin
from structtuning_plugin.config import parse_block
from structtuning_plugin.core.errors import StructTuningError
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.questions.exclusion.decontaminator import Decontaminator
from structtuning_plugin.questions.files.loading import read
from structtuning_plugin.samples.plain_chat import PlainChat

SECTIONS = ("The Running Machine", "The Velocipede and the High Wheeler")


def write_corpus(folder: Path) -> None:
    """Write the first paragraph of two sections of the sample textbook, with their headings."""
    text = (EXAMPLES / "corpus" / "the_bicycle.md").read_text(encoding="utf-8")
    parts = ["# The Bicycle"]
    for title in SECTIONS:
        heading, paragraph = text[text.index(f"### {title}") :].split("\n\n")[:2]
        parts += [heading.removeprefix("#"), paragraph]
    folder.mkdir(exist_ok=True)
    (folder / "the_bicycle.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def plan_of(folder: Path, url: str, arguments: argparse.Namespace) -> Plan:
    """Make the plan of a build that asks for the study and for walks, each with verdicts."""
    extra = {} if arguments.form == "schema" else {"response_format": None}
    block = {
        "stage": ["scpt", "ssft"],
        "domain": "Bicycles",
        "corpus": [{"path": str(folder / "corpus"), "language": "en"}],
        "work_dir": str(folder / "work"),
        "taxonomy": {"extractor": "headings"},
        "study": {
            "prompts": ["facts", "restatement", "questions"],
            "tokens_per_token": arguments.volume,
        },
        "ssft": {
            "format": "plain",
            "kinds": ["walk"],
            "walks": {"count": arguments.walks, "one_hop": 1.0},
            "holdout": [str(QUESTIONS)],
        },
        "llm": {
            "base_url": url,
            "model": MODEL,
            "max_concurrency": 1,
            "max_output_tokens": 128,
            "timeout": 900,
            "extra_body": extra,
        },
    }
    facts = RecipeFacts(sequence_len=1024, seed=1, tokenizer="words", chat="plain")
    return make_plan(parse_block(block).absolute(Path.cwd()), facts)


def build_all(plan: Plan) -> None:
    """Build both stages."""
    codec = WordCodec()
    build(plan, codec, Progress(), PlainChat(codec, plan.wordings["qa"]))


def count_replies(plan: Plan) -> int:
    """Count the replies that are kept."""
    try:
        with sqlite3.connect(f"file:{plan.answers}?mode=ro", uri=True) as database:
            return int(database.execute("SELECT count(*) FROM answers").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def build_and_kill(plan: Plan, replies: int) -> int:
    """Build in another process and kill it after so many replies; return those that are kept."""
    process = multiprocessing.get_context("fork").Process(target=build_all, args=(plan,))
    process.start()
    while process.is_alive() and count_replies(plan) < replies:
        time.sleep(0.5)
    if process.is_alive() and process.pid is not None:
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    return count_replies(plan)


def texts_of(row: dict[str, Any]) -> list[str]:
    """Return what a row trains on, and what it asks."""
    if "messages" in row:
        return [message["content"] for message in row["messages"]]
    return [row["prompt"] + row["completion"]]


def check_rows(plan: Plan) -> list[str]:
    """Compare every written row with the held-out questions, and trace it."""
    pairs, _ = read(plan.questions.holdout, plan.questions.formats, "raise")
    held_out, counts, overlaps = Decontaminator(pairs), Counter[str](), 0
    for stage in plan.block.stage:
        for row in plan.load_rows(stage):
            kind = row["kind"]
            if kind != "walk" and not kind.startswith("study-"):
                continue
            counts[kind] += 1
            overlaps += any(held_out.overlap(text) for text in texts_of(row))
            record = origin(plan, row)
            assert record["request"], record
            assert record["model"] == MODEL, record
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "none"
    return [f"written rows: {kinds}; {overlaps} overlap a held-out question; all are traced"]


def describe_budget(plan: Plan) -> str:
    """Describe the tokens that the study wrote."""
    counts = plan.store.require("study", plan.keys["study"])["counts"]
    return f"study: {counts['tokens']} of {counts['budget_tokens']} tokens"


def run(folder: Path, url: str, arguments: argparse.Namespace) -> None:
    """Build, kill, go on, check, and evaluate."""
    write_corpus(folder / "corpus")
    plan, began = plan_of(folder, url, arguments), time.monotonic()
    print(f"killed with {build_and_kill(plan, 1)} replies kept", flush=True)
    build_all(plan)
    print(f"built, {time.monotonic() - began:.0f} s", flush=True)
    print("\n".join(closing_lines(plan)))
    print("\n".join([describe_budget(plan), *check_rows(plan)]))
    for stage in ("study", "ssft"):
        for fault in artifacts.load_faults(plan.folder(stage)):
            print(f"{stage} {fault.about}: {fault.reason}, {fault.outcome}: {fault.detail[:160]}")
    kept = count_replies(plan)
    build_all(plan)
    print(f"a further build asks for {count_replies(plan) - kept} more", flush=True)
    outcomes = Outcomes(form=arguments.form)
    ask_exam(url, outcomes, arguments.questions)
    print(f"exam: {sum(outcomes.scores):.0f} of {len(outcomes.scores)} right", flush=True)


def main() -> None:
    """Parse the arguments, and run one form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, required=True, help="Folder with xllamacpp.")
    parser.add_argument("--model", type=Path, required=True, help="GGUF file, or the wheel.")
    parser.add_argument("--form", choices=["schema", "free"], default="schema")
    parser.add_argument("--volume", type=float, default=0.5, help="`study.tokens_per_token`.")
    parser.add_argument("--walks", type=int, default=1)
    parser.add_argument("--questions", type=int, default=3, help="Questions of the exam.")
    parser.add_argument("--keep", type=Path, help="Folder for the build.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        model = model_file(arguments.model, Path(temporary))
        with serving(arguments.library.resolve(), model, 1) as url:
            try:
                run(folder, url, arguments)
            except StructTuningError as error:
                raise SystemExit(f"the build ends with: {error}") from None


if __name__ == "__main__":
    main()
