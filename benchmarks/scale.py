"""How time and memory of a build grow with the corpus, in one run.

    python benchmarks/scale.py --data ../shared/data --tokenizer FOLDER [--sizes 5 10 25]
        [--workers 1 2] [--stages scpt ssft] [--preset compact] [--repeats 3] [--keep FOLDER]

The corpus is made of the books and guides under `--data` (six languages and Polish), repeated until
it is large enough; each repetition has other words, consistently within a file, so that terms stay
terms. Each build runs in a process of its own. Time is given as it passed and as the processors
spent it, because other work may share the machine; memory is the proportional set size of the whole
tree of processes (`smaps_rollup`), so shared pages count once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import regex
import yaml

MB = 1e6
# A fifth of the words are others in each repetition.
_CHANGED = 5
_WORD = regex.compile(r"\p{Han}{2}|\p{Katakana}{3}|[\p{Latin}\p{Cyrillic}]{4,}")
_INTERVAL_SECONDS = 1.0

# --- the corpus


def make_corpus(folder: Path, data: Path, megabytes: float) -> float:
    """Write books and guides until there are so many megabytes; return their number."""
    sources = list_sources(data)
    size, number = 0, 0
    while size < megabytes * MB:
        source = sources[number % len(sources)]
        turn = number // len(sources)
        text = change_words(source.read_text(encoding="utf-8"), turn)
        name = "-".join(source.parent.relative_to(data).parts)
        path = folder / f"shelf-{turn:04}" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = clip_at_heading(text, int(megabytes * MB) - size)
        path.write_text(text, encoding="utf-8")
        size += path.stat().st_size
        number += 1
    return size / MB


def list_sources(data: Path) -> list[Path]:
    """List books and guides in turn, so that every language comes early."""
    guides = sorted((data / "multilingual").glob("*/*/structured.md"))
    books = sorted((data / "books").glob("*/structured.md"))
    pairs = [path for pair in zip(guides, books, strict=False) for path in pair]
    return [*pairs, *guides[len(books) :], *books[len(guides) :]]


def clip_at_heading(text: str, size: int) -> str:
    """Return a text, or as much of it as fits a number of bytes, up to a heading."""
    content = text.encode()
    if len(content) <= size:
        return text
    head = content[:size].decode(errors="ignore")
    cut = head.rfind("\n#")
    return head[: cut + 1] if cut > 0 else head


def change_words(text: str, turn: int) -> str:
    """Replace a fifth of the words, always the same by the same; none in the first turn."""
    if turn == 0:
        return text
    replacements: dict[str, str] = {}

    def replace(match: regex.Match[str]) -> str:
        word = match[0]
        if word not in replacements:
            digest = hashlib.blake2b(f"{turn} {word.casefold()}".encode(), digest_size=4).digest()
            is_changed = int.from_bytes(digest, "big") % _CHANGED == 0
            replacements[word] = word[0] + word[:0:-1] if is_changed else word
        return replacements[word]

    return str(_WORD.sub(replace, text))


# --- one build, in a process of its own


def build_once(recipe: Path, report: Path) -> None:
    """Tokenise the corpus of a recipe once, then build it stage by stage; write the figures."""
    from structtuning_plugin.build.context import open_context
    from structtuning_plugin.build.pipeline import BUILDERS
    from structtuning_plugin.commands.recipe_context import open_recipe
    from structtuning_plugin.core.progress import Progress

    opened = open_recipe(str(recipe))
    plan, codec = opened.plan, opened.codec
    codec.encode(["warm up"])
    figures = {"tokenise": measure(lambda: tokenise(plan.files, codec))}
    context = open_context(plan, codec, Progress(quiet=True), opened.chat)
    for stage in plan.stages:
        report.with_suffix(".stage").write_text(stage, encoding="ascii")
        fill = partial(BUILDERS[stage], context)
        figures[stage] = measure(partial(plan.store.build, stage, plan.keys[stage], fill))
    context.close()
    report.write_text(json.dumps(figures), encoding="ascii")


def tokenise(files: Sequence[Any], codec: Any) -> None:
    """Tokenise all paragraphs once, file by file."""
    for file in files:
        codec.encode(file.path.read_text(encoding="utf-8").split("\n\n"))


def measure(work: Any) -> dict[str, float]:
    """Return the seconds that passed, and those that the processors spent, children included."""
    began, spent = time.perf_counter(), cpu_seconds()
    work()
    return {"wall": time.perf_counter() - began, "cpu": cpu_seconds() - spent}


def cpu_seconds() -> float:
    """Return the seconds that this process and its finished children have computed."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


