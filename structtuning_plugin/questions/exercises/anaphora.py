"""Signs by which a sentence shows that it was cut out of something, one list a language, from general knowledge of them.

`ELSEWHERE`: what it points at stands elsewhere on the page, or in no text at all. `SPEAKING`: somebody speaks to somebody.
`POINTING_BACK`: demonstratives, which point back wherever they stand. `ONE_OF_SEVERAL`: openings whose noun was named
before.
"""

from __future__ import annotations

from typing import Any

import regex

# A name and a number, or a letter: Fig. 12, Table A, гл. 3.
_NUMBERED = (
    "figs? figures? tables? plates? diagrams? exp experiments? exps chapters? sections? pages? p pp exercises? examples? see "
    "tableaux? chapitres? sections? tabla figuras? capítulos? sección secciones página "
    r"гл рис рисун\w* табл\w* глав[аеу] раздел\w* rys rysun\w* tabel\w* rozdzia\w* abb abbildung kapitel abschnitt"
)
_ELSEWHERE = {
    "en": "above below previous following aforesaid aforementioned described mentioned just hereafter hereinafter preceding "
    r"foregoing illustrated as\sbefore diagram drawing magnified engraving photograph dotted",
    "fr": "ci-dessus ci-dessous ci-après précédent(?:e?s?) suivant(?:e?s?) plus\\shaut plus\\sbas",
    "es": "siguientes? anterior(?:es)? abajo arriba",
    "de": "oben unten folgende[nrsm]? vorherige[nrsm]? obige[nrsm]?",
    "ru": r"выше ниже следующ\w* предыдущ\w* данн(?:ый|ая|ое|ом|ой)",
    "pl": r"powyżej poniżej następując\w* poprzedni\w* powyższ\w* poniższ\w*",
}
_ELSEWHERE_WIDE = (
    r"[图表図]\s*\d|第\s*[\d.]+\s*[章节節]|[前次上下本]\s*[章節节]|本[书書文]|"
    r"如下|以下|上述|前述|下[图表]|[上下][面記]|後述|前記"
)
_SPEAKING = {
    "en": "we us our ours I me my you your yours let",
    "fr": "nous notre nos vous votre vos je",
    "es": "nosotros nuestr[oa]s? usted ustedes tú tus?",
    "de": "wir uns unser(?:e[nrsm]?)? ich (?-i:Sie|Ihnen|Ihre?[nrsm]?)",
    "ru": r"мы нас нам наш\w* вы вас вам вами ваш\w*",
    "pl": r"my nas nam nasz\w* mamy",
}
_SPEAKING_WIDE = "我们|咱们|您|你|私たち|我々|あなた"
_POINTING_BACK = {
    "en": r"""these this such(?!\sas\b) those(?!\s(?:who|of|which|that|whose|in|with)\b) thereby therein thereof also however
        therefore too thus hence likewise similarly then similar(?!\sto\b) otherwise
        the\ssame\b(?!.*\bas\b) (?:one|ones|so|others?|both)(?=\.$)""",
    "fr": "cet cette ces ceci celui-ci celle-ci",
    "es": "estos? estas? es[oe]s? esas? dich[oa]s?",
    "de": "diese[nrsm]? solche[nrsm]?",
    "ru": r"(?<![—–-]\s)это этот этой эта эти эту этого этой этому этом этим этих так(?:ой|ая|ие|их)",
    "pl": "te?go tej tych tym tymi",
}
_POINTING_WIDE = "这|此|该|この|その|これ|それ|こう|そう"
_ONE_OF_SEVERAL = {
    "en": r"""(?:some|many|most|all|few|several|none|any|certain|various|two|three|four|five|six|one|each|every)\s
            (?:are|is|were|was|have|has|had|may|can|will|of\s(?:them|the)|other|such|more|\w+ly\b)
        | the\s(?:first|second|third|fourth|fifth|last|latter|former|other|others|same|remaining|next|whole|word|words|results?
            |effect|answer|object|process|operation|substance|patient|mixture|liquid|parts|test|experiment|rest|theory|fact|term
            |amount|instrument|apparatus|poison|trouble|reason|case)\b(?!\s(?:of|that|in|to)\b)
        | (?:half|part|much|more|less|little|enough|here|there|now|hitherto|strictly|briefly|perhaps|yes|no|why|how|what|if\sthey
            |nor|neither|either|even|only|too|viz|ex|of\scourse|especially|particularly|of\sthese|in\s(?:both|all|some|other|most)
            |by\s(?:this|so)|to\sthis\send|to\s(?:this|these)|on\sthe\scontrary|at\slast|at\sfirst|to\sdo\sthis|when\sthis|as\sa\s(?:rule|result))\b
        | \p{Lu}\w+ing\b[^,]*,\s(?:they|it|he|she|these|this)\b""",
    "fr": r"""(?:certaine?s|plusieurs|quelques-une?s|tous|toutes|la\splupart|les\sdeux|chacune?|l['’]une?|l['’]autre|aucune?)\s
        | (?:le|la|les)\s(?:première?s?|seconde?s?|deuxième|troisième|dernière?s?|même)\b | (?:voici|voilà|pour\scela|pour\sce)\b
        | c['’]""",
    "es": r"""(?:algun[oa]s|much[oa]s|tod[oa]s|vari[oa]s|amb[oa]s|ningun[oa]|cada\sun[oa])\s(?:son|es|están|está|de\sell[oa]s)\b
        | (?:el|la|los|las)\s(?:primer[oa]?s?|segund[oa]s?|tercer[oa]?|últim[oa]s?|mism[oa]s?)\b
        | (?:para\sello|de\seste|en\sambos)\b""",
    "de": r"""(?:einige|manche|viele|alle|mehrere|beide|keine[rs]?)\s(?:sind|ist|haben|werden|können) | (?:hier|nun)\b
        | (?:der|die|das)\s(?:erste|zweite|dritte|letzte|gleiche)\b""",
    "ru": r"""(?:некоторые|многие|все|каждый|оба|обе|один|одна)\sиз\b | (?:перв|втор|трет|последн)(?:ый|ая|ое|ий|ья)\b
        | (?:вот|здесь|тут|теперь|сначала|обычно|там|для\s(?:этого|него|неё))\b""",
    "zh": r"(?:有些|有的|大多数|第[一二三四五]|前者|后者|两者|二者|这里|以上|于是|对此|为此)",
    "ja": r"(?:いくつか|両方|前者|後者|第[一二三]|最初の|二番目|まず|では|ここ|そこ|以上|一部の)",
}


def _words(words: str) -> str:
    return "|".join(words.split())


def _by_language(pattern: str, lists: dict[str, str], wide: str) -> dict[str, Any]:
    """For each language the pattern with its words, or else with what is written without blanks."""
    found = {
        language: regex.compile(pattern % _words(words) + f"|{wide}", regex.IGNORECASE)
        for language, words in lists.items()
    }
    return found | {language: regex.compile(wide) for language in ("zh", "ja")}


_POINTER = rf"\b(?i:{_words(_NUMBERED)})\b\.?\s*[\dIVXLC(]|https?:|www\."
ELSEWHERE = _by_language(rf"{_POINTER}|\b(?:%s)\b", _ELSEWHERE, rf"{_ELSEWHERE_WIDE}|{_POINTER}")
SPEAKING = _by_language(r"\b(?:%s)\b", _SPEAKING, _SPEAKING_WIDE)
POINTING_BACK = _by_language(r"\b(?:%s)\b", _POINTING_BACK, _POINTING_WIDE)
ONE_OF_SEVERAL = {
    language: regex.compile(rf"(?:{openings})", regex.VERBOSE | regex.IGNORECASE)
    for language, openings in _ONE_OF_SEVERAL.items()
}
