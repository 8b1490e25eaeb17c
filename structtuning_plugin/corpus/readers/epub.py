"""Reader of EPUB books.

    nav: "Pumps" -> c1.xhtml#p, "Seals" below it -> c1.xhtml#s
    ->  Heading(level=1, title="Pumps"), Heading(level=2, title="Seals") where these ids are

The files are read in the order of the spine. The contents (nav, else NCX) and the chapters' own
headings are one outline: an entry and the heading or the printed title that it points to are one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import unquote

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import BlockKind, ReadResult
from structtuning_plugin.corpus.assembly import DocumentBuilder, tidy_title
from structtuning_plugin.corpus.html.blocks import HtmlBlocks
from structtuning_plugin.corpus.html.notes import take_notes
from structtuning_plugin.corpus.limits import Budget, Package
from structtuning_plugin.corpus.markup import Element, parse_xhtml, parse_xml
from structtuning_plugin.hookspecs import ReadRequest

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
# Fonts may be scrambled in a book that anyone can read.
_FONT_METHODS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_MARK = re.compile(
    r"(?:chapter|part|book|section|volume|kapitel|teil|buch|chapitre|partie|livre|capítulo|parte|"
    r"libro|capitolo|глава|часть|rozdział|część)?[\s.]*(?:\d+|[ivxlcdm]+|one|two|three|four|five|"
    r"six|seven|eight|nine|ten|eleven|twelve)[\s.:]*|第?[0-9０-９一二三四五六七八九十百]+[章部編篇节節]?",
    re.IGNORECASE,
)
# Paragraphs after an entry that may print its title.
_PRINTED_LINES = 4
_DROPPED = ("script", "style", "template", "noscript", "iframe", "svg", "nav", "audio", "video")

# Names of lists of contents, and the share of their text that is links.
_CONTENTS_NAMES = frozenset(
    ["toc", "doc-toc", "loi", "lot", "list-of-figures", "list-of-tables", "list-of-examples",
     "table-of-contents", "tableofcontents"]
)  # fmt: skip
_CONTENTS_TAGS = ("div", "section", "nav", "ul", "ol", "dl", "table")
_LINKED_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Entry of the contents: its level, its title, and the place `file#id` that it points to."""

    level: int
    title: str
    file: str
    target: str


@dataclass
class _Event:
    """Block, heading or entry, in reading order."""

    kind: BlockKind | str
    text: str
    level: int = 0


@dataclass
class _Book:
    title: str = ""
    language: str = ""
    files: list[str] = field(default_factory=list)
    nav: str = ""
    ncx: str = ""


