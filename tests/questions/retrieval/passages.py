"""Passages made by hand, and what is found among them."""

from __future__ import annotations

from structtuning_plugin.hookspecs import Passage, Searcher
from structtuning_plugin.questions.retrieval.bm25 import Bm25Retriever


def passages(
    *texts: str, titles: tuple[str, ...] = ("Domain", "Book"), language: str = "en"
) -> list[Passage]:
    """One passage a text, by its number; each in a topic of its own."""
    return [
        Passage(chunk_id=str(number), text=text, titles=(*titles, f"{number}"), language=language)
        for number, text in enumerate(texts)
    ]


def searcher(*texts: str, language: str = "en") -> Searcher:
    return Bm25Retriever().index(passages(*texts, language=language), {})


def found(one: Searcher, question: str, count: int = 10) -> list[str]:
    return [hit.chunk_id for hit in one.search([question], count)[0]]
