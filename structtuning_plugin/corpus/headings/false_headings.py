"""Marked lines that are no headings: paragraphs, page marks, formulas, rows, base64, items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import regex

from structtuning_plugin import languages
from structtuning_plugin.corpus.headings.candidates import Candidate, Refusal
from structtuning_plugin.languages.unicode import EAST_ASIAN

# A title longer than this is a paragraph; a shorter one if it is a sentence, or several.
LONGEST_TITLE = 240
LONGEST_SENTENCE = 120

# A character of a wide script says about as much as this many letters.
_WIDE_WEIGHT = 3
_WIDE = regex.compile(rf"[{EAST_ASIAN}]")
_SENTENCE_END = regex.compile(r"[.!;。！；．।]['\"”’»)\]）」』*_]*$")
_FULL_STOP = regex.compile(r"(?<!\.)\.['\"”’»)\]*_]*$|[。！।]['\"”’»)\]）」』*_]*$")
_NOTES = regex.compile(r"(?:\[\^?\w{1,8}\]|<sup>.*?</sup>)+$")
_MANY_WORDS = 7
_INNER_STOP = regex.compile(r"(?<=\p{Ll}{3})[.!?]\s+(?=\p{Lu})|[。！？](?=.)")
_WORD = regex.compile(rf"[{EAST_ASIAN}]{{2}}|[\p{{L}}\p{{M}}\p{{N}}’'-]+")
_DIGITS = regex.compile(r"[-–—|\s]*\d{1,4}[-–—|\s]*(?:/\s*\d{1,4})?")
_BASE64 = regex.compile(r"[A-Za-z0-9+/=]{60,}|data:[\w/+.-]+;base64")
_TABLE_ROW = regex.compile(r"\s*\|.*\||[^|]*\|[^|]*\|[^|]*(?:\|.*)?|.*&.*&.*\\\\")
_BULLET = regex.compile(r"[•◦▪●○■□‣▸►✓✔➢➤]\s*\S|[-*+–]\s+\S")
_FORMULA = regex.compile(
    r"\${1,2}[^$]+\${1,2}[\s.,;]*(?:\(\d+[a-z]?\))?|\\[\[(].*\\[\])].*|\\(?:begin|frac|sum|int)\b.*"
)
_RELATION = regex.compile(r"(?<![=!<>])=(?!=)|[≈≠≤≥∝→⇒±×÷∑∫√]")
_LONG_WORD = regex.compile(r"\p{L}{4,}")


def weight(text: str) -> int:
    """Return the length in letters of a Western script.

    >>> weight("cell"), weight("细胞")
    (4, 6)
    """
    return len(text) + (_WIDE_WEIGHT - 1) * len(_WIDE.findall(text))


def is_wide(text: str) -> bool:
    """Return True if a text has letters of a wide script."""
    return bool(_WIDE.search(text))


def count_words(text: str) -> int:
    """Count words; two characters of a wide script are one."""
    return len(_WORD.findall(text))


def is_paragraph(title: str) -> bool:
    """Return True if a title is a paragraph: very long, a long sentence, or several sentences."""
    size = weight(title)
    if size > LONGEST_TITLE:
        return True
    has_end = bool(_SENTENCE_END.search(title))
    if size > LONGEST_SENTENCE:
        return has_end or bool(_INNER_STOP.search(title))
    return has_end and size > 60 and len(_INNER_STOP.findall(title)) > 1


def is_sentence(line: str) -> bool:
    """Return True if a line is a whole sentence: four words or more that end in a full stop.

    >>> is_sentence("The valve opens at 210 bar."), is_sentence("Acme Inc."), is_sentence("Why?")
    (True, False, False)
    """
    bare = _NOTES.sub("", line)
    least = _MANY_WORDS if bare.endswith("!") else 4
    is_ended = bool(_FULL_STOP.search(bare)) or bare.endswith("!")
    return is_ended and count_words(bare) >= least


def is_formula(title: str) -> bool:
    """Return True if a title is a formula alone.

    >>> is_formula("$E = mc^2$ (3)"), is_formula("E = mc² (3)"), is_formula("Energy $E$")
    (True, True, False)
    """
    if _FORMULA.fullmatch(title.strip()):
        return True
    return bool(_RELATION.search(title)) and not _LONG_WORD.search(title) and " " in title


def _is_data(title: str) -> bool:
    match = _BASE64.search(title)
    if match is None:
        return False
    data = match[0]
    has_digit = any(character.isdigit() for character in data)
    return data.startswith("data:") or (has_digit and data.lower() != data != data.upper())


def fault_of(title: str) -> str:
    """Return the reason why a line with this title is no heading; empty if it can be one."""
    if is_paragraph(title):
        return "paragraph_as_heading"
    if is_page_mark(title):
        return "page_mark_as_heading"
    if _is_data(title):
        return "data_as_heading"
    if _TABLE_ROW.fullmatch(title):
        return "table_row_as_heading"
    if _BULLET.match(title):
        return "list_item_as_heading"
    if is_formula(title):
        return "formula_as_heading"
    return ""


@languages.cached
def _page_pattern() -> Any:
    words: list[str] = []
    signs: list[str] = []
    for language in languages.registered():
        (words if language.spaced else signs).extend(language.divisions.pages)
    number = r"\d{1,4}(?:\s*(?:/|of|von|de|sur|из|z)\s*\d{1,4})?"
    first, after = "|".join(words), "|".join(signs)
    return regex.compile(
        rf"[-–—|\[(\s]*(?:(?:{first})\s*{number}|第?\s*{number}\s*(?:{after}))[-–—|\])\s]*",
        regex.IGNORECASE,
    )


def is_page_mark(line: str) -> bool:
    """Return True if a line says which page it is on: "Page 3 of 20", "第 3 页", "- 12 -"."""
    return bool(_page_pattern().fullmatch(line)) or (
        not line.strip().isdecimal() and bool(_DIGITS.fullmatch(line)) and bool(line.strip())
    )


def is_page_number(line: str) -> bool:
    """Return True if a line is the number of a page, with or without a word."""
    return bool(_DIGITS.fullmatch(line)) or is_page_mark(line)


def refuse_false_headings(candidates: Sequence[Candidate]) -> list[Refusal]:
    """Find marked lines that are no headings by their titles alone."""
    page_numbers = _page_numbers(candidates)
    refusals = []
    for candidate in candidates:
        reason = fault_of(candidate.title)
        if candidate.line in page_numbers:
            reason = "page_mark_as_heading"
        if reason:
            refusals.append(Refusal(candidate=candidate, reason=reason))
    return refusals


def _page_numbers(candidates: Sequence[Candidate]) -> set[int]:
    """Find bare numbers that are page numbers: rising, among headings of another kind."""
    bare = [c for c in candidates if c.title.isdecimal()]
    values = [int(c.title) for c in bare]
    if len(bare) < 3 or len(candidates) < len(bare) + 2 or values != sorted(set(values)):
        return set()
    return {c.line for c in bare}
