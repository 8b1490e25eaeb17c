"""How well an extractor finds the table of contents of a text without headings, against two baselines.

    python benchmarks/taxonomy.py --data ../shared/data [--extractor offline] [--speed] [--text NAME ...]

`uniform` is told how many boundaries there are, which flatters it; TextTiling (Hearst 1997, as in nltk) and the extractor
are not. Precision, recall and F1 at paragraph starts; a node counts for a depth if it is no deeper.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import itertools
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

sys.path.insert(0, str(Path(__file__).parent))
from gold import ENGLISH, GUIDES, OTHERS, Text, load
from segmentation import Score, boundaries, pk, score, title_overlap, uniform

from structtuning_plugin.core.types import Block, Document, Outline
from structtuning_plugin.hookspecs import ExtractionContext, Extractor
from structtuning_plugin.plugins import build_plugin_manager, extractors, find

# Chapters, sections, and so on: root is level 1.
DEPTHS: tuple[int | None, ...] = (2, 3, 4, None)
_PARTS = (1, 4, 16)
# nltk's TextTiling takes time with the square of the text (half a minute for 200,000 characters): it gets pieces.
_TILED = 40_000
_CONTEXT = ExtractionContext(
    count_tokens=lambda texts: [len(text) // 4 for text in texts], chunk_tokens=512, options={}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One method on one text; a baseline has no levels, so it is scored on each depth with all it found."""

    text: str
    method: str
    exact: tuple[Score, ...]
    near: tuple[Score, ...]
    pk: float
    found: int
    depth: int = 0
    titles: float | None = None


def outline_of(extractor: Extractor, document: Document) -> Outline:
    found = extractor.extract(document, _CONTEXT)
    if inspect.isawaitable(found):

        async def answer() -> Outline:
            return await found

        return asyncio.run(answer())
    return found


def _nodes(node: Outline, level: int = 1) -> Iterator[tuple[int, Outline]]:
    yield level, node
    for child in node.children:
        yield from _nodes(child, level + 1)


def score_extractor(text: Text, extractor: Extractor) -> Result:
    levels: dict[int, int] = {}
    titles: dict[int, str] = {}
    deepest = 1
    for level, node in _nodes(outline_of(extractor, text.document)):
        levels.setdefault(node.start, level)
        titles[node.start] = node.title
        deepest = max(deepest, level)
    matched = sorted(set(boundaries(levels)) & set(boundaries(text.levels)))
    overlap = (
        fmean(title_overlap(titles[start], text.titles[start]) for start in matched)
        if matched
        else 0.0
    )
    found = [boundaries(levels, depth) for depth in DEPTHS]
    return _result(text, extractor.name, found, depth=deepest, titles=overlap)


def score_uniform(text: Text) -> Result:
    found = [uniform(len(boundaries(text.levels, depth)), text.paragraphs) for depth in DEPTHS]
    return _result(text, "uniform (told)", found)


def score_texttiling(text: Text) -> Result:
    return _result(text, "TextTiling", [texttiling(text)] * len(DEPTHS))


def _result(
    text: Text,
    method: str,
    found: Sequence[Sequence[int]],
    depth: int = 0,
    titles: float | None = None,
) -> Result:
    gold = [boundaries(text.levels, limit) for limit in DEPTHS]
    return Result(
        text=text.name,
        method=method,
        exact=tuple(
            score(ours, theirs, text.paragraphs) for ours, theirs in zip(found, gold, strict=True)
        ),
        near=tuple(
            score(ours, theirs, text.paragraphs, 1)
            for ours, theirs in zip(found, gold, strict=True)
        ),
        pk=pk(found[-1], gold[-1], text.paragraphs),
        found=len(found[-1]),
        depth=depth,
        titles=titles,
    )


def texttiling(text: Text) -> list[int]:
    """Boundaries of nltk's TextTiling at paragraph starts; it gets so many paragraphs at a time as make `_TILED` characters."""
    bounds = [*text.paragraphs, len(text.document.text)]
    found: list[int] = []
    first = 0
    for place in range(1, len(bounds)):
        if bounds[place] - bounds[first] >= _TILED or place == len(bounds) - 1:
            found += [bounds[first], *_tiled(text.document, bounds[first : place + 1])]
            first = place
    return found[1:]


def _tiled(document: Document, bounds: Sequence[int]) -> list[int]:
    """Characters are words where there are no blanks."""
    from nltk.tokenize.texttiling import TextTilingTokenizer
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    paragraphs = [document.text[start:end].strip() for start, end in itertools.pairwise(bounds)]
    if document.language in ("zh", "ja"):
        paragraphs = [" ".join(paragraph) for paragraph in paragraphs]
    stopwords = sorted(ENGLISH_STOP_WORDS) if document.language == "en" else []
    try:
        pieces = TextTilingTokenizer(stopwords=stopwords).tokenize("\n\n" + "\n\n".join(paragraphs))
    except ValueError:  # too few paragraphs or words to smooth over
        return []
    # Its pieces are the paragraphs as they were, so that their characters without blanks count on.
    ends = list(itertools.accumulate(_letters(paragraph) for paragraph in paragraphs))
    reached = list(itertools.accumulate(_letters(piece) for piece in pieces))[:-1]
    places = {bisect_left(ends, letters) + 1 for letters in reached}
    return sorted(bounds[place] for place in places if place < len(paragraphs))


