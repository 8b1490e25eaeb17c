"""Damage real Markdown and text at random, read it, and check that nothing is lost.

    python benchmarks/mutations.py --data ../shared/data [--cases ../shared/cases] --seconds 600

Each round takes a piece of a real file, changes it (lines cut, repeated, swapped, joined; marks
flipped; fences, comments, HTML, rules, metadata and invisible characters put in) and runs reading,
inference of headings, cleaning, the tree and chunking. It checks that

    - no error comes up but those of the package;
    - every word of the source is in a chunk or a title, or is named as left out;
    - the outline and the chunks cover the text once, in order.

A failure prints its seed; `--seed N --rounds 1` runs it again. `--seconds` counts time of the
processor, not of the clock.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Literal

from structtuning_plugin.config.corpus import HygieneConfig
from structtuning_plugin.core.errors import StructTuningError
from structtuning_plugin.core.types import Document, Dropped, ReadResult
from structtuning_plugin.corpus.cleaning.corpus import clean_corpus, clean_result
from structtuning_plugin.corpus.cleaning.front_matter import find_metadata
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.corpus.headings.decorations import strip_decorations
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.corpus.readers.text import TextReader
from structtuning_plugin.hookspecs import ReadRequest
from structtuning_plugin.taxonomy.assemble import assemble
from structtuning_plugin.taxonomy.chunking import hang_chunks
from structtuning_plugin.taxonomy.extractors.headings import outline_of

Mode = Literal["auto", "as_marked", "infer"]
Change = Callable[[list[str], random.Random], list[str]]

PIECE = (200, 12_000)
MOST_CHANGES = 12
# Tokens of a chunk.
BUDGETS = (16, 64, 256, 1024)

MODES: tuple[Mode, ...] = ("auto", "auto", "as_marked", "infer")
# Lines that begin, end or look like structure.
INTRUDERS = (
    "```", "~~~~", "```python", "<!--", "-->", "<pre>", "</pre>", "<div>", "</div>", "<table><tr>",
    "</td></tr></table>", "<h2>Pump</h2>", "<h3>Pump</h3> beside", "<script>", "---", "***", "===",
    "| a | b |", "|---|---|", "+++", "title: Pump", "---\ntitle: Pump\n---", "% Pump", "> quoted",
    "- item", "1. One", "1.1 Two", "    indented", "\t", "", "", "# ", "#", "## #", "# Pump {#p}",
    "**Pump**", "**1.1 Pump**", "PUMP HOUSE", "第一章 泵", "Глава 1. Насос", "Contents",
    "Pump ........ 12", "Page 3 of 20", "[^1]: A note", "[a]: http://x.org", "$$", "\\begin{eq}",
    "### Note", "# Note", "data:image/png;base64," + "QUJD" * 40, "GLYPH<12> (cid:3)", "* * *",
    "<details><summary>More</summary>", ":::note", "^^^", "&nbsp;", "&#0;", "[[Pump|House]]",
)  # fmt: skip
INVISIBLE = "\u200b\u200d\u2060\ufeff\u00ad\u202e\u00a0\u3000\u0000\u000c\u2028\u0301\U000e0041\r"

_LINK_TARGETS = re.compile(r"\]\([^)]*\)|\{[^}]*\}|<[^>]*>")
_UNDERLINE = re.compile(r"\s*(?:=+|-+)\s*")
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong in a round."""

    what: str
    source: str


class WordCodec:
    """Codec whose tokens are words and single signs; it needs no tokenizer."""

    prefix: tuple[int, ...] = ()
    eos = 0
    _pieces = re.compile(r" ?\w{1,6}|.", re.DOTALL)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return one id for each piece."""
        return [[len(piece) for piece in self._pieces.findall(text)] for text in texts]

    def starts(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the offsets of the pieces."""
        return [[match.start() for match in self._pieces.finditer(text)] for text in texts]

    def decode(self, ids: Sequence[int]) -> str:
        """Return nothing: the ids do not hold the text."""
        return ""


def cut(lines: list[str], chance: random.Random) -> list[str]:
    """Leave out some lines."""
    start = chance.randrange(len(lines))
    return lines[:start] + lines[start + chance.randint(1, 5) :]


def repeat(lines: list[str], chance: random.Random) -> list[str]:
    """Repeat some lines somewhere."""
    start, place = chance.randrange(len(lines)), chance.randrange(len(lines))
    return lines[:place] + lines[start : start + chance.randint(1, 12)] + lines[place:]


def swap(lines: list[str], chance: random.Random) -> list[str]:
    """Swap two lines."""
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines = list(lines)
    lines[one], lines[other] = lines[other], lines[one]
    return lines


