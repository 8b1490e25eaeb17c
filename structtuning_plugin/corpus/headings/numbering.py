"""Numbers at the beginning of titles.

3.1 Pump -> decimal (3, 1)      Chapter IV -> chapter (4,)      第三节 -> section (3,)
(a) Seal -> (a) (1,)            Annex A.2  -> annex (1, 2)      一、   -> han (1,)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import regex

from structtuning_plugin import languages
from structtuning_plugin.languages.unicode import EAST_ASIAN

# Kinds of divisions with a word, from the outside in. An annex is a chapter at the end.
RANKS = {"volume": 0, "part": 1, "chapter": 2, "annex": 2, "section": 3, "article": 4}

_HAN_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "兩": 2,
}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN = "〇零一二三四五六七八九十百千两兩"
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_ROMAN = regex.compile(r"m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_ROMAN_LETTERS = "IVXLCDM"

# Schemes whose single letters count from A.
_LETTERED = ("annex", "A", "(a)", "a)")

# A title follows the number; after a word and a number it may be missing ("Chapter 3").
_TITLE = r"(?=[^\s\d.)）])"
# "2.4. 64-bit systems" has a title that begins with a number; "2.4 64 12" has none.
_DIGIT_TITLE = r"(?=\d[\d.,]*[\s\p{Pd}]*\p{L})"
_WIDE = rf"(?=[{EAST_ASIAN}])"
_PLAIN = (
    ("annex", regex.compile(rf"(?P<number>[A-Z](?:\.\d{{1,3}}){{1,4}})\.?(?:\s+){_TITLE}")),
    (
        "decimal",
        regex.compile(
            r"(?P<number>\d{1,3}(?:[.．]\d{1,3}){1,6})"
            rf"(?:[.)．、:：]?\s+(?:{_TITLE}|{_DIGIT_TITLE})|[.．、:：]?{_WIDE})"
        ),
    ),
    ("decimal", regex.compile(rf"(?P<number>\d{{1,2}}(?:[-–]\d{{1,2}}){{1,3}})\.?\s+{_TITLE}")),
    ("decimal", regex.compile(rf"(?P<number>\d{{1,3}})(?:[.．:]?\s+{_TITLE}|[.．、]{_WIDE})")),
    ("1)", regex.compile(rf"(?P<number>\d{{1,3}})(?:\)\s+{_TITLE}|）\s*{_TITLE})")),
    ("(1)", regex.compile(rf"[(（](?P<number>\d{{1,3}})[)）]\s*{_TITLE}")),
    ("①", regex.compile(rf"(?P<number>[①-⑳])\s*{_TITLE}")),
    ("han", regex.compile(rf"(?P<number>[一二三四五六七八九十]{{1,3}})[、．.]\s*{_TITLE}")),
    ("(han)", regex.compile(rf"[(（](?P<number>[一二三四五六七八九十]{{1,3}})[)）]\s*{_TITLE}")),
    (
        "roman",
        regex.compile(
            rf"(?P<number>[IVXLC]+)(?:[.):]\s+|\s+[–—-]\s+){_TITLE}"
            rf"|(?P<number>[IVXLC]{{2,}})\s+(?=\p{{Lu}})"
        ),
    ),
    ("A", regex.compile(rf"(?P<number>\p{{Lu}})[.)]\s+{_TITLE}(?!\p{{Ll}}|\p{{Lu}}\.)")),
    ("(i)", regex.compile(rf"[(（](?P<number>[ivx]{{2,}})[)）]\s*{_TITLE}")),
    ("(a)", regex.compile(rf"[(（](?P<number>[a-z])[)）]\s*{_TITLE}")),
    ("a)", regex.compile(rf"(?P<number>[a-z])[.)]\s+{_TITLE}")),
)
# "I Fuel" is a Roman number only among others.
_BARE_ROMAN = regex.compile(r"([IVX])\s+(?=\p{Lu})")
_SIGN = regex.compile(r"§{1,2}\s*(?P<number>\d{1,4}(?:\.\d{1,3})*)[a-z]?[.:]?(?=\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """Number of a title.

    Args:
        scheme: Kind of number: a key of `RANKS`, `decimal`, `roman`, `han`, `(a)`...
        values: Its values; several for 3.1.1.
        text: The number as it is written.
        end: Length of the number, with what separates it from the title.
    """

    scheme: str
    values: tuple[int, ...]
    text: str
    end: int

    @property
    def key(self) -> tuple[str, int]:
        """Scheme and depth: numbers with one key have one level."""
        return self.scheme, len(self.values)


def parse_number(title: str) -> Number | None:
    """Parse the number of a title; None if it has none.

    >>> [parse_number(t).values for t in ("3.1.1 Bleeding", "第十二章 燃油", "Chapter IV: Fuel")]
    [(3, 1, 1), (12,), (4,)]
    """
    line = unicodedata.normalize("NFKC", title) if _needs_folding(title) else title
    line = line.lstrip(" *_\u200b")
    return _parse_division(line) or _parse_plain(line)


def parse_numbers(titles: Sequence[str]) -> list[Number | None]:
    """Parse the numbers of titles in order.

    A single letter that can be a Roman number is one where the number before it shows it:
    A. B. C. against I. II. III.
    """
    numbers = [parse_number(title) for title in titles]
    has_roman = any(
        n is not None and n.scheme == "roman" and len(_letters_of(n)) > 1 for n in numbers
    )
    last_letter = 0
    for place, title in enumerate(titles):
        bare = _BARE_ROMAN.match(title) if has_roman and numbers[place] is None else None
        if bare is not None:
            values = (roman_value(bare[1]) or 1,)
            numbers[place] = Number(scheme="roman", values=values, text=bare[1], end=bare.end())
    for place, number in enumerate(numbers):
        if number is None:
            continue
        letters = _letters_of(number)
        if number.scheme == "roman" and len(letters) == 1:
            letter = ord(letters) - ord("A") + 1
            continues = last_letter > 0 and letter == last_letter + 1
            if continues or (not has_roman and letters != "I"):
                number = replace(number, scheme="A", values=(letter,))
                numbers[place] = number
        if number.scheme == "A":
            last_letter = number.values[0]
    return numbers


def _letters_of(number: Number) -> str:
    return number.text.strip(".):–— ")


def _needs_folding(title: str) -> bool:
    return any("\uff01" <= character <= "\uff5e" for character in title[:12])


def _parse_division(line: str) -> Number | None:
    for scheme, pattern in _division_patterns():
        match = pattern.match(line)
        if match is None:
            continue
        values = _values(match["number"], scheme)
        if values:
            return Number(scheme=scheme, values=values, text=match[0].strip(), end=match.end())
    return None


def _parse_plain(line: str) -> Number | None:
    for scheme, pattern in _PLAIN:
        match = pattern.match(line)
        if match is None:
            continue
        number = match["number"]
        values = (
            tuple(int(part) for part in regex.split(r"[.．–-]", number))
            if scheme == "decimal"
            else _values(number, scheme)
        )
        if values and values[0] < 1000:
            return Number(scheme=scheme, values=values, text=match[0].strip(), end=match.end())
    return None


@languages.cached
def _division_patterns() -> tuple[tuple[str, Any], ...]:
    """Compile the patterns of divisions with a word, of all languages."""
    patterns: list[tuple[str, Any]] = [("section", _SIGN)]
    spoken = _number_words()
    value = rf"(?P<number>\d{{1,4}}(?:\.\d{{1,3}})*|[IVXLCDM]+|[ivxl]+|{spoken})"
    after = r"(?:\s*[.:：)–—-]+\s*|\s+|$)"
    for scheme in RANKS:
        spaced = "|".join(_words_of(scheme, spaced=True))
        wide = "|".join(_words_of(scheme, spaced=False))
        if scheme == "annex":
            letter = r"(?P<number>[A-Z](?:\.\d{1,3})*|\d{1,3}|[IVX]+)"
            words = rf"(?:(?:{spaced})\s+|(?:{wide})\s*)"
            patterns.append((scheme, regex.compile(rf"(?i:{words}){letter}{after}")))
            continue
        joint = r"(?:\.?\s+|(?<=\.))"
        pattern = rf"(?i:{spaced}){joint}{value}(?!\w){after}"
        patterns.append((scheme, regex.compile(pattern)))
        number = rf"第\s*(?P<number>[\d{_HAN}]+)\s*"
        patterns.append((scheme, regex.compile(rf"{number}(?:{wide})(?:\s*[:：、．.]?\s*)")))
    return tuple(patterns)


def _words_of(scheme: str, spaced: bool) -> list[str]:
    words: list[str] = []
    for language in languages.registered():
        if language.spaced is spaced:
            words += getattr(language.divisions, f"{scheme}s" if scheme != "annex" else "annexes")
    # The longest first: "sec." must not hide "section".
    return sorted(dict.fromkeys(words), key=lambda word: (-len(word), word))


@languages.cached
def _spoken_values() -> dict[str, int]:
    values: dict[str, int] = {}
    for language in languages.registered():
        for value, word in enumerate(language.divisions.numbers, start=1):
            values.setdefault(word.replace("[её]", "е"), value)
    return values


def _number_words() -> str:
    return "|".join(
        f"(?i:{word})" for item in languages.registered() for word in item.divisions.numbers
    )


def _values(text: str, scheme: str) -> tuple[int, ...]:
    """Convert a number to its values; empty if it is none. Letters of annexes are no Roman ones."""
    values = []
    for part in text.split("."):
        is_letter = len(part) == 1 and scheme in _LETTERED and part.isalpha()
        value = ord(part.upper()) - ord("A") + 1 if is_letter else _value(part)
        if value is None:
            return ()
        values.append(value)
    return tuple(values)


def _value(text: str) -> int | None:
    if text.isdecimal():
        return int(text)
    if text and text[0] in _HAN:
        return han_value(text)
    if len(text) == 1 and "①" <= text <= "⑳":
        return ord(text) - ord("①") + 1
    spoken = _spoken_values().get(text.casefold().replace("ё", "е"))
    if spoken is not None:
        return spoken
    if len(text) == 1 and text.upper() not in _ROMAN_LETTERS:
        return ord(text.upper()) - ord("A") + 1 if text.isascii() else ord(text) - ord("А") + 1
    return roman_value(text)


def roman_value(text: str) -> int | None:
    """Return the value of a Roman number; None if it is none.

    >>> roman_value("XIV"), roman_value("IIX")
    (14, None)
    """
    line = text.casefold()
    if not line or not _ROMAN.fullmatch(line):
        return None
    values = [_ROMAN_VALUES[letter] for letter in line]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))


def han_value(text: str) -> int | None:
    """Return the value of a Chinese number below 10,000; None if it is none.

    >>> han_value("二十三"), han_value("十"), han_value("一〇二")
    (23, 10, 102)
    """
    if not any(sign in _HAN_UNITS for sign in text):
        digits = "".join(str(_HAN_DIGITS.get(sign, sign)) for sign in text)
        return int(digits) if digits.isdecimal() else None
    total, digit = 0, 0
    for sign in text:
        if sign in _HAN_UNITS:
            total += max(1, digit) * _HAN_UNITS[sign]
            digit = 0
        elif sign in _HAN_DIGITS:
            digit = _HAN_DIGITS[sign]
        else:
            return None
    return total + digit