def _letters(text: str) -> int:
    return len(text) - sum(map(str.isspace, text))


def table(results: Sequence[Result]) -> str:
    """Markdown: exact F1 by depth, then with one paragraph's tolerance, then precision and recall of levels <= 4."""
    lines = [
        "| text | method | F1 ch. | sec. | <=4 | all | near <=4 | near all | P <=4 | R <=4 | Pk | found | depth | titles |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in results:
        numbers = [
            *(entry.f1 for entry in one.exact),
            one.near[2].f1,
            one.near[3].f1,
            one.exact[2].precision,
            one.exact[2].recall,
        ]
        shown = " | ".join(f"{number:.2f}" for number in (*numbers, one.pk))
        titles = "" if one.titles is None else f"{one.titles:.2f}"
        lines.append(
            f"| {one.text} | {one.method} | {shown} | {one.found} | {one.depth or ''} | {titles} |"
        )
    return "\n".join(lines)


def means(results: Sequence[Result]) -> str:
    lines = [
        "| mean over | method | F1 ch. | F1 sec. | F1 <=4 | F1 all | titles |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, texts in (("English books", ENGLISH), ("guides", GUIDES)):
        for method in dict.fromkeys(one.method for one in results):
            chosen = [one for one in results if one.method == method and one.text in texts]
            if chosen:
                shown = " | ".join(
                    f"{fmean(one.exact[depth].f1 for one in chosen):.2f}"
                    for depth in range(len(DEPTHS))
                )
                overlaps = [one.titles for one in chosen if one.titles is not None]
                lines.append(
                    f"| {name} ({len(chosen)}) | {method} | {shown} | {f'{fmean(overlaps):.2f}' if overlaps else ''} |"
                )
    return "\n".join(lines)


def speed(texts: Sequence[Text], extractor: Extractor) -> str:
    """MB of UTF-8 a second for each text, and for a sixteenth, a quarter and all of one text that holds them all."""
    lines = [
        "| text | MB | seconds | MB/s | seconds per MB, relative to 1x |",
        "|---|---|---|---|---|",
    ]
    outline_of(extractor, texts[0].document)  # what is imported and compiled once
    lines += [_timed(text.name, text.document, extractor)[1] for text in texts]
    whole, first = joined(texts), 0.0
    for part in reversed(_PARTS):
        each, line = _timed(
            f"all in one, {_PARTS[-1] // part}x", beginning(whole, part), extractor, first
        )
        first = first or each
        lines.append(line)
    return "\n".join(lines)


def _timed(
    name: str, document: Document, extractor: Extractor, first: float = 0.0
) -> tuple[float, str]:
    megabytes = len(document.text.encode()) / 1e6
    began = time.process_time()
    outline_of(extractor, document)
    seconds = time.process_time() - began
    each = seconds / megabytes
    relative = f"{each / first:.2f}" if first else ""
    return each, f"| {name} | {megabytes:.1f} | {seconds:.1f} | {1 / each:.2f} | {relative} |"


def joined(texts: Sequence[Text]) -> Document:
    """All texts as one. (Copies of one would make each of its phrases a frequent one.)"""
    text, blocks = "", list[Block]()
    for document in (one.document for one in texts):
        blocks += [
            Block(kind=block.kind, start=block.start + len(text)) for block in document.blocks
        ]
        text += document.text + "\n\n"
    return replace(texts[0].document, text=text, blocks=tuple(blocks))


def beginning(document: Document, part: int) -> Document:
    """The first half, third... of a text, up to a paragraph's start."""
    end = len(document.text)
    if part > 1:
        end = max(block.start for block in document.blocks if block.start <= end // part)
    return replace(
        document,
        text=document.text[:end],
        blocks=tuple(block for block in document.blocks if block.start < end),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with books/ and multilingual/"
    )
    parser.add_argument("--extractor", default="offline")
    parser.add_argument(
        "--text", nargs="+", default=[*ENGLISH, *OTHERS, *GUIDES], help="which texts"
    )
    parser.add_argument(
        "--speed",
        action="store_true",
        help="time instead of scores; set OMP_NUM_THREADS=1 for one core",
    )
    parser.add_argument("--no-baselines", action="store_true")
    arguments = parser.parse_args()
    extractor = find(extractors(build_plugin_manager()), arguments.extractor, "extractor")
    texts = [load(arguments.data, name) for name in arguments.text]
    if arguments.speed:
        print(speed(texts, extractor))
        return
    results: list[Result] = []
    for text in texts:
        results.append(score_extractor(text, extractor))
        if not arguments.no_baselines:
            results += [score_uniform(text), score_texttiling(text)]
    print(table(results), means(results), sep="\n\n")


if __name__ == "__main__":
    main()
