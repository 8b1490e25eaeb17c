"""Function words of eight languages, from general knowledge of them; a language that is not here just has none.

`LEANING`: openings that lean on what was said before, with which no section begins. `POINTING`:
words in a first sentence that point back. `OPENING`: what a chapter says of itself. `DEFINING`:
what stands between a term and what it is. `FUNCTION`: words that neither begin nor end a title; of
them only the `LINKING` ones stand inside. `NAMING`: words that stand before a name, where there are
articles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """All in small letters. `leaning` and `opening` are beginnings of text; the others are single words or characters."""

    leaning: tuple[str, ...]
    pointing: frozenset[str]
    opening: tuple[str, ...]
    defining: frozenset[str]
    function: frozenset[str]
    naming: frozenset[str]
    linking: frozenset[str]


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.replace("\n", " ").split("|") if phrase.strip())


_LEANING = {
    "en": """however|therefore|thus|hence|moreover|furthermore|besides|in addition|additionally|also|but|and|or|so|yet|
        still|then|next|finally|lastly|first|second|third|similarly|likewise|instead|otherwise|nevertheless|nonetheless|
        consequently|as a result|for example|for instance|in contrast|on the other hand|in this case|in these cases|
        it|its|they|their|them|he|she|his|her|this|these|those|such|that|another|other|others|both|either|again|
        note that|note|in fact|indeed|meanwhile|accordingly|in other words|rather|conversely|afterwards|later|
        most of these|some of these|each of these|all of these|because of this|if so|once""",
    "fr": """cependant|toutefois|donc|ainsi|de plus|en outre|par ailleurs|en effet|mais|et|or|car|alors|puis|ensuite|enfin|
        de même|par exemple|par contre|en revanche|au contraire|néanmoins|pourtant|finalement|également|aussi|sinon|
        il|elle|ils|elles|ce|cet|cette|ces|cela|ceci|celui|celle|ceux|celles|c'est|c’est|leur|leurs|son|sa|ses|
        autre|un autre|une autre|d'autres|d’autres|dans ce cas|notez|remarquez|si vous|à ce stade|en conséquence""",
    "es": """sin embargo|por lo tanto|por tanto|así|además|asimismo|también|pero|y|o|entonces|luego|después|finalmente|
        por último|por ejemplo|en cambio|por otro lado|no obstante|de hecho|en consecuencia|por consiguiente|del mismo modo|
        él|ella|ellos|ellas|este|esta|estos|estas|esto|ese|esa|esos|esas|eso|aquel|su|sus|otro|otra|otros|otras|ambos|
        en este caso|en estos casos|tenga en cuenta|observe que|nótese|de lo contrario|si no""",
    "de": """jedoch|aber|daher|deshalb|somit|außerdem|zudem|ferner|darüber hinaus|auch|und|oder|dann|danach|schließlich|
        zum beispiel|beispielsweise|im gegensatz|andererseits|dennoch|trotzdem|folglich|ebenso|stattdessen|sonst|
        er|sie|es|dieser|diese|dieses|diesem|diesen|solche|jener|ihre|seine|dies|andere|ein anderer|in diesem fall|
        beachten sie|dabei|dadurch|hierbei|hierzu|damit""",
    "pl": """jednak|jednakże|dlatego|zatem|więc|ponadto|co więcej|poza tym|również|także|ale|lecz|i|oraz|lub|a|potem|następnie|
        wreszcie|w końcu|na przykład|natomiast|z drugiej strony|mimo to|w rezultacie|podobnie|inaczej|z kolei|
        on|ona|ono|oni|one|jego|jej|ich|ten|ta|to|te|ci|tego|tej|tych|taki|taka|takie|inny|inna|inne|w tym przypadku|
        innymi słowy|warto""",
    "ru": """однако|поэтому|таким образом|кроме того|более того|также|но|и|а|или|затем|далее|потом|наконец|например|
        напротив|с другой стороны|тем не менее|следовательно|в результате|аналогично|иначе|при этом|впрочем|
        он|она|оно|они|его|её|ее|их|этот|эта|это|эти|этого|этой|этих|такой|такая|такое|такие|другой|другая|другие|
        в этом случае|обратите внимание|заметьте|то есть|если|после этого|к тому же""",
    "zh": """但是|然而|因此|所以|此外|另外|而且|并且|同时|不过|可是|于是|然后|接着|最后|首先|其次|例如|比如|相反|另一方面|
        尽管如此|结果|同样|否则|这|这些|这个|这种|那|那些|它|它们|他|她|他们|其|该|此|上述|请注意|注意|也|还|而|但|又|并|如果""",
    "ja": """しかし|したがって|従って|そのため|このため|また|さらに|なお|そして|それから|次に|最後に|例えば|たとえば|一方|
        ただし|ところが|つまり|すなわち|同様に|それ|これ|この|その|あの|こう|そう|ここ|そこ|彼|彼女|もし|もちろん|あるいは|
        または|加えて|他に|ほかに|同じ|いずれ|注意""",
}

