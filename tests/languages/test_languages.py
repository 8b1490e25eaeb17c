"""The registry of languages, and the languages of a plugin in the functions that read it."""

from __future__ import annotations

import pickle
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from structtuning_plugin import languages
from structtuning_plugin.config import CorpusEntry
from structtuning_plugin.core import workers
from structtuning_plugin.core.errors import PluginError
from structtuning_plugin.core.types import Document, QAPair, ReadResult
from structtuning_plugin.core.workers import WorkerPool
from structtuning_plugin.corpus.discovery import discover
from structtuning_plugin.corpus.reading import read_corpus
from structtuning_plugin.hookspecs import ReadRequest, hookimpl
from structtuning_plugin.languages import (
    Context,
    Exercises,
    Grading,
    Headings,
    Language,
    Orders,
    Sentences,
    words,
)
from structtuning_plugin.plugins import build_plugin_manager, readers, registered_languages
from structtuning_plugin.questions.exclusion.normalise import formula_words
from structtuning_plugin.questions.exercises.ranking import is_apart, is_order
from structtuning_plugin.questions.exercises.sentences import sentence_ends
from structtuning_plugin.questions.grading.answers import grade_choice
from structtuning_plugin.questions.grading.final_answer import final_answer, marker
from structtuning_plugin.taxonomy.apparatus import is_apparatus
from structtuning_plugin.taxonomy.titles import display_title

CODES = ["de", "en", "es", "fr", "ja", "pl", "ru", "zh"]
ESPERANTO = Language(
    code="eo",
    names=words("esperanto epo"),
    sentences=Sentences(abbreviations=words("ekz")),
    headings=Headings(
        part="Parto {}", numbered=("ĉapitro",), back_matter=frozenset({"enhavo"}), title_case=True
    ),
    exercises=Exercises(context=Context(captions=("bildo",)), orders=Orders(pattern=r"\p{L}+u\b")),
    exam_words=words("kiu kio sekva"),
    grading=Grading(
        markers=("Respondo:", "respondo estas"), choosing=("elekto",), and_words=("kaj",)
    ),
)


def plugin(name: str, *entries: Language) -> ModuleType:
    """A module that registers languages."""
    module = ModuleType(name)
    vars(module)["register_languages"] = hookimpl(lambda: list(entries))
    return module


def test_the_built_in_languages_enter_by_the_hook() -> None:
    assert list(registered_languages(build_plugin_manager())) == CODES
    assert [language.code for language in languages.registered()] == CODES


def test_a_part_that_a_language_lacks_is_empty() -> None:
    by_code = {code: languages.get(code) for code in CODES}
    full = {"en", "es", "fr", "ja", "ru", "zh"}
    assert {code for code, own in by_code.items() if own.grading.markers} == full
    assert {code for code, own in by_code.items() if own.exam_words} == full
    assert {code for code, own in by_code.items() if not own.spaced} == {"ja", "zh"}
    with_articles = {"de", "en", "es", "fr"}
    assert {code for code, own in by_code.items() if own.lexicon.naming} == with_articles
    classes = {code for code, own in by_code.items() if own.exercises.word_classes.before_nouns}
    assert classes == with_articles
    assert all(own.lexicon.function and own.headings.part for own in by_code.values())


def test_an_unknown_code_gives_a_neutral_language() -> None:
    neutral = languages.get("xx")
    assert (neutral.code, neutral.spaced) == ("xx", True)
    assert neutral.lexicon == languages.Lexicon()
    assert neutral.grading == Grading()
    assert neutral is languages.get("xx")


def test_scripts_and_elision_are_known_of_more_languages() -> None:
    assert languages.get("uk").script == languages.get("ru").script
    assert languages.get("it").elision == languages.get("fr").elision
    assert not languages.get("pt").elision


@pytest.mark.parametrize(
    ("name", "code"), [("chinese", "zh"), ("cmn", "zh"), ("nld", "nl"), ("esperanto", None)]
)
def test_names_of_languages(name: str, code: str | None) -> None:
    assert languages.code_of(name) == code


def test_languages_can_be_sent_to_another_process() -> None:
    copies = pickle.loads(pickle.dumps(languages.registered()))
    assert [replace(language).code for language in copies] == CODES
    assert copies[0].lexicon == languages.get("de").lexicon


# --- The language of a plugin


