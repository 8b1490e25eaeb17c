"""A taxonomy as an outline in Markdown that people can read, edit and give back.

    - Bicycles <!-- 0f0b5a6c1d2e3f40~1a2b3c4d -->
      - The Bicycle <!-- 9c1f5d1e07aa3f2a~5e6f7a8b the_bicycle.md@0 -->
        - Wheels <!-- 3f2a9c0011223344~9c0d1e2f the_bicycle.md@1234 empty -->
          - Rims <!-- 77aa9c0011223344~3a4b5c6d the_bicycle.md@1234 -->

The comment of a line: the node's id; after `~` four digits of its branch's spans and four of its title, by which edits
are recognised; where its own text starts, counted in characters. The text goes on up to the next place in the same
document, so the text of a deleted line falls to the line above it. `empty` marks a place without text of its own.
`kind=`, `source=` and `language=` stand there only where they are not what the rest of the line suggests.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast
from urllib.parse import quote, unquote

from structtuning_plugin.errors import TaxonomyError, nearest
from structtuning_plugin.taxonomy.checking import FORMAT, KINDS, VERSION, Given, joined, new_id, raise_faults, stamp, stamp_faults
from structtuning_plugin.taxonomy.extractors.parts import SOURCE as NUMBERED_PARTS
from structtuning_plugin.taxonomy.titles import is_one_line
from structtuning_plugin.types import Document, Span, Topic, TopicKind

_INDENT = 2
_FIRST = f"{FORMAT}, version {VERSION}"
_HEAD = f"""<!--
{_FIRST}

A line is a topic: its title, then a comment that finds it again (id, document@character where its text starts).
Two blanks before the "-" make a level. You may
- change a title;
- change the indentation of a line and of what is beneath it: it moves to another level;
- delete a line: its text goes to the line before it;
- add a line without a comment, and indent beneath it what it shall hold;
- change the order of documents and folders. Within a document the order of the text stays as it is.
Leave the comments as they are. Name the file in `taxonomy.path`; `axolotl structtuning validate CONFIG` checks it.

"""
_STAMP = re.compile(r"document (?P<id>\S+): (?P<characters>\d+) characters, sha256 (?P<sha256>[0-9a-f]{64})")
_LINE = re.compile(r"(?P<indent>\s*)[-*+](?:\s+(?P<rest>.*))?")
_ID = re.compile(r"(?P<id>[^~@=\s]+)(?:~(?P<spans>[0-9a-f]{4})(?P<title>[0-9a-f]{4}))?")
_PLACE = re.compile(r"(?P<document>[^@=\s]+)@(?P<start>\d{1,15})")
_WORD = re.compile(r"(?P<key>kind|source|language)=(?P<value>[^=\s]*)")
_ENTITY = re.compile(r"&(?:(lt)|(amp)|#(\d{1,7}));", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the own text of a node starts; `empty` if it had none when the outline was written."""

    document_id: str
    start: int
    empty: bool = False


# --- to text


def render(root: Topic, documents: Sequence[Document]) -> str:
    """The outline of a tree that covers these documents; no line break at its end.

    Raises:
        TaxonomyError: the tree has text of a document in another order than the document.
    """
    by_id = {document.id: document for document in documents}
    reached = dict.fromkeys(by_id, 0)
    stamps = [(document.id, stamp(document)) for document in documents]
    lines = [f"document {_escape(key)}: {of['characters']} characters, sha256 {of['sha256']}" for key, of in stamps]
    head = _HEAD + "\n".join(lines) + "\n-->\n\n"
    stack: list[tuple[Topic, int, str, str | None]] = [(root, 0, "", None)]
    body = []
    while stack:
        topic, depth, above, home = stack.pop()
        home = _home(topic, home)
        places = _places(topic, home, reached)
        words = _words(topic, places, above, by_id)
        body.append(f"{' ' * _INDENT * depth}- {_written(topic.title)} <!-- {' '.join(words)} -->")
        stack += [(child, depth + 1, topic.kind, home) for child in reversed(topic.subtopics)]
    return head + "\n".join(body)


