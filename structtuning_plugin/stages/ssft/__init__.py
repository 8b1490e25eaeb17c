"""The samples of instruction tuning: gathering -> asking (if there is a model) -> rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from structtuning_plugin.llm.session import Session
from structtuning_plugin.stages.ssft.asking import ask, asked
from structtuning_plugin.stages.ssft.corpus import corpus_of
from structtuning_plugin.stages.ssft.gathering import gather
from structtuning_plugin.stages.ssft.rows import save, write
from structtuning_plugin.stages.work import Work
from structtuning_plugin.taxonomy.assemble import hang_chunks
from structtuning_plugin.taxonomy.extraction import run
from structtuning_plugin.types import Document, Topic


def fill(work: Work, folder: Path) -> dict[str, Any]:
    """Writes the rows to train and to evaluate on."""
    corpus = corpus_of(work.plan, *work.plan.load_taxonomy())
    given = gather(work, corpus)
    made = run(ask(work, corpus, given))
    return save(work, folder, corpus, given, made, write(work, corpus, given, made))


async def rehearse(work: Work, documents: Sequence[Document], root: Topic, session: Session) -> None:
    """Asks what a build would ask, of a session that only counts."""
    tree, chunks = hang_chunks(root, documents, work.budget.chunk, work.codec)
    corpus = corpus_of(work.plan, tree, documents, chunks)
    await asked(work, corpus, gather(work, corpus), session)
