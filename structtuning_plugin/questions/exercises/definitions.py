"""Sentences that say what something is, and what it is that they define."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import regex

from structtuning_plugin.questions.exercises.generic_terms import is_generic
from structtuning_plugin.questions.exercises.wording import wording_of
from structtuning_plugin.taxonomy.offline.lexicon import lexicon_of

_MOST_WORDS = 5
_MOST_CHARACTERS = 48
_TERM = r"(?P<term>[\p{L}\p{N}'’ -]+?)"
_WIDE_TERM = r"「?“?(?P<term>[\p{Han}\p{Katakana}ー\p{Latin}\p{N}・·-]{2,16}?)”?」?"
_BRACKETS = r"(?:\s\([^()]{1,60}\)|（[^（）]{1,40}）)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grammar:
    """Parts of patterns. A definition is `articles term brackets` and then one of these:

    `is_kind` and, not at once, one of `no_kind`: what follows must say what the term is, not how it is or what it does.
    `means`: verbs that tell a word's meaning. `called`: what stands before a term that ends the sentence.
    """

    articles: str
    is_kind: str
    no_kind: str
    means: str
    called: str = ""


_GRAMMARS = {
    "en": _Grammar(
        articles="the an? each every",
        is_kind=r"(?:is|are)\s(?:an?|the|one\sof\s(?:an?|the|several|two|three|four)|any|those|that|essentially\san?|simply\san?)",
        no_kind=r"""\p{Ll}{4,}est same result case reason cause only first last next best most chief greatest least more less
            great good common matter fact question source seat time way rest remainder important favorite general subject habit
            means object effects? essential necessary natural main principal very quite few little number numerous many
            mistake duty task""",
        means=r"means|refers\sto|denotes|signifies",
        called=r"(?:is|are)\s(?:\w+ly\s)?(?:called|known\sas|termed|named|spoken\sof\sas)\s(?:the\s|an?\s)?",
    ),
    "fr": _Grammar(
        articles="le la les un une des",
        is_kind=r"(?:est|sont)\s(?:une?|la|le|les|l['’]|des)",
        no_kind="même seule? premi(?:er|ère) derni(?:er|ère) meilleure? plus moins cas fait peu bonne? solution résultat cause",
        means=r"désigne|désignent|signifie|signifient",
        called=r"(?:est|sont|s['’])\s?(?:appelle|appelée?s?|nommée?s?|dénommée?s?)\s(?:le\s|la\s|une?\s|des\s|les\s)?",
    ),
    "es": _Grammar(
        articles="el la los las una?",
        is_kind=r"(?:es|son)\s(?:un|una|unos|unas|el|la|los|las|aquel|aquella)",
        no_kind="mism[oa] únic[oa] primer[oa]? últim[oa] mejor peor más menos caso hecho poco buena? resultado causa",
        means=r"significan?|se\sdefinen?\scomo|designan?|se\srefieren?\sa",
        called=r"se\s(?:llaman?|denominan?|conocen?\scomo)\s(?:el\s|la\s|los\s|las\s)?",
    ),
    "de": _Grammar(
        articles="der die das eine?",
        is_kind=r"(?:ist|sind)\s(?:ein|eine|der|die|das)",
        no_kind="gleiche selbe einzige erste letzte beste wichtigste Fall Grund Ergebnis Ursache",
        means=r"bezeichnet|bezeichnen|bedeutet|bedeuten",
    ),
    "ru": _Grammar(
        articles="",
        is_kind=r"[—–-]\s(?:это\s)?(?=\p{Ll})",
        no_kind="не так как очень самый самая самое нет да то чтобы если",
        means=r"является|являются|называется|называются|представляет\sсобой|обозначает|означает",
    ),
    "pl": _Grammar(
        articles="",
        is_kind=r"(?:to|jest\sto|są\sto)\s(?=\p{Ll})",
        no_kind="nie tak jak bardzo już tylko też także samo najbardziej",
        means=r"oznacza|oznaczają|nazywamy|nazywa\ssię",
    ),
}
_WIDE = {
    "zh": rf"(?:所谓)?{_WIDE_TERM}{_BRACKETS}(?:是一[种个类项份款套]|是指|指的是|即指|被称为|的定义是|意味着)",
    "ja": rf"{_WIDE_TERM}{_BRACKETS}(?:とは|というのは)、?|"
    rf"{_WIDE_TERM}{_BRACKETS}は、?[^。]*(?:(?<!こと|もの|ため|から|場合|とき|よう)(?:である|です)|のことをいう|のことを指す|と呼ばれる|と呼ぶ|をいう)。$",
}
# These stand where a term could, and define nothing; the general words of each language neither.
_PRONOUNS = """c ce ceci cela ça il ils elle elles tu ci to co es he she but and or if when where who whoever what there here it
    но это вот он она они там тут всё 这 那 これ それ ここ そこ 主なもの 次 方法 目的 原因 理由 例"""
_NO_TERM = frozenset(_PRONOUNS.split())


def _pattern(grammar: _Grammar) -> Any:
    articles = "|".join(grammar.articles.split())
    before = rf"(?i:(?:{articles})\s|l['’])?" if articles else ""
    alias = r"(?:,\sor\s[^,]{1,30},)?"
    kind = rf"(?:{grammar.is_kind})(?:\s|(?<=[\s'’]))(?!(?:{'|'.join(grammar.no_kind.split())})\b)"
    whole = rf"{before}{_TERM}{_BRACKETS}{alias}\s(?:{kind}|(?:{grammar.means})\s)"
    return regex.compile(whole)


def _ending(grammar: _Grammar) -> Any:
    return (
        regex.compile(rf".{{20,}}\s{grammar.called}{_TERM}{_BRACKETS}\.$")
        if grammar.called
        else None
    )


_BEGINNING = {language: _pattern(grammar) for language, grammar in _GRAMMARS.items()}
_BEGINNING |= {language: regex.compile(pattern) for language, pattern in _WIDE.items()}
_AT_END = {
    language: found
    for language, grammar in _GRAMMARS.items()
    if (found := _ending(grammar)) is not None
}


def defined_term(sentence: str, language: str) -> str | None:
    """The term that a sentence defines; None if it defines none.

    >>> defined_term("A spoke is a thin rod that joins hub and rim.", "en")
    'spoke'
    >>> defined_term("The middle part of a wheel is called the hub.", "en")
    'hub'
    >>> defined_term("There is a spoke.", "en") is None
    True
    """
    for patterns in (_BEGINNING, _AT_END):
        match = patterns[language].match(sentence) if language in patterns else None
        if match and _is_term(match["term"].strip(), language):
            return str(match["term"].strip())
    return None


def _is_term(term: str, language: str) -> bool:
    words = [word.casefold() for word in term.split()]
    lexicon = lexicon_of(language)
    if not words or len(words) > _MOST_WORDS or len(term) > _MOST_CHARACTERS:
        return False
    edges_fit = not {words[0], words[-1]} & (lexicon.function | _NO_TERM)
    inside_fits = all(
        word not in lexicon.function or word in lexicon.linking for word in words[1:-1]
    )
    says = any(not is_generic(word, language) for word in words) and term.casefold() not in _NO_TERM
    # "The longest bone is the femur" tells which bone, not what a longest bone is; "Attached to it is a tube" what is there.
    no_noun = wording_of(language).no_noun
    tells_which = (
        language == "en"
        and len(words) > 1
        and no_noun is not None
        and no_noun.search(words[0]) is not None
    )
    return edges_fit and inside_fits and says and not tells_which and any(c.isalpha() for c in term)
