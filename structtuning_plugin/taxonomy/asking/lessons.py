"""Training data for a small structuring model: books with headings show what the extractor `llm` should be answered.

a book with headings   ->   its text without them, in the very questions of the extractor, and the right answers
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from structtuning_plugin.config import LLMConfig
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.usage import Usage
from structtuning_plugin.llm.values import Request
from structtuning_plugin.rendering import pick
from structtuning_plugin.taxonomy.asking.filler import filler_for
from structtuning_plugin.taxonomy.asking.oracle import Oracle
from structtuning_plugin.taxonomy.asking.questions import Question
from structtuning_plugin.taxonomy.extractors.headings import outline_of
from structtuning_plugin.taxonomy.extractors.llm import LLMExtractor
from structtuning_plugin.taxonomy.extractors.options import GapOptions
from structtuning_plugin.types import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One question and its right answer, as chat messages; `held_out` rows are of books that no other row is of."""

    document_id: str
    kind: str
    messages: tuple[dict[str, str], ...]
    held_out: bool = False


def is_book(document: Document) -> bool:
    """Whether a document's headings teach anything: two at least beneath its title."""
    return len(outline_of(document).children) > 1


async def lessons(
    documents: Sequence[Document], context: ExtractionContext, step: Callable[[], None] = lambda: None
) -> AsyncIterator[Lesson]:
    """The questions about each book, in the order of the books, with the answers that rebuild its headings."""
    for document in documents:
        oracle = Oracle({document.id: outline_of(document)})
        client = ScriptedClient(oracle)
        # In order, one at a time: the rows' order is part of the file.
        config = LLMConfig(model="oracle", max_concurrency=1)
        async with Session(client, config, None, context.seed, Usage()) as session:
            asking = replace(context, llm=session)
            await LLMExtractor().extract(document, asking)
            await filler_for(asking, GapOptions()).name(document)
        for request in client.requests:
            yield _lesson(document, request, oracle(request))
        step()


def _lesson(document: Document, request: Request, answer: str) -> Lesson:
    turns: list[dict[str, Any]] = [{"role": turn.role, "content": turn.content} for turn in request.messages]
    kind = request.subject.kind if isinstance(request.subject, Question) else ""
    return Lesson(document_id=document.id, kind=kind, messages=(*turns, {"role": "assistant", "content": answer}))


def hold_books_out(rows: Sequence[Lesson], share: float, seed: int) -> list[Lesson]:
    """The rows with whole books held out, as near to `share` of the rows as may be: one book at least, if there are two."""
    sizes = Counter(row.document_id for row in rows)
    drawn = sorted(sizes, key=lambda book: pick(seed, f"held out {book}", 2**62))
    held, target, count = set[str](), share * len(rows), 0
    for book in drawn:
        if abs(count + sizes[book] - target) < abs(count - target):
            held.add(book)
            count += sizes[book]
    if share and not held and len(sizes) > 1:
        held = {min(drawn, key=lambda book: sizes[book])}
    if len(held) == len(sizes):
        held = set()
    return [replace(row, held_out=row.document_id in held) for row in rows]
