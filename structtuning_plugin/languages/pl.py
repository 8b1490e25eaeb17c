"""Polish: lexicon, headings and exercises.

It has no templates, exam words, signs of orders, or words of answers; its samples and probes are
worded in English. It has no `naming` words and, but for endings, no signs of nouns, since it has no
articles.
"""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.languages import (
    Context,
    Definitions,
    Divisions,
    Exercises,
    Headings,
    Language,
    Lexicon,
    WordClasses,
    patterns,
    phrases,
    words,
)

_LEXICON = Lexicon(
    function=words(
        """
        i oraz a ale lub albo czy że żeby aby gdy kiedy jeśli jeżeli jak jako co kto który która
        które których którego której którym w we z ze na do od po za przy przez dla o u pod nad
        między bez przed nie tak tylko także również też już jeszcze bardzo bardziej mniej jest
        są był była było były być ma mają może mogą się to ten ta te tego tej tych tym on ona
        ono oni one jego jej ich my nas wy ja swój swoje inny inne każdy każda wszystkie dwa
        dwie trzy rysunek tabela rozdział przykład więc zatem jednak dlatego ponieważ gdyż niż
        np itp itd można często będzie zostać został
        """
    ),
    linking=words("i oraz lub w we z ze na do od o dla po przez"),
    leaning=phrases(
        """
        jednak|jednakże|dlatego|zatem|więc|ponadto|co więcej|poza tym|również|także|ale|lecz|i
        |oraz|lub|a|potem|następnie|wreszcie|w końcu|na przykład|natomiast|z drugiej strony
        |mimo to|w rezultacie|podobnie|inaczej|z kolei|on|ona|ono|oni|one|jego|jej|ich|ten|ta|to
        |te|ci|tego|tej|tych|taki|taka|takie|inny|inna|inne|w tym przypadku|innymi słowy|warto
        """
    ),
    pointing=words(
        "ten ta to te ci tego tej tych tym tę jego jej ich on ona oni one taki taka takie"
    ),
    chapter=phrases(
        "w tym rozdziale|w tej części|w niniejszym rozdziale|ten rozdział|niniejszy rozdział"
    ),
    defining=words("jest są był była były to oznacza"),
)

_HEADINGS = Headings(
    part="Część {}",
    numbered=patterns("rozdział część"),
    chapters=("rozdział",),
    back_matter=frozenset(
        phrases(
            """
            spis treści|bibliografia|indeks|ćwiczenia|zadania|pytania kontrolne|odpowiedzi
            |podziękowania
            """
        ),
    ),
)

_GENERIC = words(
    """
    cel czas część człowiek dzień forma fakt grupa ilość istota jeden kolej koniec liczba ludzie
    metoda miejsce moment nazwa niektóre okres osoba osoby poczucie początek podstawa pojęcie
    powód postać problem proces przykład przypadek pytanie raz rodzaj rok rola rzecz skutek
    słowo sposób stopień strona sytuacja świat temat typ układ wartość wiele wpływ wynik względ
    wybór zadanie zakres zasada znaczenie związek życie
    """
)

_CONTEXT = Context(
    elsewhere=patterns(r"powyżej poniżej następując\w* poprzedni\w* powyższ\w* poniższ\w*"),
    numbered=patterns(r"rys rysun\w* tabel\w* rozdzia\w*"),
    captions=("rys", "tabela"),
    speaking=patterns(r"my nas nam nasz\w* mamy"),
    pointing=patterns("te?go tej tych tym tymi"),
    copula=r"(?<=\w\s)to\b",
)

_DEFINITIONS = Definitions(
    is_kind=r"(?:to|jest\sto|są\sto)\s(?=\p{Ll})",
    no_kind=patterns("nie tak jak bardzo już tylko też także samo najbardziej"),
    means=r"oznacza|oznaczają|nazywamy|nazywa\ssię",
    no_terms=words("ci to co"),
)

_WORD_CLASSES = WordClasses(
    abstract=r"(?:anie|enie|ość|ania|enia|ości|cja|cji|stwo|stwa)$",
    no_noun=(r"(?:ć|uje|ują|ają|ywać|ony|ona|one|ych|ymi|ego|emu|owy|owa|owe|ski|ska|skie|cie)$"),
)

_DIVISIONS = Divisions(
    volumes=patterns("tom księga"),
    parts=("część",),
    chapters=patterns("rozdział lekcja moduł"),
    sections=patterns("sekcja podrozdział"),
    articles=patterns(r"artykuł art\."),
    annexes=patterns("załącznik dodatek aneks"),
    pages=patterns(r"strona str\."),
    contents=phrases("spis treści|w tym rozdziale"),
    own_level=frozenset(
        phrases("przedmowa|wstęp|wprowadzenie|streszczenie|podsumowanie|zakończenie|słowniczek")
    ),
)

LANGUAGE = Language(
    code="pl",
    names=words("polish pol"),
    lexicon=_LEXICON,
    headings=_HEADINGS,
    exercises=Exercises(
        generic=_GENERIC,
        context=_CONTEXT,
        definitions=_DEFINITIONS,
        word_classes=_WORD_CLASSES,
    ),
    divisions=_DIVISIONS,
)


@hookimpl
def register_languages() -> list[Language]:
    """Register Polish."""
    return [LANGUAGE]
