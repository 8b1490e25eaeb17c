"""Footnotes of HTML, taken out of the tree and put behind the paragraphs that point to them."""

from __future__ import annotations

import re

from structtuning_plugin.corpus.markup import Element

NOTE_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[a-z]|[*†‡§¶]{1,3})[\])]?", re.IGNORECASE)
_BACK_LINK = re.compile(r"[↩↵⏎↑^\ufe0e\s]*(?:back|return)?[↩↵⏎↑^\ufe0e\s]*", re.IGNORECASE)
_NOTE_ROLES = ("doc-footnote", "doc-endnote", "footnote", "endnote", "rearnote", "note")
_NOTE_CLASSES = frozenset(
    ["footnote", "footnotes", "footnote-definition", "fn", "endnote", "endnotes"]
)


def take_notes(
    root: Element, targets: set[str] | None = None, prefix: str = ""
) -> dict[str, Element]:
    """Take the footnotes out of a tree; return them by their ids.

    A note is an element that says so by its role, or an item of a list of notes that its class
    names, and that a link in the text points to.

    Args:
        root: The tree.
        targets: Ids that links point to; by default those that links of the tree point to.
        prefix: Text before each id, in `targets` and in the result.
    """
    if targets is None:
        targets = {link.get("href").partition("#")[2] for link in root.find_all("a")}
    notes: dict[str, Element] = {}
    for element in list(root.walk()):
        name = f"{prefix}{element.get('id')}"
        if element.get("id") and name in targets and name not in notes and _is_note(element):
            notes[name] = element
    for element in notes.values():
        element.remove()
    _remove_empty_lists(root)
    return notes


def _is_note(element: Element) -> bool:
    stated = f"{element.get('role')} {element.get('type')}".split()
    if any(role in _NOTE_ROLES for role in stated):
        return element.tag not in ("a", "sup", "body", "section")
    if element.tag not in ("li", "p", "div", "aside"):
        return False
    if _NOTE_CLASSES & set(element.get("class").split()):
        return True
    holders = [element.parent, element.parent.parent if element.parent else None]
    return element.tag == "li" and any(
        holder is not None
        and (
            _NOTE_CLASSES & set(holder.get("class").split())
            or holder.get("role") == "doc-endnotes"
            or "notes" in holder.get("type")
        )
        for holder in holders
    )


def _remove_empty_lists(root: Element) -> None:
    for element in root.find_all("ol", "ul", "section", "div"):
        classes = set(element.get("class").split())
        is_notes = _NOTE_CLASSES & classes or element.get("role") == "doc-endnotes"
        if is_notes and not element.words():
            element.remove()


def remove_back_links(note: Element) -> None:
    for link in note.find_all("a"):
        is_back = "back" in f"{link.get('class')} {link.get('role')}"
        if is_back or _BACK_LINK.fullmatch(link.words()):
            link.remove()
