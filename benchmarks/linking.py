"""How often a question finds the section that it is about, and how often one of another domain is told.

    python benchmarks/linking.py --data ../shared/data [--chunk-tokens 512] [--choosing]

Review questions of two textbooks, asked alone and with their options, against plain BM25. A hit's section is that of its
topic. With `--choosing` on what the retriever's parts and weights were chosen by instead: definitions and objectives of two
other books.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean

import regex
from linking_data import (
    Book,
    PromptedQuestion,
    Section,
    book_questions,
    foreign_questions,
    glossary,
    load_book,
)

from structtuning_plugin.questions.linking import Link, Linker, Question
from structtuning_plugin.questions.retrieval.bm25 import Bm25Retriever, Bm25Searcher

BOOKS = ("microbiology-en", "psychologia-pl")
CHOOSING = ("pharmacology-en", "fisica-vol1-es")
# Questions and the book they are asked to: of its domain, of one beside it, of another.
AT_HOME = (("microbiology-en", "microbiology-en"), ("psychologia-pl", "psychologia-pl"))
BESIDE = (
    ("medquad", "pharmacology-en"),
    ("medquad", "practical-physiology-pd-en"),
    ("en_pubmedqa", "pharmacology-en"),
)
ABROAD = (
    ("zh_cmexam", "fisica-vol1-es"),
    ("es_headqa", "fisica-vol1-es"),
    ("medquad", "python-programming-en"),
    ("en_pubmedqa", "python-programming-en"),
    ("microbiology-en", "python-programming-en"),
    ("psychologia-pl", "microbiology-en"),
)
THRESHOLDS = (0.15, 0.20, 0.25, 0.30, 0.35, 0.40)
_RANKS = (1, 3, 10)
_HITS = 100
_PIECE = 300
_WORD = regex.compile(r"\w+")

Find = Callable[[Sequence[str]], list[list[int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """`find` gives for each question the indices of units, best first; `paths` are the titles above each unit."""

    name: str
    find: Find
    paths: Sequence[Section]


def words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def plain(texts: Sequence[str]) -> Find:
    """bm25s as it comes."""
    import bm25s
    import numpy as np

    index = bm25s.BM25(backend="numpy")
    index.index([words(text) for text in texts], show_progress=False)
    return lambda questions: [
        np.argsort(-index.get_scores(words(question)), kind="stable")[:_HITS].tolist()
        for question in questions
    ]


def in_pieces(book: Book, depth: int) -> Method:
    """The bare text in pieces of so many words; a piece stands where most of it does."""
    spans = [
        match.span()
        for match in regex.compile(rf"(?:\S+\s*){{1,{_PIECE}}}").finditer(book.document.text)
    ]
    texts = [book.document.text[start:end] for start, end in spans]
    return Method(
        name=f"plain, {_PIECE} words",
        find=plain(texts),
        paths=[_path_of(book, *span, depth) for span in spans],
    )


def _path_of(book: Book, start: int, end: int, depth: int) -> Section:
    """The section, or what is above it, that most of the text belongs to."""
    share = Counter[Section]()
    for chunk, path in zip(book.chunks, book.paths, strict=True):
        share[path[:depth]] += max(0, min(end, chunk.end) - max(start, chunk.start))
    return share.most_common(1)[0][0]


def in_chunks(book: Book) -> Method:
    return Method(
        name="plain, chunks", find=plain([chunk.text for chunk in book.chunks]), paths=book.paths
    )


def ours(book: Book, name: str = "bm25", parts: slice = slice(None)) -> Method:
    """The retriever, or some of its levels."""
    searcher = Bm25Searcher(book.passages())
    searcher.levels = searcher.levels[parts]
    number = {chunk.id: place for place, chunk in enumerate(book.chunks)}

    def find(questions: Sequence[str]) -> list[list[int]]:
        return [
            [number[hit.chunk_id] for hit in hits] for hits in searcher.search(questions, _HITS)
        ]

    return Method(name=name, find=find, paths=book.paths)


def methods(book: Book, depth: int) -> list[Method]:
    return [
        in_pieces(book, depth),
        in_chunks(book),
        ours(book),
        ours(book, "- windows", slice(1, None)),
        ours(book, "- nodes", slice(0, 2)),
        ours(book, "passages alone", slice(1, 2)),
    ]


def recall_table(book: Book, asked: Sequence[PromptedQuestion]) -> str:
    """Recall among the first hits, of the section; among the first different sections; among the first hits, of the chapter."""
    lines: dict[bool, list[str]] = {False: [], True: []}
    sections = [one.section for one in asked]
    chapters = [section[:-1] for section in sections]
    for method in methods(book, len(sections[0])):
        for with_options, rows in lines.items():
            hits = [
                [method.paths[unit] for unit in units]
                for units in method.find([one.text(with_options) for one in asked])
            ]
            different = [
                list(dict.fromkeys(path[: len(sections[0])] for path in paths)) for paths in hits
            ]
            shown = [
                *_recall(hits, sections),
                *_recall(different, sections),
                *_recall(hits, chapters),
            ]
            mode = "with options" if with_options else "alone"
            rows.append(
                f"| {book.name} | {mode} | {method.name} | "
                + " | ".join(f"{value:.3f}" for value in shown)
                + " |"
            )
    return "\n".join(lines[False] + lines[True])


def _recall(found: Sequence[Sequence[Section]], wanted: Sequence[Section]) -> list[float]:
    return [
        fmean(
            any(_stands_under(path, section) for path in paths[:rank])
            for paths, section in zip(found, wanted, strict=True)
        )
        for rank in _RANKS
    ]


def _stands_under(path: Section, section: Section) -> bool:
    return any(path[place : place + len(section)] == section for place in range(len(path)))


def links_of(
    book: Book,
    asked: Sequence[PromptedQuestion],
    with_options: bool,
    least_fit: float | None = None,
) -> list[Link]:
    linker = Linker(book.tree, book.chunks, Bm25Retriever(), {}, 3, least_fit)
    questions = [
        Question(id=str(number), text=one.text(with_options), language=_language(book, one))
        for number, one in enumerate(asked)
    ]
    return linker.link(questions)


def _language(book: Book, asked: PromptedQuestion) -> str:
    """A foreign question is searched for as one of a language that the corpus does not have, which spares nothing."""
    return book.document.language if asked.section else ""


def fit_table(get: Callable[[str], Book], data: Path) -> str:
    head = " | ".join(f"{threshold:.2f}" for threshold in THRESHOLDS)
    lines = [f"| questions | book | mode | {head} |", "|---" * (3 + len(THRESHOLDS)) + "|"]
    for kind in (AT_HOME, BESIDE, ABROAD):
        for name, place in kind:
            asked = book_questions(data, name) if name in BOOKS else foreign_questions(data, name)
            for with_options in (False, True) if asked[0].options else (False,):
                fits = [link.fit for link in links_of(get(place), asked, with_options, 0.0)]
                shares = " | ".join(
                    f"{fmean(fit >= threshold for fit in fits):.3f}" for threshold in THRESHOLDS
                )
                lines.append(
                    f"| {name} | {place} | {'with options' if with_options else 'alone'} | {shares} |"
                )
    return "\n".join(lines)


def link_table(get: Callable[[str], Book], data: Path) -> str:
    """Of what the default links: how many questions, and which share of their first and of their other chunks is right."""
    lines = [
        "| book | mode | linked | first right | others | others right |",
        "|---|---|---|---|---|---|",
    ]
    for name in BOOKS:
        book, asked = get(name), book_questions(data, name)
        paths = dict(zip((chunk.id for chunk in book.chunks), book.paths, strict=True))
        for with_options in (False, True):
            links = links_of(book, asked, with_options)
            right = [
                [_stands_under(paths[chunk_id], one.section) for chunk_id in link.chunk_ids]
                for link, one in zip(links, asked, strict=True)
                if link.chunk_ids
            ]
            others = [hit for hits in right for hit in hits[1:]]
            lines.append(
                f"| {name} | {'with options' if with_options else 'alone'} | {len(right) / len(asked):.3f} | "
                f"{fmean(hits[0] for hits in right):.3f} | {len(others)} | {fmean(others):.3f} |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with books/ and qa/")
    parser.add_argument("--chunk-tokens", type=int, default=512)
    parser.add_argument(
        "--choosing",
        action="store_true",
        help="the definitions and objectives that choices were made by",
    )
    arguments = parser.parse_args()

    @cache
    def get(name: str) -> Book:
        return load_book(arguments.data, name, arguments.chunk_tokens)

    ranks = " | ".join(
        f"{what} @{rank}" for what in ("hits", "sections", "chapter") for rank in _RANKS
    )
    print(f"| book | question | method | {ranks} |", "|---" * 12 + "|", sep="\n")
    for name in CHOOSING if arguments.choosing else BOOKS:
        asked = (
            glossary(arguments.data, name)
            if arguments.choosing
            else book_questions(arguments.data, name)
        )
        print(recall_table(get(name), asked), flush=True)
    if not arguments.choosing:
        print("", link_table(get, arguments.data), "", fit_table(get, arguments.data), sep="\n")


if __name__ == "__main__":
    main()
