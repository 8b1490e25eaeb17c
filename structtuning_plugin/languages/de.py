"""German: lexicon, headings and exercises.

It has no templates, exam words, orders' or answers' words of its own but a few; its samples and
probes are worded in English.
"""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.languages import (
    Apparatus,
    Context,
    Definitions,
    Divisions,
    Exercises,
    Grading,
    Headings,
    Language,
    Lexicon,
    Orders,
    WordClasses,
    pattern,
    patterns,
    phrases,
    words,
)

_LEXICON = Lexicon(
    function=words(
        """
        der die das den dem des ein eine einer eines einem einen und oder aber denn dass daß ob
        wenn als wie wo wer was von vom zu zum zur in im an am auf aus bei mit nach seit für
        durch gegen ohne um über unter zwischen vor hinter neben bis ist sind war waren sein
        gewesen hat haben hatte wird werden wurde kann können muss müssen soll sollen darf nicht
        kein keine nur auch noch schon sehr mehr weniger so dann da hier dort er sie es wir ihr
        ich du sich sein seine ihre dieser diese dieses diesem diesen jeder jede jedes alle
        andere viele einige zwei drei man abbildung tabelle kapitel abschnitt beispiel
        """
    ),
    linking=words(
        """
        der die das des dem den ein eine einer eines von vom und oder für mit im in zur zum am
        an auf
        """
    ),
    naming=words("der die das den dem des ein eine einen einer eines und seine ihre diese dieser"),
    leaning=phrases(
        """
        jedoch|aber|daher|deshalb|somit|außerdem|zudem|ferner|darüber hinaus|auch|und|oder|dann
        |danach|schließlich|zum beispiel|beispielsweise|im gegensatz|andererseits|dennoch
        |trotzdem|folglich|ebenso|stattdessen|sonst|er|sie|es|dieser|diese|dieses|diesem|diesen
        |solche|jener|ihre|seine|dies|andere|ein anderer|in diesem fall|beachten sie|dabei
        |dadurch|hierbei|hierzu|damit
        """
    ),
    pointing=words(
        """
        dieser diese dieses diesem diesen er sie es ihre ihren seine seinen solche dies dessen
        deren
        """
    ),
    chapter=phrases("in diesem kapitel|in diesem abschnitt|dieses kapitel|dieser abschnitt"),
    defining=words("ist sind war waren bedeutet heißt"),
    binding=words("von und oder des der sich"),
)

_APPARATUS = Apparatus(
    names=pattern(
        r"""
        inhalt|inhaltsverzeichnis|inhaltsübersicht|in diesem (?:kapitel|abschnitt)|lernziele?
        |ziele(?: des kapitels)?
        |zusammenfassung(?:en)?|kapitelzusammenfassung|das wichtigste in kürze|kurz gefasst
        |merksätze|rückblick|fazit
        |wiederholungs(?:fragen|aufgaben)|kontrollfragen|verständnisfragen
        |fragen(?: zur (?:wiederholung|diskussion|vertiefung))?
        |übungs?(?:aufgaben|fragen)?|übungen|aufgaben|selbsttests?|testen sie ihr wissen
        |diskussionsfragen|denkanstöße|kritisches denken
        |lösungen|musterlösungen|antworten|literatur(?:verzeichnis|hinweise|angaben)?
        |quellen(?:verzeichnis|angaben)?|referenzen|bibliografie|bibliographie
        |weiterführende literatur|zum weiterlesen|weblinks|siehe auch|anmerkungen|fußnoten
        |endnoten
        |(?:bild|foto|abbildungs)(?:nachweise?|quellen|rechte)|danksagung(?:en)?|vorwort
        |geleitwort|widmung|impressum|nachwort
        |über (?:die autoren|den autor|die autorin|dieses buch)|hinweise zur benutzung
        |(?:abbildungs|tabellen|abkürzungs|symbol)verzeichnis
        |abkürzungen|anhang|anhänge|(?:stichwort|sach|personen|namens)?(?:register|verzeichnis)
        |index|errata
        """
    ),
    glossaries=pattern(
        r"""
        glossar|schlüsselbegriffe|wichtige begriffe|grundbegriffe|fachbegriffe|begriffe|vokabeln
        |schlagwörter
        """
    ),
    around=pattern(
        r"""
        kapitel|abschnitt|teil|lektion|zum|zur|der|die|das|des|und|zu|im|in|für|von
        |ausgewählte        |fortsetzung|ende|am
        """
    ),
    titled="anhang",
    openings=pattern(
        r"""
        (?:nach|am ende) (?:der lektüre )?(?:dieses kapitels|dieses abschnitts|diesem kapitel)
        |alle rechte vorbehalten|©|isbn
        """
    ),
)

_HEADINGS = Headings(
    apparatus=_APPARATUS,
    part="Teil {}",
    numbered=patterns("kapitel teil abschnitt anhang"),
    chapters=("kapitel",),
    back_matter=frozenset(
        phrases(
            """
            inhalt|inhaltsverzeichnis|literatur|literaturverzeichnis|register
            |stichwortverzeichnis|übungen|lösungen|danksagung
            """
        ),
    ),
    ambiguous=frozenset({"register", "literatur"}),
)

_GENERIC = words(
    """
    art aufgabe beispiel bereich bedingung dinge ding ende fall form frage ganze grad grund
    gruppe hilfe idee jahr lage liste maß menge mensch möglichkeit name ort person problem punkt
    recht reihe rolle seite sinn stelle stück tag teil typ uhr unterschied ursache verhältnis
    weg weise welt wert wirkung woche wort zahl zeit ziel zusammenhang zustand
    """
)

