"""Languages without a module: names, scripts, and a neutral `Language` for each of them."""

from __future__ import annotations

from structtuning_plugin.languages import Language, words
from structtuning_plugin.languages.fr import LANGUAGE as FRENCH
from structtuning_plugin.languages.unicode import CYRILLIC

_NAMES = {
    "ar": "arabic ara",
    "bg": "bulgarian bul",
    "cs": "czech ces",
    "da": "danish dan",
    "el": "greek ell",
    "fa": "persian fas",
    "fi": "finnish fin",
    "he": "hebrew heb",
    "hi": "hindi hin",
    "hu": "hungarian hun",
    "id": "indonesian ind",
    "it": "italian ita",
    "ko": "korean kor",
    "nl": "dutch nld",
    "no": "norwegian nor",
    "pt": "portuguese por",
    "ro": "romanian ron",
    "sv": "swedish swe",
    "th": "thai tha",
    "tr": "turkish tur",
    "uk": "ukrainian ukr",
    "ur": "urdu urd",
    "vi": "vietnamese vie",
}
NAMES = {code: words(names) for code, names in _NAMES.items()}

_SCRIPTS = {
    "ar": r"\p{Arabic}",
    "bg": CYRILLIC,
    "el": r"\p{Greek}",
    "fa": r"\p{Arabic}",
    "he": r"\p{Hebrew}",
    "hi": r"\p{Devanagari}",
    "ko": r"\p{Hangul}",
    "th": r"\p{Thai}",
    "uk": CYRILLIC,
}
# Their articles are written together with the next word as in French.
_ELIDING = ("ca", "it")


def neutral(code: str) -> Language:
    """Build a language of which nothing is known but its names, its script and its elision."""
    return Language(
        code=code,
        names=NAMES.get(code, frozenset()),
        script=_SCRIPTS.get(code, ""),
        elision=FRENCH.elision if code in _ELIDING else "",
    )