def join(lines: list[str], chance: random.Random) -> list[str]:
    """Join two lines, with or without a blank."""
    place = chance.randrange(len(lines))
    joined = chance.choice((" ", "", "\t")).join(lines[place : place + 2])
    return [*lines[:place], joined, *lines[place + 2 :]]


def split(lines: list[str], chance: random.Random) -> list[str]:
    """Break a line anywhere."""
    place = chance.randrange(len(lines))
    line = lines[place]
    at = chance.randint(0, len(line))
    return [*lines[:place], line[:at], line[at:], *lines[place + 1 :]]


def flip_mark(lines: list[str], chance: random.Random) -> list[str]:
    """Change the mark of a line: more or fewer `#`, bold, capitals, a number, none."""
    marked = [place for place, line in enumerate(lines) if line[:1] in ("#", "*")]
    place = chance.choice(marked or range(len(lines)))
    bare = lines[place].strip("#* ")
    number = ".".join(str(chance.randint(1, 12)) for _ in range(chance.randint(1, 3)))
    forms = (
        f"{'#' * chance.randint(1, 8)} {bare}", f"#{bare}", f"**{bare}**", bare.upper(), bare,
        f"{number} {bare}", f"# {number} {bare}", f"> # {bare}", f"   # {bare} #", f"{bare}\n===",
        f"{bare}\n---", f"__{bare}__", f"<h{chance.randint(1, 7)}>{bare}</h2>",
    )  # fmt: skip
    return [*lines[:place], *chance.choice(forms).split("\n"), *lines[place + 1 :]]


def flip_all(lines: list[str], chance: random.Random) -> list[str]:
    """Give all headings one form."""
    form = chance.choice(("# {}", "**{}**", "{}", "### {}", "<h2>{}</h2>", "\ufeff# {}"))
    return [form.format(line.lstrip("# ")) if line.startswith("#") else line for line in lines]


def intrude(lines: list[str], chance: random.Random) -> list[str]:
    """Put a line of structure in, with or without blank lines around it."""
    place = chance.randint(0, len(lines))
    around = [""] if chance.random() < 0.5 else []
    added = chance.choice(INTRUDERS).split("\n")
    return [*lines[:place], *around, *added, *around, *lines[place:]]


def hide(lines: list[str], chance: random.Random) -> list[str]:
    """Put a character that no one sees into a line."""
    place = chance.randrange(len(lines))
    at = chance.choice((0, 0, chance.randint(0, len(lines[place]))))
    line = lines[place][:at] + chance.choice(INVISIBLE) * chance.randint(1, 3) + lines[place][at:]
    return [*lines[:place], line, *lines[place + 1 :]]


def indent(lines: list[str], chance: random.Random) -> list[str]:
    """Indent or quote some lines."""
    start, sign = chance.randrange(len(lines)), chance.choice((" ", "    ", "\t", "> ", "- "))
    end = start + chance.randint(1, 8)
    return [*lines[:start], *(sign + line for line in lines[start:end]), *lines[end:]]


def drop_blanks(lines: list[str], chance: random.Random) -> list[str]:
    """Leave out the blank lines of a part."""
    start = chance.randrange(len(lines))
    end = start + chance.randint(2, 60)
    return lines[:start] + [line for line in lines[start:end] if line.strip()] + lines[end:]


CHANGES: tuple[Change, ...] = (
    cut, repeat, swap, join, split, flip_mark, flip_mark, flip_all, intrude, intrude, hide, indent,
    drop_blanks,
)  # fmt: skip


def mutate(text: str, chance: random.Random) -> str:
    """Return a damaged piece of a text."""
    size = chance.randint(*PIECE)
    start = chance.randint(0, max(0, len(text) - size))
    lines = text[start : start + size].split("\n")
    for _ in range(chance.randint(1, MOST_CHANGES)):
        lines = chance.choice(CHANGES)(lines or [""], chance)
    return "\n".join(lines)


def words_of(text: str) -> Counter[str]:
    """Count the words of a text as a reader sees them: without marks and invisible characters."""
    shown = "".join(c for c in unescape(text) if unicodedata.category(c) not in ("Cf", "Mn"))
    return Counter(_WORDS.findall(shown.casefold()))


def shown_words(source: str) -> Counter[str]:
    """Count the words of a source without those of metadata, link targets and tags."""
    lines = clean(source)[0].split("\n")
    for block in find_metadata(lines):
        lines[block.first : block.after] = [""] * (block.after - block.first)
    shown = [
        strip_decorations(line) if "#" in line[:16] or _UNDERLINE.fullmatch(after) else line
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
    ]
    return words_of(_LINK_TARGETS.sub(" ", "\n".join(shown)))


