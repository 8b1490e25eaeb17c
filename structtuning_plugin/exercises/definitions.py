"""Sentences that say what something is, and what it is that they define: one pattern or two a language."""

from __future__ import annotations

import regex

from structtuning_plugin.taxonomy.segmentation.lexicon import lexicon_of

_MOST_WORDS = 5
_MOST_CHARACTERS = 12

_EN_PAREN = r"(?:\s*\([^()]{1,40}\))?(?:,\s+or\s+[^,]{1,30},)?"
# `term` is what the definition is of. What follows it must say what it is, not what it does or how it is.
_PATTERNS: dict[str, tuple[str, ...]] = {
    "en": (
        rf"^(?:The |An? )?(?P<term>[\p{{L}}\p{{N}}' -]+?){_EN_PAREN} (?:is|are) (?:an?|the|one of|any|those|that|called|known as|defined as) (?!same\b|result\b|case\b|reason\b)",
        rf"^(?:The |An? )?(?P<term>[\p{{L}}\p{{N}}' -]+?){_EN_PAREN} (?:means|refers to|denotes) ",
        r"^By (?P<term>[\p{L}\p{N}' -]+?) (?:is|are) (?:meant|understood) ",
    ),
    "fr": (
        r"^(?:Le |La |Les |L['’]|Un |Une |Des )?(?P<term>[\p{L}\p{N}'’ -]+?)(?: \([^()]{1,40}\))? (?:est|sont) (?:une?|l[ae]|les|l['’]|des|appelée?s?|définie?s?) ?",
        r"^(?:Le |La |Les |L['’]|Un |Une )?(?P<term>[\p{L}\p{N}'’ -]+?)(?: \([^()]{1,40}\))? (?:désigne|désignent|signifie) ",
    ),
    "es": (
        r"^(?:El |La |Los |Las |Un |Una )?(?P<term>[\p{L}\p{N} -]+?)(?: \([^()]{1,40}\))? (?:es|son) (?:un[ao]?s?|el|la|los|las) ",
        r"^(?:El |La |Los |Las |Un |Una )?(?P<term>[\p{L}\p{N} -]+?)(?: \([^()]{1,40}\))? (?:significa|se define como|se denomina|se llama) ",
    ),
    "de": (
        r"^(?:Der |Die |Das |Ein |Eine )?(?P<term>[\p{L}\p{N} -]+?)(?: \([^()]{1,40}\))? (?:ist|sind) (?:ein|eine|der|die|das) ",
        r"^(?:Der |Die |Das |Ein |Eine )?(?P<term>[\p{L}\p{N} -]+?)(?: \([^()]{1,40}\))? (?:bezeichnet|bedeutet) ",
    ),
    "ru": (
        r"^(?P<term>[\p{L}\p{N} -]+?)(?: \([^()]{1,60}\))? [—–-] (?:это |эта |этот )?(?=\p{Ll})",
        r"^(?P<term>[\p{L}\p{N} -]+?)(?: \([^()]{1,60}\))? (?:является|являются|называется|называются) ",
    ),
    "pl": (
        r"^(?P<term>[\p{L}\p{N} -]+?)(?: \([^()]{1,60}\))? (?:to|jest to|są to) (?=\p{Ll})",
        r"^(?P<term>[\p{L}\p{N} -]+?)(?: \([^()]{1,60}\))? (?:oznacza|nazywamy|nazywa się) ",
    ),
    "zh": (
        r"^(?:所谓)?“?(?P<term>[\p{Han}\p{L}\p{N}·-]{2,12}?)”?(?:（[^（）]{1,40}）)?(?:是一[种个类项份款套]|是指|指的是|就是|即指|是由|被称为|称为|的定义是|意味着)",
    ),
    "ja": (
        r"^「?(?P<term>[\p{Han}\p{Hiragana}\p{Katakana}ー\p{L}\p{N}・-]{2,16}?)」?(?:（[^（）]{1,40}）)?(?:とは|というのは)、?",
        r"^「?(?P<term>[\p{Han}\p{Katakana}ー\p{Latin}\p{N}・-]{2,16}?)」?(?:（[^（）]{1,40}）)?は、?[^。]*(?:である|です|のことをいう|のことを指す|と呼ばれる|と呼ぶ|をいう)。$",
    ),
}
_COMPILED = {language: [regex.compile(pattern) for pattern in patterns] for language, patterns in _PATTERNS.items()}
# These stand where a term could, and define nothing.
_NO_TERM = frozenset(
    "there here one two three four first second third next last object reason result purpose way fact example case part "
    "most many some all each another other others both such cause work use effect difference following rest point thing "
    "c ce ceci cela il ils elle elles но это вот tu ci to co 这 那 これ それ ここ 主なもの 次 方法 目的 原因 理由 例".split()
)


def defined_term(sentence: str, language: str) -> str | None:
    """The term that a sentence defines; None if it defines none.

    >>> defined_term("A spoke is a thin rod that joins hub and rim.", "en")
    'spoke'
    >>> defined_term("There is a spoke.", "en") is None
    True
    """
    for pattern in _COMPILED.get(language, ()):
        match = pattern.match(sentence)
        if match and _is_term(match["term"].strip(), language):
            return str(match["term"].strip())
    return None


def _is_term(term: str, language: str) -> bool:
    words = [word.casefold() for word in term.split()]
    lexicon = lexicon_of(language)
    if not words or len(words) > _MOST_WORDS or (len(words) == 1 and len(term) > 4 * _MOST_CHARACTERS):
        return False
    edges_fit = not {words[0], words[-1]} & (lexicon.function | _NO_TERM)
    inside_fits = all(word not in lexicon.function or word in lexicon.linking for word in words[1:-1])
    return edges_fit and inside_fits and term.casefold() not in _NO_TERM and any(c.isalpha() for c in term)
