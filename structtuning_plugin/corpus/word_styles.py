"""Styles and numbering of DOCX files: levels of headings, hidden text, labels of numbered lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from structtuning_plugin.corpus.headings.letter_sizes import Letters
from structtuning_plugin.corpus.markup import Element

# Size of letters where neither a style nor the defaults of the file state one, in half points.
_DEFAULT_SIZE = "20"
BODY_TEXT = 9  # the outline level that Word calls "Body Text"
_HEADING_NAME = re.compile(
    r"(?:heading|überschrift|titre|título|titulo|titolo|kop|rubrik|overskrift|otsikko|nagłówek|"
    r"nadpis|címsor|заголовок|başlık|επικεφαλίδα|見出し|标题|標題|제목)\s*([1-9])",
    re.IGNORECASE,
)
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
          (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_CHINESE = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class NumberReference:
    """Numbering of a paragraph: the list that it belongs to, and its level from 0."""

    list_id: str
    level: int


class Styles:
    """Styles by id, each with what it inherits."""

    def __init__(self, root: Element | None) -> None:
        styles = [] if root is None else [e for e in root.elements if e.tag == "style"]
        self._styles = {style.get("styleId"): style for style in styles}
        self._default_run = _find_default_run(root)
        self._runs: dict[str, list[Element | None]] = {}
        self._default = next(
            (
                style.get("styleId")
                for style in styles
                if style.get("type") == "paragraph" and style.get("default") in ("1", "true")
            ),
            "",
        )

    def chain(self, style_id: str) -> Iterator[Element]:
        """Iterate over a style and those that it is based on."""
        seen: set[str] = set()
        while style_id in self._styles and style_id not in seen:
            seen.add(style_id)
            style = self._styles[style_id]
            yield style
            style_id = value_of(style, "basedOn")

    def style_of(self, paragraph: Element) -> str:
        """Return the id of a paragraph's style."""
        properties = paragraph.child("pPr")
        return (value_of(properties, "pStyle") if properties is not None else "") or self._default

    def names(self, style_id: str) -> list[str]:
        """List the names of a style and of those that it is based on, in lower case."""
        return [value_of(style, "name").casefold() for style in self.chain(style_id)]

    def level(self, paragraph: Element) -> int | None:
        """Return the level of a heading from 1 on; None for running text.

        The outline level of the paragraph decides, then that of its style and of the styles that it
        is based on. A style without one counts by its name, which Word translates in some files.
        """
        properties = paragraph.child("pPr")
        own = value_of(properties, "outlineLvl") if properties is not None else ""
        if own.isdigit():
            return _level(int(own))
        for style in self.chain(self.style_of(paragraph)):
            holder = style.child("pPr")
            outline = value_of(holder, "outlineLvl") if holder is not None else ""
            if outline.isdigit():
                return _level(int(outline))
            name = _HEADING_NAME.fullmatch(value_of(style, "name").strip())
            if name:
                return int(name[1])
        return None

    def number(self, paragraph: Element, numbering: Numbering) -> NumberReference | None:
        """Return the numbering of a paragraph, its own or that of its style."""
        properties = paragraph.child("pPr")
        own = properties.child("numPr") if properties is not None else None
        level = value_of(own, "ilvl") if own is not None else ""
        if own is not None and value_of(own, "numId"):
            return _reference(value_of(own, "numId"), level)
        for style in self.chain(self.style_of(paragraph)):
            holder = style.child("pPr")
            number = holder.child("numPr") if holder is not None else None
            if number is not None and value_of(number, "numId"):
                linked = numbering.level_of_style(value_of(number, "numId"), style.get("styleId"))
                return _reference(
                    value_of(number, "numId"), level or value_of(number, "ilvl") or linked
                )
        return None

    def is_hidden(self, properties: Element | None, paragraph_style: str) -> bool:
        """Return True if the properties of a run, or its styles, hide its text."""
        own = _switch(properties, "vanish")
        if own is None and properties is not None:
            own = self._inherited(value_of(properties, "rStyle"))
        if own is None:
            own = self._inherited(paragraph_style)
        return bool(own)

    def letters(self, properties: Element | None, paragraph_style: str) -> Letters:
        """Return the letters of a run: by its properties, its style, its paragraph's, the file's."""
        holders = [properties]
        if properties is not None:
            holders += self._run_properties(value_of(properties, "rStyle"))
        holders += [*self._run_properties(paragraph_style), self._default_run]
        size = next((text for each in holders if (text := value_of(each, "sz"))), _DEFAULT_SIZE)
        weights = [_switch(each, "b") for each in holders]
        weight = next((each for each in weights if each is not None), False)
        try:
            return Letters(size=float(size) / 2, is_bold=weight)
        except ValueError:
            return Letters(size=float(_DEFAULT_SIZE) / 2, is_bold=weight)

    def _run_properties(self, style_id: str) -> list[Element | None]:
        if style_id not in self._runs:
            self._runs[style_id] = [style.child("rPr") for style in self.chain(style_id)]
        return self._runs[style_id]

    def _inherited(self, style_id: str) -> bool | None:
        for style in self.chain(style_id):
            switch = _switch(style.child("rPr"), "vanish")
            if switch is not None:
                return switch
        return None


