"""Everything that the package knows of languages, one module a language.

    get("fr").lexicon.function    the stop words of French
    get("xx")                     a neutral `Language`, whose parts are empty
    registered()                  all languages, where a text may be of any of them

Built-in languages enter by the hook `register_languages`, as those of plugins do. The registry
belongs to the process, so that functions at any depth can read it. It holds the built-in languages
until `plugins.build_plugin_manager` fills it with those of its manager: every command and every
worker of a training run builds one first, from the same installed plugins. A process pool of our
own gets the languages of its parent: `initializer=use, initargs=(registered(),)`.

The values below hold what is known. Every part has a neutral default, so that a language says only
what is known of it. Patterns are sources of the `regex` module; they are compiled where they are
used, so that a `Language` can be pickled.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import regex

# --- Values


def words(text: str) -> frozenset[str]:
    """Split at blanks into a set of words.

    >>> sorted(words("an a  the"))
    ['a', 'an', 'the']
    """
    return frozenset(text.split())


def patterns(text: str) -> tuple[str, ...]:
    r"""Split at blanks into patterns, in order; a blank inside a pattern is written `\s`.

    >>> patterns(r"figs? plus\shaut")
    ('figs?', 'plus\\shaut')
    """
    return tuple(text.split())


def phrases(text: str) -> tuple[str, ...]:
    """Split at `|` into phrases, in order; line ends count as blanks.

    >>> phrases("as a result|thus")
    ('as a result', 'thus')
    """
    lines = " ".join(text.split())
    return tuple(phrase.strip() for phrase in lines.split("|") if phrase.strip())


def pattern(text: str) -> str:
    r"""Join the lines of one long pattern; blanks inside a line count.

    >>> pattern(" key (?:points|ideas) \n |summary")
    'key (?:points|ideas)|summary'
    """
    return "".join(line.strip() for line in text.splitlines())


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """Ends of sentences, which are found by the rules of pysbd.

    Args:
        segmenter: ISO 639-1 code of the pysbd rules; empty for the language's own, or English ones
            where pysbd has none.
        abbreviations: Words in lower case after whose full stop a sentence goes on, besides those
            that pysbd knows.
        full_width: Whether sentences end with full-width marks (`。！？`).
    """

    segmenter: str = ""
    abbreviations: frozenset[str] = frozenset()
    full_width: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Function words in lower case; single characters where words have no blanks between them.

    Args:
        function: Stop words, which neither begin nor end a title.
        linking: Stop words that a title may have inside.
        naming: Words that precede a name, such as articles.
        leaning: Openings that refer to the text before; no section begins with one.
        pointing: Words of a first sentence that refer to the text before.
        chapter: Phrases by which a chapter speaks of itself.
        defining: Words between a term and its definition.
        binding: Words that join two parts of one phrase ("of", "and"), between which nothing ends.
        clause_marks: Marks after which a clause ends within a sentence.
    """

    function: frozenset[str] = frozenset()
    linking: frozenset[str] = frozenset()
    naming: frozenset[str] = frozenset()
    leaning: tuple[str, ...] = ()
    pointing: frozenset[str] = frozenset()
    chapter: tuple[str, ...] = ()
    defining: frozenset[str] = frozenset()
    binding: frozenset[str] = frozenset()
    clause_marks: str = ",;:，；"


