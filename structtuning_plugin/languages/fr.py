"""French."""

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
    Study,
    WordClasses,
    pattern,
    patterns,
    phrases,
    words,
)

_LEXICON = Lexicon(
    function=words(
        """
        le la les l un une des du de d au aux et ou mais donc or ni car que qui quoi dont où ce
        cet cette ces ça cela ceci il elle ils elles on nous vous je tu se s sa son ses leur
        leurs notre nos votre vos mon ma mes en y à dans par pour sur sous avec sans entre vers
        chez depuis pendant avant après si ne pas plus moins très aussi bien même tout tous
        toute toutes autre autres est sont était étaient être été a ont avoir avait peut peuvent
        doit doivent fait faire sera seront quand comme lorsque alors puis ainsi n c qu j m t
        chaque plusieurs quelques deux trois voir figure tableau chapitre section exemple cas
        lors dès afin celui celle ceux celles ici là peu trop encore déjà non oui
        """
    ),
    linking=words("de du des d la le les l un une et ou en à au aux pour sur dans par avec sans"),
    naming=words(
        "le la les l un une des du de d au aux et son sa ses leur leurs ce cette ces chaque"
    ),
    leaning=phrases(
        """
        cependant|toutefois|donc|ainsi|de plus|en outre|par ailleurs|en effet|mais|et|or|car
        |alors|puis|ensuite|enfin|de même|par exemple|par contre|en revanche|au contraire
        |néanmoins|pourtant|finalement|également|aussi|sinon|il|elle|ils|elles|ce|cet|cette|ces
        |cela|ceci|celui|celle|ceux|celles|c'est|c’est|leur|leurs|son|sa|ses|autre|un autre
        |une autre|d'autres|d’autres|dans ce cas|notez|remarquez|si vous|à ce stade
        |en conséquence
        """
    ),
    pointing=words(
        """
        ce cet cette ces cela ceci il elle ils elles leur leurs son sa ses celui celle ceux
        celles
        """
    ),
    chapter=phrases(
        """
        dans ce chapitre|dans cette section|dans cette partie|ce chapitre|cette section
        |cette partie
        """
    ),
    defining=words("est sont était étaient désigne désignent permet permettent"),
    # The second parts of negations are among them ("n'est pas", "n'a que").
    binding=words("de du des d et ou pas plus jamais guère que qu"),
)

_APPARATUS = Apparatus(
    names=pattern(
        r"""
        tables? des? (?:matières|illustrations|figures|tableaux|abréviations)|sommaire
        |index(?: alphabétique| des noms| thématique)?
        |dans (?:ce|cette) (?:chapitre|section|partie|leçon|unité)|plan (?:du chapitre
        |de la leçon|du cours)
        |objectifs?(?: d['’ ]apprentissage| pédagogiques?| du chapitre| de la leçon| visés)?
        |compétences (?:visées|attendues)|acquis d['’]apprentissage
        |ce que vous (?:allez apprendre|apprendrez)
        |résumés?|en résumé|en bref|récapitulatif|récapitulation|à retenir
        |(?:l['’])?essentiel(?: à retenir)?|points? (?:clés?|essentiels?|importants?|à retenir)
        |idées (?:clés?|principales)
        |ce qu['’]il faut retenir|pour conclure
        |révisions?|questions?(?: de (?:révision|réflexion|compréhension|cours|discussion
        |synthèse)| critiques| à débattre| ouvertes)?
        |(?:auto-?évaluation|qcm|quiz|testez vos connaissances|vérifiez vos connaissances
        |vérifiez votre compréhension)
        |pensée critique|réflexion critique|pour réfléchir|sujets? de (?:discussion|réflexion)
        |exercices?|problèmes|activités|travaux (?:dirigés|pratiques)|devoirs|études? de cas
        |corrigés?|solutions|réponses|références(?: bibliographiques)?|bibliographie|webographie
        |sitographie
        |lectures? (?:complémentaires?|recommandées?|conseillées?|suggérées?)
        |pour (?:en savoir plus|aller plus loin|approfondir)
        |ressources(?: complémentaires| en ligne)?|liens(?: utiles| externes)?|voir aussi|sources
        |notes(?: de bas de page| de fin)?|crédits(?: photo(?:graphique)?s?| d['’]images?
        | iconographiques| des illustrations)?
        |sources des (?:images|illustrations)|remerciements|préface|avant-propos|prologue
        |dédicace|avertissement|colophon
        |mentions légales|droits d['’]auteur|copyright|licence|errata
        |à propos (?:de l['’]auteur|des auteurs|de l['’]autrice|de ce (?:livre|manuel|guide
        |document)|du livre)
        |comment utiliser ce (?:livre|manuel|guide)|au lecteur|liste des (?:figures|tableaux
        |abréviations|sigles|illustrations|auteurs|symboles)
        |abréviations|sigles|annexes?|appendices?|auteurs|contributeurs
        """
    ),
    glossaries=pattern(
        r"""
        glossaires?|lexique|vocabulaire|(?:termes|mots|notions|concepts)[- ](?:clés?|clefs?
        |importants?|essentiels?)
        |mots-clés|définitions des termes|liste des termes
        """
    ),
    around=pattern(
        r"""
        chapitres?|sections?|parties?|leçons?|unités?|modules?|du|de|des|d|la|le|les|l|et|ou|à
        |aux?|pour
        |en|dans|ce|cette|fin|suite|détaillée?s?|général|générale|complète?s?|choisis|choisies
        |supplémentaires?
        |complémentaires?|critiques?|principaux|principales|finales?|auteurs?|sujets?|livre
        """
    ),
    titled="annexe|appendice",
    openings=pattern(
        r"""
        à la fin de (?:ce|cette) (?:chapitre|section|leçon|unité|partie|module)
        |après (?:avoir (?:lu|étudié|terminé)|la lecture de|l['’]étude de) (?:ce
        |cette) (?:chapitre|section|leçon|unité|partie|module)
        |au terme de (?:ce|cette) (?:chapitre|section|leçon)|tous droits réservés|©|isbn
        """
    ),
)

