"""The lines of an outline one by one: what each of them says, and what is broken in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from structtuning_plugin.errors import nearest
from structtuning_plugin.taxonomy.checking import KINDS
from structtuning_plugin.taxonomy.outlines.faults import Faults, blanks
from structtuning_plugin.taxonomy.outlines.marks import INDENT, Place, digits_of_spans, digits_of_title, read_title, unescape
from structtuning_plugin.taxonomy.titles import is_one_line
from structtuning_plugin.types import Document, Span

_LINE = re.compile(r"(?P<indent>\s*)[-*+](?:\s+(?P<rest>.*))?")
_ID = re.compile(r"(?P<id>[^~@=\s]+)(?:~(?P<spans>[0-9a-f]{4})(?P<title>[0-9a-f]{4}))?")
_PLACE = re.compile(r"(?P<document>[^@=\s]+)@(?P<start>\d{1,15})")
_WORD = re.compile(r"(?P<key>kind|source|language)=(?P<value>[^=\s]*)")


@dataclass(slots=True)
class Line:
    """A line as it stands there; `sound` unless its comment has a fault, `straight` unless its indentation has one.

    What only follows from such a fault is not told.
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
        """Whether its title is another than when the outline was written."""
        return self.title_digits not in ("", digits_of_title(self.title))

    def is_regrouped(self) -> bool:
        """Whether the text of its branch is another than when the outline was written."""
        return self.spans_digits not in ("", digits_of_spans(self.spans))

    def path(self) -> list[str]:
        """Titles from the root down."""
        titles, line = [self.title], self
        while line.parent is not None:
            line = line.parent
            titles.append(line.title)
        return titles[::-1]


def read_lines(body: str, first: int, documents: Mapping[str, Document], faults: Faults) -> list[Line]:
    """The lines of the list, one by one; `first` is the number of the first of them."""
    reader = _Reader(documents, faults)
    found: list[Line] = []
    for number, text in enumerate(body.split("\n"), first):
        if text.strip():
            found += reader.line(number, text.rstrip())
    return found


@dataclass
class _Reader:
    """Reads lines and gathers their faults."""

    documents: Mapping[str, Document]
    faults: Faults

    def line(self, number: int, text: str) -> Iterator[Line]:
        found = _LINE.fullmatch(text)
        if found is None:
            self.faults.add(
                number, f'{text.strip()!r:.60} is no line of an outline. Write "- Title", two blanks in front for each level.'
            )
            return
        indent, rest = found["indent"], found["rest"] or ""
        straight = not indent.strip(" ") and len(indent) % INDENT == 0
        if indent.strip(" "):
            self.faults.add(number, "it is indented with a tab. Use two blanks for each level.")
        elif len(indent) % INDENT:
            self.faults.add(number, f"it is indented by {blanks(len(indent))}. Use two for each level.")
        written, begun, comment = rest.partition("<!--")
        line = Line(number, len(indent.expandtabs(INDENT)) // INDENT, read_title(written), straight=straight)
        if not is_one_line(line.title):
            self.faults.add(number, f"its title is {line.title!r}. Give one line of text, or delete the line.")
        if begun or rest.endswith("-->"):
            self._read_comment(line, begun + comment)
        yield line

    def _read_comment(self, line: Line, comment: str) -> None:
        inner = comment.removeprefix("<!--").removesuffix("-->")
        if comment != f"<!--{inner}-->" or "<!--" in inner or "-->" in inner:
            self._broken(line, f"the comment {comment!r:.60} is broken")
            return
        words = inner.split()
        if words and (found := _ID.fullmatch(words[0])) and words[0] != "empty":
            line.id, line.spans_digits, line.title_digits = unescape(found["id"]), found["spans"] or "", found["title"] or ""
            line.was_there = True
            words = words[1:]
        for word in words:
            if line.sound:
                self._read_word(line, word, "empty" in words)

    def _broken(self, line: Line, what: str) -> None:
        line.sound = False
        self.faults.add(line.number, f"{what}. Copy it from the exported file, or take it out to make a new topic.")

    def _read_word(self, line: Line, word: str, empty: bool) -> None:
        if found := _PLACE.fullmatch(word):
            self._read_place(line, unescape(found["document"]), int(found["start"]), empty)
        elif found := _WORD.fullmatch(word):
            line.words[found["key"]] = unescape(found["value"])
            if found["key"] == "kind" and line.words["kind"] not in KINDS:
                self.faults.add(line.number, f"the kind {line.words['kind']!r} is unknown. Allowed: {', '.join(KINDS)}.")
        elif word != "empty":
            self._broken(line, f"the comment is broken at {word!r:.60}")

    def _read_place(self, line: Line, document_id: str, start: int, empty: bool) -> None:
        if document_id not in self.documents:
            line.sound = False
            known = nearest(document_id, self.documents) if len(self.documents) <= 20 else ""
            self.faults.add(line.number, f"the corpus has no document {document_id!r:.100}.{known}")
            return
        size = len(self.documents[document_id].text)
        if start > size or (start == size and not empty):
            line.sound = False
            self.faults.add(line.number, f"{document_id}@{start} lies outside: this document has the characters 0..{size}.")
            return
        line.places.append(Place(document_id, start, empty))
