"""Elements of HTML and XML, independent of the parser.

    parse_html("<p>a<b>b</b></p>")   ->   html(head, body(p("a", b("b"))))

HTML is parsed by selectolax (lexbor: the rules of the HTML standard), XML by lxml without entities,
DTDs and network. An XML name loses its namespace and keeps its case.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.corpus.extras import import_extra
from structtuning_plugin.corpus.limits import Budget

_XML_ENTITIES = ("amp", "lt", "gt", "quot", "apos")
_NAMED_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


class Element:
    """One element: its tag, its attributes, and its children, which are elements or text."""

    __slots__ = ("attributes", "children", "parent", "tag")

    def __init__(self, tag: str, attributes: dict[str, str] | None = None) -> None:
        self.tag = tag
        self.attributes = attributes or {}
        self.children: list[Element | str] = []
        self.parent: Element | None = None

    def append(self, child: Element | str) -> None:
        """Add a child."""
        if isinstance(child, Element):
            child.parent = self
        self.children.append(child)

    def get(self, name: str, default: str = "") -> str:
        """Return the value of an attribute."""
        return self.attributes.get(name, default)

    @property
    def elements(self) -> list[Element]:
        """Child elements."""
        return [child for child in self.children if type(child) is Element]

    def walk(self) -> Iterator[Element]:
        """Iterate over this element and all elements in it, in reading order."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack += [child for child in reversed(element.children) if type(child) is Element]

    def find_all(self, *tags: str) -> list[Element]:
        """List the elements in this one that have one of the tags."""
        return [element for element in self.walk() if element is not self and element.tag in tags]

    def find(self, *tags: str) -> Element | None:
        """Return the first element in this one that has one of the tags."""
        inner = (e for e in self.walk() if e is not self and e.tag in tags)
        return next(inner, None)

    def child(self, *tags: str) -> Element | None:
        """Return the first child element that has one of the tags."""
        return next((element for element in self.elements if element.tag in tags), None)

    def text(self) -> str:
        """Return all text in the element, as it is."""
        parts: list[str] = []
        stack: list[Element | str] = [self]
        while stack:
            node = stack.pop()
            if isinstance(node, str):
                parts.append(node)
            else:
                stack.extend(reversed(node.children))
        return "".join(parts)

    def words(self) -> str:
        """Return all text in the element, with single blanks."""
        return " ".join(self.text().split())

    def remove(self) -> None:
        """Take the element out of its parent."""
        if self.parent is not None:
            self.parent.children = [c for c in self.parent.children if c is not self]
            self.parent = None

    def replace(self, child: Element | str) -> None:
        """Put something else in the place of the element."""
        parent = self.parent
        if parent is None:
            return
        parent.children = [child if c is self else c for c in parent.children]
        if isinstance(child, Element):
            child.parent = parent
        self.parent = None

    def ancestors(self) -> Iterator[Element]:
        """Iterate over the parents, from the nearest to the root."""
        element = self.parent
        while element is not None:
            yield element
            element = element.parent


def parse_html(text: str, budget: Budget) -> Element:
    """Parse a page of HTML.

    Raises:
        CorpusError: If the library is missing, or elements are nested too deeply.
    """
    lexbor = import_extra("selectolax.lexbor", "html")
    root = lexbor.LexborHTMLParser(text.encode("utf-8", "surrogatepass")).root
    if root is None:
        return Element("html")
    top = Element(root.tag, _attributes(root))
    stack = [(root, top, 1)]
    while stack:
        node, element, depth = stack.pop()
        budget.check("depth", depth)
        child = node.child
        while child is not None:
            tag = child.tag or "-"  # None for an instruction such as `<?php ... ?>`
            if tag == "-text":
                element.append(child.text_content or "")
            elif not tag.startswith(("-", "!")):
                inner = Element(tag, _attributes(child))
                element.append(inner)
                stack.append((child, inner, depth + 1))
            child = child.next
    return top


def _attributes(node: Any) -> dict[str, str]:
    return {name.lower(): value or "" for name, value in node.attributes.items()}


def read_xml(data: bytes, budget: Budget, recover: bool = False) -> Any:
    """Parse XML to the root element of lxml, without entities, DTDs and network.

    Args:
        data: Bytes of the file.
        budget: Limits of the file.
        recover: Whether faults in the syntax are mended.

    Raises:
        CorpusError: If it is no XML, or elements are nested too deeply.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        recover=recover,
        huge_tree=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise CorpusError(f"It is no well-formed XML: {error}") from None
    if root is None:
        raise CorpusError("It is no well-formed XML: no element")
    _check_depth(root, budget)
    return root


def _check_depth(root: Any, budget: Budget) -> None:
    depth, deepest = 0, 0
    from lxml import etree

    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    budget.check("depth", deepest)


def parse_xml(data: bytes, budget: Budget, recover: bool = False) -> Element:
    """Parse XML. A name loses its namespace: `epub:type` becomes the attribute `type`.

    Raises:
        CorpusError: If it is no XML, or elements are nested too deeply.
    """
    return _convert(read_xml(data, budget, recover))


def parse_xhtml(data: bytes, budget: Budget) -> Element:
    """Parse a page of XHTML, with the named characters of HTML; a faulty page is read as HTML.

    Raises:
        CorpusError: If the page cannot be decoded, or elements are nested too deeply.
    """
    from structtuning_plugin.corpus.decoding import decode

    text = _NAMED_ENTITY.sub(_character, decode(data).text)
    try:
        return parse_xml(_XML_DECLARATION.sub("", text).encode("utf-8"), budget)
    except CorpusError:
        return parse_html(_XML_DECLARATION.sub("", text), budget)


def _character(match: re.Match[str]) -> str:
    return match[0] if match[1] in _XML_ENTITIES else html.unescape(match[0])


def _convert(root: Any) -> Element:
    top = _element(root, root.tag)
    stack = [(root, top)]
    while stack:
        node, element = stack.pop()
        if node.text:
            element.append(node.text)
        for child in node:
            tag = child.tag
            if isinstance(tag, str):
                inner = _element(child, tag)
                element.append(inner)
                stack.append((child, inner))
            if tail := child.tail:
                element.append(tail)
    return top


def _element(node: Any, tag: str) -> Element:
    attributes: dict[str, str] = {}
    for name, value in node.items():
        local = name.rpartition("}")[2]
        # `xml:lang` and `epub:type` must not hide an attribute of the element's own.
        if local not in attributes or not name.startswith("{"):
            attributes[local] = value
    return Element(tag.rpartition("}")[2], attributes)
