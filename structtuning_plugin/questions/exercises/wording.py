"""What tells the use of a word in the languages that exercises are made in, from general knowledge of them.

A language that is not here has no such signs: every word of its texts may then be a term.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import regex


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """All in small letters. `degrees` stand before adjectives, `than` after comparatives, `determiners` after verbs;
    `no_noun` are endings that no name has, `abstract` those of acts and qualities, `adjective` those
    that adjectives have more often.
    `modifiers_first`: what describes a noun stands before it, not after it.
    """

    before_nouns: frozenset[str]
    before_verbs: frozenset[str]
    degrees: frozenset[str]
    than: str
    abstract: Any
    adjective: Any
    determiners: frozenset[str]
    no_noun: Any
    modifiers_first: bool


_BEFORE_NOUNS = {
    "en": """the a an of in by from with its their his her this these each every some any no into upon between through""",
    "fr": "le la les l un une du de des d au aux son sa ses leur leurs ce cet cette ces chaque",
    "es": "el la los las un una unos unas del de al su sus este esta estos estas cada",
    "de": "der die das den dem des ein eine einen einer eines seine ihre diese dieser von",
}
_BEFORE_VERBS = {
    "en": """to will can may might must shall should would could not cannot never always often usually also they we you he
        it who which that then do does did""",
    "fr": "ne n se s il elle on ils elles qui peut peuvent doit doivent nous vous pour y",
    "es": "se no que puede pueden debe deben lo le les nos me te ya también para",
    "de": "zu nicht er sie es wir kann können muss müssen wird werden",
}
_DEGREES = {
    "en": "is are was were be been become becomes very more most less least so too quite rather extremely as",
    "fr": "est sont très plus moins assez trop bien",
    "es": "es son está están muy más menos bastante tan",
    "de": "ist sind sehr mehr so zu",
}
# Of names of acts and qualities, which others could stand for.
_ABSTRACT = {
    "en": r"(?:tion|sion|ity|ness|ment|ance|ence|ing|ship|ism)s?$|(?:ities|ncies|ency|ancy)$",
    "fr": r"(?:tion|sion|ité|ment|ance|ence|age|isme)s?$",
    "es": r"(?:ción|sión|dad|miento|ancia|encia|ismo)$|(?:ciones|siones|dades|mientos|ancias|encias)$",
    "de": r"(?:ung|heit|keit|tion|schaft|ismus)(?:en)?$",
    "ru": r"(?:ени|ани|ост|ци|ств)(?:е|я|ю|ем|и|й|ь|ью|о|а|у|ом)$",
    "pl": r"(?:anie|enie|ość|ania|enia|ości|cja|cji|stwo|stwa)$",
}
# Of adjectives mostly, of nouns now and then.
_ADJECTIVE = {"en": r"(?:al|ic|ous|ive|ary|ory|ar|able|ible|ish)$"}
# What stands after a comparative.
_THAN = {"en": "than", "fr": "que", "es": "que", "de": "als"}
# After a verb these begin its object, and particles belong to it; after a noun neither stands without a mark.
_DETERMINERS = {
    "en": "a an the his her its their our your this these those it them him us me up out off down away back together",
    "fr": "le la les un une des ce cet cette ces son sa ses leur leurs votre vos",
    "es": "el la los las un una unos unas este esta estos estas su sus",
    "de": "ein eine einen sein seine ihre",
}
_RU_ADVERBS = """там тут здесь туда сюда почти сразу позже раньше сейчас теперь тогда потом затем снова опять вновь уже ещё лишь
    даже просто вместе вдруг никогда всегда иногда обычно часто редко много мало несколько достаточно вообще вряд лучше хуже
    больше меньше далее дальше ранее заранее вручную кстати отсюда оттуда сначала сперва иначе поскольку хотя либо нибудь
    что-то кто-то какой-то какой какая какие какого какую какие-либо какая-либо нельзя надо нужен нужна нужно нужны
    двух трёх двумя тремя одной одного обоих самой самого
    самом самих сама сами само данный более менее вполне очень слишком скорее пока вам вас вы себя свою своего своей нами
    нашей наших чтобы кроме вместо около среди согласно благодаря помимо путём"""
_NO_NOUN = {
    "en": r"""(?:ly|est|ful|less|n't)$ | (?<!hundr|se|we|sh|^\p{L}|^\p{L}\p{L})ed$
        | ^(?:seen|been|gone|done|taken|given|made|known|formed|called)$""",
    "fr": r"(?:ez|(?<!i)er|ment(?<!(?:l|r|t|g|p|n|ss)ement)|eux|euse|ables?|ibles?|aient|eront|era)$",
    "es": r"""^(?!(?:lugar|hogar|mar|par|bar|pilar|ejemplar|altar|collar|dólar|azúcar|celular|mujer|taller|poder|deber|carácter
        |líder|máster|router|elixir|nadir)$).*[aei]r$ | (?:mente|ando|iendo|ables?|ibles?
        |arlo|erlo|irlo|arse|erse|irse|aría|ará|arán|emos|amos)$""",
    "ru": rf"""^(?:{"|".join(_RU_ADVERBS.split())})$
        |(?:ть|ться|тся|чь|[аяеию]ет|[аеиоуюя]ют|[аяуе]ем|[жчшщ]ут|[аеио]ит|[аеилнрст]ят|ешь|ишь)$
        |(?:[аяиеыу]л(?:а|о|и|ся|ась|ось|ись)?)$
        |(?:ый|ий|ой|ая|яя|ое|ее|ые|ого|его|ому|ему|ых|их|ым|ыми|ими|ую|юю)(?<!ени[ей]|ани[ей]|ций|рий|сий|тий|лей|хой)$
        |щ(?:ий|ая|ее|ие|их|им|ими|его|ему|ую)$
        |(?:енный|[аяе]н[оы]|[жчщлпдвктснмр]н[оы]|[жчщ]ен|[лвщжчдтп]ен[аоы]?|[аеяи]в|[аея]вши|ясь|[ая]сь|йте|ите)$""",
    "pl": r"""(?:ć|uje|ują|ają|ywać|ony|ona|one|ych|ymi|ego|emu|owy|owa|owe|ski|ska|skie|cie)$""",
}


@lru_cache(maxsize=32)
def wording_of(language: str) -> Wording:
    """The language's signs of use by its ISO 639-1 code; empty for a language without any."""
    ending = _NO_NOUN.get(language)
    return Wording(
        before_nouns=_words(_BEFORE_NOUNS, language),
        before_verbs=_words(_BEFORE_VERBS, language),
        degrees=_words(_DEGREES, language),
        abstract=regex.compile(_ABSTRACT[language]) if language in _ABSTRACT else None,
        adjective=regex.compile(_ADJECTIVE[language]) if language in _ADJECTIVE else None,
        than=_THAN.get(language, ""),
        determiners=_words(_DETERMINERS, language),
        no_noun=regex.compile(ending, regex.VERBOSE) if ending else None,
        modifiers_first=language in ("en", "de"),
    )


def _words(lists: dict[str, str], language: str) -> frozenset[str]:
    return frozenset(lists.get(language, "").split())