_HEADINGS = Headings(
    apparatus=_APPARATUS,
    part="Partie {}",
    numbered=patterns("chapitre partie leçon unité annexe"),
    chapters=("chapitre",),
    back_matter=frozenset(
        phrases(
            """
            table des matières|sommaire|index alphabétique|références|bibliographie
            |lectures complémentaires|exercices|questions de révision|corrigés
            |corrigé des exercices|solutions des exercices|réponses|remerciements
            """
        ),
    ),
)

_GENERIC = words(
    """
    abord différent différente divers diverse nombreux nombreuse endroit mesure outil dizaine
    majorité action aide ainsi année autre besoin bout but cas cause chacun chaque chose
    circonstance compte condition côté coup cours cadre dernier dernière dire début demande
    différence difficulté durée effet élément ensemble espèce étape état exemple façon fait faut
    fin fois fond forme général grâce groupe heure idée important intérêt jour jours liste lieu
    lors maintenant manière matière mieux mise mode moins moment moyen mois nature niveau nom
    nombre nouveau nouvelle objet occasion ordre origine page partie pas peine petit petite
    place plupart plus point porte possible possibilité présence premier première principe prise
    problème propos propre raison rapport reste résultat rôle section semaine sens seul seule
    simple simplement situation soin solution sorte sujet suite suivant suivante temps terme
    tour toujours type unité usage utilisation valeur vérité vie voie vue utile nécessaire
    disponible grand grande bon bonne facile difficile rapide meilleur meilleure certain
    certains souvent parfois beaucoup tout accord troisième quatrième cinquième droite
    gauche
    """
)

_CONTEXT = Context(
    worked=phrases("stratégie|solution|conclusion"),
    connectives=phrases(
        """
        cependant|toutefois|de plus|en outre|par exemple|ainsi|par conséquent|en effet|néanmoins
        |par ailleurs|en général
        """
    ),
    adverbs=phrases("aussi|également|cependant|toutefois"),
    elsewhere=patterns(
        r"""
        ci-dessus ci-dessous ci-après précédent(?:e?s?) suivant(?:e?s?) plus\shaut plus\sbas
        consult(?:ez|er) voyez reportez-vous référez-vous plus\sd['’]informations?
        plus\sde\sdétails supposons précédemment
        (?:énoncé|décrit|mentionné|indiqué)e?s?\s(?:ici|dans)
        (?:prochaine?|dernier|dernière|autre)s?\s(?:chapitre|section)s?
        (?:comme|nous)\sl['’]avons\s(?:vu|dit) (?:vue?s?|mentionnée?s?)\splus\stôt
        """
    ),
    numbered=patterns("tableaux? chapitres? sections? annexes? équations?"),
    pictures=r"""
        \b(?:sur|dans|de)\sla\s(?:figure|photo(?:graphie)?)\b | \b(?:sur|de)\sl['’](?:image
            |illustration)\b
        | \bsur\sle\s(?:schéma|dessin|graphique|diagramme)\b
        | \b(?:l[ae]s?\s|l['’])(?:figure|image|photo(?:graphie)?|illustration|graphique|diagramme
            |schéma|dessin|carte|tableau|courbe)s?\s(?:montre|illustre|énumère|représente|présente
            |compare|résume|indique|décrit|donne)(?:nt)?\b""",
    captions=("tableau",),
    speaking=patterns("nous notre nos vous votre vos je"),
    pointing=patterns("cet cette ces ceci celui-ci celle-ci"),
    one_of_several=r"""
        (?:certaine?s|plusieurs|quelques-une?s|tous|toutes|la\splupart|les\sdeux|chacune?
            |l['’]une?|l['’]autre|aucune?)\s
        | (?:le|la|les)\s(?:première?s?|seconde?s?|deuxième|troisième|dernière?s?|même)\b
        | (?:la\sréponse|le\srésultat)\sest\b | maintenant\b
        | (?:voici|voilà|pour\scela|pour\sce)\b
        | (?:une?|d['’])\s?(?:autres?|deuxième|troisième|quatrième|exemple)\b
        | (?:le\sproblème|la\squestion)\sest\b
        | (?:pour|de|à)\sl['’es]+\s?\p{L}+(?:er|ir|re)\b
        | c['’]""",
)