_CONTEXT = Context(
    worked=phrases("strategie|lösung|ergebnis"),
    elsewhere=patterns(
        r"oben unten (?:folgend|vorherig|obig)e[nrsm]?"
        r" (?:nächst|letzt|ander)e[nrsm]?\s(?:Kapitels?|Abschnitts?|Abschnitten) bereits\serwähnt"
        r" weiter\sunten"
    ),
    numbered=patterns("abb abbildung kapitel abschnitt"),
    pictures=r"""
        \bin\sder\sAbbildung\b | \bauf\sdem\s(?:Bild|Foto)\b
        | \b(?:die|das|der)\s(?:Abbildung|Grafik|Diagramm|Bild|Foto|Tabelle|Schaubild|Karte
            |Zeichnung)\s(?:zeigt|illustriert|vergleicht|listet|fasst|stellt|veranschaulicht)\b""",
    captions=("abb", "abbildung", "tabelle"),
    speaking=patterns("wir uns unser(?:e[nrsm]?)? ich (?-i:Sie|Ihnen|Ihre?[nrsm]?)"),
    pointing=patterns("diese[nrsm]? solche[nrsm]?"),
    one_of_several=r"""
        (?:einige|manche|viele|alle|mehrere|beide|keine[rs]?)\s(?:sind|ist|haben|werden|können)
        | (?:hier|nun|jetzt|die\sAntwort\s(?:ist|lautet))\b
        | (?:der|die|das)\s(?:erste|zweite|dritte|letzte|gleiche)\b""",
)

_DEFINITIONS = Definitions(
    articles=patterns("der die das eine?"),
    is_kind=r"(?:ist|sind)\s(?:ein|eine|der|die|das)",
    no_kind=patterns(
        """
        gleiche selbe einzige erste letzte beste wichtigste Fall Grund Ergebnis Ursache meisten
        häufigste größte
        """
    ),
    vague=patterns(
        r"""
        Ursachen? Schritte? Sorgen? Wege? Weise Beispiele? Aufgaben? Problem\w* Fragen? Gründe?
        Herausforderung\w* Priorität\w* Ergebnis\w* Ziele? Wahl Option\w* Ideen? Risiko Risiken
        Gefahr\w* Bedrohung\w* Thema Themen Vorteile? Nachteile? Faktor\w* Zeichen Erfolg Fehler
        Alternativen? Regel Hilfe Quellen? Schlüssel Aspekte? Merkmale? Ausnahmen? Voraussetzung\w*
        gut\w* schlecht\w* wichtig\w* groß\w* ernst\w* beliebt\w* wirksam\w* effektiv\w* nützlich\w*
        hervorragend\w* ideal\w* perfekt\w* leicht\w* häufig\w* typisch\w* wesentlich\w* zentral\w*
        entscheidend\w* möglich\w* notwendig\w* bekannt\w* verbreitet\w* erst\w+
        """
    ),
    relative=words("der die das dem den welche welcher welches wo womit"),
    means=r"bezeichnet|bezeichnen|bedeutet|bedeuten",
    no_terms=words("es"),
    no_first=patterns(
        r"erste\w* zweite\w* letzte\w* andere\w* viele einige alle beide meisten heute oft manchmal"
    ),
)

_WORD_CLASSES = WordClasses(
    before_nouns=words(
        "der die das den dem des ein eine einen einer eines seine ihre diese dieser von"
    ),
    before_verbs=words("zu nicht er sie es wir kann können muss müssen wird werden"),
    degrees=words("ist sind sehr mehr so zu"),
    than="als",
    determiners=words("ein eine einen sein seine ihre"),
    abstract=r"(?:ung|heit|keit|tion|schaft|ismus)(?:en)?$",
    modifiers_first=True,
)

_DIVISIONS = Divisions(
    volumes=patterns("band buch"),
    parts=("teil",),
    chapters=patterns("kapitel lektion einheit modul"),
    sections=("abschnitt",),
    articles=patterns(r"artikel art\."),
    annexes=("anhang",),
    numbers=patterns("eins zwei drei vier fünf sechs sieben acht neun zehn"),
    pages=patterns(r"seite s\."),
    contents=phrases("inhalt|inhaltsverzeichnis|inhaltsübersicht|in diesem kapitel"),
    own_level=frozenset(
        phrases(
            """
            vorwort|geleitwort|einleitung|einführung|zusammenfassung|fazit|schluss|nachwort|glossar
            |anhänge|anmerkungen
            """
        )
    ),
    boxes=frozenset(phrases("hinweis|anmerkung|tipp|achtung|vorsicht|warnung|wichtig|gefahr")),
)

LANGUAGE = Language(
    code="de",
    names=words("german deu"),
    capital_nouns=True,
    lexicon=_LEXICON,
    headings=_HEADINGS,
    exercises=Exercises(
        generic=_GENERIC,
        context=_CONTEXT,
        orders=Orders(pattern=r"\p{Lu}\p{Ll}+e?n\sSie\b"),
        definitions=_DEFINITIONS,
        word_classes=_WORD_CLASSES,
    ),
    grading=Grading(and_words=("und",)),
    divisions=_DIVISIONS,
)


@hookimpl
def register_languages() -> list[Language]:
    """Register German."""
    return [LANGUAGE]
