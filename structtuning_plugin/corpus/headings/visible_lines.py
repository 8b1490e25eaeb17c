"""Unmarked lines that a reader would take for headings: bold, capitals, underlined, numbered.

**1.1 Pump**        FUEL SYSTEM        Fuel System        ##Fuel
                                       ===========
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import regex

from structtuning_plugin import languages
from structtuning_plugin.corpus.headings.candidates import Candidate
from structtuning_plugin.corpus.headings.contents import Contents, name_of
from structtuning_plugin.corpus.headings.false_headings import (
    count_words,
    fault_of,
    is_page_number,
    is_sentence,
    is_wide,
    weight,
)
from structtuning_plugin.corpus.headings.numbering import RANKS, parse_number

LONGEST_LINE = 110
_MOST_WORDS = 16
# Numbers of lists and exercises: a line without a style needs another one.
_WEAK = ("(a)", "a)", "(i)", "(1)", "1)", "①", "A")

# Characters that no one sees: zero-width ones, soft hyphens, marks of direction.
INVISIBLE = "\u200b-\u200f\u2060\u00ad\ufeff"
_HIDDEN_MARK = regex.compile(
    rf"[ \u00a0\u3000{INVISIBLE}]*(?P<marks>#{{1,6}})(?!#)(?P<blank>[\s{INVISIBLE}]*)"
    r"(?P<title>\S.*?)[\s#]*"
)
_ODD = regex.compile(rf"[\u00a0\u3000{INVISIBLE}]")
_CODE_WORD = regex.compile(
    r"(?:include|define|ifn?def|if|endif|pragma|undef|region|error|!)(?!\p{L})"
)
_BOLD = regex.compile(
    r"(?P<mark>\*\*\*|\*\*|___|__)(?=\S)(?P<title>(?:(?!(?P=mark)).)+?)(?<=\S)(?P=mark)"
    r"(?P<end>[.:：]?)"
    r"|<(?P<tag>b|strong)>(?P<title>.+?)</(?P=tag)>(?P<end>[.:：]?)",
    regex.IGNORECASE,
)
_NUMBERED_BOLD = regex.compile(r"(?P<number>[\d.]{1,12}|[IVXLC]+\.)\s+(?P<bold>(?:\*\*|__).+)")
_UNDERLINE = regex.compile(r"(?P<sign>[=\-~^*#_+─═])(?P=sign){2,}")
_CASED = regex.compile(r"[\p{Lu}\p{Ll}\p{Lt}]")
_CODE = regex.compile(
    r"[{}<>\\|=`]|^\$ |^>>>|^\w+\(|://|\w@\w|www\.|^\W*/\w|^(?:import|return|def|class|for|while) "
)
_NO_END = regex.compile(r"[,;:：，；、…]['\"”’»)\]]*$|\.\.\.$")
_STOP = regex.compile(r"[.。!！]['\"”’»)\]]*$")
_QUOTED = regex.compile(r"[\"'“„«「『‘(\[（【>!]")
_TAIL = regex.compile(r"(?:\.{3,}|…|(?:\.\s){3,}|\t|\s{3,})[\s.…]*[\divxlc]+\s*$")
_LETTER = regex.compile(r"\p{L}")


def find_hidden_marks(lines: Sequence[str], runs: Iterable[tuple[int, int]]) -> list[Candidate]:
    """Find `#` without a blank after it, or behind characters that no one sees.

    A hashtag is no heading: a single `#` needs a blank after it, or three lines of its kind.

    Args:
        lines: Lines of the source.
        runs: First and last line (half-open) of the paragraphs.
    """
    odd: list[Candidate] = []
    glued: list[Candidate] = []
    for first, after in runs:
        for number in range(first, after):
            if "#" not in lines[number][:12]:
                continue
            match = _HIDDEN_MARK.fullmatch(lines[number])
            if match is None or _CODE_WORD.match(match["title"]) or fault_of(match["title"]):
                continue
            is_odd = bool(_ODD.search(lines[number][: match.start("title")]))
            if is_sentence(match["title"]) or (not is_odd and match["blank"]):
                continue
            style = "mark behind an invisible character" if is_odd else "mark without a blank"
            (odd if is_odd and match["blank"] else glued).append(
                Candidate(
                    line=number,
                    after=number + 1,
                    title=match["title"].strip(),
                    level=len(match["marks"]),
                    styles=(style,),
                )
            )
    deeper = [candidate for candidate in glued if (candidate.level or 0) > 1]
    singles = [candidate for candidate in glued if candidate.level == 1 and _is_title(candidate)]
    if not deeper and len(singles) < 3:
        singles = []
    return sorted([*odd, *deeper, *singles], key=lambda candidate: candidate.line)


def _is_title(candidate: Candidate) -> bool:
    title = candidate.title
    is_word = title[:1].isalpha() and not title[:1].islower()
    return "#" not in title and is_word and bool(_LETTER.search(title))


def find_visible(
    lines: Sequence[str],
    runs: Iterable[tuple[int, int]],
    contents: Contents,
    underlines: bool = False,
) -> list[Candidate]:
    """Find unmarked lines that may be headings by their own shape.

    Args:
        lines: Lines of the source.
        runs: First and last line (half-open) of the paragraphs.
        contents: The document's own list of contents: a line without any style needs it.
        underlines: Whether a line of `===` or `---` below a line underlines it.
    """
    candidates: list[Candidate] = []
    ordered = list(runs)
    reached = 0
    for place, (first, after) in enumerate(ordered):
        if first < reached:
            continue
        following = ordered[place + 1] if place + 1 < len(ordered) else (after, after)
        whole = _two_lines(lines, (first, after), following)
        for candidate in [whole] if whole else _visible_in(lines, first, after, underlines):
            is_plain = candidate.styles == ("plain",)
            if not is_plain or name_of(candidate.title) in contents.depths:
                candidates.append(candidate)
                reached = candidate.after
    return candidates


def _two_lines(
    lines: Sequence[str], run: tuple[int, int], following: tuple[int, int]
) -> Candidate | None:
    """Join "CHAPTER III" and a title on the next line, with or without a blank line between."""
    first, after = run
    if after - first > 2:
        return None
    number = first + 1 if after - first == 2 else following[0]
    if (after - first == 1 and following[1] - following[0] != 1) or number >= len(lines):
        return None
    # Code, HTML or a table between them is text of the document.
    if any(line.strip() for line in lines[after:number]):
        return None
    bare = _candidate(lines[first], first, first + 1, "")
    if bare is None or not _is_bare_number(bare.title):
        return None
    title, styles = _styled(lines[number])
    is_name = not title[:1].islower() and count_words(title) <= _MOST_WORDS // 2
    if not is_name or is_refused(title, ()) or parse_number(title) is not None:
        return None
    joint = " " if is_wide(title) else ": "
    joined = f"{bare.title.rstrip(' .:')}{joint}{title}"
    return replace(bare, after=number + 1, title=joined, styles=bare.styles or styles)


def _is_bare_number(title: str) -> bool:
    number = parse_number(title)
    return number is not None and number.scheme in RANKS and number.end >= len(title)


def _visible_in(
    lines: Sequence[str], first: int, after: int, underlines: bool
) -> Iterable[Candidate]:
    number = first
    while number < after:
        line = lines[number]
        size = _underlined_size(lines, number, after) if underlines else 0
        underline = lines[number + 1].strip()[:1] if size else ""
        candidate = _candidate(line, number, number + 1 + size, underline)
        is_alone = number == first and number + 1 + size >= after
        if candidate is not None and (is_alone or _may_be_joined(candidate, number == first)):
            yield candidate
        number += 1 + size


def _underlined_size(lines: Sequence[str], number: int, after: int) -> int:
    """Return 1 if the next line underlines this one, else 0."""
    if number + 1 >= after or not _LETTER.search(lines[number]):
        return 0
    mark = lines[number + 1].strip()
    size = len(lines[number].strip())
    fits = bool(_UNDERLINE.fullmatch(mark)) and 0.6 * size <= len(mark) <= 2.5 * size + 3
    return 1 if fits else 0


def _may_be_joined(candidate: Candidate, is_first: bool) -> bool:
    """Return True if a line needs no blank line after it: bold and underlined ones."""
    return is_first and ("bold" in candidate.styles or candidate.after - candidate.line > 1)


def _candidate(line: str, number: int, after: int, underline: str) -> Candidate | None:
    if len(line) > 2 * LONGEST_LINE or not line.strip():
        return None
    title, styles = _styled(line)
    if underline:
        styles = (*styles, f"underlined {underline}")
    if not title or is_refused(title, styles):
        return None
    if is_capitals(title):
        styles = (*styles, "capitals")
    if not styles and parse_number(title) is None:
        styles = ("plain",)
    return Candidate(line=number, after=after, title=title, styles=styles)


def _styled(line: str) -> tuple[str, tuple[str, ...]]:
    """Return the title of a line without the marks of bold type, and its styles."""
    text = " ".join(line.strip().split()) if "\t" not in line else line.strip()
    prefix = _NUMBERED_BOLD.fullmatch(text)
    bold = _BOLD.fullmatch(prefix["bold"] if prefix else text)
    if bold is None:
        return text, ()
    title = f"{prefix['number']} {bold['title']}" if prefix else bold["title"]
    return title.strip(), ("bold",)


def is_capitals(title: str) -> bool:
    """Return True if all letters of a title are capitals, and it is more than an abbreviation.

    >>> is_capitals("FUEL SYSTEM"), is_capitals("HTTP"), is_capitals("ТОПЛИВО")
    (True, False, True)
    """
    number = parse_number(title)
    name = title[number.end :] if number and number.end < len(title) else title
    cased = _CASED.findall(name)
    if len(cased) < 4 or any(not letter.isupper() for letter in cased):
        return False
    return len(cased) >= 5 or count_words(name) > 1


def is_refused(title: str, styles: Sequence[str]) -> bool:
    """Return True if a line can be no heading: a sentence, an item, a caption, code, a link."""
    if len(title) > LONGEST_LINE or weight(title) > LONGEST_LINE:
        return True
    number = parse_number(title)
    name = title[number.end :] if number else title
    if count_words(title) > _MOST_WORDS or (not styles and number and number.scheme in _WEAK):
        return True
    if not _LETTER.search(title) or is_page_number(title) or fault_of(title):
        return True
    if _CODE.search(title) or _TAIL.search(title) or (_QUOTED.match(title) and number is None):
        return True
    if _NO_END.search(title) or _caption_pattern().match(title):
        return True
    if name[:1].islower() and number is None:
        return True
    if not _STOP.search(name):
        return False
    return is_sentence(name) or not styles or count_words(name) > 6


@languages.cached
def _caption_pattern() -> Any:
    words = [word for item in languages.registered() for word in item.exercises.context.captions]
    joined = "|".join(dict.fromkeys(words))
    return regex.compile(rf"(?:{joined})\.?\s*\d", regex.IGNORECASE)


def count_text(lines: Sequence[str]) -> int:
    """Count the characters of text of a source, in the measure of `Candidate.offset`."""
    return sum(len(line.strip()) for line in lines)


def with_context(candidates: Sequence[Candidate], lines: Sequence[str]) -> list[Candidate]:
    """Return the candidates in order with what is around them: blank lines and text.

    The lines of other candidates are no text.
    """
    ordered = sorted(candidates, key=lambda candidate: candidate.line)
    owner = {n for candidate in ordered for n in range(candidate.line, candidate.after)}
    texts = [number for number, line in enumerate(lines) if line.strip() and number not in owner]
    sizes, place, size = [], 0, 0
    for candidate in ordered:
        while place < len(texts) and texts[place] < candidate.line:
            size += len(lines[texts[place]].strip())
            place += 1
        sizes.append((place, size))
    result = []
    for candidate, (place, size) in zip(ordered, sizes, strict=True):
        before, after = candidate.line - 1, candidate.after
        result.append(
            replace(
                candidate,
                offset=size,
                blank_before=before < 0 or not lines[before].strip() or before in owner,
                blank_after=after >= len(lines) or not lines[after].strip() or after in owner,
                text_before=lines[texts[place - 1]] if place else "",
                text_after=lines[texts[place]] if place < len(texts) else "",
            )
        )
    return result
