"""Reader of PPTX: the sections of a presentation, the titles of its slides, their text in order.

    section "Pumps", slide "Seals"   ->   Heading(level=1, title="Pumps"), Heading(level=2, ...)

Hidden slides are left out and counted; notes of the speaker follow their slide. A slide without a
title belongs to the slide before it.
"""

from __future__ import annotations

import posixpath

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import ReadResult
from structtuning_plugin.corpus.assembly import DocumentBuilder, tidy_title
from structtuning_plugin.corpus.formulas import omml_to_tex
from structtuning_plugin.corpus.limits import Budget, Package
from structtuning_plugin.corpus.markup import Element, parse_xml
from structtuning_plugin.corpus.tables import Cell, lay_out, render_grid
from structtuning_plugin.hookspecs import ReadRequest

_MAIN = "ppt/presentation.xml"
_TITLES = ("title", "ctrTitle")
_FURNITURE = ("sldNum", "ftr", "dt", "hdr")


class PptxReader:
    """Reader of PPTX."""

    name = "pptx"
    suffixes: tuple[str, ...] = (".pptx", ".potx", ".ppsx")
    binary = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one presentation.

        Raises:
            CorpusError: If it is damaged, or exceeds a limit.
        """
        budget, builder = Budget(request.limits), DocumentBuilder(request)
        package = Package(request.data, budget)
        if _MAIN not in package:
            raise CorpusError(f"It has no part {_MAIN}: is it a PPTX file?")
        root = parse_xml(package.read(_MAIN), budget)
        links = _links(package, _MAIN, budget)
        slides = [(e.get("id"), links.get(_relation(e), "")) for e in _slide_ids(root)]
        sections = _sections(root)
        has_sections = bool(sections)
        for slide_id, name in slides:
            budget.check_time()
            if slide_id in sections:
                builder.add_heading(1, sections[slide_id])
            if name in package:
                _Slide(package, name, budget, builder).add(2 if has_sections else 1)
        return builder.build()


@hookimpl
def register_readers() -> list[PptxReader]:
    """Register the reader `pptx`."""
    return [PptxReader()]


def _slide_ids(root: Element) -> list[Element]:
    holder = root.child("sldIdLst")
    return holder.elements if holder is not None else []


def _relation(element: Element) -> str:
    return element.get("rid") or element.get("id")


def _links(package: Package, name: str, budget: Budget) -> dict[str, str]:
    """Return the parts that a part refers to, by the id of the relation and by its type."""
    folder, base = posixpath.split(name)
    data = package.read(f"{folder}/_rels/{base}.rels")
    links: dict[str, str] = {}
    for relation in parse_xml(data, budget).elements if data else ():
        target = relation.get("Target")
        path = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        links[relation.get("Id")] = posixpath.normpath(path)
        links[posixpath.basename(relation.get("Type"))] = links[relation.get("Id")]
    return links


def _sections(root: Element) -> dict[str, str]:
    """Return the titles of the sections by the id of their first slide."""
    titles: dict[str, str] = {}
    for section in root.find_all("section"):
        first = next(iter(section.find_all("sldId")), None)
        if first is not None:
            titles[first.get("id")] = section.get("name")
    return titles


class _Slide:
    """One slide: its title, then its shapes from the top down, as the file has them."""

    def __init__(
        self, package: Package, name: str, budget: Budget, builder: DocumentBuilder
    ) -> None:
        self._root = parse_xml(package.read(name), budget)
        notes = _links(package, name, budget).get("notesSlide", "")
        self._notes = parse_xml(package.read(notes), budget) if notes in package else None
        self._builder = builder

    def add(self, level: int) -> None:
        """Add the slide, with its title as a heading of a level."""
        if self._root.get("show") in ("0", "false"):
            self._builder.drop("hidden_slide", detail=self._root.words())
            return
        shapes = list(self._shapes(self._root.find("spTree") or self._root))
        titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
        for shape in titles[:1]:
            self._builder.add_heading(level, tidy_title(" ".join(_paragraphs(shape))))
        for shape in shapes:
            if shape not in titles[:1]:
                self._add_shape(shape)
        if self._notes is not None:
            for shape in self._shapes(self._notes.find("spTree") or self._notes):
                if _placeholder(shape) == "body":
                    self._add_shape(shape)

    def _shapes(self, holder: Element) -> list[Element]:
        shapes: list[Element] = []
        for element in holder.elements:
            if element.tag in ("grpSp", "Choice", "AlternateContent"):
                shapes += self._shapes(element)
            elif element.tag in ("sp", "graphicFrame", "pic"):
                shapes.append(element)
        return shapes

    def _add_shape(self, shape: Element) -> None:
        if shape.tag == "pic":
            properties = shape.find("cNvPr")
            self._builder.drop(
                "image", detail=properties.get("descr") if properties is not None else ""
            )
        elif _placeholder(shape) in _FURNITURE:
            self._builder.drop("page_header", int(bool(shape.words())), shape.words())
        elif (table := shape.find("tbl")) is not None:
            rows = [[_cell(c) for c in row.elements if c.tag == "tc"]
                    for row in table.elements if row.tag == "tr"]  # fmt: skip
            self._builder.add("table", render_grid(lay_out(rows)))
        else:
            self._add_text(shape)

    def _add_text(self, shape: Element) -> None:
        lines = [line for line in _paragraphs(shape) if line.strip()]
        is_list = len(lines) > 1 and _placeholder(shape) in ("body", "obj", "subTitle", "")
        if is_list and shape.find("ph") is not None:
            marked = [f"{_indent(p)}- {text.strip()}" for p, text in _pairs(shape) if text.strip()]
            self._builder.add("list", "\n".join(marked))
            return
        for line in lines:
            self._builder.add("paragraph", line)


def _placeholder(shape: Element) -> str:
    holder = shape.find("ph")
    return holder.get("type", "body") if holder is not None else ""


def _pairs(shape: Element) -> list[tuple[Element, str]]:
    return [(p, _text(p)) for p in shape.find_all("p") if p.parent and p.parent.tag == "txBody"]


def _paragraphs(shape: Element) -> list[str]:
    return [text for _, text in _pairs(shape)]


def _indent(paragraph: Element) -> str:
    properties = paragraph.child("pPr")
    level = properties.get("lvl") if properties is not None else ""
    return "  " * (int(level) if level.isdecimal() else 0)


def _text(paragraph: Element) -> str:
    parts: list[str] = []
    for element in paragraph.walk():
        if element.tag == "t" and not any(e.tag == "oMath" for e in element.ancestors()):
            parts.append(element.text())
        elif element.tag == "br":
            parts.append("\n")
        elif element.tag == "oMath":
            parts.append(f"${omml_to_tex(element)}$")
    return "".join(parts)


def _cell(cell: Element) -> Cell:
    columns, rows = cell.get("gridSpan"), cell.get("rowSpan")
    text = " ".join(_text(p) for p in cell.find_all("p"))
    if cell.get("hMerge") or cell.get("vMerge"):
        text = ""
    return Cell(text=text if columns + rows or text else "", columns=1, rows=1)