@dataclass(frozen=True, slots=True, kw_only=True)
class Apparatus:
    """Patterns of the sections of a book that hold no knowledge of their own, in lower case.

    A title names an apparatus if it consists of names, words around them and numbers: "Chapter 3
    Review Questions".

    Args:
        names: Names ("learning objectives", "summary", "image credits").
        glossaries: Names of lists of terms with their meanings.
        around: Words around a name ("chapter", "selected"), which are no names.
        titled: Names with a letter or number, after which the section has a title of its own.
        openings: Beginnings of the text of such a section, whatever its name.
    """

    names: str = ""
    glossaries: str = ""
    around: str = ""
    titled: str = ""
    openings: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """Titles and their numbering.

    Args:
        part: Title of a numbered part, with `{}` for the number; empty for the English one.
        numbered: Words that precede a number and a mark ("Section 4: Cells").
        chapters: Words that precede a number without a mark ("Chapter 4 Cells").
        numbering: Patterns of other numberings at the beginning of a title, blanks included.
        back_matter: Titles in lower case that name no knowledge (contents, index, exercises).
        ambiguous: Titles of `back_matter` that are knowledge if they have headings below them.
        apparatus: Patterns of such titles, and of the words around them.
        title_case: Whether all content words of a title have capitals.
    """

    part: str = ""
    numbered: tuple[str, ...] = ()
    chapters: tuple[str, ...] = ()
    numbering: tuple[str, ...] = ()
    back_matter: frozenset[str] = frozenset()
    ambiguous: frozenset[str] = frozenset()
    apparatus: Apparatus = Apparatus()
    title_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Signs of a sentence that depends on its context; no exercise asks about it.

    The tuples are patterns of whole words; in a language without blanks, of characters.

    Args:
        elsewhere: References to another place of the page or book ("above", "foregoing").
        numbered: Words that refer to another place with a number ("fig. 12").
        pictures: Verbose pattern of words about a picture or table of the page ("the graph shows").
        captions: Words with a number that begin a caption or a note ("Table 3").
        speaking: Pronouns of the writer and the reader.
        pointing: Demonstratives.
        one_of_several: Verbose pattern of openings whose noun is named before ("The second is").
        copula: Pattern of a demonstrative that means "is".
        connectives: Openings before a comma that join a sentence to the one before it and do not
            change what it says ("however").
        adverbs: Words inside a sentence that do the same ("also").
        worked: Lines, in lower case, that name the parts of a worked example; the first one opens
            it ("strategy", "solution").
    """

    elsewhere: tuple[str, ...] = ()
    numbered: tuple[str, ...] = ()
    pictures: str = ""
    captions: tuple[str, ...] = ()
    speaking: tuple[str, ...] = ()
    pointing: tuple[str, ...] = ()
    one_of_several: str = ""
    copula: str = ""
    connectives: tuple[str, ...] = ()
    adverbs: tuple[str, ...] = ()
    worked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Sentences that tell the reader to do something.

    Args:
        pattern: Verbose pattern of their beginnings.
        objects: Words that follow a verb at the beginning of a sentence, and no noun there.
        no_verbs: Words before `objects` that are no verbs, besides the function words.
    """

    pattern: str = ""
    objects: frozenset[str] = frozenset()
    no_verbs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Patterns of sentences that define a term.

    A definition is an article, the term, brackets, and then one of these parts.

    Args:
        articles: Patterns of what may precede the term.
        is_kind: "is a" and the like.
        no_kind: Patterns of words after `is_kind` that say something else of the term.
        vague: Patterns of words near `is_kind` that judge or place the term ("good", "cause").
        relative: Words that end the noun after `is_kind`, besides the linking ones.
        means: Verbs that introduce the meaning of a word.
        called: "is called" before a term that ends the sentence.
        unspaced: The whole pattern instead, with `<term>` for the term and its brackets.
        negated: Pattern of sentences that define nothing, in spite of the other patterns.
        no_terms: Words in lower case that are no term.
        no_first: Patterns of words that no term begins with.
        noun_first: Whether a term of several words begins with a word that can be a noun.
    """

    articles: tuple[str, ...] = ()
    is_kind: str = ""
    no_kind: tuple[str, ...] = ()
    vague: tuple[str, ...] = ()
    relative: frozenset[str] = frozenset()
    means: str = ""
    called: str = ""
    unspaced: str = ""
    negated: str = ""
    no_terms: frozenset[str] = frozenset()
    no_first: tuple[str, ...] = ()
    noun_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WordClasses:
    """Signs of nouns, verbs and adjectives, in lower case.

    Args:
        before_nouns: Words before nouns, such as articles; empty where nothing shows nouns.
        before_verbs: Words before verbs.
        degrees: Words before adjectives.
        than: Word after a comparative.
        determiners: Words after a verb, which begin its object, and particles.
        abstract: Pattern of endings of names of acts and qualities.
        adjective: Pattern of endings that adjectives have more often than nouns.
        no_noun: Verbose pattern of words that are no nouns.
        inner_verb: Pattern of endings that verbs have, and no word inside a name.
        modifiers_first: Whether adjectives precede their noun.
    """

    before_nouns: frozenset[str] = frozenset()
    before_verbs: frozenset[str] = frozenset()
    degrees: frozenset[str] = frozenset()
    than: str = ""
    determiners: frozenset[str] = frozenset()
    abstract: str = ""
    adjective: str = ""
    no_noun: str = ""
    inner_verb: str = ""
    modifiers_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compounds:
    """Patterns of compound nouns in a script that shows them by its characters.

    Args:
        run: A compound.
        character: A character of compounds.
        following: Text after a compound.
        no_name: Pattern of a compound that is no name (time, place, manner).
        prefixes: Characters before a run that make it another word.
    """

    run: str
    character: str
    following: str
    no_name: str
    prefixes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Patterns of the characters around a word where blanks do not show words.

    Args:
        before_verb: End of the text before a verb.
        after_verb: Beginning of the text after a verb.
        before_noun: End of the text before a noun.
        after_noun: Beginning of the text after a noun.
        suffixes: Characters that end a word and begin none.
    """

    before_verb: str
    after_verb: str
    before_noun: str
    after_noun: str
    suffixes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercises:
    """Signs by which sentences and terms are chosen for exercises.

    Args:
        generic: General words in lower case, which are no terms by themselves.
        context: Signs of sentences that depend on their context.
        orders: Signs of orders.
        definitions: Patterns of definitions; None where none are found.
        word_classes: Signs of nouns and verbs; by default every word may be a term.
        compounds: Patterns of compound nouns; None where they have no such signs.
        neighbours: Patterns around words without blanks; None for those of Chinese.
    """

    generic: frozenset[str] = frozenset()
    context: Context = Context()
    orders: Orders = Orders()
    definitions: Definitions | None = None
    word_classes: WordClasses = WordClasses()
    compounds: Compounds | None = None
    neighbours: Neighbours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """Words by which an answer names an option or begins.

    The tuples are patterns of whole words; in a language without blanks, of characters. `right`
    and `wrong` are patterns of their own.

    Args:
        markers: Phrases before a final answer, no patterns; the first is the one that samples use.
            One that ends in a colon is a noun, the others are clauses.
        colons: Patterns of what can replace the colon of a marker.
        copulas: Words that end a sentence which begins with a marker.
        articles: Articles, which do not count in a comparison of answers.
        letter_words: Capital letters that are words of the language.
        after_letter: Words that may follow an option's letter of the language's own script.
        choosing: Words before the letter of a chosen option.
        intro_articles: Articles before `intro`, with their blank.
        intro: Words for "option" before the letter that begins an answer.
        right: Text after a letter that calls it right.
        wrong: Text after a letter that calls it wrong.
        denial: Words before a letter or an option that deny it.
        denial_endings: Endings of words that deny what follows.
        small_words: Words between a denial and what it denies.
        conclusion: Words that introduce a conclusion.
        goes_on: Words after a letter that go on with the sentence.
        or_words: Words for "or".
        and_words: Words for "and".
        list_and: Pattern of the word between the last two titles of a list.
    """

    markers: tuple[str, ...] = ()
    colons: tuple[str, ...] = ()
    copulas: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    letter_words: str = ""
    after_letter: tuple[str, ...] = ()
    choosing: tuple[str, ...] = ()
    intro_articles: tuple[str, ...] = ()
    intro: tuple[str, ...] = ()
    right: str = ""
    wrong: str = ""
    denial: tuple[str, ...] = ()
    denial_endings: tuple[str, ...] = ()
    small_words: tuple[str, ...] = ()
    conclusion: tuple[str, ...] = ()
    goes_on: tuple[str, ...] = ()
    or_words: tuple[str, ...] = ()
    and_words: tuple[str, ...] = ()
    list_and: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Divisions:
    """Words of the outline of a book; each tuple holds patterns, in lower case.

    The words of a language with blanks precede a number ("Chapter 3"); the others follow one
    ("第三章").

    Args:
        volumes: Words for volumes.
        parts: Words for parts.
        chapters: Words for chapters.
        sections: Words for sections.
        articles: Words for articles of a law.
        annexes: Words for annexes, which precede a letter or a number in every language.
        numbers: Number words from one on, as they follow `chapters`.
        pages: Words for pages.
        contents: Words of titles of a list of contents; a title may have other words around them.
        own_level: Titles of chapters that have no number (preface, summary), in lower case.
        boxes: Titles of boxes beside the text (note, warning), in lower case.
    """

    volumes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    chapters: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    annexes: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    own_level: frozenset[str] = frozenset()
    boxes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Phrases in small letters by which texts of a language model are left out.

    Args:
        refusals: Beginnings of a text in which a model declines.
        passage_words: Phrases that speak of the passage, which a reader does not see.
    """

    refusals: tuple[str, ...] = ()
    passage_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Language:
    """Everything that the package knows of one language.

    Args:
        code: ISO 639-1 code, by which it is registered.
        names: Names and codes in lower case by which records of questions may name it.
        spaced: Whether words have blanks between them.
        script: Pattern of one of its letters; empty for Latin ones, which need no check.
        capital_nouns: Whether every noun has a capital.
        elision: Pattern of an article that is written together with the next word.
        exam_words: Words that exam questions consist of, without accents.
        sentences: Ends of sentences.
        lexicon: Function words.
        headings: Titles and their numbering.
        exercises: Signs by which exercises are chosen.
        grading: Words by which answers are graded.
        divisions: Words of the outline of a book.
        study: Phrases by which texts of a language model are left out.
    """

    code: str
    names: frozenset[str] = frozenset()
    spaced: bool = True
    script: str = ""
    capital_nouns: bool = False
    elision: str = ""
    exam_words: frozenset[str] = frozenset()
    sentences: Sentences = field(default_factory=Sentences)
    lexicon: Lexicon = field(default_factory=Lexicon)
    headings: Headings = field(default_factory=Headings)
    exercises: Exercises = field(default_factory=Exercises)
    grading: Grading = field(default_factory=Grading)
    divisions: Divisions = field(default_factory=Divisions)
    study: Study = field(default_factory=Study)


# --- Registry

FALLBACK = "en"

_F = TypeVar("_F", bound=Callable[..., Any])
_REGISTRY: dict[str, Language] = {}
_CACHES: list[Any] = []


def get(code: str) -> Language:
    """Return the language of an ISO 639-1 code; a neutral one where none is registered.

    >>> get("fr").code, get("xx").code, sorted(get("xx").lexicon.function)
    ('fr', 'xx', [])
    """
    return _registry().get(code) or _neutral(code)


def registered() -> tuple[Language, ...]:
    """Return the registered languages in the order of their codes.

    >>> [language.code for language in registered()][:3]
    ['de', 'en', 'es']
    """
    return tuple(_registry().values())


def use(languages: Iterable[Language]) -> None:
    """Replace the registered languages of this process."""
    ordered = sorted(languages, key=lambda language: language.code)
    if ordered == list(_REGISTRY.values()):
        return
    _REGISTRY.clear()
    _REGISTRY.update((language.code, language) for language in ordered)
    for cache in _CACHES:
        cache.cache_clear()


def cached(function: _F) -> _F:
    """Cache results that depend on the registered languages; they are dropped when these change."""
    cache: Any = lru_cache(maxsize=64)(function)
    _CACHES.append(cache)
    return cache  # type: ignore[no-any-return]


def fault_of(language: Language) -> str:
    """Return the reason why a language cannot be used; empty if it can.

    >>> fault_of(Language(code="eng"))
    "its code is 'eng', but must be an ISO 639-1 code: two small letters"
    """
    code = language.code
    if not (len(code) == 2 and code.isascii() and code.isalpha() and code.islower()):
        return f"its code is {code!r}, but must be an ISO 639-1 code: two small letters"
    if "{}" not in (language.headings.part or "{}"):
        return f"its `headings.part` is {language.headings.part!r}, but must contain {{}}"
    return next(_wrong_patterns(language), "")


def _wrong_patterns(language: Language) -> Iterator[str]:
    """Yield an error message for each pattern that cannot be compiled, or that has no text."""
    exercises = language.exercises
    parts = (exercises.context, exercises.orders, exercises.definitions, exercises.word_classes)
    apparatus = language.headings.apparatus
    for part in (language, language.headings, apparatus, language.grading, *parts):
        module: Any = re if part is language.grading else regex
        for name in getattr(part, "__slots__", ()):
            value = getattr(part, name)
            sources = (value,) if isinstance(value, str) else value
            for source in sources if isinstance(sources, tuple) and name != "markers" else ():
                try:
                    module.compile(source)
                except (re.error, regex.error) as error:
                    yield f"`{name}` holds {source!r}, which is no pattern: {error}"


@cached
def code_of(name: str) -> str | None:
    """Return the code of a language by its English name or a code of three letters.

    >>> code_of("chinese"), code_of("fra"), code_of("klingon")
    ('zh', 'fr', None)
    """
    from structtuning_plugin.languages.fallback import NAMES

    names_of = {language.code: language.names for language in registered()}
    return next((code for code, names in {**NAMES, **names_of}.items() if name in names), None)


def builtin() -> tuple[Any, ...]:
    """Return the modules of the built-in languages, which implement `register_languages`."""
    from structtuning_plugin.languages import de, en, es, fr, ja, pl, ru, zh

    return (de, en, es, fr, ja, pl, ru, zh)


def _registry() -> dict[str, Language]:
    if not _REGISTRY:
        entries: list[Language] = []
        for module in builtin():
            entries += module.register_languages()
        use(entries)
    return _REGISTRY


@cached
def _neutral(code: str) -> Language:
    from structtuning_plugin.languages.fallback import neutral

    return neutral(code)


# --- Detection


def detect(text: str) -> str:
    """Detect the ISO 639-1 code by the prose of all parts of a text; `en` for under 8 letters.

    >>> detect("Der Hund läuft schnell über die grüne Wiese, und die Katze schläft.")
    'de'
    """
    from structtuning_plugin.languages.prose import samples_of

    samples = samples_of(text)
    if sum(character.isalpha() for sample in samples for character in sample) < 8:
        return FALLBACK
    import py3langid  # loads its model: only where there is something to detect

    votes: Counter[str] = Counter()
    for sample in samples:
        votes[str(py3langid.classify(sample)[0])] += len(sample)
    votes.pop("zxx", None)  # "no language": figures and signs
    return votes.most_common(1)[0][0] if votes else FALLBACK


def most_common(languages: Iterable[str]) -> str:
    """Return the most frequent language, the first one of equals; `en` where there is none."""
    counted = Counter(languages).most_common(1)
    return counted[0][0] if counted else FALLBACK
