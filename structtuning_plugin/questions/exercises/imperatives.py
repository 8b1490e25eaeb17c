"""Sentences that tell the reader to do something: they state nothing that could be asked for."""

from __future__ import annotations

import regex

from structtuning_plugin.questions.exercises.stems import WORD
from structtuning_plugin.taxonomy.offline.lexicon import lexicon_of

_EN_VERBS = """add administer allow apply arrange ask attach avoid bandage bathe be begin bend boil bring call carry clean close
    collect compare connect consider cool cover cut describe dip dissolve draw drink eat examine explain fasten feel fill
    filter find gargle get give go grasp hang heat hold imagine insert keep lay learn let lift listen loosen lower make
    measure mix mount move note notice observe obtain open place pour prepare press prick proceed procure provide pull
    push put raise read recall remember remove repeat replace review rinse rub saturate scrape secure see select send separate set
    shake show slip soak stain stand state stir stop stretch strip study support suppose take tell test throw tie touch
    trace treat try turn use wait warm wash watch wet wind wipe wrap wring write"""
_VERBS = "|".join(_EN_VERBS.split())
# At the beginning, after a clause that says when or what for, or in the middle; a purpose alone is half a sentence.
_PATTERNS = {
    "en": rf"""(?:never|always|do|don['’]t|also|now|then|carefully|gently|next|first)\s\p{{Ll}}+\b
        | to\b[^,;:]*\.$
        | (?:{_VERBS})\s\p{{Ll}}
        | (?:to|if|when|after|with|by|in|for|now|as|while|on)\b[^:;]{{5,120}}?,\s(?:{_VERBS})\s\p{{Ll}}
        | [^:;]{{5,120}}[:;]\s(?:{_VERBS})\s\p{{Ll}}""",
    "fr": r"[\p{L}-]+ez\b",
    "es": r"""(?:use|utilice|seleccione|elija|consulte|vea|asegúrese|compruebe|introduzca|pulse|tenga|siga|escriba|ejecute|lea
        |recuerde|inserte|reinicie|copie|cree|busque|revise)\b""",
    "de": r"\p{Lu}\p{Ll}+e?n\sSie\b",
    "ru": r"[\p{L}-]+(?:[йь]те|ите)(?:сь)?\b",
    "zh": r"请|[^。]*请(?:参|查|阅|看|注意|使用|选择|按|输入)",
    "ja": r".*(?:ください|なさい|ましょう|下さい)",
}
_COMPILED = {
    language: regex.compile(rf"(?:{pattern})", regex.VERBOSE | regex.IGNORECASE)
    for language, pattern in _PATTERNS.items()
}
# No English sentence begins with a noun and one of these; "Boil the ...", "Cut off ..." do.
_OBJECTS = """the a an some one two your this these it them out up off each any"""
_AFTER_ORDERS = frozenset(_OBJECTS.split())
_PREPOSITIONS = """beneath within besides beside unless until like inside outside beyond opposite though although wherever
    whenever past across along near behind around amid amidst amongst towards despite says both all half not many quite"""
_NO_ORDERS = frozenset(_PREPOSITIONS.split())


def is_order(sentence: str, language: str) -> bool:
    """Whether a sentence, without marks at its beginning, tells the reader to do something.

    >>> is_order("Oil the chain every month.", "en"), is_order("Chains need oil.", "en")
    (True, False)
    """
    pattern = _COMPILED.get(language)
    return (pattern is not None and pattern.match(sentence) is not None) or (
        language == "en" and _begins_with_order(sentence)
    )


def _begins_with_order(sentence: str) -> bool:
    words = [word.casefold() for word in WORD.findall(sentence[:60])[:2]]
    if len(words) < 2 or words[1] not in _AFTER_ORDERS or words[0].endswith("ing"):
        return False
    return words[0] not in _NO_ORDERS and words[0] not in lexicon_of("en").function
