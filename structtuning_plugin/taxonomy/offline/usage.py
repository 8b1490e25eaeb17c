"""Use of a corpus' words as nouns, before nouns, or as verbs, from the words around them.

Languages with articles show it best. A word between an article and a function word or a mark is a
noun. A word between an article and another content word describes it (English, German). A content
word after a noun describes it (French, Spanish). In other languages the ending decides; without
such endings every word may be a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import regex

from structtuning_plugin import languages

# An apostrophe of elision joins two words.
_ELIDED_TOKEN = regex.compile(r"[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*|[^\s\p{L}\p{N}'’]")
_TOKEN = regex.compile(r"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*|[^\s\p{L}\p{N}]")
# A noun may describe another one now and then: "the blood", "the blood vessels".
_MOSTLY = 2


class Usage:
    """Use of words in the texts of one language."""

    def __init__(self, texts: Iterable[str], language: str) -> None:
        self.language = language
        own = languages.get(language)
        self._classes = own.exercises.word_classes
        self._function = own.lexicon.function
        self._no_noun = _compile(self._classes.no_noun, regex.VERBOSE)
        self._adjective = _compile(self._classes.adjective)
        self._abstract = _compile(self._classes.abstract)
        self._nouns: Counter[str] = Counter()
        self._modifiers: Counter[str] = Counter()
        self._verbs: Counter[str] = Counter()
        if self._classes.before_nouns:
            pattern = _ELIDED_TOKEN if own.elision else _TOKEN
            for text in texts:
                self._count([token.casefold() for token in pattern.findall(text)])

    def _count(self, tokens: list[str]) -> None:
        classes, function = self._classes, self._function
        for before, word, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
            if word in function or not word[0].isalpha():
                continue
            goes_on = after not in function and after[:1].isalpha()
            if before in classes.before_nouns:
                if goes_on and classes.modifiers_first:
                    self._modifiers[word] += 1
                else:
                    self._nouns[word] += 1
            elif before in classes.before_verbs:
                self._verbs[word] += 1
            elif (
                after == classes.than
                or before in classes.degrees
                or (not classes.modifiers_first and before[:1].isalpha() and before not in function)
            ):
                self._modifiers[word] += 1

    def is_noun(self, word: str, sure: bool = True) -> bool:
        """Return True if a word mostly is a noun; without `sure`, if it may be one."""
        word = word.casefold()
        if self._no_noun is not None and self._no_noun.search(word):
            return False
        if not self._classes.before_nouns:
            return True
        nouns, verbs, modifiers = self._nouns[word], self._verbs[word], self._modifiers[word]
        weight = 1 if self._adjective is not None and self._adjective.search(word) else _MOSTLY
        return (nouns > verbs and weight * nouns > modifiers) or not (sure or verbs or modifiers)

    def is_excluded(self, word: str) -> bool:
        """Return True if the ending or a list says that a word is no noun."""
        return self._no_noun is not None and bool(self._no_noun.search(word.casefold()))

    def may_begin(self, word: str) -> bool:
        """Return True if a name of several words may begin with a word.

        That is a noun if descriptions follow it.
        """
        noun_first = self._classes.before_nouns and not self._classes.modifiers_first
        return self.is_noun(word) if noun_first else not self.is_verb(word)

    def is_verb(self, word: str) -> bool:
        """Return True if a word is mostly at a verb's place; False without articles to show it."""
        word = word.casefold()
        return self._verbs[word] > self._nouns[word] + self._modifiers[word]

    def is_content(self, word: str) -> bool:
        """Return True if a word may be part of a name: no function word, no verb, no number."""
        word = word.casefold()
        return word[:1].isalpha() and word not in self._function and not self.is_verb(word)

    def describes(self, word: str) -> bool:
        """Return True if a word before a noun belongs to its name: "yellow" before "fever"."""
        word = word.casefold()
        return (
            self.is_content(word)
            and not word.endswith("ly")
            and self._nouns[word] + self._modifiers[word] > self._verbs[word]
        )

    def acts(self, before: str, after: str) -> bool:
        """Return True if a word between these two is a verb there."""
        return (
            before.casefold() in self._classes.before_verbs
            or after.casefold() in self._classes.determiners
        )

    def is_said_of(self, before: str) -> bool:
        """Return True if the next word mostly describes the one before: "is slit", "very hard"."""
        return before.casefold() in self._classes.degrees

    def is_abstract(self, word: str) -> bool:
        """Return True if a word has the ending of an act or a quality."""
        return self._abstract is not None and bool(self._abstract.search(word.casefold()))


def _compile(pattern: str, flags: int = 0) -> Any:
    return regex.compile(pattern, flags) if pattern else None