@dataclass
class _ListLevel:
    start: int = 1
    kind: str = "decimal"
    text: str = ""
    restart: int | None = None
    is_legal: bool = False
    style: str = ""


@dataclass
class _List:
    """One `w:num`: its levels, the counters that it shares, and the starts that it overrides."""

    levels: dict[int, _ListLevel]
    counters_id: str
    starts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """Labels of numbered paragraphs, counted in reading order."""

    def __init__(self, root: Element | None) -> None:
        self._lists: dict[str, _List] = {}
        self._counters: dict[str, dict[int, int]] = {}
        self._started: set[tuple[str, int]] = set()
        if root is None:
            return
        abstract = {e.get("abstractNumId"): e for e in root.elements if e.tag == "abstractNum"}
        by_style = {value_of(e, "styleLink"): e for e in abstract.values() if e.child("styleLink")}
        for number in root.elements:
            if number.tag == "num":
                self._add(number, abstract, by_style)

    def _add(
        self, number: Element, abstract: dict[str, Element], by_style: dict[str, Element]
    ) -> None:
        name = value_of(number, "abstractNumId")
        holder = abstract.get(name)
        if holder is None:
            return
        linked = by_style.get(value_of(holder, "numStyleLink"))
        levels = _levels(linked if linked is not None else holder)
        starts: dict[int, int] = {}
        for override in number.elements:
            if override.tag == "lvlOverride":
                level = _int(override.get("ilvl"), 0)
                levels.update(_levels(override))
                if override.child("startOverride") is not None:
                    starts[level] = _int(value_of(override, "startOverride"), 1)
        self._lists[number.get("numId")] = _List(levels, name, starts)

    def level_of_style(self, list_id: str, style_id: str) -> str:
        """Return the level of a list that a style is linked to; empty without one."""
        levels = self._lists[list_id].levels if list_id in self._lists else {}
        return next((str(level) for level, e in levels.items() if e.style == style_id), "")

    def is_bullet(self, reference: NumberReference) -> bool:
        """Return True if the level has a bullet and no number."""
        item = self._level(reference)
        return item is None or item.kind == "bullet"

    def _level(self, reference: NumberReference) -> _ListLevel | None:
        entry = self._lists.get(reference.list_id)
        return entry.levels.get(reference.level) if entry is not None else None

    def label(self, reference: NumberReference) -> str:
        """Count a paragraph and return its label, such as "2.a" or "(1)"; a bullet is "-"."""
        entry, item = self._lists.get(reference.list_id), self._level(reference)
        if entry is None or item is None:
            return ""
        if item.kind == "bullet":
            return "-"
        counters = self._counters.setdefault(entry.counters_id, {})
        self._count(counters, entry, reference)
        if item.kind == "none" and "%" not in item.text:
            return item.text.strip()

        def value(match: re.Match[str]) -> str:
            level = int(match[1]) - 1
            other = entry.levels.get(level, _ListLevel())
            count = counters.get(level, other.start)
            return str(count) if item.is_legal else format_number(count, other.kind)

        return re.sub(r"%([1-9])", value, item.text).strip()

    def _count(self, counters: dict[int, int], entry: _List, reference: NumberReference) -> None:
        level = reference.level
        item = entry.levels[level]
        start = item.start
        key = (reference.list_id, level)
        if level in entry.starts and key not in self._started:
            counters[level] = entry.starts[level]
        elif level in counters:
            counters[level] += 1
        else:
            counters[level] = entry.starts.get(level, start)
        self._started.add(key)
        for above in range(level):
            counters.setdefault(above, entry.levels.get(above, _ListLevel()).start)
        for below in [other for other in counters if other > level]:
            restart = entry.levels.get(below, _ListLevel()).restart
            if restart is None or 0 < level + 1 <= restart:
                del counters[below]