def _home(topic: Topic, above: str | None) -> str | None:
    """The one document in which a node lies; a node without text lies where its parent does."""
    if topic.kind not in ("document", "topic"):
        return None
    found = {span.document_id for span in topic.spans}
    return above if not found else found.pop() if len(found) == 1 else None


def _places(topic: Topic, home: str | None, reached: dict[str, int]) -> list[_Place]:
    for span in topic.own_spans:
        if span.start != reached[span.document_id]:
            raise TaxonomyError(
                f"The tree cannot be written as an outline: {topic.title!r} has the characters {span.start}..{span.end} of "
                f"{span.document_id}, which are not the next ones in reading order. Write it as JSON."
            )
        reached[span.document_id] = span.end
    if topic.own_spans:
        return [_Place(span.document_id, span.start) for span in topic.own_spans]
    return [] if home is None else [_Place(home, reached[home], empty=True)]


def _words(topic: Topic, places: Sequence[_Place], above: str, documents: Mapping[str, Document]) -> list[str]:
    """What stands in the comment of a node."""
    kind = _usual_kind(places, above)
    usual = {
        "kind": kind,
        "source": _usual_source(topic.kind),
        "language": _usual_language(places, [child.language for child in topic.subtopics], documents),
    }
    given = {"kind": topic.kind, "source": topic.source, "language": topic.language}
    return [
        f"{_escape(topic.id)}~{_digits(topic.spans)}{_title_digits(topic.title)}",
        *(f"{_escape(place.document_id)}@{place.start}" for place in places),
        *(["empty"] if any(place.empty for place in places) else []),
        *(f"{key}={_escape(value)}" for key, value in given.items() if value != usual[key]),
    ]


def _usual_kind(places: Sequence[_Place], above: str) -> str:
    if not above:
        return "domain"
    if above in ("document", "topic"):
        return "topic"
    return "folder" if not places else "document" if places[0].start == 0 else "topic"


def _usual_source(kind: str) -> str:
    return "headings" if kind in ("document", "topic") else "folders"


def _usual_language(places: Sequence[_Place], beneath: Iterable[str], documents: Mapping[str, Document]) -> str:
    if places:
        return documents[places[0].document_id].language
    return next((language for language, _ in Counter(beneath).most_common(1)), "en")


def _digits(spans: Iterable[Span]) -> str:
    """In any order, since the order of documents may be changed."""
    spots = sorted(f"{span.document_id}:{span.start}-{span.end}" for span in spans)
    return hashlib.sha256("\x1f".join(spots).encode()).hexdigest()[:4]


def _title_digits(title: str) -> str:
    return hashlib.sha256(title.encode()).hexdigest()[:4]


def _escape(word: str) -> str:
    """An id without anything that a comment, or a word in it, could break at.

    >>> _escape("my notes/細胞 --> @1.md")
    'my%20notes/細胞%20--%3E%20%401.md'
    """
    return "".join(char if char.isalnum() or char in "._/-" else "%7E" if char == "~" else quote(char, safe="") for char in word)


def _written(title: str) -> str:
    """A title so that a viewer shows it and `_title` gives it back.

    >>> _written("R&D <x> &lt; ")
    'R&D &lt;x> &amp;lt;&#32;'
    """
    text = _ENTITY.sub(lambda found: "&amp;" + found[0][1:], title).replace("<", "&lt;")
    bare = text.strip()
    front, _, back = text.partition(bare)
    shown = "".join(char if char.isprintable() or not _is_blank_or_control(char) else f"&#{ord(char)};" for char in bare)
    return _numbered(front) + shown + _numbered(back)


def _is_blank_or_control(char: str) -> bool:
    return ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u2028\u2029"


def _numbered(blanks: str) -> str:
    return "".join(f"&#{ord(char)};" for char in blanks)


def _title(written: str) -> str:
    """The title of a line; whoever writes `<` or `&` gets them as they are."""
    return _ENTITY.sub(_character, written.strip())


def _character(found: re.Match[str]) -> str:
    if found[1] or found[2]:
        return "<" if found[1] else "&"
    code = int(found[3])
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else found[0]


# --- from text