_DEFINITIONS = Definitions(
    articles=patterns("le la les un une des"),
    is_kind=(r"(?:est|sont)\s(?:une?|la|le|les|l['’]|des|du|de\sla|de\sl['’])"),
    no_kind=patterns(
        """
        même seule? premi(?:er|ère) derni(?:er|ère) meilleure? plus moins cas fait peu bonne?
        solution résultat cause que qui moyen façon but raison suivante? mien sien de d
        """
    ),
    vague=patterns(
        r"""
        causes? étapes? préoccupations? moyens? façons? manières? exemples? tâches? besoins?
        problèmes? questions? défis? enjeux? priorités? raisons? résultats? buts? objectifs?
        choix options? idées? risques? menaces? dangers? sujets? avantages? inconvénients?
        facteurs? signes? succès échec erreurs? alternatives? règle aide sources? clés? piliers?
        aspects? caractéristiques? exceptions? exigences? nécessité devoir début responsabilité
        cibles? victimes? atouts? solutions? conséquences? points? façon habitudes? pièges?
        bon bonne bons bonnes mauvaise? meilleure?s? grande? importante?s? majeure?s?
        principale?s? principaux sérieu(?:x|se) graves? populaires? efficaces? utiles? précieu\w+
        excellente?s? idéale?s? parfaite?s? faciles? simples? rapides? fréquente?s? typiques?
        essentiel\w* vital\w* crucial\w* possibles? probables? nécessaires? connue?s?
        courante?s? différente?s? fondamenta\w+ répandue?s? intéressante?s? fonctionnel
        """
    ),
    relative=words("qui que qu dont où lequel laquelle lesquels permettant destiné destinée"),
    means=r"désigne|désignent|signifie|signifient",
    called=(
        r"(?:est|sont|s['’])\s?(?:appelle|appelée?s?|nommée?s?|dénommée?s?)\s"
        r"(?:le\s|la\s|une?\s|des\s|les\s)?"
    ),
    negated=r"\bsignifient?\sque\b",
    no_terms=words("c ce ceci cela ça il ils elle elles tu qui où quoi voici"),
    no_first=patterns(
        r"""
        premi(?:er|ère)s? second\w* deuxième troisième derni(?:er|ère)s? seule?s? autres? plupart
        certaine?s? plusieurs tous toutes même aujourd'hui actuellement souvent parfois \w+ement
        si lorsque quand comme dans en pour par sur avec avoir être faire utiliser
        (?:exécut|utilis|install|configur|chang|ajout|mesur|calcul|trouv|cherch|parl)er
        """
    ),
)

_WORD_CLASSES = WordClasses(
    before_nouns=words(
        "le la les l un une du de des d au aux son sa ses leur leurs ce cet cette ces chaque"
    ),
    before_verbs=words(
        "ne n se s il elle on ils elles qui peut peuvent doit doivent nous vous pour y"
    ),
    degrees=words("est sont très plus moins assez trop bien"),
    than="que",
    determiners=words("le la les un une des ce cet cette ces son sa ses leur leurs votre vos"),
    abstract=r"(?:tion|sion|ité|ment|ance|ence|age|isme)s?$",
    no_noun=(
        r"(?:ez|(?:ç|ge|is|ss)ant|(?<!i)er|ment(?<!(?:l|r|t|g|p|n|ss)ement)"
        r"|eux|euse|ables?|ibles?|aient|eront|era"
        r"|(?:al|el|ell|iv|eus|iqu|abl|ibl|ain|ct|èt|pl|cil|èr|id|bl|ist|ort|ois|ud|ug|ert)ement"
        r"(?<!élément|plément)|[ae]mment)$|^(?:mêmes|tels?|telles?|lesquels|notamment|multiples)$"
    ),
)

