"""Titles from the text itself: phrases that are frequent and early in a stretch and rare elsewhere.

A phrase is one to four words, or two to eight characters of an unspaced script, that neither
begins nor ends with a function word. Salience is class-based TF-IDF (Grootendorst 2022) against
the text around and the whole text. The weights were chosen on the texts of
`benchmarks/fit_offline.py`.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import regex

from structtuning_plugin import languages
from structtuning_plugin.languages.unicode import UNSPACED
from structtuning_plugin.taxonomy.offline.references import References
from structtuning_plugin.taxonomy.offline.repeats import repeated_spans
from structtuning_plugin.taxonomy.offline.usage import Usage
from structtuning_plugin.taxonomy.offline.words import Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_WORDS = 4
_MOST_CHARACTERS = 8
# A part that nearly always occurs inside one longer phrase is no phrase of its own.
_NEARLY_ALWAYS = 0.9
# Two words say more than one; four are often a piece of a sentence.
_LENGTH_BONUS = (0.0, 1.0, 1.3, 1.5, 1.5, 1.4, 1.4, 1.3, 1.2)
# Words at the beginning of a stretch, where it names its subject.
_OPENING_WORDS = 25
_OPENING_BONUS = 2.0
# Weight of the words in a phrase against the phrase as a whole. Their sum is divided by this power
# of their number: a short stretch is described by all its words together, a stretch of _LARGE terms
# (a dozen pages) by its main word.
_PARTS = 3.0
_PARTS_POWER = 0.25
_LARGE = 3_000
# Weights of the phrases of a short stretch, which were fitted on the same texts: logarithms of the
# count, of its salience and of the whole score, the contrast, the signs of a name, the share of
# all occurrences; then the lengths of one to four words, and the first words of the stretch.
_COUNT, _SALIENCE, _WHOLE, _CONTRAST, _NAMED, _SHARE = 3.1, 2.5, 1.4, -0.3, 0.7, 0.6
_LENGTHS = (0.0, -2.6, 1.3, 2.5, 5.6)
_EARLY = ((3, 1.6), (8, 0.5), (15, 1.7), (25, 0.9), (50, 0.9))
_LATER = -0.8
_SHORT_STRETCH = 1_500
# A phrase without any sign of being a name keeps half of its score in each of two respects.
_NAME_FLOOR = 1.0
# Without a list of function words, the words that make up this share of the text stand in for one.
_COMMON_SHARE = 0.35
# The title of last resort, in words and in characters of unspaced scripts; any title, in
# characters.
_FIRST_WORDS = 6
_FIRST_CHARACTERS = 14
_LONGEST = 80
# Titles whose words all begin alike are the same to a reader.
_STEM = 6
# Characters that are allowed between two words of a phrase.
_JOINTS = " \n\u00a0-/"
_BLANKS = regex.compile(r"[\s\p{Zl}\p{Zp}\p{Cc}\p{Cs}]+")
# Invisible marks that turn the direction of writing or break words would act on the text around a
# title. Joiners stay.
_UNSEEN = regex.compile(r"[\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]")
_WIDE = regex.compile(rf"[{UNSPACED}]")
_CONTENT = regex.compile(r"\p{L}")
# Words that are in no title of two nouns.
_NO_TITLE_WORDS = frozenset({"to", "by", "from", "at"})
# Words before a name that join it to another one, too.
_JOINING = frozenset(
    {"of", "and", "de", "del", "du", "des", "d", "et", "y", "e", "al", "au", "aux"}
)
# Phrases that are looked at before a stretch has no title, and names that are enough.
_MOST_TRIED, _MOST_NAMES = 200, 8
# Phrases of a stretch that are sorted before the others.
_AT_FIRST = 200


class Phrases:
    """Index of the phrases that occur at least twice in a text.

    Args:
        text: The text.
        words: Its words.
        language: ISO 639 code.
        copied: Places of passages that name no part of the text, as copies of them are elsewhere.
    """

    def __init__(
        self, text: str, words: Words, language: str, copied: Sequence[tuple[int, int]] = ()
    ) -> None:
        self._text = text
        self._words = words
        self._language = language
        self._copied = copied
        self.references = References(text)
        self._usage = Usage([text], language)
        # Counts of the stretch around the one that was last looked at, of phrases and of terms.
        self._known: dict[bool, tuple[tuple[int, int], NDArray[np.int64], NDArray[np.int64]]] = {}
        self._find()

    def title(
        self,
        start: int,
        end: int,
        around: tuple[int, int],
        avoid: Collection[str],
        keys: Collection[str] = frozenset(),
    ) -> str:
        """Return the best phrase of `text[start:end]` that is not in `avoid`, in any case.

        Args:
            start: first character of the stretch.
            end: character after its last.
            around: the surrounding stretch that the phrase must set this one apart from.
            avoid: titles that are in use already.
            keys: keys (`likeness`) of further ones.

        Returns:
            The phrase as a heading. The first words if there is no phrase.
        """
        return self.best(start, end, around, avoid, keys) or _numbered(
            first_words(self._text[start:end]), {likeness(title) for title in avoid} | set(keys)
        )

    def best(
        self,
        start: int,
        end: int,
        around: tuple[int, int],
        avoid: Collection[str],
        keys: Collection[str] = frozenset(),
        fits: Callable[[str], bool] | None = None,
    ) -> str:
        """Return the best phrase as `title` does; empty if there is none that can be a title.

        Args:
            start: As in `title`.
            end: As in `title`.
            around: As in `title`.
            avoid: As in `title`.
            keys: As in `title`.
            fits: Test that each phrase of the title must pass; None for no test.
        """
        own = {likeness(title) for title in avoid}
        names: list[str] = []
        for place, candidate in enumerate(self._ranked(start, end, around)):
            name = self._heading(candidate)
            key = likeness(name)
            if place > _MOST_TRIED or len(names) == _MOST_NAMES:
                break
            is_name = bool(name) and key not in own and self._is_noun(candidate)
            is_name = is_name and (fits is None or fits(self._surface(*candidate)))
            if is_name and not _repeats(name, names):
                names.append(name)
        return next(self._titles(names, own | set(keys)), "")

    def _titles(self, names: list[str], keys: Collection[str]) -> Iterator[str]:
        """Yield the titles that names make, best first: one name, or two if it is in use."""
        for place, name in enumerate(names):
            if likeness(name) not in keys and " " in name:
                yield name
            for other in names[place + 1 :]:
                pair = self._pair(name, other)
                if likeness(pair) not in keys:
                    yield pair
                    break
            if likeness(name) not in keys:
                yield name

    def _pair(self, first: str, second: str) -> str:
        own = languages.get(self._language)
        word = (own.grading.and_words or own.grading.or_words or ("–",))[0]
        word = own.grading.list_and or word
        small = second[:1].lower() + second[1:]
        if not own.headings.title_case and small in self._text:
            second = small
        joint = word if not own.spaced and len(word) == 1 else f" {word} "
        return first + joint + second

    def _is_noun(self, place: tuple[int, int]) -> bool:
        """Return True if a phrase can be a title: it ends with a noun, and begins with no verb."""
        at, length = place
        surface = self._surface(at, length)
        generic = languages.get(self._language).exercises.generic
        if _WIDE.search(surface):
            return surface not in generic and not self._is_torn(at, length)
        words = surface.replace("-", " ").split()
        if all(word.casefold() in generic for word in words):
            return False
        usage = self._usage
        ends = usage.is_noun(words[-1], sure=len(words) == 1)
        begins = len(words) == 1 or usage.may_begin(words[0])
        fits = ends and begins and not usage.is_excluded(words[0]) and self._is_bound(words)
        return fits and not any(map(self._is_inner_verb, words[1:-1]))

    def _is_inner_verb(self, word: str) -> bool:
        """Return True if a word inside a phrase is mostly a verb, or has the ending of one."""
        ending = languages.get(self._language).exercises.word_classes.inner_verb
        return self._usage.is_verb(word) or bool(ending and regex.search(ending, word.casefold()))

    def _is_bound(self, words: list[str]) -> bool:
        """Return True if the small words in a phrase join nouns: not "rises for twelve hours"."""
        own = languages.get(self._language)
        naming, linking = own.lexicon.naming, own.lexicon.linking
        for before, word in itertools.pairwise(word.casefold() for word in words):
            joins = before not in linking and word in linking
            if word in _NO_TITLE_WORDS or (before not in linking and word in naming - _JOINING):
                return False
            if joins and own.headings.title_case and not self._usage.is_noun(before):
                return False
        return True

    def _is_torn(self, at: int, length: int) -> bool:
        """Return True if a run of katakana or of Han goes on at an edge, in Japanese."""
        compounds = languages.get(self._language).exercises.compounds
        if compounds is None:
            return False
        start, end = int(self._words.starts[at]), int(self._words.ends[at + length - 1])
        character = regex.compile(compounds.character)
        edges = self._text[max(0, start - 1) : start], self._text[end : end + 1]
        inside = all(character.match(sign) or sign == "の" for sign in self._text[start:end])
        return not inside or any(edge and character.match(edge) for edge in edges)

    def _surface(self, at: int, length: int) -> str:
        return self._text[self._words.starts[at] : self._words.ends[at + length - 1]]

    def spans(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield the phrases of `text[start:end]` in order: start, end, count in the whole text."""
        low, high = self._slice(start, end)
        for place in range(low, high):
            last = self._at[place] + self._length[place] - 1
            if self._words.ends[last] <= end:
                yield (
                    int(self._words.starts[self._at[place]]),
                    int(self._words.ends[last]),
                    int(self._total[self._key[place]]),
                )

    def _find(self) -> None:
        """Find the places, lengths and keys of all phrases; places of one phrase share its key."""
        import numpy as np

        folded = _fold(self._words)
        edge, joint = self._edges(folded), self._joints()
        at, key, length = (
            np.concatenate(parts)
            for parts in zip(*self._candidates(folded, edge, joint), strict=True)
        )
        order = np.argsort(at, kind="stable")
        self._at, self._length = at[order], length[order]
        _, self._key = np.unique(key[order], return_inverse=True)
        self._total = np.bincount(self._key)
        self._term_total = np.bincount(self._words.terms, minlength=self._words.term_count)
        self._named = self._named_like(edge, joint)

    def _candidates(
        self, folded: NDArray[np.int64], edge: NDArray[np.bool_], joint: NDArray[np.bool_]
    ) -> Iterator[tuple[NDArray[np.int64], ...]]:
        """Yield places, keys and lengths of the phrases of each length that occur twice or more."""
        import numpy as np

        single = self._words.single[self._words.ids]
        base = np.int64(int(folded.max(initial=0)) + 2)
        keys, counts = _count(folded)
        offset = 0
        for length in range(1, _MOST_CHARACTERS + 1):
            longer_keys, longer_counts = _longer(keys, folded, joint, base, length, single)
            good = (counts >= 2) & edge & (_share_inside(counts, longer_counts) < _NEARLY_ALWAYS)
            fitting = max(0, len(good) - length + 1)
            good[:fitting] &= edge[length - 1 :]
            good[fitting:] = False
            at = np.flatnonzero(good & ~single if length == 1 else good)
            yield at, keys[at] + offset, np.full(len(at), length, dtype=np.int64)
            offset += int(keys.max(initial=0)) + 1
            keys, counts = longer_keys, longer_counts

    def _named_like(self, edge: NDArray[np.bool_], joint: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Score each phrase from 0 to 1 by how often its context is that of a name.

        That is an article or the like before it, and no word of a name after it.
        """
        import numpy as np

        words, last = self._words, self._at + self._length - 1
        naming = languages.get(self._language).lexicon.naming
        before = np.full(len(words.ids), not naming)
        if naming:
            of_form = np.array([form.casefold() in naming for form in words.forms], dtype=bool)
            before[1:] = of_form[words.ids[:-1]]
        goes_on = joint.copy()
        goes_on[:-1] &= edge[1:]
        goes_on &= ~words.single[words.ids]
        first = np.bincount(self._key, weights=before[self._at]) / np.maximum(self._total, 1)
        ends = np.bincount(self._key, weights=~goes_on[last]) / np.maximum(self._total, 1)
        return np.asarray((_NAME_FLOOR + np.minimum(1, 2 * first)) * (_NAME_FLOOR + ends))

    def _edges(self, folded: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return a mask of the words that can begin or end a phrase."""
        import numpy as np

        words = self._words
        own = languages.get(self._language).lexicon.function
        # Texts of every language contain English: names of programs, quotations, untranslated text.
        function = own | languages.get(languages.FALLBACK).lexicon.function
        fits = np.array(
            [
                bool(_CONTENT.match(form))
                and form.casefold() not in function
                and (len(form) > 1 or one)
                for form, one in zip(words.forms, words.single, strict=True)
            ],
            dtype=bool,
        )
        edge = fits[words.ids] if len(words.ids) else np.zeros(0, dtype=bool)
        edge &= ~self._in_references()
        if not own and len(folded):
            count = np.bincount(folded)
            ranked = np.argsort(-count, kind="stable")
            common = ranked[np.cumsum(count[ranked]) <= _COMMON_SHARE * len(folded)]
            edge &= ~np.isin(folded, common[count[common] > 5])
        return edge

    def _in_references(self) -> NDArray[np.bool_]:
        """Return a mask of the words in citations, other references, and repeated text."""
        import numpy as np

        starts = self._words.starts
        mask = np.zeros(len(starts), dtype=bool)
        spans = (*self.references.spans, *repeated_spans(self._text), *self._copied)
        for start, end in spans:
            low, high = np.searchsorted(starts, [start, end])
            mask[low:high] = True
        return mask

    def _joints(self) -> NDArray[np.bool_]:
        """Return a mask of the words that can be joined with the next into one phrase.

        Between the two is a blank, or nothing in unspaced scripts.
        """
        import numpy as np

        words = self._words
        joint = np.zeros(len(words.ids), dtype=bool)
        if len(joint) < 2:
            return joint
        gaps = words.starts[1:] - words.ends[:-1]
        characters = np.frombuffer(self._text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        joint[:-1] = (gaps == 1) & np.isin(
            characters[words.ends[:-1]], [ord(character) for character in _JOINTS]
        )
        joint[:-1] |= gaps == 0
        inner = np.array([self._is_inner(form) for form in words.forms], dtype=bool)[words.ids]
        joint[:-1] &= inner[:-1] & inner[1:]
        return joint

    def _is_inner(self, form: str) -> bool:
        """Return True if a phrase may contain the word.

        Numbers belong to dates and measures. Verbs and pronouns make sentences.
        """
        lexicon = languages.get(self._language).lexicon
        word = form.casefold()
        fits = word not in lexicon.function or word in lexicon.linking or bool(_WIDE.match(word))
        return fits and bool(_CONTENT.search(form))

    def _ranked(self, start: int, end: int, around: tuple[int, int]) -> Iterable[tuple[int, int]]:
        """Yield the places (word index, length) of the phrases of a stretch, best first."""
        import numpy as np

        low, high = self._slice(start, end)
        if low >= high:
            return
        keys, first, count = _tally(self._key[low:high], len(self._total))
        first_word = np.searchsorted(self._words.starts, start)
        contrast = self._contrast(keys, count, False, (start, end), around)
        at, length = self._at[low:high][first], self._length[low:high][first]
        early = 1 + _OPENING_BONUS * (at - first_word < _OPENING_WORDS)
        own = np.log1p(count) * contrast
        parts = self._salience(at, length, (start, end), around)
        named = self._named[keys]
        score = (own + _PARTS * parts) * np.array(_LENGTH_BONUS)[length] * early * named
        if np.searchsorted(self._words.starts, end) - first_word < _SHORT_STRETCH:
            units = np.where(self._words.single[self._words.ids[at]], -(-length // 2), length)
            since = at - first_word
            score = (
                _COUNT * np.log1p(count)
                + _SALIENCE * np.log1p(np.maximum(parts, 0))
                + _WHOLE * np.log(score + 1e-3)
                + _CONTRAST * contrast
                + _NAMED * named
                + _SHARE * count / self._total[keys]
                + np.array(_LENGTHS)[np.minimum(units, len(_LENGTHS) - 1)]
                + sum(weight * (since < bound) for bound, weight in _EARLY)
                + _LATER * np.log1p(since)
            )
        score = np.round(score, 6)
        # Sorting the best alone is mostly enough.
        bar = np.partition(score, -_AT_FIRST)[-_AT_FIRST] if len(score) > _AT_FIRST else -np.inf
        for chosen in (np.flatnonzero(score >= bar), np.flatnonzero(score < bar)):
            for index in chosen[np.lexsort((first[chosen], -score[chosen]))]:
                yield int(at[index]), int(length[index])

    def _contrast(
        self,
        keys: NDArray[np.int64],
        count: NDArray[np.int64],
        terms: bool,
        stretch: tuple[int, int],
        around: tuple[int, int],
    ) -> NDArray[np.float64]:
        """Return log ratios of each key's frequency in the stretch to those around it."""
        import numpy as np

        low, high = np.searchsorted(self._words.starts, stretch)
        share = (count + 0.1) / max(1, high - low)
        whole = (self._term_total if terms else self._total)[keys]
        contrast: NDArray[np.float64] = np.log1p(
            share / ((whole + 1) / max(1, len(self._words.ids)))
        )
        if around not in (stretch, (0, len(self._text))):
            first, last = np.searchsorted(self._words.starts, around)
            every, number = self._counted(around, terms)
            contrast += np.log1p(
                share / ((number[np.searchsorted(every, keys)] + 1) / max(1, last - first))
            )
        return contrast

    def _counted(
        self, around: tuple[int, int], terms: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the keys of a stretch and their counts, which all siblings within it share."""
        import numpy as np

        entry, words = self._known.get(terms), self._words
        if entry is None or entry[0] != around:
            every, at = (words.terms, words.term_at) if terms else (self._key, self._at)
            low, high = np.searchsorted(at, np.searchsorted(words.starts, around))
            keys, _, count = _tally(
                every[low:high], words.term_count if terms else len(self._total)
            )
            entry = (around, keys, count)
            self._known[terms] = entry
        return entry[1], entry[2]

    def _salience(
        self,
        at: NDArray[np.int64],
        length: NDArray[np.int64],
        stretch: tuple[int, int],
        around: tuple[int, int],
    ) -> NDArray[np.float64]:
        """Score each phrase by its terms: the sum of their scores over a power of their number."""
        import numpy as np

        words = self._words
        first, last = np.searchsorted(words.starts, stretch)
        low, high = np.searchsorted(words.term_at, [first, last])
        if low >= high:
            return np.zeros(len(at))
        terms = words.terms[low:high]
        keys, _, count = _tally(terms, words.term_count)
        value = np.log1p(count) * self._contrast(keys, count, True, stretch, around)
        reach = np.concatenate([[0.0], np.cumsum(value[_places(keys, terms, words.term_count)])])
        inside = words.term_at[low:high]
        power = _PARTS_POWER + (1 - _PARTS_POWER) / (1 + (_LARGE / (high - low)) ** 2)
        begin, stop = (
            np.searchsorted(inside, at),
            np.searchsorted(inside, at + length - words.single[words.ids[at]]),
        )
        return np.asarray((reach[stop] - reach[begin]) / np.maximum(1, stop - begin) ** power)

    def _slice(self, start: int, end: int) -> tuple[int, int]:
        import numpy as np

        bounds = np.searchsorted(self._words.starts, [start, end])
        low, high = np.searchsorted(self._at, bounds)
        return int(low), int(high)

    def _heading(self, place: tuple[int, int]) -> str:
        at, length = place
        return heading(self._surface(at, length), self._language)


def one_line(text: str) -> str:
    """Return the text in one line, without control characters and marks of writing direction."""
    return _UNSEEN.sub("", _BLANKS.sub(" ", unicodedata.normalize("NFC", text))).strip()


def heading(surface: str, language: str) -> str:
    r"""Return a phrase as a heading: one line, with capitals where the language writes headings so.

    >>> heading("structure of the\ncell", "en"), heading("structure de la cellule", "fr")
    ('Structure of the Cell', 'Structure de la cellule')
    """
    line = one_line(surface)[:_LONGEST].strip()
    own = languages.get(language)
    if own.headings.title_case:
        function = own.lexicon.function
        line = " ".join(word if word in function else _capital(word) for word in line.split(" "))
    first, blank, others = line.partition(" ")
    return _capital(first) + blank + others


def _capital(word: str) -> str:
    """Return the word with a capital, unless it has one elsewhere: iPhone, d-I."""
    return word[:1].upper() + word[1:] if word.islower() else word


def first_words(text: str) -> str:
    """Return the beginning of a text as a title; "…" for text that cannot be shown."""
    line = one_line(text[:2_000])
    match = _CONTENT.search(line)
    line = line[match.start() if match else 0 :]
    if _WIDE.match(line):
        return re.split(r"[。、，！？；：\s]", line)[0][:_FIRST_CHARACTERS] or "…"
    title = " ".join(line[: 4 * _LONGEST].split(" ")[:_FIRST_WORDS])[:_LONGEST].strip(
        " .,;:!?-–—\"'()[]{}|*"
    )
    return title[:1].upper() + title[1:] if title else "…"


def likeness(title: str) -> str:
    """Return a key that is equal for titles that a reader would take for the same: cell, Cells."""
    return " ".join(word[:_STEM] for word in title.casefold().split())


def _repeats(name: str, names: list[str]) -> bool:
    """Return True if a name has a word of another one, in any form."""
    own = _stems(name)
    return any(own & _stems(other) for other in names)


def _stems(name: str) -> set[str]:
    if _WIDE.search(name):
        return {name[at : at + 2] for at in range(max(1, len(name) - 1))}
    return {word[:_STEM] for word in name.casefold().split() if len(word) > 2}


def _numbered(title: str, keys: Collection[str]) -> str:
    number, candidate = 2, title
    while likeness(candidate) in keys:
        number, candidate = number + 1, f"{title} ({number})"
    return candidate


def _fold(words: Words) -> NDArray[np.int64]:
    """Return the id of every word without regard to capitals."""
    import numpy as np

    id_of: dict[str, int] = {}
    of_form = np.array(
        [id_of.setdefault(form.casefold(), len(id_of)) for form in words.forms], dtype=np.int64
    )
    return of_form[words.ids] if len(words.ids) else np.zeros(0, dtype=np.int64)


def _count(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the keys densely, and count each place's key in the text; -1 and 0 for no key."""
    import numpy as np

    small = np.full(len(keys), -1, dtype=np.int64)
    counts = np.zeros(len(keys), dtype=np.int64)
    valid = np.flatnonzero(keys >= 0)
    if len(valid):
        _, inverse, frequency = np.unique(keys[valid], return_inverse=True, return_counts=True)
        small[valid], counts[valid] = inverse, frequency[inverse]
    return small, counts


def _tally(
    keys: NDArray[np.int64], different: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the sorted keys, the first place of each and its count, as `np.unique` does.

    Keys are below `different`. The time is linear in the number of places.
    """
    import numpy as np

    if len(keys) < different:
        return np.unique(keys, return_index=True, return_counts=True)
    count = np.bincount(keys, minlength=different)
    first = np.zeros(different, dtype=np.int64)
    first[keys[::-1]] = np.arange(len(keys) - 1, -1, -1)
    unique = np.flatnonzero(count)
    return unique, first[unique], count[unique]


def _places(keys: NDArray[np.int64], of: NDArray[np.int64], different: int) -> NDArray[np.int64]:
    """Return the index in the sorted `keys` of each entry of `of`."""
    import numpy as np

    if len(of) < different:
        return np.searchsorted(keys, of)
    place = np.zeros(different, dtype=np.int64)
    place[keys] = np.arange(len(keys))
    return place[of]


def _share_inside(counts: NDArray[np.int64], longer: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the largest share of each phrase's occurrences that one longer phrase contains."""
    import numpy as np

    before = np.concatenate([np.zeros(min(1, len(longer)), dtype=np.int64), longer[:-1]])
    return np.asarray(np.maximum(longer, before) / np.maximum(counts, 1))


def _longer(
    keys: NDArray[np.int64],
    folded: NDArray[np.int64],
    joint: NDArray[np.bool_],
    base: np.int64,
    length: int,
    single: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Build the phrases that are longer by one word: a place's key and the next word."""
    import numpy as np

    size = len(keys)
    longer = np.full(size, -1, dtype=np.int64)
    count = size - length
    if count <= 0:
        return longer, np.zeros(size, dtype=np.int64)
    fits = (keys[:count] >= 0) & joint[length - 1 : length - 1 + count]
    if length >= _MOST_WORDS:
        fits &= single[:count] | single[length : length + count]
    if length >= _MOST_CHARACTERS:
        fits &= False
    longer[:count] = np.where(fits, keys[:count] * base + folded[length:], -1)
    return _count(longer)
