"""What stands before a final answer, in six languages.

The first marker of a language is the one that we write ourselves; the others are what models write. One that ends in
a colon is a noun: the colon must be there, or the noun stands alone on a line (a heading). After the others, which are
whole clauses, a colon may follow. Markdown around them, wide colons and no-break spaces make no difference.
"""

from __future__ import annotations

import re
from functools import cache

MARKERS: dict[str, tuple[str, ...]] = {
    "en": (
        "Answer:", "answer is", "answers are", "answer would be", "answer should be", "answer must be",
        "answer to this question is",
        "answer to the question is", "Final answer:", "Correct answer:", "Correct answers:", "correct option is",
        "correct options are", "correct choice is", "correct choices are", "correct one is", "best option is", "best choice is",
    ),
    "zh": (
        "答案：", "答案是", "答案为", "答案應為", "答案应为", "答案应该是", "答案选", "正确答案：", "最终答案：",
        "正确选项是", "正确选项为",
        "正确选项：", "正确的是", "故选", "应选", "故本题选", "本题选", "因此选", "所以选", "选择：", "答：",
    ),
    "ja": (
        "答え：", "答えは", "正解：", "正解は", "正答：", "正答は", "解答：", "解答は",
        "回答：", "回答は", "最終回答：", "正しい選択肢は",
    ),
    "fr": (
        "Réponse\u00a0:", "réponse est", "réponses sont", "réponse correcte est", "réponses correctes sont", "réponse exacte est",
        "réponse finale est", "réponse serait", "Réponses :", "Réponse correcte :", "Réponses correctes :", "Réponse finale :",
        "Bonne réponse :", "Bonnes réponses :", "bonne option est", "option correcte est",
    ),
    "ru": (
        "Ответ:", "Ответы:", "Правильный ответ:", "Правильные ответы:", "Верный ответ:", "Верные ответы:", "Окончательный ответ:",
        "Итоговый ответ:", "ответом является", "ответ будет", "правильным будет", "верным является", "правильный вариант:",
        "верный вариант:", "правильным вариантом является",
    ),
    "es": (
        "Respuesta:", "respuesta es", "respuestas son", "respuesta correcta es", "respuestas correctas son", "respuesta final es",
        "respuesta sería", "Respuestas:", "Respuesta correcta:", "Respuestas correctas:", "Respuesta final:",
        "opción correcta es", "opciones correctas son", "opción correcta:",
    ),
}  # fmt: skip

_MARKDOWN = r"[*_`\"“”«»\s]*"
_BLANK = r"[ \t\u00a0\u202f]"
# A dash or a "this is" does a colon's work in Russian, a verb in Chinese and Japanese.
_COLON = r"(?:[:：]|[—–]|это\b|是|为|為|は)"


def marker(language: str) -> str:
    """What we write before an answer; the English one for a language without its own.

    >>> marker("es"), marker("de")
    ('Respuesta:', 'Answer:')
    """
    return MARKERS.get(language, MARKERS["en"])[0]


@cache
def pattern(language: str | None) -> re.Pattern[str]:
    """Finds the markers of one language and English, or of all (None), each up to where its answer begins."""
    known = (
        MARKERS
        if language is None
        else {name: MARKERS[name] for name in dict.fromkeys((language, "en"))}
    )
    # The longest first, so that none is cut off by another that it begins with.
    phrases = sorted(
        {phrase.casefold() for phrases in known.values() for phrase in phrases},
        key=lambda p: (-len(p), p),
    )
    return re.compile("|".join(map(_one, phrases)) + r"|\\boxed\s*\{", re.IGNORECASE | re.MULTILINE)


def _one(phrase: str) -> str:
    words = phrase.rstrip(":：\u00a0 ").split()
    body = rf"{_BLANK}+".join(map(re.escape, words))
    spaced = words[0].isascii() or words[0][0].casefold() < "\u0500"
    start = r"(?<!\w)" if spaced else ""
    if not phrase.endswith((":", "：")):
        end = r"(?!\w)" if spaced else ""
        return rf"{start}{body}{end}{_MARKDOWN}[:：]?{_MARKDOWN}"
    return (
        rf"{start}{body}[*_`]*{_BLANK}*[*_`]*{_COLON}{_MARKDOWN}|^[#*_>{{}}\t ]*{body}[*_\t ]*$\s*"
    )
