"""Builds a corpus with a pure codec, in a process of its own.

`python -m tests.drivers.build CORPUS WORK_DIR`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import RecipeFacts, make_plan
from structtuning_plugin.config import parse_block
from structtuning_plugin.core.progress import Progress
from tests.codecs import WordCodec


def main(corpus: str, work_dir: str) -> None:
    block = parse_block(
        {"domain": "Bicycles", "corpus": [corpus], "work_dir": work_dir, "eval": {"share": 0.1}}
    )
    plan = make_plan(
        block.absolute(Path.cwd()), RecipeFacts(sequence_len=512, seed=7, tokenizer="words")
    )
    made = build(plan, WordCodec(), Progress(quiet=True))
    print("built" if made else "nothing to do", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