def words_out(documents: Sequence[Document]) -> Counter[str]:
    """Count the words of texts and titles."""
    counts: Counter[str] = Counter()
    for document in documents:
        counts += words_of(document.text)
        for heading in document.headings:
            counts += words_of(heading.title)
    return counts


def lost_in_reading(source: str, result: ReadResult) -> str:
    """Name the words that neither a text nor an entry of what was left out has."""
    shown, kept = shown_words(source), words_out(result.documents)
    lost = shown - kept
    for item in result.dropped:
        if item.reason == "running_header":
            lost -= words_of(item.detail)
    # `Key Terms**drift**` is one word to a reader and two to the pattern of words.
    joined = list(kept - shown)
    parts = [word for word in lost if any(word in whole for whole in joined)]
    return " ".join(sorted(set(lost) - set(parts))[:8])


def lost_in_cleaning(
    before: Sequence[Document], after: Sequence[Document], dropped: Sequence[Dropped]
) -> str:
    """Name the words that are gone though no entry says that something was left out."""
    lost = words_out(before) - words_out(after)
    return "" if dropped else " ".join(sorted(lost)[:8])


def check(source: str, is_markdown: bool, mode: Mode, budget: int) -> str:
    """Run one source through all steps; return what is wrong, or nothing."""
    reader = MarkdownReader() if is_markdown else TextReader()
    request = ReadRequest(
        document_id="source.md" if is_markdown else "source.txt",
        text=source,
        source="",
        headings=mode,
    )
    result = reader.read(request)
    lost = lost_in_reading(source, result)
    if lost:
        return f"lost in reading: {lost}"
    hygiene = HygieneConfig()
    cleaned = clean_result(result, hygiene)
    documents, dropped = clean_corpus(cleaned.documents, hygiene)
    gone = lost_in_cleaning(
        result.documents, documents, [*cleaned.dropped[len(result.dropped) :], *dropped]
    )
    if gone:
        return f"lost in cleaning: {gone}"
    return check_chunks(documents, budget)


def check_chunks(documents: Sequence[Document], budget: int) -> str:
    """Build the tree, cut the text, and check that both cover it once."""
    # The assembly checks that each outline covers its document.
    root = assemble("Pumps", [(document, outline_of(document)) for document in documents])
    _, chunks = hang_chunks(root, documents, budget, WordCodec())
    for document in documents:
        own = [chunk for chunk in chunks if chunk.document_id == document.id]
        if "".join(chunk.text for chunk in own) != document.text:
            return "the chunks are not the text"
        if any(chunk.tokens > budget for chunk in own):
            return f"a chunk of more than {budget} tokens"
    return ""


def run_round(sources: Sequence[tuple[str, str]], seed: int) -> Failure | None:
    """Run the round of a seed."""
    chance = random.Random(seed)
    name, text = sources[chance.randrange(len(sources))]
    source = mutate(text, chance)
    mode, budget = chance.choice(MODES), chance.choice(BUDGETS)
    try:
        what = check(source, name.endswith(".md"), mode, budget)
    except StructTuningError as error:
        # Our own errors say what is wrong with the source.
        return None if str(error) else Failure(what="an error without words", source=source)
    except Exception as error:  # every other one is a failure that is reported
        what = f"{type(error).__name__}: {error}"
    return Failure(what=f"{name}, {mode}, {budget}: {what}", source=source) if what else None


def read_sources(folders: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Iterate over the Markdown and text files of folders: name and text."""
    for folder in folders:
        for path in sorted([*folder.rglob("*.md"), *folder.rglob("*.txt")]):
            if path.name.isupper() or path.name in ("README.md", "NOTICE.md", "expected.md"):
                continue
            yield path.name, path.read_text(encoding="utf-8", errors="replace")


def main() -> int:
    """Run the rounds; return 1 if one failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rounds", type=int, default=0, help="by default as many as fit")
    parser.add_argument("--seed", type=int, default=0, help="that of the first round")
    parser.add_argument("--output", type=Path, help="folder for the sources of failures")
    arguments = parser.parse_args()
    folders = [arguments.data, *([arguments.cases] if arguments.cases else [])]
    sources = list(read_sources(folders))
    started, seed, failures = time.process_time(), arguments.seed, 0
    while time.process_time() - started < arguments.seconds:
        if arguments.rounds and seed >= arguments.seed + arguments.rounds:
            break
        failure = run_round(sources, seed)
        if failure is not None:
            failures += 1
            print(f"seed {seed}: {failure.what}"[:300], flush=True)
            if arguments.output:
                arguments.output.mkdir(parents=True, exist_ok=True)
                (arguments.output / f"{seed}.md").write_text(failure.source, encoding="utf-8")
        seed += 1
    spent = time.process_time() - started
    print(f"{seed - arguments.seed} rounds, {failures} failures, {spent:.0f} s of the processor")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
