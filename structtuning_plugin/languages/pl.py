"""Polish: lexicon, headings and exercises.

It has no templates, exam words, signs of orders, or words of answers; its samples and probes are
worded in English. It has no `naming` words and, but for endings, no signs of nouns, since it has no
articles.
"""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.languages import (
    Apparatus,
    Context,
    Definitions,
    Divisions,
    Exercises,
    Headings,
    Language,
    Lexicon,
    WordClasses,
    pattern,
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
    binding=words("i oraz lub ani się"),
)

_APPARATUS = Apparatus(
    names=pattern(
        r"""
        spis (?:treści|rysunków|tabel|ilustracji|skrótów)|w tym (?:rozdziale|podrozdziale)
        |cele (?:kształcenia|uczenia się|nauczania|dydaktyczne|rozdziału)|cele|efekty uczenia się
        |podsumowani[ea]|streszczeni[ea]|najważniejsze (?:informacje|punkty|wnioski)|powtórzenie
        |zapamiętaj|wnioski
        |pytania(?: (?:kontrolne|powtórkowe|sprawdzające|do dyskusji|otwarte|testowe|dodatkowe))?
        |pytania sprawdzające krytyczne myślenie|krytyczne myślenie|myślenie krytyczne
        |sprawdź (?:wiedzę|się|swoją wiedzę)|test(?:y)?|quiz|ćwiczenia|zadania|odpowiedzi
        |rozwiązania|klucz odpowiedzi
        |bibliografia|literatura(?: uzupełniająca| cytowana| zalecana)?|źródła(?: ilustracji)?
        |przypisy|warto przeczytać|linki|zobacz też
        |podziękowania|przedmowa|wstęp od autorów|od (?:autora|autorów|redakcji|wydawcy)
        |o (?:autorze|autorach|książce|podręczniku)|dedykacja|posłowie|stopka redakcyjna
        |prawa autorskie
        |źródła (?:zdjęć|ilustracji)|autorzy zdjęć|wykaz (?:skrótów|rysunków|tabel|symboli)
        |indeks(?: rzeczowy| nazwisk)?|skorowidz|dodat(?:ek|ki)|załącznik[i]?|aneks(?:y)?
        """
    ),
    glossaries=pattern(
        r"""
        glosariusz|słowniczek|słownik(?: pojęć| terminów)?|kluczowe (?:pojęcia|terminy)
        |najważniejsze pojęcia|pojęcia kluczowe|słowa kluczowe|pojęcia
        """
    ),
    around=pattern(
        r"""
        rozdziału?|części|część|do|i|w|z|na|dla|wybrane|dodatkowe|końcowe|lekcji|tematu
        """
    ),
    titled="dodatek|załącznik|aneks",
    openings=pattern(
        r"""
        po (?:przeczytaniu|przestudiowaniu|ukończeniu) (?:tego|niniejszego) (?:rozdziału
        |podrozdziału|modułu)|wszelkie prawa zastrzeżone|©|isbn
        """
    ),
)

_HEADINGS = Headings(
    apparatus=_APPARATUS,
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
    worked=phrases("strategia|rozwiązanie|znaczenie"),
    elsewhere=patterns(
        r"powyżej poniżej następując\w* poprzedni\w* powyższ\w* poniższ\w*"
        r" (?:następn|inn|ostatn)\w+\s(?:rozdzia|podrozdzia|sekcj)\w+ wspomnian\w+\swcześniej"
        r" wspomniano\swcześniej już\swspomniano tu tutaj"
    ),
    numbered=patterns(r"rys rysun\w* ilustracj\w* wykres\w* tabel\w* rozdzia\w*"),
    pictures=r"""
        \bna\s(?:rysunku|wykresie|zdjęciu|ilustracji|schemacie|diagramie|fotografii)\b
        | \b(?:rysunek|wykres|zdjęcie|ilustracja|schemat|diagram|tabela|fotografia)\s(?:przedstawia
            |pokazuje|ilustruje|porównuje)\b
        | \bw\stabeli\s(?:podano|przedstawiono|zestawiono|pokazano)\b""",
    captions=("rys", "rysunek", "ilustracja", "tabela", "wykres"),
    speaking=patterns(
        r"""
        my nas nam nasz\w* mamy wiesz możesz masz musisz widzisz pamiętasz znasz chcesz potrafisz
        jesteś zobaczysz tw[oó]j\w* ciebie tobie
        """
    ),
    pointing=patterns(r"te?go tej tych tym tymi tak(?:i|a|ie|ich|im|iego|iej)(?!\sjak\b)"),
    one_of_several=r"""
        (?:niektór(?:e|zy)|wiele|wielu|wszystkie|wszyscy|każd[yae]|żad(?:en|na)|oba|obie|obaj|kilka
            |jed(?:en|na|no)|część)\s(?:z\snich|są|jest|ma|mają)\b
        | (?:pierwsz[yae]|drug(?:i|a|ie)|trzeci[ae]?|ostatni[ae]?)\b
        | po\s(?:pierwsze|drugie|trzecie)\b
        | (?:teraz|tam|wówczas|wtedy|w\sefekcie|w\sobu|w\staki(?:m|ch)|odpowiedź\s(?:brzmi|jest))\b
        | (?:na|z|w|u|do|od|dla|po|przy|nad|o)\s(?:\w+\sz\s)?ni(?:ej|ch|m|ego|mi)\b
        | (?:jest|są|może|mogą|ma|mają|był[aoy]?|bywa|polega)\b
        | bardziej\s\w+\s(?:jest|są|polegają?)\b""",
    copula=r"(?<=\w\s)to\b",
)

