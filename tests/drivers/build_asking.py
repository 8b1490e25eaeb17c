"""Builds a corpus by asking a server, in a process of its own.

`python -m tests.drivers.build_asking CORPUS WORK_DIR URL`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import Plan, RecipeFacts, make_plan
from structtuning_plugin.config import parse_block
from structtuning_plugin.core.progress import Progress
from tests.codecs import WordCodec

CONCURRENCY = 8


def plan_of(corpus: str, work_dir: str, url: str, **llm: Any) -> Plan:
    block = parse_block(
        {
            "domain": "Bicycles",
            "corpus": [corpus],
            "work_dir": work_dir,
            # Small windows, so that there is something to ask.
            "taxonomy": {"extractor": "llm", "options": {"window_tokens": 400, "window_items": 20}},
            "llm": {
                "base_url": url,
                "model": "m",
                "max_concurrency": CONCURRENCY,
                "timeout": 30,
                **llm,
            },
        }
    )
    return make_plan(
        block.absolute(Path.cwd()), RecipeFacts(sequence_len=512, seed=7, tokenizer="words")
    )


def main(corpus: str, work_dir: str, url: str) -> None:
    made = build(plan_of(corpus, work_dir, url), WordCodec(), Progress(quiet=True))
    print("built" if made else "nothing to do", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