def test_a_plugins_language_is_used_everywhere() -> None:
    assert not is_apparatus("Enhavo", "Enhavo")
    build_plugin_manager(plugin("stranger", ESPERANTO))
    assert languages.get("eo") is ESPERANTO
    assert languages.code_of("epo") == "eo"
    assert is_apparatus("Enhavo", "Enhavo")
    assert display_title("Ĉapitro 3: Rado") == "Rado"
    assert is_apart("Bildo 3. La rado.")
    assert is_order("Prenu la radon.", "eo")
    assert {"kiu", "kio", "sekva"} <= formula_words()
    assert marker("eo") == "Respondo:"
    assert final_answer("Longe mi pensis. Respondo: la hepato", "eo") == "la hepato"
    text = "Bestoj, ekz. Bovo kaj ĉevalo, manĝas herbon. Ili dormas."
    assert next(text[:end] for end in sentence_ends(text, "eo")).endswith("herbon. ")


def test_answers_are_read_in_a_plugins_language() -> None:
    options = (("A", "hepato"), ("B", "koro"), ("C", "pulmo"))
    pair = QAPair(
        id="1",
        format="mmedbench",
        question="?",
        answers=("hepato",),
        options=options,
        correct=("A", "B"),
        language="eo",
    )
    assert grade_choice(pair, "Respondo estas A kaj B") == 0
    build_plugin_manager(plugin("stranger", ESPERANTO))
    assert grade_choice(pair, "Respondo estas A kaj B") == 1


def test_the_languages_of_the_last_manager_count() -> None:
    build_plugin_manager(plugin("stranger", ESPERANTO))
    assert is_apparatus("Enhavo", "Enhavo")
    build_plugin_manager()
    assert not is_apparatus("Enhavo", "Enhavo")
    assert languages.get("eo") is not ESPERANTO


def test_two_owners_of_a_language() -> None:
    with pytest.raises(
        PluginError, match=r"The language `fr` has two owners: .*languages\.fr and stranger\."
    ):
        build_plugin_manager(plugin("stranger", Language(code="fr")))


@pytest.mark.parametrize(
    ("language", "message"),
    [
        (Language(code="epo"), "its code is 'epo', but must be an ISO 639-1 code"),
        (
            Language(code="eo", headings=Headings(part="Parto")),
            "its `headings.part` is 'Parto', but must contain {}",
        ),
        (
            Language(code="eo", exercises=Exercises(orders=Orders(pattern="(u"))),
            "`pattern` holds '(u', which is no pattern: missing )",
        ),
        (
            Language(code="eo", grading=Grading(and_words=("kaj", "*"))),
            "`and_words` holds '*', which is no pattern: nothing to repeat",
        ),
    ],
)
def test_what_cannot_work_is_said_when_the_plugin_is_loaded(
    language: Language, message: str
) -> None:
    with pytest.raises(PluginError, match=re.escape(message)):
        build_plugin_manager(plugin("stranger", language))


def test_no_language_is_refused() -> None:
    with pytest.raises(PluginError, match="stranger returned 'eo' from `register_languages`"):
        build_plugin_manager(plugin("stranger", "eo"))  # type: ignore[arg-type]


# --- Processes


class PartReader:
    """Reader whose documents have the language's name of a part as title."""

    name = "part"
    suffixes = (".part",)

    def read(self, request: ReadRequest) -> ReadResult:
        title = languages.get("eo").headings.part
        return ReadResult(
            documents=(Document(id=request.document_id, text="x", title=title, language="eo"),)
        )


def test_processes_that_read_know_the_languages_of_plugins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PARALLEL_BYTES", 0)
    for name in ("a.part", "b.part"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    stranger = plugin("stranger", ESPERANTO)
    vars(stranger)["register_readers"] = hookimpl(lambda: [PartReader()])
    registry = readers(build_plugin_manager(stranger))
    files, _ = discover([CorpusEntry(path=str(tmp_path))], registry)
    with closing(WorkerPool(2, str, languages.use, (languages.registered(),))) as pool:
        results = list(read_corpus(files, registry, pool))
    assert [result.documents[0].title for result in results] == ["Parto {}", "Parto {}"]


@pytest.mark.parametrize("language", languages.registered(), ids=lambda language: language.code)
def test_the_patterns_of_built_in_languages_compile(language: Language) -> None:
    """A build does not check them: most of them are never used by one process."""
    assert languages.fault_of(language) == ""
