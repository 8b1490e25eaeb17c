"""How long a build takes, against tokenising the same text once, side by side in one run.

    python benchmarks/build_speed.py --tokenizer outputs/tiny-llama --corpus book.md [--copies 1 4 16]

Each corpus is built from nothing with both presets at sequence_len 2048; the corpus is multiplied by copying it into
folders of their own. A ratio of 3 means: the build costs as much as tokenising the text three times.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from transformers import AutoTokenizer

from structtuning_plugin.axolotl_bridge.codec import codec_for
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import RecipeFacts, make_plan
from structtuning_plugin.config import parse_block
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.tokens import Codec


def seconds_to_build(corpus: Path, preset: str, codec: Codec) -> float:
    with tempfile.TemporaryDirectory() as work_dir:
        block = parse_block(
            {
                "domain": "Library",
                "corpus": [str(corpus)],
                "work_dir": work_dir,
                "scpt": {"preset": preset},
            }
        )
        began = time.perf_counter()
        plan = make_plan(
            block.absolute(Path.cwd()),
            RecipeFacts(sequence_len=2048, seed=42, tokenizer="benchmark"),
        )
        build(plan, codec, Progress(quiet=True))
        return time.perf_counter() - began


def seconds_to_tokenise(corpus: Path, codec: Codec) -> float:
    paragraphs = [
        text
        for path in sorted(corpus.rglob("*.md"))
        for text in path.read_text(encoding="utf-8").split("\n\n")
    ]
    began = time.perf_counter()
    codec.encode(paragraphs)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokenizer", required=True, help="folder of a tokenizer")
    parser.add_argument("--corpus", type=Path, required=True, help="a Markdown file")
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 4, 16])
    arguments = parser.parse_args()
    codec = codec_for(AutoTokenizer.from_pretrained(arguments.tokenizer))
    codec.encode(["warm up"])
    print("| copies | MB | preset | tokenise, s | build, s | ratio |")
    print("|---|---|---|---|---|---|")
    for copies in arguments.copies:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(copies):
                (Path(folder) / str(number)).mkdir()
                shutil.copy(arguments.corpus, Path(folder) / str(number))
            megabytes = copies * arguments.corpus.stat().st_size / 1e6
            for preset in ("compact", "paper"):
                plain = seconds_to_tokenise(Path(folder), codec)
                whole = seconds_to_build(Path(folder), preset, codec)
                print(
                    f"| {copies} | {megabytes:.1f} | {preset} | {plain:.2f} | {whole:.2f} | {whole / plain:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