_POINTING = {
    "en": "this these those it its they their them he she his her such same former latter above both here there",
    "fr": "ce cet cette ces cela ceci il elle ils elles leur leurs son sa ses celui celle ceux celles",
    "es": "este esta estos estas esto ese esa esos esas eso su sus dicho dicha dichos dichas mismo misma ello ellos",
    "de": "dieser diese dieses diesem diesen er sie es ihre ihren seine seinen solche dies dessen deren",
    "pl": "ten ta to te ci tego tej tych tym tę jego jej ich on ona oni one taki taka takie",
    "ru": "этот эта это эти этого этой этих этом этим он она оно они его её ее их такой такая такие данный",
    "zh": "这 那 它 其 该 此 他 她",
    "ja": "",
}

_OPENING = {
    "en": "in this chapter|in this section|in this part|in this unit|this chapter|this section|this part|this unit",
    "fr": "dans ce chapitre|dans cette section|dans cette partie|ce chapitre|cette section|cette partie",
    "es": "en este capítulo|en esta sección|en este apartado|este capítulo|esta sección|este apartado",
    "de": "in diesem kapitel|in diesem abschnitt|dieses kapitel|dieser abschnitt",
    "pl": "w tym rozdziale|w tej części|w niniejszym rozdziale|ten rozdział|niniejszy rozdział",
    "ru": "в этой главе|в этом разделе|в данной главе|в данном разделе|эта глава|этот раздел|данная глава|данный раздел",
    "zh": "本章|本节|在本章|在本节|这一章|这一节",
    "ja": "本章|本節|この章|この節|このセクション",
}

_DEFINING = {
    "en": "is are was were means refers called",
    "fr": "est sont était étaient désigne désignent permet permettent",
    "es": "es son era eran significa permite permiten",
    "de": "ist sind war waren bedeutet heißt",
    "pl": "jest są był była były to oznacza",
    "ru": "это является являются называется называются",
    "zh": "是",
    "ja": "は",
}