# --- memory


@dataclass
class MemoryWatch:
    """Greatest memory of a tree of processes, by stage, while it runs."""

    process: subprocess.Popen[bytes]
    stage_file: Path
    peaks: dict[str, float] = field(default_factory=dict)

    def run(self) -> None:
        """Look until the process has ended."""
        while self.process.poll() is None:
            stage = read_text(self.stage_file) or "start"
            size = sum(memory_of(pid) for pid in tree_of(self.process.pid)) / MB
            self.peaks[stage] = max(size, self.peaks.get(stage, 0.0))
            time.sleep(_INTERVAL_SECONDS)


def tree_of(root: int) -> list[int]:
    """List a process and all below it."""
    tree = [root]
    for pid in tree:
        for file in Path(f"/proc/{pid}/task").glob("*/children"):
            tree.extend(map(int, read_text(file).split()))
    return tree


def memory_of(pid: int) -> int:
    """Return the proportional set size of a process in bytes; 0 when it has ended."""
    for line in read_text(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def read_text(path: Path) -> str:
    """Return the text of a file, empty if there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


# --- the runs


@dataclass(frozen=True, kw_only=True)
class Run:
    """Figures of one build."""

    megabytes: float
    workers: int
    figures: Mapping[str, Mapping[str, float]]
    peaks: Mapping[str, float]

    @property
    def stages(self) -> list[str]:
        return [name for name in self.figures if name != "tokenise"]

    def seconds(self, clock: str) -> float:
        return sum(self.figures[stage][clock] for stage in self.stages)

    @property
    def ratio(self) -> float:
        """Computing time of the build over that of tokenising the text once."""
        return self.seconds("cpu") / self.figures["tokenise"]["cpu"]

    @property
    def peak(self) -> float:
        return max(self.peaks.values())


def run_build(
    arguments: argparse.Namespace, corpus: Path, folder: Path, megabytes: float, workers: int
) -> Run:
    """Build a corpus in a process of its own, and watch its memory."""
    recipe = folder / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(recipe_of(arguments, corpus, folder, workers)))
    report = folder / "report.json"
    command = [sys.executable, __file__, "--recipe", str(recipe), "--report", str(report)]
    settings = {"AXOLOTL_DO_NOT_TRACK": "1", "HF_HUB_OFFLINE": "1", "RAYON_NUM_THREADS": "1"}
    settings |= {"TOKENIZERS_PARALLELISM": "false"}
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **settings}, stdout=log, stderr=subprocess.STDOUT
        )
        watch = MemoryWatch(process, report.with_suffix(".stage"))
        thread = threading.Thread(target=watch.run)
        thread.start()
        process.wait()
        thread.join()
    if process.returncode:
        sys.exit((folder / "log.txt").read_text(errors="replace")[-4000:])
    figures = json.loads(report.read_text())
    return Run(megabytes=megabytes, workers=workers, figures=figures, peaks=watch.peaks)


def recipe_of(
    arguments: argparse.Namespace, corpus: Path, folder: Path, workers: int
) -> dict[str, Any]:
    """Return the recipe of a build."""
    chat = {
        "chat_template": "chatml",
        "eot_tokens": ["<|im_end|>"],
        "tokens": ["<|im_start|>", "<|im_end|>"],
    }
    block = {
        "stage": arguments.stages,
        "domain": "Library",
        "corpus": [str(corpus)],
        "work_dir": str(folder / "work"),
        "max_workers": workers,
        "scpt": {"preset": arguments.preset},
        "ssft": {"preset": arguments.preset},
    }
    return {
        "base_model": str(arguments.tokenizer.resolve()),
        "plugins": ["structtuning_plugin.StructTuningPlugin"],
        "sequence_len": 2048,
        "seed": 42,
        "structtuning": block,
        **(chat if "ssft" in arguments.stages else {}),
    }


def describe(run: Run) -> str:
    """Return the row of a run in the table."""
    stages = ", ".join(
        f"{stage} {run.figures[stage]['cpu'] / run.megabytes:.2f}" for stage in run.stages
    )
    base = run.peaks.get("start", 0.0)
    cells = [
        f"{run.megabytes:.1f}",
        f"{run.workers}",
        f"{run.figures['tokenise']['cpu'] / run.megabytes:.2f}",
        stages,
        f"{run.seconds('cpu') / run.megabytes:.2f}",
        f"{run.ratio:.1f}",
        f"{run.seconds('wall') / run.megabytes:.2f}",
        f"{base:.0f} -> {run.peak:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def describe_slope(runs: Sequence[Run]) -> Iterator[str]:
    """Yield, for each number of workers, the growth of memory and of time."""
    for workers in sorted({run.workers for run in runs}):
        own = [run for run in runs if run.workers == workers]
        first, last = own[0], own[-1]
        if last.megabytes > first.megabytes:
            span = last.megabytes - first.megabytes
            memory = (last.peak - first.peak) / span
            speed = last.seconds("wall") / last.megabytes * first.megabytes / first.seconds("wall")
            yield (
                f"{workers} workers: {memory:.1f} MB of memory for each MB of corpus from "
                f"{first.megabytes:.0f} to {last.megabytes:.0f} MB; time per MB x {speed:.2f}"
            )


def middle_run(runs: Sequence[Run]) -> Run:
    """Return the run with the median ratio."""
    middle = median(sorted(run.ratio for run in runs)[: len(runs) // 2 * 2 + 1])
    return min(runs, key=lambda run: abs(run.ratio - middle))


def main() -> None:
    """Run the benchmark, or one build of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder with `books` and `multilingual`")
    parser.add_argument("--tokenizer", type=Path, help="folder of a model's tokenizer")
    parser.add_argument("--sizes", type=float, nargs="+", default=[5, 10, 25], help="MB of text")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--stages", nargs="+", default=["scpt", "ssft"])
    parser.add_argument("--preset", default="compact")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for corpora and builds; else temporary")
    parser.add_argument("--recipe", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.recipe:
        build_once(arguments.recipe, arguments.report)
        return
    with tempfile.TemporaryDirectory() as temporary:
        run_all(arguments, arguments.keep or Path(temporary))


def run_all(arguments: argparse.Namespace, root: Path) -> None:
    """Build every size with every number of workers, and print the table."""
    print(
        "| MB | workers | tokenise, s/MB | stages, s/MB computed | build, s/MB computed | ratio "
        "| build, s/MB passed | memory, MB |\n|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    runs = []
    for size in arguments.sizes:
        corpus = root / f"corpus-{size:g}"
        megabytes = make_corpus(corpus, arguments.data, size)
        for workers in arguments.workers:
            repeats = []
            for number in range(arguments.repeats):
                folder = root / f"build-{size:g}-{workers}-{number}"
                folder.mkdir(parents=True)
                repeats.append(run_build(arguments, corpus, folder, megabytes, workers))
            runs.append(middle_run(repeats))
            print(describe(runs[-1]), flush=True)
    print(*describe_slope(runs), sep="\n")


if __name__ == "__main__":
    main()