@dataclass(slots=True)
class _Line:
    """A line as it stands there; `sound` unless its comment has a fault, `straight` unless its indentation has one.

    What only follows from such a fault is not told.
    """

    number: int
    indent: int
    title: str
    id: str = ""
    spans_digits: str = ""
    title_digits: str = ""
    places: list[_Place] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    sound: bool = True
    straight: bool = True
    parent: _Line | None = None
    children: list[_Line] = field(default_factory=list)
    own: list[Span] = field(default_factory=list)
    spans: tuple[Span, ...] = ()
    kind: str = ""
    was_there: bool = False

    def is_renamed(self) -> bool:
        """Whether its title is another than when the outline was written."""
        return self.title_digits not in ("", _title_digits(self.title))

    def is_regrouped(self) -> bool:
        """Whether the text of its branch is another than when the outline was written."""
        return self.spans_digits not in ("", _digits(self.spans))

    def path(self) -> list[str]:
        """Titles from the root down."""
        titles, line = [self.title], self
        while line.parent is not None:
            line = line.parent
            titles.append(line.title)
        return titles[::-1]


def parse(text: str, documents: Sequence[Document], origin: str) -> Given:
    """The tree of an outline that fits these documents.

    Raises:
        TaxonomyError: it is no outline, or was made for other documents, or an edit broke it; up to ten faults are named.
    """
    by_id = {document.id: document for document in documents}
    head, body, number = _parted(text, origin)
    stamps, faults = _stamps(head)
    raise_faults(origin, faults + stamp_faults(stamps, by_id))
    reading = _Reading(by_id)
    lines = reading.lines(body, number)
    if not lines and not reading.faults:
        raise TaxonomyError(f"{origin} has no lines beneath its first comment. Export the taxonomy anew.")
    reading.link(lines)
    reading.check_ids(lines)
    reading.place(lines)
    raise_faults(origin, reading.told())
    return _grown(lines, by_id)


def _parted(text: str, origin: str) -> tuple[str, str, int]:
    """The first comment, what follows, and the number of the line where that begins."""
    start, end = text.find("<!--"), text.find("-->")
    head = text[start + 4 : end]
    if text[: max(start, 0)].strip() or not 0 <= start < end or head.strip().partition("\n")[0].strip() != _FIRST:
        raise TaxonomyError(
            f"{origin} is no outline of a taxonomy: it needs the first comment of an exported file, which says `{_FIRST}`."
        )
    return head, text[end + 3 :], text.count("\n", 0, end) + 1


def _stamps(head: str) -> tuple[dict[str, dict[str, object]], list[str]]:
    stamps: dict[str, dict[str, object]] = {}
    faults = []
    for line in (line.strip() for line in head.split("\n")):
        if found := _STAMP.fullmatch(line):
            stamps[unquote(found["id"])] = {"characters": int(found["characters"]), "sha256": found["sha256"]}
        elif line.startswith("document "):
            faults.append(f"the line {line!r:.80} of the first comment is broken. Copy it from the exported file.")
    return stamps, faults


