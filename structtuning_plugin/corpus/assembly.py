r"""Assembly of a document from headings and blocks.

    builder.add_heading(1, "Cells"); builder.add("paragraph", "All life...")
    ->  Document(text="All life...", headings=(Heading(level=1, title="Cells", start=0),), ...)

Blocks are separated by one blank line. What is left out is counted by reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from structtuning_plugin.core.types import Block, BlockKind, Document, Dropped, Heading, ReadResult
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.corpus.headings.letter_sizes import (
    LetteredHeading,
    LetteredText,
    Letters,
    find_headings,
)
from structtuning_plugin.hookspecs import ReadRequest
from structtuning_plugin.languages import detect

# Marks of possible breaks, which a word does not have; the joiners U+200C and U+200D are letters'.
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\ufffc]")
_HARD_BLANKS = re.compile("[\u00a0\u202f\u2007]")
_BLANKS = re.compile(r"[ \t\r\f\v]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?=[-_]|\Z)")
_SEPARATOR = "\n\n"
# Strength of the evidence of letters: less than that of a mark.
_LETTERS_SCORE = 0.8


def tidy(text: str) -> str:
    r"""Remove invisible characters and runs of blanks from running text; line ends stay.

    >>> tidy("a hand\u00adpump \u00a0 of\n iron ")
    'a handpump of\niron'
    """
    text = clean(text)[0]
    if not text.isascii():
        text = _HARD_BLANKS.sub(" ", _INVISIBLE.sub("", text))
    lines = [_BLANKS.sub(" ", line).strip() for line in text.split("\n")]
    return "\n".join(lines).strip("\n")


def tidy_title(text: str) -> str:
    """Bring a title into one line, without invisible characters."""
    return " ".join(tidy(text).split())


def language_code(stated: str) -> str:
    """Return the code of a stated language: "de" for "de-AT"; empty for anything else."""
    match = _LANGUAGE.match(stated.strip())
    return match[0].lower() if match else ""


def _language(stated: str, text: str) -> str:
    """Return the stated language, or the detected one; tools state "en" for anything."""
    code = language_code(stated)
    if code == "en":
        letters = [character for character in text[:20_000] if character.isalpha()]
        ascii_letters = sum(character.isascii() for character in letters)
        code = code if ascii_letters >= 0.7 * len(letters) else ""
    return code or detect(text)


@dataclass(frozen=True, slots=True)
class _Part:
    kind: BlockKind
    text: str
    letters: Letters | None = None


@dataclass(frozen=True, slots=True)
class _Title:
    level: int
    title: str
    evidence: tuple[str, ...] = ()


class DocumentBuilder:
    """Collector of the headings, the blocks and the omissions of one document."""

    def __init__(self, request: ReadRequest) -> None:
        self._request = request
        self._parts: list[_Part | _Title] = []
        self._omissions: Counter[str] = Counter()
        self._details: dict[str, str] = {}

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a heading nor a block yet."""
        return not self._parts

    def add_heading(self, level: int, title: str) -> None:
        """Add a heading; one without text is left out as `empty_heading`."""
        words = tidy_title(title)
        if words:
            self._parts.append(_Title(max(1, level), words))
        else:
            self.drop("empty_heading")

    def add_inferred(self, heading: LetteredHeading, title: str) -> None:
        """Add a heading that has no mark, with its evidence."""
        self._parts.append(_Title(heading.level, tidy_title(title), heading.evidence))

    def add(self, kind: BlockKind, text: str) -> None:
        """Add a block; nothing is added if it has no text. Code keeps its blanks."""
        text = _code(text) if kind == "code" else tidy(text) if kind == "paragraph" else _rows(text)
        if text.strip():
            self._parts.append(_Part(kind, text))

    def add_paragraph(self, text: str, letters: Letters | None) -> None:
        """Add a paragraph with the letters of most of it, for `infer_headings`."""
        text = tidy(text)
        if text.strip():
            self._parts.append(_Part("paragraph", text, letters))

    def infer_headings(self) -> None:
        """Make headings of paragraphs whose letters show it, if no heading is marked.

        Nothing is done with `taxonomy.headings: as_marked`.
        """
        is_marked = any(isinstance(part, _Title) for part in self._parts)
        if is_marked or self._request.headings == "as_marked":
            return
        places: list[int] = []
        texts: list[LetteredText] = []
        for place, part in enumerate(self._parts):
            if isinstance(part, _Part) and part.letters is not None:
                places.append(place)
                texts.append(LetteredText(text=part.text, letters=part.letters))
        last = len(self._parts) - 1
        for index, heading in find_headings(texts).items():
            if places[index] < last:  # the last block has nothing below it
                title = tidy_title(texts[index].text)
                self._parts[places[index]] = _Title(heading.level, title, heading.evidence)

    def drop(self, reason: str, count: int = 1, detail: str = "") -> None:
        """Count something that is left out; the first detail of each reason is shown."""
        if count:
            self._omissions[reason] += count
            if detail:
                self._details.setdefault(reason, detail)

    def build(
        self,
        title: str = "",
        language: str = "",
        document_id: str = "",
        keeps_title: bool = False,
        included: Iterable[str] = (),
        switched_off: Iterable[str] = (),
    ) -> ReadResult:
        """Build the document.

        Args:
            title: Title that the file states; else a top heading or the file's name is its title.
            language: Language that the file states, such as `de-AT`.
            document_id: Id of the document; by default that of the file.
            keeps_title: Whether the title stays above a single top heading.
            included: Absolute paths of the files that are part of the document.
            switched_off: Absolute paths of the files whose inclusion is commented out.
        """
        request = self._request
        text, headings, blocks = self._lay_out()
        stated = tidy_title(title)
        document = Document(
            id=document_id or request.document_id,
            text=text,
            title=stated or request.file_title,
            language=request.language or _language(language, text),
            headings=with_title(headings, stated, keeps_title),
            blocks=blocks,
            source=request.source,
        )
        return ReadResult(
            documents=(document,),
            dropped=self.dropped(document.id),
            included=tuple(included),
            switched_off=tuple(switched_off),
        )

    def dropped(self, document_id: str = "") -> tuple[Dropped, ...]:
        """List what is left out, each reason once with its count."""
        return tuple(
            Dropped(
                stage="read",
                id=document_id or self._request.document_id,
                reason=reason,
                detail=f"{count} left out" + self._shown(reason),
            )
            for reason, count in sorted(self._omissions.items())
        )

    def _shown(self, reason: str) -> str:
        detail = self._details.get(reason, "")
        return f", such as {detail!r:.80}" if detail else ""

    def _lay_out(self) -> tuple[str, tuple[Heading, ...], tuple[Block, ...]]:
        texts: list[str] = []
        headings: list[Heading] = []
        blocks: list[Block] = []
        offset = 0
        for part in self._parts:
            if isinstance(part, _Title):
                headings.append(_heading(part, offset))
                continue
            blocks.append(Block(kind=part.kind, start=offset))
            texts.append(part.text)
            offset += len(part.text) + len(_SEPARATOR)
        text = _SEPARATOR.join(texts)
        within = tuple(replace(h, start=min(h.start, len(text))) for h in headings)
        return text, within, tuple(blocks)