_GRADING = Grading(
    list_and="et",
    markers=(
        "Réponse\u00a0:",
        "réponse est",
        "réponses sont",
        "réponse correcte est",
        "réponses correctes sont",
        "réponse exacte est",
        "réponse finale est",
        "réponse serait",
        "Réponses :",
        "Réponse correcte :",
        "Réponses correctes :",
        "Réponse finale :",
        "Bonne réponse :",
        "Bonnes réponses :",
        "bonne option est",
        "option correcte est",
    ),
    letter_words="AY",
    choosing=phrases(
        """
        l'option|option|les|la|le|réponses?|choix|proposition|propositions|c'est|est|sont|donc
        |choisis|mais
        """
    ),
    intro_articles=("la ", "le ", "les "),
    intro=("choix", "propositions?"),
    right=r"(?:est|sont)\s+(?:la\s+)?(?:correcte?s?|exacte?s?|vraie?s?|justes?|bonne)",
    wrong=(
        r"(?:n'|n’|ne\s)(?:est|sont)?\s*(?:pas)?"
        r"|(?:est|sont)\s+(?:fau(?:x|sses?)|incorrecte?s?|exclue?s?|inexacte?s?)"
    ),
    denial=phrases("pas|non|sauf|ni|plutôt que"),
    small_words=patterns("le la les l' un une de du dans"),
    conclusion=phrases("donc|ainsi|par conséquent|en conclusion"),
    goes_on=patterns("car parce est sont et puisque mais ou"),
    or_words=("ou",),
    and_words=("et",),
)

_DIVISIONS = Divisions(
    volumes=patterns("tome volume livre"),
    parts=("partie",),
    chapters=patterns("chapitre leçon unité module"),
    sections=("section",),
    articles=patterns(r"article art\."),
    annexes=("annexe",),
    numbers=patterns("premier deux trois quatre cinq six sept huit neuf dix"),
    pages=("page",),
    contents=phrases("table des matières|sommaire|dans ce chapitre|sur cette page"),
    own_level=frozenset(
        phrases("préface|avant-propos|introduction|résumé|conclusion|glossaire|annexes|notes")
    ),
    boxes=frozenset(
        phrases(
            """
            note|remarque|astuce|conseil|attention|avertissement
            |important|danger
            """
        )
    ),
)

_STUDY = Study(
    refusals=phrases(
        """
        je ne peux pas|je suis désolé|je suis désolée|désolé|en tant qu'ia|
        en tant que modèle|en tant qu'intelligence|je regrette|malheureusement, je
        """
    ),
    passage_words=phrases(
        """
        ce passage|dans le passage|selon le passage|le passage dit|dans le texte|
        selon le texte|ce texte|l'extrait|cet extrait|l’extrait
        """
    ),
)

LANGUAGE = Language(
    code="fr",
    names=words("french fra"),
    elision=r"(?:[ldjnmtscLDJNMTSC]|[Qq]u|[Jj]usqu|[Ll]orsqu|[Pp]uisqu)['’](?=\p{L})",
    exam_words=words(
        """
        quel quelle quels quelles lequel laquelle lesquels lesquelles parmi suivant suivante
        suivants suivantes proposition propositions affirmation affirmations reponse reponses
        exact exacte exacts exactes inexact inexacte inexactes vrai vraie vrais vraies faux
        fausse fausses juste justes correcte correctes indiquer indiquez concernant concerne
        concernent propos cocher donner caracteres caractere est sont s es nt celui ceux celle
        """
    ),
    lexicon=_LEXICON,
    headings=_HEADINGS,
    exercises=Exercises(
        generic=_GENERIC,
        context=_CONTEXT,
        orders=Orders(pattern=r"[\p{L}-]+ez\b"),
        definitions=_DEFINITIONS,
        word_classes=_WORD_CLASSES,
    ),
    grading=_GRADING,
    divisions=_DIVISIONS,
    study=_STUDY,
)


@hookimpl
def register_languages() -> list[Language]:
    """Register French."""
    return [LANGUAGE]
