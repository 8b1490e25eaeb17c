"""A small corpus, plans for it, and what a build of it leaves on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from structtuning_plugin.build.pipeline import BUILDERS, build
from structtuning_plugin.build.plan import Plan, RecipeFacts, make_plan
from structtuning_plugin.config import parse_block
from structtuning_plugin.core.progress import Progress
from tests.codecs import CharCodec

HANDBOOK = """---
title: The Handbook
---
# The Handbook

Bicycles need care, and care needs tools.

## Brakes

Brakes turn motion into heat. They wear.

### Adjustment

Turn the screw until the pads are close to the rim.

## Gears

### Adjustment

Turn the barrel until the chain runs in silence.

### History

Gears are old. Their inventors were many.

## References

Smith 1990.
"""

FILES = {
    "handbook.md": HANDBOOK,
    "notes/oil.md": "# Oil\n\nA chain wants little oil.\n\n# Grease\n\nA bearing wants grease.\n",
    "notes/tyres.txt": "Tyres hold air.\n\nAir holds the rider.\n",
    "notes/photo.jpg": "no text",
}

PROGRESS = Progress(quiet=True)

# Kinds that tell little text often enough to count their rows by hand.
KINDS = ["passage", "section_map", "chapter_map", "book_map", "locate"]


def write_corpus(folder: Path, files: dict[str, str] = FILES) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def plan_of(
    base: Path, *, seed: int = 1, tokenizer: str = "chars", sequence_len: int = 600, **changes: Any
) -> Plan:
    """A plan for `base/corpus`, everything else as the block says."""
    block = {
        "domain": "Bicycles",
        "corpus": [{"path": "corpus", "language": "en"}],
        "work_dir": "work",
        "chunk_tokens": 64,
        "scpt": {"kinds": KINDS, "shares": {"locate": 0.6}},
        **changes,
    }
    facts = RecipeFacts(sequence_len=sequence_len, seed=seed, tokenizer=tokenizer)
    return make_plan(parse_block(block).absolute(base), facts)


def built(base: Path, **changes: Any) -> Plan:
    plan = plan_of(base, **changes)
    assert build(plan, CharCodec(), PROGRESS)
    return plan


def manifest_of(plan: Plan, stage: str) -> dict[str, Any]:
    return plan.store.require(stage, plan.keys[stage])


def artifact(plan: Plan, stage: str) -> Path:
    return plan.store.path(stage, plan.keys[stage])


def bytes_under(root: Path) -> dict[str, bytes]:
    """All files of the artifacts; locks and the memory of hashes are no artifacts."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for stage in BUILDERS
        for path in sorted((root / stage).rglob("*"))
        if path.is_file()
    }


def times_under(root: Path) -> dict[str, int]:
    return {name: (root / name).stat().st_mtime_ns for name in bytes_under(root)}


def _wording(folder: Path, text: str) -> None:
    path = folder / "scpt" / "en" / "locate" / "01.jinja"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