def _heading(part: _Title, start: int) -> Heading:
    if not part.evidence:
        return Heading(level=part.level, title=part.title, start=start)
    return Heading(
        level=part.level,
        title=part.title,
        start=start,
        origin="inferred",
        score=_LETTERS_SCORE,
        evidence=part.evidence,
    )


def with_title(
    headings: tuple[Heading, ...], title: str, keeps_title: bool = False
) -> tuple[Heading, ...]:
    """Let the title head the document: the tree takes a single top heading at 0 for it.

    Args:
        headings: Headings of the document.
        title: Its title.
        keeps_title: Whether the title stays above a single top heading.
    """
    if not title or not headings:
        return headings
    first, others = headings[0], headings[1:]
    if not all(heading.level > first.level for heading in others):
        return headings
    if first.title.casefold() == title.casefold():  # text before it, a date say, is the page's
        return (replace(first, start=0), *others)
    if first.start > 0 or not keeps_title:
        return headings
    lower = tuple(replace(heading, level=heading.level + 1) for heading in headings)
    return (Heading(level=1, title=title, start=0), *lower)


def _code(text: str) -> str:
    text = clean(text)[0]
    if not text.isascii():
        text = _HARD_BLANKS.sub(" ", _INVISIBLE.sub("", text))
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(lines).strip("\n")


def _rows(text: str) -> str:
    text = clean(text)[0]
    if not text.isascii():
        text = _HARD_BLANKS.sub(" ", _INVISIBLE.sub("", text))
    return "\n".join(line.rstrip() for line in text.split("\n") if line.strip())