class EpubReader:
    """Reader of EPUB books."""

    name = "epub"
    suffixes: tuple[str, ...] = (".epub",)
    binary = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one book.

        Raises:
            CorpusError: If it is protected, damaged, or exceeds a limit.
        """
        budget = Budget(request.limits)
        package = Package(request.data, budget)
        _forbid_protection(package, budget)
        book = _read_package(package, budget)
        entries = _read_entries(package, book, budget)
        recorder = _Recorder(request)
        _record(package, book, entries, recorder, budget)
        builder = recorder.target
        is_front = True
        for event in _merge(recorder.events):
            if event.kind == "heading":
                is_front = is_front and _key(event.text) == _key(book.title)
                if not is_front:  # a title page is the root's own text
                    builder.add_heading(event.level, event.text)
            else:
                builder.add(event.kind, event.text)  # type: ignore[arg-type]
        return builder.build(book.title, book.language, keeps_title=True)


@hookimpl
def register_readers() -> list[EpubReader]:
    """Register the reader `epub`."""
    return [EpubReader()]


class _Recorder(DocumentBuilder):
    """Builder that lists what is added; headings are placed when all of them are known."""

    def __init__(self, request: ReadRequest) -> None:
        super().__init__(request)
        self.target = DocumentBuilder(request)
        self.events: list[_Event] = []

    def add_heading(self, level: int, title: str) -> None:
        if tidy_title(title):
            self.events.append(_Event("heading", tidy_title(title), level))
        else:
            self.drop("empty_heading")

    def add(self, kind: BlockKind, text: str) -> None:
        if text.strip():
            self.events.append(_Event(kind, text))

    def add_entry(self, entry: Entry) -> None:
        """Add an entry of the contents."""
        self.events.append(_Event("entry", entry.title, entry.level))

    def drop(self, reason: str, count: int = 1, detail: str = "") -> None:
        self.target.drop(reason, count, detail)


def _forbid_protection(package: Package, budget: Budget) -> None:
    protected = "META-INF/license.lcpl" in package or "META-INF/rights.xml" in package
    if _ENCRYPTION in package:
        root = parse_xml(package.read(_ENCRYPTION), budget, recover=True)
        methods = {e.get("Algorithm") for e in root.find_all("EncryptionMethod")}
        protected = protected or bool(methods - set(_FONT_METHODS))
    if protected:
        raise CorpusError(
            "The book is protected (DRM): its text is encrypted. Get a copy without protection "
            "from its publisher, or leave it out with `exclude`."
        )


def _read_package(package: Package, budget: Budget) -> _Book:
    """Read the package document: title, language, and the files in reading order."""
    if _CONTAINER not in package:
        raise CorpusError(f"It has no part {_CONTAINER}: is it an EPUB book?")
    root_file = parse_xml(package.read(_CONTAINER), budget, recover=True).find("rootfile")
    path = root_file.get("full-path") if root_file is not None else ""
    if path not in package:
        raise CorpusError(f"Its package document {path or '(not named)'} is missing.")
    root = parse_xml(package.read(path), budget, recover=True)
    book = _Book()
    title, language = root.find("title"), root.find("language")
    book.title = tidy_title(title.text()) if title is not None else ""
    book.language = language.words() if language is not None else ""
    items = {item.get("id"): item for item in root.find_all("item")}
    names = {key: _resolve(path, item.get("href")) for key, item in items.items()}
    for key, item in items.items():
        if "nav" in item.get("properties").split():
            book.nav = names[key]
        elif item.get("media-type") == "application/x-dtbncx+xml":
            book.ncx = names[key]
    spine = [ref.get("idref") for ref in root.find_all("itemref")]
    files = [names[key] for key in spine if key in names and "html" in items[key].get("media-type")]
    book.files = list(dict.fromkeys(files))
    return book


def _resolve(base: str, href: str) -> str:
    """Resolve a reference to a file in the archive, without its fragment."""
    path = unquote(href.partition("#")[0])
    folder = posixpath.dirname(base)
    return posixpath.normpath(posixpath.join(folder, path)) if path else base


def _target(base: str, href: str) -> str:
    return f"{_resolve(base, href)}#{unquote(href.partition('#')[2])}"


# Entries of the contents.


def _read_entries(package: Package, book: _Book, budget: Budget) -> list[Entry]:
    """Read the contents from the nav document, or from the NCX if there is none."""
    entries: list[Entry] = []
    if book.nav in package:
        root = parse_xhtml(package.read(book.nav), budget)
        navs = root.find_all("nav")
        tocs = [nav for nav in navs if "toc" in f"{nav.get('type')} {nav.get('role')}"]
        for nav in tocs[:1] or navs[:1]:
            entries = list(_nav_entries(nav, book.nav, 1))
    if not entries and book.ncx in package:
        root = parse_xml(package.read(book.ncx), budget, recover=True)
        top = root.find("navMap")
        entries = list(_ncx_entries(top, book.ncx, 1)) if top is not None else []
    return _with_targets(entries)


def _nav_entries(element: Element, base: str, level: int) -> Iterator[Entry]:
    for child in element.elements:
        if child.tag != "li":
            yield from _nav_entries(child, base, level)
            continue
        label = child.find("a", "span")
        if label is None:
            continue
        href = label.get("href")
        yield Entry(
            level=level,
            title=_label(label),
            file=_resolve(base, href) if href else "",
            target=_target(base, href) if href else "",
        )
        for inner in child.elements:
            if inner.tag in ("ol", "ul"):
                yield from _nav_entries(inner, base, level + 1)


def _label(element: Element) -> str:
    for ruby in element.find_all("rt", "rp"):
        ruby.remove()
    title = tidy_title(element.text())
    return title or " ".join(image.get("alt") for image in element.find_all("img"))


def _ncx_entries(element: Element, base: str, level: int) -> Iterator[Entry]:
    for point in element.elements:
        if point.tag != "navPoint":
            continue
        label, content = point.child("navLabel"), point.child("content")
        href = content.get("src") if content is not None else ""
        yield Entry(
            level=level,
            title=tidy_title(label.text()) if label is not None else "",
            file=_resolve(base, href) if href else "",
            target=_target(base, href) if href else "",
        )
        yield from _ncx_entries(point, base, level + 1)


def _with_targets(entries: list[Entry]) -> list[Entry]:
    """Let an entry without a target stand where the next one is: its first chapter."""
    placed: list[Entry] = []
    file = target = ""
    for entry in reversed(entries):
        if entry.file:
            file, target = entry.file, entry.target
        if file and entry.title:
            placed.append(Entry(level=entry.level, title=entry.title, file=file, target=target))
    return placed[::-1]


# Pages.


def _record(
    package: Package, book: _Book, entries: list[Entry], recorder: _Recorder, budget: Budget
) -> None:
    pages = _read_pages(package, book, recorder, budget)
    notes = _notes_of(pages)
    blocks: HtmlBlocks | None = None
    waiting: dict[str, list[Entry]] = {}
    for entry in entries:
        waiting.setdefault(entry.target, []).append(entry)

    def place(target: str) -> None:
        for entry in waiting.pop(target, ()):
            recorder.add_entry(entry)

    def place_id(name: str, key: str) -> None:
        place(f"{name}#{key}")

    for name, page in pages.items():
        ids = {element.get("id") or element.get("name") for element in page.walk()} - {""}
        for entry in entries:
            if entry.file == name and entry.target.partition("#")[2] not in ids:
                place(entry.target)
        blocks = HtmlBlocks(recorder, budget, on_id=partial(place_id, name))
        blocks.add(page, notes)
        notes = {key: note for key, note in notes.items() if key in blocks.note_ids}
    for note in notes.values():
        recorder.drop("note", detail=note.words())


def _read_pages(
    package: Package, book: _Book, recorder: _Recorder, budget: Budget
) -> dict[str, Element]:
    pages: dict[str, Element] = {}
    for name in book.files:
        budget.check_time()
        if name == book.nav:
            recorder.drop("contents", detail=name)
            continue
        if name not in package:
            recorder.drop("missing_file", detail=name)
            continue
        page = parse_xhtml(package.read(name), budget)
        body = page.find("body")
        pages[name] = page if body is None else body
        _drop_contents(pages[name], recorder)
        _clean_page(pages[name], name, recorder)
    return pages


def _drop_contents(page: Element, recorder: _Recorder) -> None:
    """Take out the lists of contents that chapters begin with, and those of figures and tables."""
    inner: set[int] = set()
    for element in list(page.walk()):
        if id(element) not in inner and _is_contents(element):
            inner.update(id(part) for part in element.walk())
            recorder.drop("contents", detail=element.words())
            element.remove()


def _is_contents(element: Element) -> bool:
    """Return True for a list by its name of which most words are links into the book."""
    names = f"{element.get('class')} {element.get('type')} {element.get('role')}".split()
    if not _CONTENTS_NAMES.intersection(names) or element.tag not in _CONTENTS_TAGS:
        return False
    links = [link for link in element.find_all("a") if ":" not in link.get("href")]
    linked = sum(len(link.words()) for link in links if link.get("href"))
    return linked > _LINKED_SHARE * len(element.words())


def _clean_page(page: Element, name: str, recorder: _Recorder) -> None:
    """Take out what is no text, and write links as `#file#id`."""
    for element in list(page.walk()):
        kinds = f"{element.get('type')} {element.get('role')}".split()
        is_break = "pagebreak" in kinds or "doc-pagebreak" in kinds
        if element.tag in _DROPPED or "hidden" in element.attributes or is_break:
            has_text = bool(element.words()) and element.tag in ("nav", "div", "section", "p")
            recorder.drop("navigation" if element.tag == "nav" else "hidden", int(has_text))
            if is_break and element.get("id"):
                element.children = []  # an entry may point to it
            else:
                element.remove()
        elif element.tag == "a" and element.get("href") and ":" not in element.get("href"):
            element.attributes["href"] = f"#{_target(name, element.get('href'))}"


def _notes_of(pages: dict[str, Element]) -> dict[str, Element]:
    """Take the notes out of all pages: a note may be in another file than its mark."""
    targets: set[str] = set()
    for page in pages.values():
        targets.update(link.get("href")[1:] for link in page.find_all("a"))
    notes: dict[str, Element] = {}
    for name, page in pages.items():
        notes.update(take_notes(page, targets, f"{name}#"))
    return notes


# Outline.


def _merge(events: list[_Event]) -> Iterator[_Event]:
    """Merge the entries of the contents with the headings and printed titles they point to."""
    if not any(event.kind == "entry" for event in events):
        yield from events
        return
    levels = _Levels()
    index = 0
    while index < len(events):
        event = events[index]
        if event.kind == "entry":
            index = yield from _merge_entry(events, index, levels)
            continue
        if event.kind == "heading":
            event = _Event("heading", event.text, levels.of_heading(event.level))
        yield event
        index += 1


class _Levels:
    """Levels of the chapters' own headings, below the entry that they belong to."""

    def __init__(self) -> None:
        self._entry = 0
        self._own: list[int] = []

    def enter(self, level: int, own: int | None) -> None:
        """Begin an entry; `own` is the level of the heading that it points to."""
        self._entry = level
        self._own = [own] if own is not None else []

    def of_heading(self, own: int) -> int:
        """Return the level of a heading that no entry points to."""
        if not self._own:
            self._own = [own - 1]
        while len(self._own) > 1 and self._own[-1] >= own:
            self._own.pop()
        self._own.append(own)
        return self._entry + len(self._own) - 1