@dataclass
class _Reading:
    """Reads lines and gathers their faults, by the number of the line."""

    documents: Mapping[str, Document]
    faults: list[tuple[int, str]] = field(default_factory=list)

    def told(self) -> list[str]:
        """The faults in the order of the lines; those of no line come last."""
        ordered = sorted(self.faults, key=lambda fault: (fault[0] == 0, fault[0]))
        return [f"line {number}: {text}" if number else text for number, text in ordered]

    def _fault(self, number: int, text: str) -> None:
        self.faults.append((number, text))

    def lines(self, body: str, first: int) -> list[_Line]:
        """The lines of the list, one by one."""
        found: list[_Line] = []
        for number, text in enumerate(body.split("\n"), first):
            if text.strip():
                found += self._line(number, text.rstrip())
        return found

    def _line(self, number: int, text: str) -> Iterator[_Line]:
        found = _LINE.fullmatch(text)
        if found is None:
            self._fault(
                number, f'{text.strip()!r:.60} is no line of an outline. Write "- Title", two blanks in front for each level.'
            )
            return
        indent, rest = found["indent"], found["rest"] or ""
        straight = not indent.strip(" ") and len(indent) % _INDENT == 0
        if indent.strip(" "):
            self._fault(number, "it is indented with a tab. Use two blanks for each level.")
        elif len(indent) % _INDENT:
            self._fault(number, f"it is indented by {_blanks(len(indent))}. Use two for each level.")
        written, begun, comment = rest.partition("<!--")
        line = _Line(number, len(indent.expandtabs(_INDENT)) // _INDENT, _title(written), straight=straight)
        if not is_one_line(line.title):
            self._fault(number, f"its title is {line.title!r}. Give one line of text, or delete the line.")
        if begun or rest.endswith("-->"):
            self._read_comment(line, begun + comment)
        yield line

    def _read_comment(self, line: _Line, comment: str) -> None:
        inner = comment.removeprefix("<!--").removesuffix("-->")
        if comment != f"<!--{inner}-->" or "<!--" in inner or "-->" in inner:
            self._broken(line, f"the comment {comment!r:.60} is broken")
            return
        words = inner.split()
        if words and (found := _ID.fullmatch(words[0])) and words[0] != "empty":
            line.id, line.spans_digits, line.title_digits = unquote(found["id"]), found["spans"] or "", found["title"] or ""
            line.was_there = True
            words = words[1:]
        for word in words:
            if line.sound:
                self._read_word(line, word, "empty" in words)

    def _broken(self, line: _Line, what: str) -> None:
        line.sound = False
        self._fault(line.number, f"{what}. Copy it from the exported file, or take it out to make a new topic.")

    def _read_word(self, line: _Line, word: str, empty: bool) -> None:
        if found := _PLACE.fullmatch(word):
            self._read_place(line, unquote(found["document"]), int(found["start"]), empty)
        elif found := _WORD.fullmatch(word):
            line.words[found["key"]] = unquote(found["value"])
            if found["key"] == "kind" and line.words["kind"] not in KINDS:
                self._fault(line.number, f"the kind {line.words['kind']!r} is unknown. Allowed: {', '.join(KINDS)}.")
        elif word != "empty":
            self._broken(line, f"the comment is broken at {word!r:.60}")

    def _read_place(self, line: _Line, document_id: str, start: int, empty: bool) -> None:
        if document_id not in self.documents:
            line.sound = False
            known = nearest(document_id, self.documents) if len(self.documents) <= 20 else ""
            self._fault(line.number, f"the corpus has no document {document_id!r:.100}.{known}")
            return
        size = len(self.documents[document_id].text)
        if start > size or (start == size and not empty):
            line.sound = False
            self._fault(line.number, f"{document_id}@{start} lies outside: this document has the characters 0..{size}.")
            return
        line.places.append(_Place(document_id, start, empty))

    def link(self, lines: Sequence[_Line]) -> None:
        """Parents and children, by indentation."""
        open_lines: list[_Line] = []
        for above, line in zip([None, *lines], lines, strict=False):
            while open_lines and open_lines[-1].indent >= line.indent:
                open_lines.pop()
            if above is None or not open_lines:
                self._check_margin(line, lines[0])
            elif line.indent > above.indent + 1 and line.straight and above.straight:
                self._fault(line.number, _skipped(line, above))
            if open_lines:
                line.parent = open_lines[-1]
                open_lines[-1].children.append(line)
            open_lines.append(line)

    def _check_margin(self, line: _Line, first: _Line) -> None:
        if line is first and line.indent:
            self._fault(
                line.number, f"{line.title!r} comes first and is indented. The domain comes first, at the margin: put it back."
            )
        elif line is not first and not first.indent:
            self._fault(
                line.number, f"{line.title!r} stands at the margin, as the domain of line {first.number} does. Indent it."
            )

    def check_ids(self, lines: Sequence[_Line]) -> None:
        """No id twice, no new node without anything in it."""
        seen: dict[str, _Line] = {}
        for line in lines:
            if line.id and line.id in seen:
                line.sound, first = False, seen[line.id]
                self._fault(
                    line.number,
                    f"{line.title!r} has the comment of line {first.number}, {first.title!r}. Delete one of the two lines, "
                    "or take the comment out to make a new topic.",
                )
            elif line.id:
                seen[line.id] = line
            elif line.sound and not line.places and not line.children:
                self._fault(line.number, f"the new topic {line.title!r} holds nothing. Indent beneath it what it shall hold.")

    def place(self, lines: Sequence[_Line]) -> None:
        """Gives every line its own text: from its place up to the next one in the document."""
        placed: dict[str, list[tuple[_Place, _Line]]] = {key: [] for key in self.documents}
        for line in lines:
            if line.sound:
                for place in line.places:
                    placed[place.document_id].append((place, line))
        whole = all(line.sound for line in lines)
        for document_id, found in placed.items():
            size = len(self.documents[document_id].text)
            self._check_order(found)
            if whole:
                self._check_start(document_id, size, found)
            ends = [*(place.start for place, _ in found), size][1:]
            for (place, line), end in zip(found, ends, strict=True):
                if place.start < end:
                    line.own.append(Span(document_id=document_id, start=place.start, end=end))

    def _check_order(self, found: Sequence[tuple[_Place, _Line]]) -> None:
        for (first, above), (place, line) in pairwise(found):
            spot = f"{place.document_id}@{place.start}"
            other = f"line {above.number}, {above.title!r}, {first.document_id}@{first.start}"
            if place.start > first.start or (place.start == first.start and first.empty):
                continue
            if place.start == first.start and not place.empty:
                self._fault(line.number, f"{spot} stands in line {above.number} too. Take it out of the one that has no text.")
            else:
                self._fault(
                    line.number,
                    f"{line.title!r}, {spot}, stands below {other}. The order of the text stays as it is: put it above "
                    f"line {above.number} again and change levels only.",
                )

    def _check_start(self, document_id: str, size: int, found: Sequence[tuple[_Place, _Line]]) -> None:
        if not size or any(place.start == 0 for place, _ in found):
            return
        if not found:
            self._fault(0, f"{document_id} has no line left for its {size} characters. Put its lines back.")
            return
        place, line = min(found, key=lambda item: item[0].start)
        self._fault(
            line.number,
            f"{line.title!r} is the first line left of {document_id}, but starts at character {place.start}: the first line of "
            "the document was deleted, and there is none before it to take its text. Put it back.",
        )


def _skipped(line: _Line, above: _Line) -> str:
    return (
        f"{line.title!r} is indented by {_blanks(line.indent * _INDENT)}, but line {above.number} above it, {above.title!r}, by "
        f"{above.indent * _INDENT}. Indent it, and what is beneath it, by {(above.indent + 1) * _INDENT} at most."
    )


def _blanks(count: int) -> str:
    return f"{count} blank{'' if count == 1 else 's'}"


def _grown(lines: Sequence[_Line], documents: Mapping[str, Document]) -> Given:
    """Lines without faults to topics."""
    for line in reversed(lines):
        line.spans = joined([*line.own, *(span for child in line.children for span in child.spans)])
    taken = {line.id for line in lines if line.id}
    new = sum(not line.id for line in lines)
    regrouped = sum(line.is_regrouped() for line in lines)
    for line in lines:
        line.kind = line.words.get("kind") or _usual_kind(line.places, line.parent.kind if line.parent else "")
        if not line.id or line.is_regrouped():
            line.id = new_id(line.path(), line.spans or _spot(line), taken)
    topics: dict[str, Topic] = {}
    for line in reversed(lines):
        topics[line.id] = _topic(line, tuple(topics.pop(child.id) for child in line.children), documents)
    renamed = sum(line.is_renamed() for line in lines)
    return Given(root=topics[lines[0].id], new=new, renamed=renamed, regrouped=regrouped)


def _topic(line: _Line, subtopics: tuple[Topic, ...], documents: Mapping[str, Document]) -> Topic:
    usual = _usual_language(line.places, [child.language for child in subtopics], documents)
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


def _spot(line: _Line) -> tuple[Span, ...]:
    """Where a node without text stands, as the extractors' nodes have it in their ids."""
    return tuple(Span(document_id=place.document_id, start=place.start, end=place.start) for place in line.places)


def _source(line: _Line) -> str:
    source = line.words.get("source", _usual_source(line.kind) if line.was_there else "file")
    # A numbered part is not asked about; one that a person gave a title is.
    return "file" if line.is_renamed() and source == NUMBERED_PARTS else source