_FUNCTION = {
    "en": """a an the of in on at to for from by with without about into onto over under between among through during before
        after above below up down out off and or but nor so yet if then else when while where as than that which who whom
        whose what why how this these those it its they their them he she his her him we our us you your i my me be is are
        was were been being am do does did done have has had having can could may might must shall should will would not no
        only also very more most much many few less least some any all each every both either neither other others another
        such same own too just even still again once here there now often usually called known see using used use make made
        makes one two three four five first second third new well within because however thus therefore against toward
        towards upon per via etc e.g i.e figure fig table chapter section example following like different various several
        get go take taken give given found find become becomes include includes including allow allows cause causes help
        contain contains show shows shown occur occurs provide provides cannot doesn’t don’t isn’t aren’t it’s let us ll""",
    "fr": """le la les l un une des du de d au aux et ou mais donc or ni car que qui quoi dont où ce cet cette ces ça cela ceci
        il elle ils elles on nous vous je tu se s sa son ses leur leurs notre nos votre vos mon ma mes en y à dans par pour
        sur sous avec sans entre vers chez depuis pendant avant après si ne pas plus moins très aussi bien même tout tous
        toute toutes autre autres est sont était étaient être été a ont avoir avait peut peuvent doit doivent fait faire sera
        seront quand comme lorsque alors puis ainsi n c qu j m t chaque plusieurs quelques deux trois voir figure tableau
        chapitre section exemple cas lors dès afin celui celle ceux celles ici là peu trop encore déjà non oui""",
    "es": """el la los las un una unos unas de del al a en y e o u pero ni que quien cual cuyo donde cuando como si no se su sus
        lo le les me te nos mi tu es son era eran ser sido está están estar fue fueron ha han haber había hay puede pueden
        debe deben por para con sin sobre entre hacia desde hasta durante ante bajo tras más menos muy también ya este esta
        estos estas esto ese esa esos esas eso aquel otro otra otros otras todo toda todos todas cada mismo misma tan tanto
        así porque pues sólo solo dos tres ver figura tabla capítulo sección ejemplo según mediante cualquier algunos algunas
        vez aunque ella ellos ellas él usted ustedes cuál qué cómo entonces luego además""",
    "de": """der die das den dem des ein eine einer eines einem einen und oder aber denn dass daß ob wenn als wie wo wer was
        von vom zu zum zur in im an am auf aus bei mit nach seit für durch gegen ohne um über unter zwischen vor hinter neben
        bis ist sind war waren sein gewesen hat haben hatte wird werden wurde kann können muss müssen soll sollen darf nicht
        kein keine nur auch noch schon sehr mehr weniger so dann da hier dort er sie es wir ihr ich du sich sein seine ihre
        dieser diese dieses diesem diesen jeder jede jedes alle andere viele einige zwei drei man abbildung tabelle kapitel
        abschnitt beispiel""",
    "pl": """i oraz a ale lub albo czy że żeby aby gdy kiedy jeśli jeżeli jak jako co kto który która które których którego
        której którym w we z ze na do od po za przy przez dla o u pod nad między bez przed nie tak tylko także również też już
        jeszcze bardzo bardziej mniej jest są był była było były być ma mają może mogą się to ten ta te tego tej tych tym on
        ona ono oni one jego jej ich my nas wy ja swój swoje inny inne każdy każda wszystkie dwa dwie trzy rysunek tabela
        rozdział przykład więc zatem jednak dlatego ponieważ gdyż niż np itp itd można często będzie zostać został""",
    "ru": """и или а но да же ли бы что чтобы как так когда если где куда который которая которое которые которых которого
        которой котором в во на с со к ко от до из за по под над при про о об для без между через перед у не ни это этот эта
        эти этого этой этих этом он она оно они его её ее их им мы нас вы вас вам я ты себя свой свои своих быть был была
        было были есть является являются может могут можно нужно должен должны также тоже уже ещё еще очень более менее
        только все всё всех весь каждый другой другие такой такие такая два две три то тот та те том тем чем рисунок рис
        таблица глава раздел пример например поэтому однако после во время если будет будут""",
    "zh": """的 了 在 是 和 与 或 也 都 就 而 及 着 把 被 对 从 到 为 以 于 之 其 这 那 此 该 它 他 她 们 我 你 您 不 没 有 很 更
        最 会 能 可 要 将 所 个 些 种 并 但 如 若 因 由 向 使 让 给 上 下 中 里 内 外 后 前 时 等 么 吗 呢 吧 又 还 只 每 各 一 二
        三 两 请 用 做 说 进 行 出 来 去 过 得 地 起 即 则 且 某 另 当 自 至 需 应 已 非 常 第 何""",
    "ja": """の に は を が と で も や か へ て た だ な い る う れ ら り す し さ く け き え お ん っ あ よ ね ば
        こ そ ど み ま む め         等 的 時 事 為 場 合 方 後 前 中 上 下 間 内 以""",
}

_LINKING = {
    "en": "of the a an and or in for to with on by from at",
    "fr": "de du des d la le les l un une et ou en à au aux pour sur dans par avec sans",
    "es": "de del la el los las un una y e o en a al para por con sin sobre",
    "de": "der die das des dem den ein eine einer eines von vom und oder für mit im in zur zum am an auf",
    "pl": "i oraz lub w we z ze na do od o dla po przez",
    "ru": "и или в во на с со по для из о об к от при",
}

_NAMING = {
    "en": "the a an of and its their his her our this these each every",
    "fr": "le la les l un une des du de d au aux et son sa ses leur leurs ce cette ces chaque",
    "es": "el la los las un una unos unas de del al y su sus este esta estos estas cada",
    "de": "der die das den dem des ein eine einen einer eines und seine ihre diese dieser",
}

_NONE = Lexicon(
    leaning=(),
    pointing=frozenset(),
    opening=(),
    defining=frozenset(),
    function=frozenset(),
    naming=frozenset(),
    linking=frozenset(),
)


@lru_cache(maxsize=32)
def lexicon_of(language: str) -> Lexicon:
    """The language's words by its ISO 639-1 code; empty for a language without a list."""
    if language not in _FUNCTION:
        return _NONE
    return Lexicon(
        leaning=_phrases(_LEANING[language]),
        pointing=frozenset(_POINTING[language].split()),
        opening=_phrases(_OPENING[language]),
        defining=frozenset(_DEFINING[language].split()),
        function=frozenset(_FUNCTION[language].split()),
        naming=frozenset(_NAMING.get(language, "").split()),
        linking=frozenset(_LINKING.get(language, "").split()),
    )