def _find_default_run(root: Element | None) -> Element | None:
    defaults = root.child("docDefaults") if root is not None else None
    holder = defaults.child("rPrDefault") if defaults is not None else None
    return holder.child("rPr") if holder is not None else None


def value_of(element: Element | None, tag: str) -> str:
    """Return the attribute `val` of a child element; empty without one."""
    child = element.child(tag) if element is not None else None
    return child.get("val") if child is not None else ""


def _level(outline: int) -> int | None:
    return outline + 1 if outline < BODY_TEXT else None


def _reference(list_id: str, level: str) -> NumberReference | None:
    return None if list_id == "0" else NumberReference(list_id, _int(level, 0))


def _int(text: str, default: int) -> int:
    return int(text) if text.lstrip("-").isdecimal() else default


def _switch(properties: Element | None, tag: str) -> bool | None:
    child = properties.child(tag) if properties is not None else None
    return None if child is None else child.get("val", "1") not in ("0", "false", "off")


def _levels(holder: Element) -> dict[int, _ListLevel]:
    levels: dict[int, _ListLevel] = {}
    for element in holder.elements:
        if element.tag == "lvl":
            restart = value_of(element, "lvlRestart")
            levels[_int(element.get("ilvl"), 0)] = _ListLevel(
                start=_int(value_of(element, "start"), 1),
                kind=value_of(element, "numFmt") or "decimal",
                text=value_of(element, "lvlText"),
                restart=int(restart) if restart.isdecimal() else None,
                is_legal=bool(_switch(element, "isLgl")),
                style=value_of(element, "pStyle"),
            )
    return levels


def format_number(value: int, kind: str) -> str:
    """Format a number as a list shows it.

    >>> [format_number(4, kind) for kind in ("decimal", "upperRoman", "lowerLetter")]
    ['4', 'IV', 'd']
    >>> format_number(12, "chineseCounting"), format_number(3, "decimalZero")
    ('十二', '03')
    """
    if kind in ("upperRoman", "lowerRoman"):
        roman = _roman(value)
        return roman.upper() if kind == "upperRoman" else roman
    if kind in ("upperLetter", "lowerLetter"):
        letter = chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1)
        return letter.upper() if kind == "upperLetter" else letter
    if kind == "decimalZero":
        return f"{value:02d}"
    if kind == "none":
        return ""
    if "ounting" in kind or "deograph" in kind or kind.startswith(("chinese", "japanese")):
        return _chinese(value)
    return str(value)


def _roman(value: int) -> str:
    text = ""
    for number, sign in _ROMAN:
        text += sign * (value // number)
        value %= number
    return text


def _chinese(value: int) -> str:
    if not 0 <= value < 100:
        return str(value)
    tens, ones = divmod(value, 10)
    if not tens:
        return _CHINESE[ones]
    head = "" if tens == 1 else _CHINESE[tens]
    return f"{head}十{_CHINESE[ones] if ones else ''}"