def _merge_entry(events: list[_Event], index: int, levels: _Levels) -> Generator[_Event, None, int]:
    """Yield the headings of entries at one place, and skip what prints their titles."""
    group: list[_Event] = []
    while index < len(events) and events[index].kind == "entry":
        group.append(events[index])
        index += 1
    run = index
    while run < len(events) and events[run].kind == "heading":
        run += 1
    headings = events[index:run]
    group = _with_content(group, events, index, headings)
    for position, entry in enumerate(group):
        is_last = position == len(group) - 1
        title, own, headings = _claim(entry, headings, is_last)
        levels.enter(entry.level, own)
        yield _Event("heading", title, entry.level)
        if is_last and own is None and not headings:
            run = _skip_printed(events, run, entry.text)
            _drop_later_heading(events, run, entry)
    for heading in headings:
        yield _Event("heading", heading.text, levels.of_heading(heading.level))
    return run


def _with_content(
    group: list[_Event], events: list[_Event], index: int, headings: list[_Event]
) -> list[_Event]:
    """Leave out entries without text, such as the cover: the next one is no part of them."""
    full: list[_Event] = []
    for position, entry in enumerate(group):
        if position + 1 < len(group):
            is_full = group[position + 1].level > entry.level
        else:
            is_full = _has_content(events, index, entry.level)
        if is_full or any(_same(heading.text, entry.text) for heading in headings):
            full.append(entry)
    return full


