"""Parser of outlines: from text to a tree, or to an error that names the faults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

from structtuning_plugin.core.errors import TaxonomyError, nearest
from structtuning_plugin.core.types import NUMBERED_PARTS, Document, Span, Topic, TopicKind
from structtuning_plugin.taxonomy.io.outline_syntax import (
    INDENT,
    Place,
    digits_of_spans,
    digits_of_title,
    parted,
    read_stamps,
    read_title,
    unescape,
    usual_kind,
    usual_language,
    usual_source,
)
from structtuning_plugin.taxonomy.io.validation import (
    KINDS,
    Faults,
    ReadTree,
    blanks,
    joined,
    new_id,
    raise_faults,
    stamp_faults,
)
from structtuning_plugin.taxonomy.titles import is_one_line

_LINE = re.compile(r"(?P<indent>\s*)[-*+](?:\s+(?P<rest>.*))?")
_ID = re.compile(r"(?P<id>[^~@=\s]+)(?:~(?P<spans>[0-9a-f]{4})(?P<title>[0-9a-f]{4}))?")
_PLACE = re.compile(r"(?P<document>[^@=\s]+)@(?P<start>\d{1,15})")
_WORD = re.compile(r"(?P<key>kind|source|language)=(?P<value>[^=\s]*)")


@dataclass(slots=True)
class Line:
    """A parsed line.

    `sound` is False if its comment has a fault, `straight` if its indentation has one. Faults that
    only follow from such a fault are not reported.
    """

    number: int
    indent: int
    title: str
    id: str = ""
    spans_digits: str = ""
    title_digits: str = ""
    places: list[Place] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    sound: bool = True
    straight: bool = True
    parent: Line | None = None
    children: list[Line] = field(default_factory=list)
    own: list[Span] = field(default_factory=list)
    spans: tuple[Span, ...] = ()
    kind: str = ""
    was_there: bool = False

    def is_renamed(self) -> bool:
        """Return True if the title has changed since the outline was written."""
        return self.title_digits not in ("", digits_of_title(self.title))

    def is_regrouped(self) -> bool:
        """Return True if the text of the branch has changed since the outline was written."""
        return self.spans_digits not in ("", digits_of_spans(self.spans))

    def path(self) -> list[str]:
        """Return the titles from the root down."""
        titles, line = [self.title], self
        while line.parent is not None:
            line = line.parent
            titles.append(line.title)
        return titles[::-1]


def read_lines(
    body: str, first: int, documents: Mapping[str, Document], faults: Faults
) -> list[Line]:
    """Read the lines of the list; `first` is the number of the first line."""
    reader = _Reader(documents, faults)
    lines: list[Line] = []
    for number, text in enumerate(body.split("\n"), first):
        if text.strip():
            lines += reader.line(number, text.rstrip())
    return lines


@dataclass
class _Reader:
    """Reader of lines that collects their faults."""

    documents: Mapping[str, Document]
    faults: Faults

    def line(self, number: int, text: str) -> Iterator[Line]:
        match = _LINE.fullmatch(text)
        if match is None:
            self.faults.add(
                number,
                f'{text.strip()!r:.60} is no line of an outline. Write "- Title", two blanks in '
                "front for each level.",
            )
            return
        indent, rest = match["indent"], match["rest"] or ""
        straight = not indent.strip(" ") and len(indent) % INDENT == 0
        if indent.strip(" "):
            self.faults.add(number, "it is indented with a tab. Use two blanks for each level.")
        elif len(indent) % INDENT:
            self.faults.add(
                number, f"it is indented by {blanks(len(indent))}. Use two for each level."
            )
        title, begun, comment = rest.partition("<!--")
        line = Line(
            number, len(indent.expandtabs(INDENT)) // INDENT, read_title(title), straight=straight
        )
        if not is_one_line(line.title):
            self.faults.add(
                number, f"its title is {line.title!r}. Give one line of text, or delete the line."
            )
        if begun or rest.endswith("-->"):
            self._read_comment(line, begun + comment)
        yield line

    def _read_comment(self, line: Line, comment: str) -> None:
        inner = comment.removeprefix("<!--").removesuffix("-->")
        if comment != f"<!--{inner}-->" or "<!--" in inner or "-->" in inner:
            self._broken(line, f"the comment {comment!r:.60} is broken")
            return
        words = inner.split()
        if words and (match := _ID.fullmatch(words[0])) and words[0] != "empty":
            line.id, line.spans_digits, line.title_digits = (
                unescape(match["id"]),
                match["spans"] or "",
                match["title"] or "",
            )
            line.was_there = True
            words = words[1:]
        for word in words:
            if line.sound:
                self._read_word(line, word, "empty" in words)

    def _broken(self, line: Line, what: str) -> None:
        line.sound = False
        self.faults.add(
            line.number,
            f"{what}. Copy it from the exported file, or take it out to make a new topic.",
        )

    def _read_word(self, line: Line, word: str, empty: bool) -> None:
        if match := _PLACE.fullmatch(word):
            self._read_place(line, unescape(match["document"]), int(match["start"]), empty)
        elif match := _WORD.fullmatch(word):
            line.words[match["key"]] = unescape(match["value"])
            if match["key"] == "kind" and line.words["kind"] not in KINDS:
                self.faults.add(
                    line.number,
                    f"the kind {line.words['kind']!r} is unknown. Allowed: {', '.join(KINDS)}.",
                )
        elif word != "empty":
            self._broken(line, f"the comment is broken at {word!r:.60}")

    def _read_place(self, line: Line, document_id: str, start: int, empty: bool) -> None:
        if document_id not in self.documents:
            line.sound = False
            hint = nearest(document_id, self.documents) if len(self.documents) <= 20 else ""
            self.faults.add(line.number, f"the corpus has no document {document_id!r:.100}.{hint}")
            return
        size = len(self.documents[document_id].text)
        if start > size or (start == size and not empty):
            line.sound = False
            self.faults.add(
                line.number,
                f"{document_id}@{start} lies outside: this document has the characters 0..{size}.",
            )
            return
        line.places.append(Place(document_id, start, empty))


# --- From lines to a tree


def link(lines: Sequence[Line], faults: Faults) -> None:
    """Link parents and children by indentation."""
    open_lines: list[Line] = []
    for above, line in zip([None, *lines], lines, strict=False):
        while open_lines and open_lines[-1].indent >= line.indent:
            open_lines.pop()
        if above is None or not open_lines:
            _check_margin(line, lines[0], faults)
        elif line.indent > above.indent + 1 and line.straight and above.straight:
            faults.add(line.number, _skipped(line, above))
        if open_lines:
            line.parent = open_lines[-1]
            open_lines[-1].children.append(line)
        open_lines.append(line)


def _check_margin(line: Line, first: Line, faults: Faults) -> None:
    if line is first and line.indent:
        faults.add(
            line.number,
            f"{line.title!r} comes first and is indented. The domain comes first, at the margin: "
            "put it back.",
        )
    elif line is not first and not first.indent:
        faults.add(
            line.number,
            f"{line.title!r} is not indented, as the domain of line {first.number} does. "
            "Indent it.",
        )


def _skipped(line: Line, above: Line) -> str:
    return (
        f"{line.title!r} is indented by {blanks(line.indent * INDENT)}, but line {above.number} "
        f"above it, {above.title!r}, by "
        f"{above.indent * INDENT}. Indent it, and what is below it, by "
        f"{(above.indent + 1) * INDENT} at most."
    )


def check_ids(lines: Sequence[Line], faults: Faults) -> None:
    """Check that no id occurs twice, and that every new node has text or children."""
    line_of: dict[str, Line] = {}
    for line in lines:
        if line.id and line.id in line_of:
            line.sound, first = False, line_of[line.id]
            faults.add(
                line.number,
                f"{line.title!r} has the comment of line {first.number}, {first.title!r}. Delete "
                "one of the two lines, "
                "or take the comment out to make a new topic.",
            )
        elif line.id:
            line_of[line.id] = line
        elif line.sound and not line.places and not line.children:
            faults.add(
                line.number,
                f"the new topic {line.title!r} has no text and no children. Indent its children "
                "below it.",
            )


# --- The text of each line


def place_texts(lines: Sequence[Line], documents: Mapping[str, Document], faults: Faults) -> None:
    """Assign each line its own text: from its place up to the next one in the document."""
    places_of: dict[str, list[tuple[Place, Line]]] = {key: [] for key in documents}
    for line in lines:
        if line.sound:
            for place in line.places:
                places_of[place.document_id].append((place, line))
    whole = all(line.sound for line in lines)
    for document_id, places in places_of.items():
        size = len(documents[document_id].text)
        _check_order(places, faults)
        if whole:
            _check_start(document_id, size, places, faults)
        ends = [*(place.start for place, _ in places), size][1:]
        for (place, line), end in zip(places, ends, strict=True):
            if place.start < end:
                line.own.append(Span(document_id=document_id, start=place.start, end=end))


def _check_order(places: Sequence[tuple[Place, Line]], faults: Faults) -> None:
    for (first, above), (place, line) in pairwise(places):
        spot = f"{place.document_id}@{place.start}"
        other = f"line {above.number}, {above.title!r}, {first.document_id}@{first.start}"
        if place.start > first.start or (place.start == first.start and first.empty):
            continue
        if place.start == first.start and not place.empty:
            faults.add(
                line.number,
                f"{spot} is in line {above.number} too. Take it out of the one that has no text.",
            )
        else:
            faults.add(
                line.number,
                f"{line.title!r}, {spot}, is below {other}. The order of the text stays as it "
                "is: put it above "
                f"line {above.number} again and change levels only.",
            )


def _check_start(
    document_id: str, size: int, places: Sequence[tuple[Place, Line]], faults: Faults
) -> None:
    if not size or any(place.start == 0 for place, _ in places):
        return
    if not places:
        faults.add(
            0, f"{document_id} has no line left for its {size} characters. Put its lines back."
        )
        return
    place, line = min(places, key=lambda item: item[0].start)
    faults.add(
        line.number,
        f"{line.title!r} is the first line left of {document_id}, but starts at character "
        f"{place.start}: the first line of "
        "the document was deleted, and there is none before it to take its text. Put it back.",
    )


# --- From lines to topics


def grown(lines: Sequence[Line], documents: Mapping[str, Document]) -> ReadTree:
    """Convert lines without faults to topics."""
    for line in reversed(lines):
        line.spans = joined([*line.own, *(span for child in line.children for span in child.spans)])
    ids = {line.id for line in lines if line.id}
    new = sum(not line.id for line in lines)
    regrouped = sum(line.is_regrouped() for line in lines)
    for line in lines:
        line.kind = line.words.get("kind") or usual_kind(
            line.places, line.parent.kind if line.parent else ""
        )
        if not line.id or line.is_regrouped():
            line.id = new_id(line.path(), line.spans or _spot(line), ids)
    topics: dict[str, Topic] = {}
    for line in reversed(lines):
        topics[line.id] = _topic(
            line, tuple(topics.pop(child.id) for child in line.children), documents
        )
    renamed = sum(line.is_renamed() for line in lines)
    return ReadTree(root=topics[lines[0].id], new=new, renamed=renamed, regrouped=regrouped)


def _topic(line: Line, subtopics: tuple[Topic, ...], documents: Mapping[str, Document]) -> Topic:
    usual = usual_language(line.places, [child.language for child in subtopics], documents)
    return Topic(
        id=line.id,
        title=line.title,
        kind=cast(TopicKind, line.kind),
        source=_source(line),
        language=line.words.get("language", usual),
        spans=line.spans,
        own_spans=tuple(line.own),
        subtopics=subtopics,
    )


def _spot(line: Line) -> tuple[Span, ...]:
    """Return the place of a node without text, in the form that the ids of extractors use."""
    return tuple(
        Span(document_id=place.document_id, start=place.start, end=place.start)
        for place in line.places
    )


def _source(line: Line) -> str:
    source = line.words.get("source", usual_source(line.kind) if line.was_there else "file")
    # A numbered part is not asked about; one that a person gave a title is.
    return "file" if line.is_renamed() and source == NUMBERED_PARTS else source


def parse(text: str, documents: Sequence[Document], origin: str) -> ReadTree:
    """Parse an outline that matches these documents.

    Raises:
        TaxonomyError: If the text is no outline, was made for other documents, or an edit broke it.
            Up to ten faults are named.
    """
    by_id = {document.id: document for document in documents}
    head, body, number = parted(text, origin)
    stamps, broken = read_stamps(head)
    raise_faults(origin, broken + stamp_faults(stamps, by_id))
    faults = Faults()
    lines = read_lines(body, number, by_id, faults)
    if not lines and not faults.found:
        raise TaxonomyError(
            f"{origin} has no lines below its first comment. Export the taxonomy anew."
        )
    link(lines, faults)
    check_ids(lines, faults)
    place_texts(lines, by_id, faults)
    raise_faults(origin, faults.told())
    return grown(lines, by_id)
