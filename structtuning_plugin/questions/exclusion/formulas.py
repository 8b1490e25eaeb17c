"""Words that questions are made of whatever they are about: they tell no question from another.

Function words are those of the taxonomy's lexicon; the others are what exam questions and
instructions say, from general knowledge of six languages. All languages count at once, so that a
wrongly detected one changes nothing.
"""

from __future__ import annotations

from functools import lru_cache

from structtuning_plugin.questions.exclusion.normalise import fold, words_of
from structtuning_plugin.taxonomy.offline.lexicon import lexicon_of

_EXAM = {
    "en": """which what who whom whose when where why how following statement statements true false correct incorrect right
        wrong except best most least likely describe describes describing answer answers option options choose select
        choice choices question questions please explain briefly regarding concerning above below none all given""",
    "fr": """quel quelle quels quelles lequel laquelle lesquels lesquelles parmi suivant suivante suivants suivantes
        proposition propositions affirmation affirmations reponse reponses exact exacte exacts exactes inexact inexacte
        inexactes vrai vraie vrais vraies faux fausse fausses juste justes correcte correctes indiquer indiquez
        concernant concerne concernent propos cocher donner caracteres caractere est sont s es nt celui ceux celle""",
    "es": """cual cuales que quien cuando donde como siguiente siguientes afirmacion afirmaciones respuesta respuestas
        correcta correctas correcto correctos incorrecta incorrectas verdadera verdaderas falsa falsas falso cierta ciertas
        senale senalar indique excepto respecto relacion opcion opciones elija pregunta""",
    "ru": """какой какая какое какие каком какую какого каких кто что где когда почему сколько верно неверно верный верные
        правильный правильно правильные неправильно следующий следующие следующих утверждение утверждения утверждений
        ответ ответы вариант варианты выберите укажите перечисленных перечисленного вопрос относится""",
    "zh": "下列以上哪项个些种关于有说法述叙正确错误不属于除外是否的描选择答案题请问最可能应考虑",
    "ja": "次下選正誤適切該当問答以外一二三つ",
}  # fmt: skip
_HIRAGANA = "".join(map(chr, range(0x3041, 0x3097)))


@lru_cache(maxsize=1)
def formula_words() -> frozenset[str]:
    """All of them as `folding.words_of` gives them."""
    function = (word for language in _EXAM for word in lexicon_of(language).function)
    return frozenset(words_of(fold(" ".join([*function, *_EXAM.values(), _HIRAGANA]))).words)