def _has_content(events: list[_Event], index: int, level: int) -> bool:
    """Return False for an entry without text, such as the cover."""
    for event in events[index:]:
        if event.kind == "entry":
            return event.level > level
        return True
    return False


def _claim(
    entry: _Event, headings: list[_Event], is_last: bool
) -> tuple[str, int | None, list[_Event]]:
    """Return the title of an entry, the level of its own heading, and the headings left over."""
    for position, heading in enumerate(headings):
        if _same(heading.text, entry.text):
            marks = all(_MARK.fullmatch(other.text) for other in headings[:position])
            if position == 0 or marks:
                longer = max(heading.text, entry.text, key=len)
                title = heading.text if _key(heading.text) == _key(entry.text) else longer
                end = position + 1
                while title == entry.text and end < len(headings):
                    if _key(headings[end].text) not in _key(entry.text):
                        break
                    end += 1
                return title, headings[0].level, headings[end:]
    if is_last and headings and _MARK.fullmatch(entry.text):
        return f"{entry.text} {headings[0].text}", headings[0].level, headings[1:]
    if is_last and headings:
        return headings[0].text, headings[0].level, headings[1:]
    return entry.text, None, headings


def _key(text: str) -> str:
    return "".join(re.findall(r"\w", text.casefold()))


def _same(title: str, label: str) -> bool:
    one, other = _key(title), _key(label)
    return bool(one and other) and (one == other or one in other or other in one)


def _skip_printed(events: list[_Event], index: int, label: str) -> int:
    """Return the index after the paragraphs that print the title of an entry."""
    key, end = _key(label), index
    rest = key
    for position in range(index, min(index + _PRINTED_LINES, len(events))):
        event = events[position]
        line = _key(event.text)
        if event.kind != "paragraph" or not line:
            break
        if rest.startswith(line) or line == key:
            rest = rest.removeprefix(line)
            end = position + 1
            if not rest or line == key:
                break
        elif line.endswith(key) and _MARK.fullmatch(line.removesuffix(key)):
            return position + 1
        elif not _MARK.fullmatch(event.text.strip()):
            break
    return end if not rest or (end > index and _MARK.fullmatch(rest)) else index


def _drop_later_heading(events: list[_Event], index: int, entry: _Event) -> None:
    """Turn the heading of an entry, if it comes after a motto, into nothing."""
    for position in range(index, len(events)):
        event = events[position]
        if event.kind == "entry":
            return
        if event.kind == "heading":
            if _key(event.text) == _key(entry.text):
                del events[position]
            return