_DEFINITIONS = Definitions(
    is_kind=r"(?:to|jest\sto|są\sto)\s(?=\p{Ll})",
    no_kind=patterns(
        r"""
        nie tak jak bardzo już tylko też także samo najbardziej m z w na do od o dla przez po za się
        zwłaszcza nazwano na\sprzykład zagadnienie tacy takie taki kolejn\w+ bardziej paradoksalny
        \p{L}+(?:uje|ują|aga|ają|ało|ała|ywa|ośnie|ostało) brzmiało dzieje ledwie właśnie jeden
        jedna jedno jedn\w+
        """
    ),
    vague=patterns(
        r"""
        przyczyn\w* krok\w* obaw\w* sposob\w* sposób przykład\w* zadani\w* potrzeb\w* problem\w*
        pytani\w* wyzwani\w* priorytet\w* powod\w* powód wynik\w* efekt\w* skut\w+ cel cele wybór
        opcj\w* ryzyk\w* zagrożeni\w* temat\w* zalet\w* wad[ay]? zaleta korzyś\w* czynnik\w*
        oznak\w*
        sukces\w* błąd błęd\w* alternatyw\w* źródł\w* klucz\w* aspekt\w* wyjąt\w+ warun\w+
        konieczność odpowiedzialność początek ofiar\w* kwesti\w* podstaw\w* budulec liczb\w*
        dobr\w+ zł[ay] najlepsz\w+ ważn\w+ najważniejsz\w+ główn\w+ poważn\w+ popularn\w+
        skuteczn\w+ przydatn\w+ doskonał\w+ idealn\w+ łatw\w+ częst\w+ typow\w+ istotn\w+ kluczow\w+
        możliw\w+ konieczn\w+ znan\w+ powszechn\w+ podstawow\w+ wyższ\w+ niewielk\w+ pobyty
        """
    ),
    relative=words(
        "który która które którego której których którym którą gdzie gdy że polegająca polegający"
    ),
    means=r"oznacza|oznaczają",
    # One word before "to" may be a verb, and "to" its object.
    negated=(
        r"^\p{L}+(?:uje|ują|ają|eją|aj|yj|uj|ij|ej|my|cie|oby|aby|iłby|łby|zy|osi|owi|iera|iega|ika"
        r"|sza|śnia|duża|łuża|ało|yło|iło|wia)\sto\b"
        r"|^(?:by|choć|choćby|jakkolwiek|łącznie|właśnie|niemniej|zasadniczo|zgodnie|dotyczy|wynika"
        r"|jeśli|jeżeli|gdy|kiedy)\b|^[^,]*\boznacza(?:ją)?\s\p{L}+(?:szy|szą|sze)\b"
    ),
    no_terms=words("ci to co by zjawisko oznacza pozwoli pozwala"),
    no_first=patterns(
        r"""
        pierwsz\w+ drug\w+ trzeci\w* czwart\w+ piąt\w+ ostatni\w* kolejn\w+ następn\w+ najbardziej
        naj\w+ większość niektór\w+ wiel[eu] wszystk\w+ wspomnian\w+ inn\w+ termin jedn\w+ oba
        wyższe niższe dodatni zgodnie praca
        """
    ),
)

_WORD_CLASSES = WordClasses(
    abstract=r"(?:anie|enie|ość|ania|enia|ości|cja|cji|stwo|stwa)$",
    no_noun=(
        r"^(?:nasz\w*|wasz\w*|swoj\w+|swój|mój|moj\w+|każd\w+|żad\w+"
        r"|taki\w*|taka|takich|jaki\w*|któr\w+"
        r"|gdzieś|ktoś|coś|czegoś|zawsze|nigdy|razem|ponownie|czasem|czasami|obecnie"
        r"|dzisiaj|wszystki\w+"
        r"|dlatego|natomiast|jednocześnie|zazwyczaj|zwykle|często|rzadko|dużo|mało|kilku?|wielu)$"
        r"|(?:alnie|ycznie|owo|ywnie|elnie|wanie się)$"
        r"|(?:ć|uje|ują|ają|ywać|ony|ona|one|ych|ymi|ego|emu|owy|owa|owe|ski|ska|skie|cie)$"
    ),
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
    boxes=frozenset(phrases("uwaga|wskazówka|ostrzeżenie|ostrożnie|ważne|notatka")),
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
