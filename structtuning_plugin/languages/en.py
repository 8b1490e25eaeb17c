"""English, and what texts of other languages fall back on."""

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
        a an the of in on at to for from by with without about into onto over under between
        among through during before after above below up down out off and or but nor so yet if
        then else when while where as than that which who whom whose what why how this these
        those it its they their them he she his her him we our us you your i my me be is are was
        were been being am do does did done have has had having can could may might must shall
        should will would not no only also very more most much many few less least some any all
        each every both either neither other others another such same own too just even still
        again once here there now unless although though until whether since often usually called
        known see using used use make made makes
        one two three four five first second third new well within because however thus
        therefore against toward towards upon per via etc e.g i.e figure fig table chapter
        section example following like different various several get go take taken give given
        found find become becomes include includes including allow allows cause causes help
        contain contains show shows shown occur occurs provide provides cannot doesn’t don’t
        isn’t aren’t it’s let us ll
        """
    ),
    linking=words("of the a an and or in for to with on by from at"),
    naming=words("the a an of and its their his her our this these each every"),
    leaning=phrases(
        """
        however|therefore|thus|hence|moreover|furthermore|besides|in addition|additionally|also
        |but|and|or|so|yet|still|then|next|finally|lastly|first|second|third|similarly|likewise
        |instead|otherwise|nevertheless|nonetheless|consequently|as a result|for example
        |for instance|in contrast|on the other hand|in this case|in these cases|it|its|they
        |their|them|he|she|his|her|this|these|those|such|that|another|other|others|both|either
        |again|note that|note|in fact|indeed|meanwhile|accordingly|in other words|rather
        |conversely|afterwards|later|most of these|some of these|each of these|all of these
        |because of this|if so|once
        """
    ),
    pointing=words(
        """
        this these those it its they their them he she his her such same former latter above
        both here there
        """
    ),
    chapter=phrases(
        """
        in this chapter|in this section|in this part|in this unit|this chapter|this section
        |this part|this unit
        """
    ),
    defining=words("is are was were means refers called"),
    binding=words("of and or"),
)

_APPARATUS = Apparatus(
    names=pattern(
        r"""
        (?:table of )?contents|table of content|toc|in this (?:chapter|section|unit|part|lesson
        |book)
        |index|(?:chapter|section|unit|lesson|course|book) (?:outline|overview|preview
        |at a glance)
        |(?:learning|chapter|section|unit|lesson|instructional|course) (?:objectives?|outcomes?
        |goals?|targets?)
        |objectives|learning aims?|what (?:you will|you'll|you’ll|we will) learn|you will learn
        |before you (?:begin|read|start)|pre-?reading|essential questions?
        |summary|summaries|summing up|recap(?:itulation)?|in (?:brief|summary|short|a nutshell)
        |(?:key|main) (?:points?|ideas?|takeaways?|messages?|facts?|concepts?|equations|formulas
        |formulae|results)
        |takeaways?|points to remember|what you (?:have )?learned|wrap-?up|highlights
        |(?:chapter|section|unit|lesson|end-of-chapter|self|quick) reviews?|review
        |(?:review|critical[- ]thinking|practice|study|discussion|comprehension|self-?test
        |self-?check
        |self-?assessment|multiple[- ]choice|short[- ]answer|essay|true/?-?(?:or )?false|matching
        |warm-?up
        |conceptual|application|open-?ended|thought|exam|quiz|further|additional|homework
        |reflection
        |test|case study|challenge|lab|visual connections?) (?:questions?|problems?|exercises?
        |items?)
        |questions? (?:for|to) (?:review|discussion|thought|study|reflection|consider|think about
        |ponder)
        |questions|exercises|exercise(?= \d)|problems|problem sets?|practice (?:tests?|exams?
        |quiz(?:zes)?|sets?)
        |quiz(?:zes)?|homework|homework assignments?|self-?(?:check|test|assessment|quiz|evaluation)
        |multiple[- ]choice|fill[- ]in[- ]the[- ]blanks?|true (?:or|and|/) false|short answers?
        |(?:check|test) your(?:self|(?: own)? (?:understanding|knowledge|learning|progress|recall
        |skills))
        |check for understanding|(?:concept|knowledge) checks?|checkpoints?|your turn
        |for further thought|write about it|critical thinking|think (?:it over
        |about it)
        |discuss(?:ion)?(?: topics| points)?|group (?:work|activit(?:y|ies))|try it (?:yourself
        |out)
        |answers?|answer keys?|solutions|solution manual|hints
        |references|reference list|bibliograph(?:y|ies)|works (?:cited|consulted)
        |literature(?: cited)?
        |(?:cited|selected) literature|sources? (?:cited|notes?)|citations?
        |(?:further|suggested|recommended|additional|supplementa(?:ry|l)|selected
        |background) (?:readings?|sources?|resources?|references|information|materials?)
        |(?:web|online|internet|external) (?:resources?|links?|sites?)|see also|contact us
        |related (?:articles?|topics?|pages?|links?|contents?)|for (?:more
        |further) information
        |notes|endnotes?|footnotes?
        |(?:image|photo|picture|figure|illustration|art|text|cover|media)s?(?:graph(?:y
        |s))? (?:credits?|sources?|attributions?|acknowledge?ments?|permissions?)
        |credits|attributions?|acknowledge?ments?
        |prefaces?|forewords?|prologue|dedication|colophon|imprint|copyright(?: (?:page|notice
        |information|statement))?
        |title page|licen[cs]e|licensing|legal notices?|disclaimer|errata|corrigenda|change ?log
        |revision history
        |version history|release notes|epigraph|afterword|postscript
        |about the (?:authors?|editors?|contributors?|publisher|series|translators?|book|cover)
        |about (?:this (?:book|guide|manual|edition|text|document)|us)
        |(?:how to use|using|organization of|structure of) this (?:book|guide|manual|text
        |document)
        |who (?:this book is for|should read this book)|conventions(?: used)?(?: in this book)?
        |(?:a )?(?:note|message|letter)s? (?:to|for|from) (?:the )?(?:readers?|students?
        |teachers?|instructors?|authors?|editors?)
        |to the (?:readers?|students?|teachers?|instructors?)
        |lists? of (?:figures?|tables?|illustrations?|abbreviations?|plates?|boxes|contributors?
        |symbols?|acronyms?|maps?|photographs?|examples?|listings?|exercises?)
        |contributors?|reviewers?|abbreviations(?: and acronyms)?|acronyms
        |appendix|appendices|appendixes|annex(?:es)?|front matter|back matter|end matter
        """
    ),
    glossaries=pattern(
        r"""
        glossar(?:y|ies)(?: of (?:key )?terms)?|(?:key|important|new|essential|basic|main
        |core) (?:terms?|words?
        |vocabulary|terminology)
        |keywords|key words|vocabulary|terms (?:to know|and definitions|used|introduced)|(?:word
        |term) lists?
        |lists? of (?:key )?terms|definitions of (?:key )?terms
        """
    ),
    around=pattern(
        r"""
        chapters?|sections?|units?|lessons?|modules?|parts?|volumes?|books?|the|of|for|to|and|or
        |in|a|an
        |on|by|with|from|at|this|your|end|selected|detailed|brief|short|full|complete|expanded
        |continued
        |cont'?d?|odd|even|odd-numbered|even-numbered|numbered|all|some|more|further|additional
        |general
        |subject|author|name|topic|alphabetical|analytical|section-by-section|key|main|important
        |learning|practice|review|study|end-of-chapter|final|back|students?|teachers?
        |instructors?|authors?'?s?
        |first|second|third|fourth|fifth|edition|i{1,3}|iv|vi{0,3}|ix|x
        """
    ),
    titled="appendix|annex",
    openings=pattern(
        r"""
        (?:by|at) the end of this (?:chapter|section|unit|lesson|module|part|course|week)
        |after (?:reading|studying|completing|finishing|working through) this (?:chapter|section
        |unit|lesson|module|part)
        |(?:on|upon) completi(?:on|ng) (?:of )?this (?:chapter|section|unit|lesson|module|part)
        |in this (?:chapter|section|unit|lesson|module),? you(?: will|'ll|’ll) learn
        |(?:students|you|readers|learners) (?:will|should) be able to
        |(?:copyright )?©|all rights reserved|isbn
        """
    ),
)

_HEADINGS = Headings(
    apparatus=_APPARATUS,
    part="Part {}",
    numbered=patterns("chapter section part lesson unit module appendix"),
    chapters=("chapter",),
    back_matter=frozenset(
        phrases(
            """
            contents|table of contents|index|subject index|author index|references|bibliography
            |works cited|further reading|suggested reading|suggested readings|exercises|problems
            |review questions|questions for review|practice questions|practice problems
            |answer key|answers|answers to exercises|solutions|solutions to exercises
            |acknowledgements|acknowledgments|acknowledgement|acknowledgment|copyright
            |list of figures|list of tables|about the author|about the authors
            """
        ),
    ),
    ambiguous=frozenset({"solutions", "problems", "index"}),
    title_case=True,
)

_GENERIC = words(
    """
    ability account act action addition advantage age aid amount answer apparatus appearance
    application area arrangement aspect attention average base basis beginning behavior bit body
    branch bulk care case cause center centre certain chance change character characteristic
    chief circumstance class close combination common comparison condition connection
    consequence consideration constant contact contrary control core couple course danger day
    deal degree depth detail development device diameter difference difficulty direction
    distance division duty ease edge effect effort element end entire equal equivalent event
    evidence exception existence expression extent fact factor failure familiar fashion feature
    few fifth fifty figure final fine form former foundation four fourth free frequent full
    function fundamental further future general goal good great greater group habit half hand
    head height help high hour hundred idea illustration importance important inch increase
    individual influence inside instance instant instrument interest interval item job keep key
    kind knowledge lack large larger last latter layer lead length less level life light like
    limit line list little location long lot low lower main majority man manner mark mass
    material matter maximum mean means measure member men method middle mile minimum minute mode
    moment month most motion movement name natural nature near necessity need new night nine
    ninth normal number object objective observation occasion office old operation opinion
    opposite option order ordinary organ origin original outcome outline outside pair part
    particular party passage past pattern people percent period person piece place plan plane
    plenty point portion position possible power practical practice presence present pressure
    previous price principal principle problem procedure process product progress proof proper
    property proportion purpose quality quantity question quick quiet range rapid rate reach
    ready real reason recent record reference region regular relation relationship remainder
    remains remark requirement respect rest result return reverse right role room root round row
    rule same scale scene scope seat second section sense series serious set seven several
    severe shape short side sign significance similar simple single situation six sixth size
    slight slow small sort source space special specific speed stage standard start state
    statement step stop stress strong structure study stuff subject substance success sudden
    sufficient sum summary supply support surface surrounding system task ten tendency tenth
    term test thing third thirty thought thousand three time title tone top total touch
    treatment trouble true truth turn twelve twenty two type understanding unit upper use useful
    usual utmost value variation variety various version view violent way week weight whole wide
    width woman women word work world year young yard feet foot others experiment experience
    example beginner student pupil reader author teacher lesson book text writer story note
    mention doubt wonder eight eighth million dozen hundredth fraction quarter thirds persons
    individuals hours days weeks months years inches miles minutes seconds simplest easiest
    commonest drop pint quart ounce ounces pound pounds grain grains tablespoonful teaspoonful
    degrees attempt choice desire demand wish wishes decision favor sake trace glance sight hint
    hints adult boy girl lad friend everybody everyone nobody nothing something anything
    everything somebody someone anyone anybody left behind ahead away back forward backward
    forth together apart alike alone almost already else ever far perhaps merely simply chiefly
    mainly able unable due liable likely unlikely
    """
)

_CONTEXT = Context(
    worked=phrases("strategy|solution|significance"),
    connectives=phrases(
        """
        however|moreover|furthermore|in addition|additionally|for example|for instance|therefore
        |thus|hence|consequently|as a result|similarly|likewise|in fact|indeed|nevertheless
        |nonetheless|besides|in contrast|by contrast|in other words|in general|generally|of course
        """
    ),
    adverbs=phrases("also|too|however|likewise"),
    elsewhere=patterns(
        r"""
        above below previous following aforesaid aforementioned described mentioned just
        (?:next|last|later|earlier|another|other|prior|subsequent)\s(?:chapter|section)s?
        (?:discussed|seen|mentioned|noted|shown|explained|covered)\s(?:earlier|later|before)
        hereafter hereinafter preceding foregoing illustrated as\sbefore diagram drawing
        magnified engraving photograph dotted
        """
    ),
    numbered=patterns(
        """
        figs? figures? tables? plates? diagrams? exp experiments? exps chapters? sections? secs?
        pages? p pp exercises? examples? see equations? eqs? appendix
        """
    ),
    pictures=r"""
        \bthe\s(?:figure|graph|chart|diagram|table|image|picture|photo(?:graph)?|illustration|map
            |plot)s?\s(?:\w+ly\s)?(?:show|illustrate|list|depict|compare|summari[sz]e|present
            |display|demonstrate|indicate|outline)s?\b
        | \bas\sthe\s(?:figure|graph|chart|table|image|picture)\b | \bthe\sfigure\smakes\b
        | \b(?:in|from)\sthe\s(?:figure|illustration|picture|photo)\b""",
    captions=patterns(
        """
        figs? figure table plate experiments? exp note footnote illustration exercise example
        """
    ),
    speaking=patterns("we us our ours I me my you your yours let"),
    pointing=patterns(
        r"""
        these this such(?!\sas\b) those(?!\s(?:who|of|which|that|whose|in|with)\b) thereby therein
        thereof also however therefore too thus hence likewise similarly then similar(?!\sto\b)
        otherwise the\ssame\b(?!.*\bas\b) (?:one|ones|so|others?|both)(?=\.$)
        """
    ),
    one_of_several=r"""
        (?:some|many|most|all|few|several|none|any|certain|various|two|three|four|five|six|one|each
            |every)\s(?:are|is|were|was|have|has|had|may|can|will|of\s(?:them|the)|other|such|more
            |\w+ly\b)
        | the\s(?:first|second|third|fourth|fifth|last|latter|former|other|others|same|remaining
            |next|whole|word|words|results?|effect|answer|object|process|operation|substance|patient
            |mixture|liquid|parts|test|experiment|rest|theory|fact|term|amount|instrument|apparatus
            |poison|trouble|reason|case)\b(?!\s(?:of|that|in|to)\b)
        | (?:half|part|much|more|less|little|enough|here|there|now|hitherto|strictly|briefly|perhaps
            |yes|no|why|how|what|if\sthey|nor|neither|either|even|only|too|viz|ex|of\scourse
            |especially|particularly|of\sthese|in\s(?:both|all|some|other|most)|by\s(?:this|so)
            |to\sthis\send|to\s(?:this|these)|on\sthe\scontrary|at\slast|at\sfirst|to\sdo\sthis
            |when\sthis|as\sa\s(?:rule|result))\b
        | \p{Lu}\w+ing\b[^,]*,\s(?:they|it|he|she|these|this)\b""",
)

_VERBS = "|".join(
    patterns(
        """
        add administer allow apply arrange ask attach avoid bandage bathe be begin bend boil
        bring call carry clean close collect compare connect consider cool cover cut describe
        dip dissolve draw drink eat examine explain fasten feel fill filter find gargle get give
        go grasp hang heat hold imagine insert keep lay learn let lift listen loosen lower make
        measure mix mount move note notice observe obtain open place pour prepare press prick
        proceed procure provide pull push put raise read recall remember remove repeat replace
        review rinse rub saturate scrape secure see select send separate set shake show slip
        soak stain stand state stir stop stretch strip study support suppose take tell test
        throw tie touch trace treat try turn use wait warm wash watch wet wind wipe wrap wring
        write
        """
    )
)
# The verb is at the beginning, after a clause of time or purpose, or after a colon. A purpose
# alone is half a sentence.
_ORDERS = Orders(
    pattern=rf"""
        (?:never|always|do|don['’]t|also|now|then|carefully|gently|next|first)\s\p{{Ll}}+\b
        | to\b[^,;:]*\.$
        | (?:{_VERBS})\s\p{{Ll}}
        | (?:to|if|when|after|with|by|in|for|now|as|while|on)\b[^:;]{{5,120}}?,\s
            (?:{_VERBS})\s\p{{Ll}}
        | [^:;]{{5,120}}[:;]\s(?:{_VERBS})\s\p{{Ll}}""",
    # "Boil the ...", "Cut off ...": no noun at the beginning of a sentence precedes one of these.
    objects=words("the a an some one two your this these it them out up off each any"),
    no_verbs=words(
        """
        beneath within besides beside unless until like inside outside beyond opposite though
        although wherever whenever past across along near behind around amid amidst amongst
        towards despite says both all half not many quite
        """
    ),
)

# A word of a noun without an article.
_BARE = (
    r"\s(?!(?:by|the|an?|up|into|onto|than|as|in|on|to|for|with|from|of|at|not|so|only|such|more"
    r"|much|very|quite|this|these|those|and|or)\b)\p{Ll}+(?<!ly)"
)
_DEFINITIONS = Definitions(
    articles=patterns("the an? each every"),
    # The last ones are masses and plurals: "compost is decayed plant matter that".
    is_kind=(
        r"(?:is|are)\s(?:an?|the|any|those|that|essentially\san?|simply\san?)"
        rf"|is(?=(?:{_BARE}){{2,4}}?(?<!ly|ing|ed)\s(?:that|which|made\s(?:of|from|by)"
        r"|formed\s(?:from|by)|produced\s(?:by|in))\b)"
        rf"|are(?=(?:{_BARE}){{1,4}}?(?<=s)\s(?:that|which|who|made\sof|formed\sby)\b)"
    ),
    no_kind=patterns(
        r"""
        (?!(?:smallest|simplest)\s(?:unit|part|particle|form)\b)\p{Ll}{4,}est same result case
        reason cause only first last next best most chief
        greatest least more less great good common matter fact question source seat time way
        rest remainder important favorite general subject habit means object effects? essential
        necessary natural main principal very quite few little number numerous many mistake duty
        task one ones what why how where when it they not no so sure certain clear true possible
        likely used made found known seen called considered also often usually always never
        """
    ),
    vague=patterns(
        r"""
        causes? steps? concerns? ways? examples? tasks? needs? problems? issues? questions?
        challenges? priority priorities reasons? results? goals? aims? purposes? choices? options?
        ideas? must risks? threats? dangers? hazards? topics? advantages? disadvantages? benefits?
        drawbacks? factors? signs? success failure mistakes? alternatives? rule bit lot lack help
        staple mainstay cornerstone pillar hallmark features? characteristics? aspects? fact facts
        exceptions? requirements? prerequisites? necessity responsibility duty start beginning
        target victims? source sources subjects? focus trend reminder favou?rites? candidates?
        habits? guess bet pity shame luxury nuisance blessing goal solution-provider
        good bad better best worst great important key core main major serious significant popular
        effective ineffective efficient useful helpful valuable excellent ideal perfect suitable
        safe easy easier harder quick reliable frequent typical essential vital crucial critical
        leading potential possible likely necessary well-known best-known known familiar
        big huge nice fine classic different mere tricky growing common commonest usual
        fundamental poor strong weak sound wise smart sensible attractive promising interesting
        remarkable impressive delightful convenient dangerous marvel+ous delicate wonderful
        beautiful pleasant ingredients? guide exceedingly extremely remarkably very particularly
        especially quite rather so too
        """
    ),
    relative=words("that which who whom whose where when used"),
    means=r"means|refers\sto|denotes|signifies",
    called=(
        r"(?:is|are)\s(?:\w+ly\s)?(?:called|known\sas|termed|named|spoken\sof\sas)\s"
        r"(?:the\s|an?\s)?"
    ),
    negated=r"^(?:the\s)?(?:\w+\s)?term\b.*\bcoined\b|\bmeans\sthat\b",
    no_terms=words(
        """
        he she but and or if when where who whoever what there here it which that this these
        limitation drawback hope trick catch trouble point aim key
        """
    ),
    no_first=patterns(
        r"""
        first second third fourth last next final only chief primary secondary other another most
        many some several few all both such same actual typical usual simplest hence today now
        then here there currently recently sometimes perhaps in on at by for with from to as if
        what how why where when while because since although whether one two three \w+ly doing
        being having getting making taking using
        """
    ),
    # "The longest bone is the femur" does not define "longest bone".
    noun_first=True,
)

_WORD_CLASSES = WordClasses(
    before_nouns=words(
        """
        the a an of in by from with its their his her this these each every some any no into
        upon between through
        """
    ),
    before_verbs=words(
        """
        to will can may might must shall should would could not cannot never always often
        usually also they we you he it who which that then do does did
        """
    ),
    degrees=words(
        """
        is are was were be been become becomes very more most less least so too quite rather
        extremely as
        """
    ),
    than="than",
    determiners=words(
        """
        a an the his her its their our your this these those it them him us me up out off down
        away back together
        """
    ),
    abstract=r"(?:tion|sion|ity|ness|ment|ance|ence|ing|ship|ism)s?$|(?:ities|ncies|ency|ancy)$",
    adjective=r"(?:al|ic|ous|ive|ary|ory|ar|able|ible|ish)$",
    no_noun=r"""(?:ly|est|ful|less|n't)$ | (?<!hundr|se|we|sh|^\p{L}|^\p{L}\p{L})ed$
        | ^(?:seen|been|gone|done|taken|given|made|known|formed|called)$""",
    # "Plug damps hot" is a piece of a sentence; of a name, the last word alone is in the plural.
    inner_verb=r"(?<![suio])s$",
    modifiers_first=True,
)

_GRADING = Grading(
    list_and="and",
    markers=(
        "Answer:",
        "answer is",
        "answers are",
        "answer would be",
        "answer should be",
        "answer must be",
        "answer to this question is",
        "answer to the question is",
        "Final answer:",
        "Correct answer:",
        "Correct answers:",
        "correct option is",
        "correct options are",
        "correct choice is",
        "correct choices are",
        "correct one is",
        "best option is",
        "best choice is",
    ),
    articles=("a", "an", "the"),
    letter_words="AI",
    choosing=phrases(
        """
        options?|choices?|letters?|answers?|both|the|it is|it's|is|are|must be|should be|would be|be
        |choose|select|pick|think|chose|selected|so|therefore|thus|hence|then|but
        """
    ),
    intro_articles=("the ",),
    intro=("both", "options?", "choices?", "letters?"),
    right=(
        r"(?:is|are|seems|must be)\s+(?:the\s+)?(?:most\s+)?"
        r"(?:correct|right|true|best|answer|likely|appropriate)"
    ),
    wrong=(
        r"(?:is|are|was|were|does|do|did|can|could|would|must|seems?)\s*(?:n't|n’t|not|never"
        r"|wrong|incorrect|false|excluded|ruled out|unlikely)|cannot"
    ),
    denial=phrases(
        """
        not|n't|n’t|no|never|nor|neither|without|except|unlike|exclude[sd]?|excluding|rules? out
        |ruled out|rather than|instead of|than
        """
    ),
    denial_endings=("n't", "n’t"),
    small_words=patterns("a an the in of by be to is from option choice"),
    conclusion=phrases("so|therefore|thus|hence|consequently|in conclusion|overall"),
    goes_on=patterns("because since as for is are was due which and or but given if with would"),
    or_words=("or",),
    and_words=("and",),
)

_DIVISIONS = Divisions(
    volumes=patterns("volume book"),
    parts=("part",),
    chapters=patterns("chapter lesson unit module lecture"),
    sections=patterns(r"section sec\."),
    articles=patterns("article rule clause"),
    annexes=patterns("appendix annex"),
    numbers=patterns(
        """
        one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
        sixteen seventeen eighteen nineteen twenty
        """
    ),
    pages=patterns(r"page pg\.? p\."),
    contents=phrases("contents|table of content|in this chapter|in this section|on this page"),
    own_level=frozenset(
        phrases(
            """
            preface|foreword|prologue|introduction|abstract|summary|executive summary|conclusion
            |conclusions|epilogue|afterword|glossary|appendix|appendices|notes|endnotes|footnotes
            """
        )
    ),
    boxes=frozenset(phrases("note|tip|hint|caution|warning|important|attention|danger")),
)

_STUDY = Study(
    refusals=phrases(
        """
        i cannot|i can't|i'm sorry|i am sorry|i apologize|i apologise|sorry, i|sorry, but|
        as an ai|as a language model|i'm unable|i am unable|i'm not able|unfortunately, i
        """
    ),
    passage_words=phrases(
        """
        this passage|in the passage|the passage says|the passage states|
        the passage describes|the passage mentions|according to the passage|
        according to the text|in the text|this text|the excerpt|this excerpt|
        the given passage|described above|mentioned above
        """
    ),
)

LANGUAGE = Language(
    code="en",
    names=words("english eng"),
    exam_words=words(
        """
        which what who whom whose when where why how following statement statements true false
        correct incorrect right wrong except best most least likely describe describes
        describing answer answers option options choose select choice choices question questions
        please explain briefly regarding concerning above below none all given
        """
    ),
    lexicon=_LEXICON,
    headings=_HEADINGS,
    exercises=Exercises(
        generic=_GENERIC,
        context=_CONTEXT,
        orders=_ORDERS,
        definitions=_DEFINITIONS,
        word_classes=_WORD_CLASSES,
    ),
    grading=_GRADING,
    divisions=_DIVISIONS,
    study=_STUDY,
)


@hookimpl
def register_languages() -> list[Language]:
    """Register English."""
    return [LANGUAGE]
