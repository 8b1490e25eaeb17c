"""Words around a letter or an option's text, in six languages, that say what is meant by it."""

from __future__ import annotations

import re

_BEFORE_LETTER = (
    "options?|choices?|letters?|answers?|both|the|it is|it's|is|are|must be|should be|would be|be|choose|select|pick|think|chose"
    "|selected|so|therefore|thus|hence|then|but|"
    "l'option|option|les|la|le|réponses?|choix|proposition|propositions|c'est|est|sont|donc|choisis|mais|"
    "opción|opciones|respuestas?|las|es|son|elijo|luego|por lo tanto|por tanto|así que|sino|"
    "вариант|варианты|варианта|ответ|ответы|пункт|пункты|буква|это|выбираю|поэтому|значит|следовательно|итак|а"
)
_BEFORE_LETTER_CJK = (
    "选项|選択肢|选择|选|選|答案|正确|是|为|は|项|所以|因此|故|よって|したがって|つまり"
)
CHOOSING = re.compile(
    rf"(?:(?<!\w)(?:{_BEFORE_LETTER})[\s:,]*|(?:{_BEFORE_LETTER_CJK})[\s:,、]*|[(\[「『]\s*)$",
    re.IGNORECASE,
)
INTRO = re.compile(
    r"^(?i:(?:the |la |le |les |las |el )?(?:both|options?|choices?|letters?|opción|opciones|choix"
    r"|propositions?|варианты?|пункты?|буква)"
    r"\s*:?\s+|(?:选项|選択肢|选择|选|選)\s*:?\s*)(?=[(\[\"'「]?[A-Z](?![a-z]))"
)
RIGHT_AFTER = re.compile(
    r"[)\]」』.]?\s*(?:(?:is|are|seems|must be)\s+(?:the\s+)?(?:most\s+)?(?:correct|right|true|best|answer|likely|appropriate)"
    r"|(?:est|sont)\s+(?:la\s+)?(?:correcte?s?|exacte?s?|vraie?s?|justes?|bonne)"
    r"|(?:es|son)\s+(?:la\s+)?(?:correct[ao]s?|verdader[ao]s?)"
    r"|(?:является\s+)?(?:верн|правильн)\w*"
    r"|(?:选项|項)?(?:是)?(?:正确|对(?!于)|正確)|(?:が|は)(?:正しい|正解|適切))",
    re.IGNORECASE,
)
DENIAL_AFTER = re.compile(
    r"[)\]」』.]?\s*(?:(?:is|are|was|were|does|do|did|can|could|would|must|seems?)\s*(?:n't|n’t|not|never"
    r"|wrong|incorrect|false|excluded|ruled out|unlikely)"
    r"|cannot|(?:n'|n’|ne\s)(?:est|sont)?\s*(?:pas)?|(?:est|sont)\s+(?:fau(?:x|sses?)|incorrecte?s?|exclue?s?|inexacte?s?)"
    r"|no\s+(?:es|son)|(?:es|son)\s+(?:fals[ao]s?|incorrect[ao]s?)|не(?:\s|верн|правильн)"
    r"|(?:选项|項|项)?(?:是)?(?:错|不对|不正确|不选|有误|不是|可排除|排除)|(?:は|が)(?:誤り|違う|違い|不適切|間違い|正しくない)"
    r"|では?な[いく]|じゃない|ではありません)",
    re.IGNORECASE,
)
# What denies stands right before, with at most two small words between ("not in the spleen").
DENIAL_BEFORE = re.compile(
    r"(?:(?<!\w)(?:not|n't|n’t|no|never|nor|neither|without|except|unlike"
    r"|exclude[sd]?|excluding|rules? out|ruled out|rather than|instead of|than"
    r"|pas|non|sauf|ni|plutôt que|не|нет|кроме|исключ\w+|вместо|sin|excepto|en vez de|descart\w+)"
    r"|\w(?:n't|n’t))(?:\s+(?:a|an|the|in|of|by|be|to|is|from|option|choice|le|la|les|l'|un|une|de|du|dans|el|los|las|una|en|на|в|из))"
    r"{0,2}[\s(\"'«]+$|(?:不是|并非|不应选|不选|而非|排除|除了|非|不)\s*$",
    re.IGNORECASE,
)
CONCLUSION = re.compile(
    r"(?<!\w)(?:so|therefore|thus|hence|consequently|in conclusion|overall|donc|ainsi|par conséquent|en conclusion"
    r"|поэтому|значит|следовательно|таким образом|итак|por lo tanto|por tanto|así que|en conclusión|luego)(?!\w)"
    r"|所以|因此|综上|故(?=[选選]|本题)|よって|したがって|従って|以上より",
    re.IGNORECASE,
)
# After a bare letter and a blank these go on with the sentence; other words make the letter one of them ("A patient").
GOES_ON = re.compile(
    r"\s+(?:because|since|as|for|is|are|was|due|which|and|or|but|given|if|with|would|car|parce|est|sont|et|puisque|mais|ou|porque|ya|es|son|y|e|o"
    r"|pues|потому|так|поскольку|ведь|и|или|верн\w*|является|это|—|–|-)(?!\w)",
    re.IGNORECASE,
)
OR = r"(?<!\w)(?i:or|ou|или|o|u)(?!\w)|或者?|または|もしくは|か"
_AND = r"(?<!\w)(?:and|et|und|y|e|и)(?!\w)|和|及|与|と"
# Between letters and nothing but letters.
JOINTS = re.compile(rf"(?:[\s,;/&+、，；。.:()\[\]\"'「」『』“”«»]+|{_AND}|です|である)+")
AND = re.compile(rf"\s*(?:(?:[,;/&+、，；]|{_AND})\s*)+")
HEDGE = re.compile(rf"[)\]]?\s*,?\s*(?:{OR})\s*[(\[]?[A-Z](?![A-Za-z])")
HEDGED = re.compile(rf"(?:{OR})\s*[(\[]?$")
# Between options that are spelt out.
GAP = re.compile(rf"^(?:[\s;,.。，；、&+]|[-•*]\s|{_AND})*")
