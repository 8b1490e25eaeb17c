"""Running text of HTML: blanks as a browser shows them, formulas as TeX, ruby in brackets.

H<sub>2</sub>O <math>...</math><br>pure  ->  H₂O $x^2$
pure
"""

from __future__ import annotations

import re
from collections.abc import Callable

from structtuning_plugin.corpus.assembly import DocumentBuilder, tidy
from structtuning_plugin.corpus.formulas import mathml_to_tex
from structtuning_plugin.corpus.html.elements import is_inline
from structtuning_plugin.corpus.html.notes import NOTE_MARK
from structtuning_plugin.corpus.markup import Element

_BLANKS = re.compile(r"[ \t\r\n\f]+")
_SUPERSCRIPTS = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_SUBSCRIPTS = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_DIGITS = re.compile(r"[0-9+\-−=()]+")


class RunningText:
    """Writer of running text, with its formulas, ruby and marks of footnotes.

    Args:
        builder: Document whose omissions are counted.
    """

    def __init__(self, builder: DocumentBuilder) -> None:
        self.builder = builder
        self._notes: dict[str, Element] = {}
        self._pending: list[Element] = []

    def inline(self, nodes: list[Element | str], in_title: bool = False) -> str:
        """Return running text: blanks as a browser shows them, notes and marks taken out."""
        parts: list[str] = []
        for node in nodes:
            self._write(node, parts, in_title)
        text = "".join(parts)
        return tidy("\n".join(_BLANKS.sub(" ", line) for line in text.split("\n")))

    def _write(self, node: Element | str, parts: list[str], in_title: bool) -> None:
        if isinstance(node, str):
            parts.append(_BLANKS.sub(" ", node))
            return
        write = _WRITERS.get(node.tag)
        if self._takes_note(node):
            return
        if write is not None:
            write(self, node, parts, in_title)
            return
        for child in node.children:
            self._write(child, parts, in_title)
        if not is_inline(node):
            parts.append(" ")

    def _takes_note(self, element: Element) -> bool:
        """Keep a note for the end of the paragraph, if the element is its mark."""
        if element.tag not in ("a", "sup"):
            return False
        link = element if element.tag == "a" else element.child("a")
        if link is None:
            return False
        target = link.get("href").partition("#")[2]
        is_mark = "noteref" in f"{link.get('type')} {link.get('role')} {link.get('class')}"
        if target in self._notes and (is_mark or NOTE_MARK.fullmatch(element.words())):
            self._pending.append(self._notes.pop(target))
            return True
        is_citation = "reference" in element.get("class").split() and element.tag == "sup"
        if is_mark or is_citation:
            self.builder.drop("note_mark")
            return True
        return False

    def _write_br(self, node: Element, parts: list[str], in_title: bool) -> None:
        parts.append(" " if in_title else "\n")

    def _write_image(self, node: Element, parts: list[str], in_title: bool) -> None:
        classes = node.get("class")
        if "math" in classes and node.get("alt") and not _has_math(node):
            parts.append(f"${node.get('alt').strip('$ ')}$")
        elif not in_title:
            self._count_image(node)

    def _write_math(self, node: Element, parts: list[str], in_title: bool) -> None:
        tex = mathml_to_tex(node)
        if tex:
            mark = "$$" if node.get("display") == "block" and not in_title else "$"
            parts.append(f"{mark}{tex}{mark}")

    def _write_ruby(self, node: Element, parts: list[str], in_title: bool) -> None:
        """Write the base of ruby, and in running text its reading in brackets."""
        readings: list[str] = []
        for child in node.children:
            if isinstance(child, Element) and child.tag in ("rp", "rt", "rtc"):
                readings += [child.words()] if child.tag != "rp" else []
            else:
                self._write(child, parts, in_title)
        reading = "".join(readings)
        if reading and not in_title:
            parts.append(f"（{reading}）")

    def _write_sup(self, node: Element, parts: list[str], in_title: bool) -> None:
        self._write_script(node, parts, _SUPERSCRIPTS)

    def _write_sub(self, node: Element, parts: list[str], in_title: bool) -> None:
        self._write_script(node, parts, _SUBSCRIPTS)

    def _write_script(self, node: Element, parts: list[str], signs: dict[int, int]) -> None:
        text = self.inline(node.children)
        parts.append(text.translate(signs) if _DIGITS.fullmatch(text) else text)

    def _write_quotation(self, node: Element, parts: list[str], in_title: bool) -> None:
        parts.append("\u201c" + self.inline(node.children, in_title) + "\u201d")

    def _skip(self, node: Element, parts: list[str], in_title: bool) -> None:
        """Write nothing."""

    def _count_image(self, element: Element) -> None:
        self.builder.drop("image", detail=element.get("alt"))


_Writer = Callable[[RunningText, Element, list[str], bool], None]
_WRITERS: dict[str, _Writer] = {
    "br": RunningText._write_br,
    "img": RunningText._write_image,
    "math": RunningText._write_math,
    "ruby": RunningText._write_ruby,
    "sup": RunningText._write_sup,
    "sub": RunningText._write_sub,
    "q": RunningText._write_quotation,
    "rp": RunningText._skip,
    "rt": RunningText._skip,
    "wbr": RunningText._skip,
}


def _has_math(image: Element) -> bool:
    """Return True if the formula that a picture shows is there as MathML, too."""
    holder = image.parent
    return holder is not None and holder.find("math") is not None
