"""Questions about elements of HTML: inline or block, simple or not, rows, items, levels."""

from __future__ import annotations

from structtuning_plugin.corpus.html.frame import HEADINGS
from structtuning_plugin.corpus.markup import Element

_INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "math",
        "meter",
        "nobr",
        "output",
        "q",
        "rb",
        "rp",
        "rt",
        "rtc",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
        "br",
        "area",
        "picture",
        "source",
    ]
)
_ADMONITIONS = frozenset(
    ["note", "tip", "warning", "caution", "important", "admonition", "admonitionblock"]
)


def section_levels(root: Element) -> dict[int, int]:
    """Return what to add to the levels of `h1`s that are nested by their sections alone."""
    tops = root.find_all("h1")
    added: dict[int, int] = {}
    if len(tops) < 2:
        return added
    holders: dict[int, list[Element]] = {}
    for heading in tops:
        sections = [e for e in heading.ancestors() if e.tag in ("section", "article", "main")]
        holders[id(heading)] = sections
    owners = {id(sections[0]) for sections in holders.values() if sections}
    for heading in tops:
        above = [s for s in holders[id(heading)][1:] if id(s) in owners]
        added[id(heading)] = len(above)
    return added


def is_inline(element: Element) -> bool:
    """Return True for an inline element that holds no block."""
    if element.tag == "math":
        return element.get("display") != "block"
    if element.tag not in _INLINE:
        return False
    if element.get("role") == "heading":
        return False
    return all(is_inline(child) for child in element.elements)


def is_simple(element: Element) -> bool:
    """Return True if an element holds only running text, paragraphs and lists."""
    simple = ("p", "li", "ul", "ol", "menu", "dir", "div", "dd", "dt", "span", "section")
    for inner in element.walk():
        if inner is element:
            continue
        if inner.get("role") == "heading" or (inner.tag not in _INLINE and inner.tag not in simple):
            return False
    return True


def list_items(element: Element) -> list[tuple[str, Element]]:
    """List the items of a list with their marks."""
    items: list[tuple[str, Element]] = []
    number = int(element.get("start")) if element.get("start").lstrip("-").isdigit() else 1
    for child in element.elements:
        if child.get("value").isdigit():
            number = int(child.get("value"))
        mark = f"{number}." if element.tag == "ol" and "none" not in element.get("style") else "-"
        items.append((mark, child))
        number += 1
    return items


def definition_items(element: Element) -> list[Element]:
    """List terms and texts, also those that a `div` groups."""
    items: list[Element] = []
    for child in element.elements:
        items += definition_items(child) if child.tag == "div" else [child]
    return items


def table_rows(table: Element) -> list[Element]:
    rows: list[Element] = []
    for child in table.elements:
        if child.tag in ("thead", "tbody", "tfoot"):
            rows += [row for row in child.elements if row.tag == "tr"]
        elif child.tag == "tr":
            rows.append(child)
    return rows


def is_layout_table(table: Element) -> bool:
    """Return True for a table that places blocks on the page, and relates no data."""
    if table.get("role") in ("presentation", "none"):
        return True
    if table.find("pre", "table", *HEADINGS) is not None:
        return True
    rows = table_rows(table)
    cells = [cell for row in rows for cell in row.elements if cell.words()]
    if len(cells) <= 1:
        return True
    is_column = all(len(row.elements) <= 1 for row in rows)
    return is_column and table.find("th") is None


def is_label(heading: Element) -> bool:
    """Return True for the label of a note or a warning, which converters write as a heading."""
    holders = [holder for _, holder in zip(range(2), heading.ancestors(), strict=False)]
    classes = " ".join(holder.get("class") for holder in holders).casefold().split()
    return bool(_ADMONITIONS & set(classes)) or "author" in heading.get("class").split()


def is_inside(element: Element, tag: str) -> bool:
    return any(ancestor.tag == tag for ancestor in element.ancestors())


def code_text(element: Element) -> str:
    parts: list[str] = []
    for node in element.children:
        if isinstance(node, str):
            parts.append(node)
        elif node.tag == "br":
            parts.append("\n")
        elif node.tag in ("div", "p", "li") and parts and not "".join(parts).endswith("\n"):
            parts.append("\n" + code_text(node))
        else:
            parts.append(code_text(node))
    return "".join(parts)


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def span_of(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 5 else 1
