"""Many documents under way at once, and the same tree in whatever order they end."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Any

import pytest

from structtuning_plugin.config import parse_block
from structtuning_plugin.core import workers
from structtuning_plugin.core.concurrency import run
from structtuning_plugin.core.types import Document, Outline, Topic
from structtuning_plugin.core.workers import WorkerPool
from structtuning_plugin.taxonomy.extraction import extract_tree
from tests.codecs import CharCodec
from tests.trees import context_for, document


def leaf(source: Document) -> Outline:
    size = len(source.text)
    return Outline(title=source.title, start=0, own_end=size, end=size, source="test")


class Waiting:
    """Its first documents end last."""

    name = "waiting"

    def __init__(self) -> None:
        self.at_once = self.most = 0

    def check_options(self, options: dict[str, Any]) -> None: ...

    async def extract(self, source: Document, context: Any) -> Outline:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0.02 / (1 + int(source.text)))
        self.at_once -= 1
        return leaf(source)


class Plain:
    """An extractor that is no coroutine."""

    name = "plain"

    def check_options(self, options: dict[str, Any]) -> None: ...

    def extract(self, source: Document, context: Any) -> Outline:
        if source.text == "7":
            raise ValueError("seven")
        return leaf(source)


def tree(
    extractor: Any, count: int = 12, concurrency: int = 2, pool: WorkerPool | None = None
) -> Topic:
    block = parse_block(
        {"domain": "D", "corpus": ["x"], "llm": {"model": "m", "max_concurrency": concurrency}}
    )
    documents = [document(f"{place:02}.txt", str(place)) for place in range(count)]
    context = context_for(CharCodec())
    return run(extract_tree(block, extractor, documents, context, lambda: None, pool))


def test_the_order_of_the_corpus_is_the_order_of_the_tree() -> None:
    waiting = Waiting()
    assert [topic.title for topic in tree(waiting).subtopics] == [
        f"{place:02}.txt" for place in range(12)
    ]
    assert waiting.most == 4  # twice as many as may be asked about at once


def test_an_extractor_need_not_be_a_coroutine() -> None:
    assert len(tree(Plain(), count=7).subtopics) == 7


def test_processes_extract_what_one_extracts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PARALLEL_BYTES", 0)
    lines: list[str] = []
    with closing(WorkerPool(2, lines.append)) as pool:
        assert tree(Plain(), count=7, pool=pool) == tree(Plain(), count=7)
        assert lines == []
        with pytest.raises(ValueError, match="seven"):
            tree(Plain(), pool=pool)


def test_an_extractor_that_cannot_be_copied_works_in_this_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "PARALLEL_BYTES", 0)
    lines: list[str] = []
    extractor = Plain()
    extractor.lock = lambda: None  # type: ignore[attr-defined]
    with closing(WorkerPool(2, lines.append)) as pool:
        assert len(tree(extractor, count=7, pool=pool).subtopics) == 7
    assert [line.partition(", since ")[0] for line in lines] == ["working in one process"]


def test_the_first_error_ends_the_work() -> None:
    with pytest.raises(ValueError, match="seven"):
        tree(Plain())


def test_it_runs_inside_an_event_loop() -> None:
    async def notebook() -> Topic:
        return tree(Plain(), count=3)

    assert len(asyncio.run(notebook()).subtopics) == 3
