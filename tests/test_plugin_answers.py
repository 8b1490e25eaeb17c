"""Misbehaviour of plugins: one message that names the plugin, the hook and the subject."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from structtuning_plugin import plugins
from structtuning_plugin.config import LLMConfig
from structtuning_plugin.core.errors import ConfigError, CorpusError, LLMError, PluginError
from structtuning_plugin.core.plugin_calls import quote
from structtuning_plugin.core.types import (
    Block,
    Chunk,
    Document,
    Heading,
    Message,
    Outline,
    QAPair,
    ReadResult,
)
from structtuning_plugin.hookspecs import (
    Hit,
    Passage,
    PoolRequest,
    QARequest,
    ReadRequest,
    RecordError,
    SampleKind,
    ScptDraft,
    SsftDraft,
    hookimpl,
)
from structtuning_plugin.llm.client import TransportError
from structtuning_plugin.llm.types import Reply, Request
from structtuning_plugin.plugins import build_plugin_manager
from tests.codecs import CharCodec
from tests.test_plugins import plugin
from tests.trees import context_for, document, grow

INSTEAD = {
    "register_readers": ("reader", "name another reader in `corpus[].format`"),
    "register_taxonomy_extractors": (
        "extractor",
        "name another extractor in `taxonomy.extractor`",
    ),
    "register_llm_clients": ("client", "name another client in `llm.client`"),
    "register_qa_formats": ("QA format", "name another format in `ssft.qa[].format`"),
    "register_retrievers": ("retriever", "name another retriever in `ssft.retriever`"),
    "register_sample_kinds": ("sample kind", "leave it out of `kinds` in the block"),
    "register_exporters": ("exporter", "name another exporter with `--to`"),
    "register_engines": ("engine", "name another engine in `engine`"),
}
REGISTRIES: dict[str, Callable[..., Any]] = {
    "register_readers": plugins.readers,
    "register_taxonomy_extractors": plugins.extractors,
    "register_llm_clients": plugins.llm_clients,
    "register_qa_formats": plugins.qa_formats,
    "register_retrievers": plugins.retrievers,
    "register_sample_kinds": plugins.sample_kinds,
    "register_exporters": plugins.exporters,
    "register_engines": plugins.engines,
    "register_template_dirs": plugins.template_dirs,
}


def registered(hook: str, thing: Any) -> Any:
    """The object `odd` as the registry gives it, when a plugin `stranger` registers it."""
    return REGISTRIES[hook](build_plugin_manager(plugin("stranger", **{hook: [thing]})))["odd"]


def message_of(hook: str, event: str, expected: str) -> str:
    """The message about an event such as "returned None from `read` for a.odd"."""
    kind, instead = INSTEAD[hook]
    return (
        f"The {kind} `odd` (plugin stranger, hook `{hook}`) {event}. Expected: {expected}. "
        f"Report this to the plugin's authors, or {instead}."
    )


class Raising:
    """An answer that is an exception."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def answer(value: Any) -> Any:
    if isinstance(value, Raising):
        raise value.error
    return value


def raised_by(function: Callable[[], Any]) -> PluginError:
    with pytest.raises(PluginError) as caught:
        function()
    return caught.value


# --- what hooks return


@pytest.mark.parametrize(
    ("returned", "event"),
    [
        (Raising(KeyError("books")), "raised KeyError ('books') in"),
        (Raising(RuntimeError("two\nlines.")), "raised RuntimeError (two lines) in"),
        (Raising(ValueError()), "raised ValueError in"),
        (Raising(SystemExit(3)), "raised SystemExit (3) in"),
        ("readers", "returned 'readers' from"),
        ({"name": 1}, "returned {'name': 1} from"),
        (7, "returned 7 from"),
        ([None], "returned None from"),
        ([{"name": "odd"}], "returned {'name': 'odd'} from"),
    ],
)
@pytest.mark.parametrize("hook", sorted(REGISTRIES))
def test_lists_of_hooks(hook: str, returned: Any, event: str) -> None:
    manager = build_plugin_manager(plugin("stranger", **{hook: lambda: answer(returned)}))
    message = str(raised_by(lambda: REGISTRIES[hook](manager)))
    assert message.startswith(f"The plugin stranger {event} `{hook}`. Expected: a list of ")
    assert message.endswith(". Report this to the plugin's authors, or uninstall it.")


@pytest.mark.parametrize(
    ("hook", "attributes", "event", "expected"),
    [
        ("register_readers", {"name": None}, "a reader whose `name` is None", "`name` is a name"),
        ("register_readers", {"name": " "}, "a reader whose `name` is ' '", "`name` is a name"),
        (
            "register_readers",
            {"suffixes": ".odd"},
            "a reader whose `suffixes` is '.odd'",
            "`suffixes` is a tuple of suffixes in lower case, such as `.txt`",
        ),
        (
            "register_readers",
            {"suffixes": (".ODD",)},
            "a reader whose `suffixes` is ('.ODD',)",
            "`suffixes` is a tuple of suffixes in lower case, such as `.txt`",
        ),
        (
            "register_qa_formats",
            {"rank": "first"},
            "a QA format whose `rank` is 'first'",
            "`rank` is a number",
        ),
        (
            "register_qa_formats",
            {"field_names": 3},
            "a QA format whose `field_names` is 3",
            "`field_names` is a tuple of names of fields",
        ),
        (
            "register_retrievers",
            {"least_fit": 1.5},
            "a retriever whose `least_fit` is 1.5",
            "`least_fit` is a share in 0..1",
        ),
        (
            "register_retrievers",
            {"least_fit": float("nan")},
            "a retriever whose `least_fit` is nan",
            "`least_fit` is a share in 0..1",
        ),
    ],
)
def test_attributes(hook: str, attributes: dict[str, Any], event: str, expected: str) -> None:
    methods = [
        "read",
        "check_options",
        "extract",
        "check",
        "create",
        "fits",
        "parse",
        "ask",
        "answer",
        "grade",
        "index",
    ]
    members = {**dict.fromkeys(methods, print), "suffixes": (), "rank": 1, "least_fit": 0.5}
    thing = SimpleNamespace(**{**members, "name": "odd", **attributes})
    manager = build_plugin_manager(plugin("stranger", **{hook: [thing]}))
    assert str(raised_by(lambda: REGISTRIES[hook](manager))) == (
        f"The plugin stranger returned {event} from `{hook}`. Expected: {expected}. Report this to "
        "the plugin's authors, or uninstall it."
    )


def test_a_template_folder_that_is_missing(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    manager = build_plugin_manager(plugin("stranger", register_template_dirs=[missing]))
    assert str(raised_by(lambda: plugins.template_dirs(manager))) == (
        f"The plugin stranger returned {missing}, which is no folder from "
        "`register_template_dirs`. Expected: folders that exist. Report this to the plugin's "
        "authors, or uninstall it."
    )


def test_an_instance_is_named_by_its_class() -> None:
    class Stranger:
        @hookimpl
        def register_readers(self) -> Any:
            return 5

    message = str(raised_by(lambda: plugins.readers(build_plugin_manager(Stranger()))))
    assert message.startswith(f"The plugin {__name__}.")
    assert "Stranger returned 5 from `register_readers`" in message


def test_a_distribution_is_named_with_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = plugin("stranger", register_readers=7)
    manager = build_plugin_manager(stranger)
    distribution = SimpleNamespace(project_name="my-readers", version="0.3")
    monkeypatch.setattr(manager, "list_plugin_distinfo", lambda: [(stranger, distribution)])
    message = str(raised_by(lambda: plugins.readers(manager)))
    assert message.startswith("The plugin my-readers 0.3 returned 7 from `register_readers`.")


def test_the_cause_is_kept_for_a_debugger() -> None:
    error = ValueError("x")
    reader = reader_of(Raising(error))
    assert raised_by(lambda: reader.read(REQUEST)).__cause__ is error


@pytest.mark.parametrize("error", [CorpusError("ours"), KeyboardInterrupt(), GeneratorExit()])
def test_our_own_errors_and_an_interrupt_pass(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        reader_of(Raising(error)).read(REQUEST)
    assert caught.value is error


def test_a_value_that_cannot_be_shown() -> None:
    class Hidden:
        def __repr__(self) -> str:
            raise ValueError

    assert "returned a Hidden from `read`" in str(
        raised_by(lambda: reader_of(Hidden()).read(REQUEST))
    )


def test_long_values_are_cut() -> None:
    message = str(raised_by(lambda: reader_of("x" * 10_000).read(REQUEST)))
    assert f"returned '{'x' * 196}... from `read`" in message


# --- readers


REQUEST = ReadRequest(document_id="a.odd", text="text", source="odd, utf-8")
DOCUMENT = Document(id="a.odd", text="text", title="A", language="en")


class OddReader:
    name = "odd"
    suffixes = (".odd",)

    def __init__(self, returned: Any) -> None:
        self.returned = returned

    def read(self, request: ReadRequest) -> Any:
        return answer(self.returned)


def reader_of(returned: Any) -> Any:
    return registered("register_readers", OddReader(returned))


def one(**changes: Any) -> ReadResult:
    return ReadResult(documents=(replace(DOCUMENT, **changes),))


@pytest.mark.parametrize(
    ("returned", "event", "expected"),
    [
        (Raising(IndexError("no line")), "raised IndexError (no line) in", "a `ReadResult`"),
        (None, "returned None from", "a `ReadResult`"),
        ([DOCUMENT.id], "returned ['a.odd'] from", "a `ReadResult`"),
        (
            ReadResult(documents=None),  # type: ignore[arg-type]
            "returned a `ReadResult` whose `documents` is None from",
            "`documents` is a tuple of `Document`s",
        ),
        (
            ReadResult(dropped=("a",)),  # type: ignore[arg-type]
            "returned a `ReadResult` whose `dropped` is ('a',) from",
            "`dropped` is a tuple of `Dropped`",
        ),
        (
            one(id="b.odd"),
            "returned a document with the id 'b.odd' from",
            "the id `a.odd`, and `a.odd#...` for each further document of the file",
        ),
        (
            ReadResult(documents=(DOCUMENT, DOCUMENT)),
            "returned two documents with the id 'a.odd' from",
            "the id `a.odd`, and `a.odd#...` for each further document of the file",
        ),
        (
            one(text=None),
            "returned a `Document` whose `text` is None from",
            "`text` is a string that UTF-8 can hold",
        ),
        (
            one(text="\ud800"),
            "returned a `Document` whose `text` is '\\ud800' from",
            "`text` is a string that UTF-8 can hold",
        ),
        (
            one(title=None),
            "returned a `Document` whose `title` is None from",
            "`title` is a string, empty if there is no title",
        ),
        (
            one(language=None),
            "returned a `Document` whose `language` is None from",
            "`language` is the code of a language, such as `en`",
        ),
        (
            one(language=""),
            "returned a `Document` whose `language` is '' from",
            "`language` is the code of a language, such as `en`",
        ),
        (
            one(headings=("A",)),
            "returned a `Document` whose `headings` is ('A',) from",
            "`headings` is a tuple of `Heading`s",
        ),
        (
            one(headings=(Heading(level=0, title="A", start=0),)),
            "returned a `Heading` whose `level` is 0 from",
            "`level` is a whole number from 1 on",
        ),
        (
            one(headings=(Heading(level=1, title="A", start=-1),)),
            "returned a `Heading` whose `start` is -1 from",
            "`start` is an offset into the document's text",
        ),
        (
            one(headings=(Heading(level=1, title="A", start=5),)),
            "returned headings of a.odd at [5] from",
            "offsets in order inside the text, which is 0..4",
        ),
        (
            one(blocks=(Block(kind="list", start=2), Block(kind="list", start=1))),
            "returned blocks of a.odd at [2, 1] from",
            "offsets in order inside the text, which is 0..4",
        ),
        (
            one(blocks=(Block(kind="verse", start=0),)),  # type: ignore[arg-type]
            "returned a `Block` whose `kind` is 'verse' from",
            "`kind` is paragraph, code, table, list",
        ),
    ],
)
def test_readers(returned: Any, event: str, expected: str) -> None:
    message = str(raised_by(lambda: reader_of(returned).read(REQUEST)))
    assert message == message_of("register_readers", f"{event} `read` for a.odd", expected)


def test_a_guarded_reader_goes_to_another_process() -> None:
    reader = pickle.loads(pickle.dumps(reader_of(one())))
    assert reader.read(REQUEST) == one()
    assert (reader.name, reader.suffixes) == ("odd", (".odd",))


# --- extractors


BOOK = document("a.md", (1, "Oil"), "A chain wants oil.")
SIZE = len(BOOK.text)
OUTLINE = Outline(title="A", start=0, own_end=SIZE, end=SIZE, source="odd")


class OddExtractor:
    name = "odd"

    def __init__(self, returned: Any, options: Any = None) -> None:
        self.returned, self.options = returned, options

    def check_options(self, options: dict[str, Any]) -> None:
        answer(self.options)

    def extract(self, source: Document, context: Any) -> Any:
        return answer(self.returned)


class OddCoroutine(OddExtractor):
    async def extract(self, source: Document, context: Any) -> Any:
        return answer(self.returned)


@pytest.mark.parametrize("extractor", [OddExtractor, OddCoroutine])
@pytest.mark.parametrize(
    ("returned", "event", "expected"),
    [
        (Raising(ZeroDivisionError()), "raised ZeroDivisionError in", ""),
        (None, "returned None from", ""),
        ({"title": "A"}, "returned {'title': 'A'} from", ""),
        (
            replace(OUTLINE, title=None),  # type: ignore[arg-type]
            "returned a `Outline` whose `title` is None from",
            "`title` is one line of text",
        ),
        (
            replace(OUTLINE, own_end=None),  # type: ignore[arg-type]
            "returned a `Outline` whose `own_end` is None from",
            "`own_end` is an offset into the document's text",
        ),
        (
            replace(OUTLINE, children=(None,)),  # type: ignore[arg-type]
            "returned a `Outline` whose `children` is (None,) from",
            "`children` is a tuple of `Outline`s",
        ),
        (
            replace(OUTLINE, end=5, own_end=5),
            "returned a wrong `Outline` (The outline of a.md covers 0..5 of 0..18) from",
            "an outline that covers 0..18 once and in order",
        ),
        (
            replace(OUTLINE, children=(OUTLINE,)),
            "returned a wrong `Outline` (In the outline of a.md, the branch 'A' and its children "
            "do not fit together) from",
            "an outline that covers 0..18 once and in order",
        ),
    ],
)
def test_extractors(extractor: Any, returned: Any, event: str, expected: str) -> None:
    guarded = registered("register_taxonomy_extractors", extractor(returned))

    async def extract() -> Any:
        outline = guarded.extract(BOOK, context_for(CharCodec()))
        return await outline if asyncio.iscoroutine(outline) else outline

    message = str(raised_by(lambda: asyncio.run(extract())))
    assert message == message_of(
        "register_taxonomy_extractors",
        f"{event} `extract` for a.md",
        expected or "the `Outline` of the document",
    )


def test_options_of_extractors() -> None:
    guarded = registered(
        "register_taxonomy_extractors", OddExtractor(OUTLINE, Raising(TypeError("no")))
    )
    assert str(raised_by(lambda: guarded.check_options({}))) == message_of(
        "register_taxonomy_extractors",
        "raised TypeError (no) in `check_options` for `taxonomy.options`",
        "None, or a `ConfigError`",
    )
    refusing = OddExtractor(OUTLINE, Raising(ConfigError("no such option")))
    with pytest.raises(ConfigError, match="no such option"):
        registered("register_taxonomy_extractors", refusing).check_options({})


# --- formats of questions


PAIR = QAPair(id="q.jsonl#1", format="odd", question="Why?", answers=("So.",), language="")
RECORD = QARequest(id="q.jsonl#1", record={"question": "Why?"})


class OddFormat:
    name = "odd"
    rank = 1

    def __init__(self, returned: Any) -> None:
        self.returned = returned

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> Any:
        return answer(self.returned)

    def parse(self, request: QARequest) -> Any:
        return answer(self.returned)

    def ask(self, pair: QAPair) -> Any:
        return answer(self.returned)

    def answer(self, pair: QAPair) -> Any:
        return answer(self.returned)

    def grade(self, pair: QAPair, given: str) -> Any:
        return answer(self.returned)


ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "fits": ({}, {}),
    "parse": (RECORD,),
    "ask": (PAIR,),
    "answer": (PAIR,),
    "grade": (PAIR, "So."),
}


@pytest.mark.parametrize(
    ("function", "returned", "event", "expected"),
    [
        ("fits", None, "returned None", "True or False"),
        ("fits", Raising(KeyError("x")), "raised KeyError ('x')", "True or False"),
        ("parse", None, "returned None", "a `QAPair`, or a `RecordError`"),
        (
            "parse",
            Raising(KeyError("answer")),
            "raised KeyError ('answer')",
            "a `QAPair`, or a `RecordError`",
        ),
        (
            "parse",
            replace(PAIR, id="1"),
            "returned a `QAPair` whose `id` is '1'",
            "`id` is 'q.jsonl#1'",
        ),
        (
            "parse",
            replace(PAIR, format="plain"),
            "returned a `QAPair` whose `format` is 'plain'",
            "`format` is 'odd'",
        ),
        (
            "parse",
            replace(PAIR, question=" "),
            "returned a `QAPair` whose `question` is ' '",
            "`question` is a text",
        ),
        (
            "parse",
            replace(PAIR, answers=()),
            "returned a `QAPair` whose `answers` is ()",
            "`answers` is a tuple of texts, at least one",
        ),
        (
            "parse",
            replace(PAIR, answers="So."),  # type: ignore[arg-type]
            "returned a `QAPair` whose `answers` is 'So.'",
            "`answers` is a tuple of texts, at least one",
        ),
        (
            "parse",
            replace(PAIR, language=None),  # type: ignore[arg-type]
            "returned a `QAPair` whose `language` is None",
            "`language` is the code of a language such as `en`, or empty where it is to be "
            "detected",
        ),
        (
            "parse",
            replace(PAIR, options=(("A", "So."),), correct=("B",)),
            "returned a `QAPair` with the options ['A'] and the right ones ('B',)",
            "options of different letters, and right ones among them",
        ),
        (
            "parse",
            replace(PAIR, turns=(Message(role="teacher", content="x"),)),
            "returned a `QAPair` whose `turns` is (Message(role='teacher', content='x'),)",
            "`turns` is a tuple of `Message`s of the roles system, user and assistant",
        ),
        ("ask", None, "returned None", "the text of the question"),
        ("ask", "", "returned ''", "the text of the question"),
        ("answer", 3, "returned 3", "the text of the right answer"),
        ("grade", None, "returned None", "a grade in 0..1"),
        ("grade", 1.5, "returned 1.5", "a grade in 0..1"),
        ("grade", float("nan"), "returned nan", "a grade in 0..1"),
        ("grade", Raising(TypeError("re")), "raised TypeError (re)", "a grade in 0..1"),
    ],
)
def test_formats(function: str, returned: Any, event: str, expected: str) -> None:
    guarded = registered("register_qa_formats", OddFormat(returned))
    message = str(raised_by(lambda: getattr(guarded, function)(*ARGUMENTS[function])))
    joint = "in" if event.startswith("raised") else "from"
    subject = "a record" if function == "fits" else "q.jsonl#1"
    assert message == message_of(
        "register_qa_formats", f"{event} {joint} `{function}` for {subject}", expected
    )


def test_a_format_may_refuse_a_record_and_grade_with_a_truth_value() -> None:
    refusing = registered("register_qa_formats", OddFormat(Raising(RecordError("odd", "no"))))
    with pytest.raises(RecordError):
        refusing.parse(RECORD)
    assert registered("register_qa_formats", OddFormat(True)).grade(PAIR, "So.") == 1.0


def test_what_a_format_says_of_itself_is_still_there() -> None:
    thing = OddFormat(PAIR)
    thing.names_benchmark = True  # type: ignore[attr-defined]
    guarded = registered("register_qa_formats", thing)
    assert guarded.names_benchmark is True
    assert not hasattr(guarded, "standard_metrics")


# --- retrievers


PASSAGES = [
    Passage(chunk_id=name, text=name, titles=("Book",), language="en") for name in ("c1", "c2")
]
HIT = Hit(chunk_id="c1", score=2.0, fit=0.5)


class OddRetriever:
    name = "odd"
    least_fit = 0.5

    def __init__(self, returned: Any, searcher: Any = None) -> None:
        self.returned, self.searcher = returned, searcher or self

    def check_options(self, options: dict[str, Any]) -> None:
        answer(self.returned)

    def index(self, passages: Any, options: dict[str, Any]) -> Any:
        return answer(self.searcher)

    def search(self, questions: Any, count: int) -> Any:
        return answer(self.returned)


@pytest.mark.parametrize(
    ("returned", "event", "expected"),
    [
        (Raising(MemoryError()), "raised MemoryError in `search` for 1 questions", ""),
        (None, "returned None from `search` for 1 questions", ""),
        ([], "returned 0 lists from `search` for 1 questions", ""),
        ([[HIT], [HIT]], "returned 2 lists from `search` for 1 questions", ""),
        ([None], "returned None from `search` for the question 'Why?'", "up to 2 `Hit`s"),
        ([["c1"]], "returned 'c1' from `search` for the question 'Why?'", "up to 2 `Hit`s"),
        ([[HIT] * 3], "returned 3 hits from `search` for the question 'Why?'", "up to 2 `Hit`s"),
        (
            [[replace(HIT, chunk_id="c9")]],
            "returned a `Hit` with the unknown chunk id 'c9' from `search` for the question 'Why?'",
            "the `chunk_id` of a passage that was indexed",
        ),
        (
            [[HIT, HIT]],
            "returned a passage twice from `search` for the question 'Why?'",
            "each passage once",
        ),
        (
            [[replace(HIT, fit=1.2)]],
            "returned a `Hit` whose `fit` is 1.2 from `search` for the question 'Why?'",
            "`fit` is a share in 0..1",
        ),
        (
            [[replace(HIT, score=float("nan"))]],
            "returned a `Hit` whose `score` is nan from `search` for the question 'Why?'",
            "`score` is a number, not NaN and not infinite",
        ),
        (
            [[HIT, replace(HIT, chunk_id="c2", score=3.0)]],
            "returned the scores [2.0, 3.0] from `search` for the question 'Why?'",
            "the best hit first",
        ),
    ],
)
def test_retrievers(returned: Any, event: str, expected: str) -> None:
    searcher = registered("register_retrievers", OddRetriever(returned)).index(PASSAGES, {})
    message = str(raised_by(lambda: searcher.search(["Why?"], 2)))
    assert message == message_of(
        "register_retrievers", event, expected or "1 lists of `Hit`s, one for each question"
    )


@pytest.mark.parametrize(
    ("searcher", "event"),
    [(7, "returned 7 from"), (Raising(OSError("gone")), "raised OSError (gone) in")],
)
def test_indexes(searcher: Any, event: str) -> None:
    retriever = registered("register_retrievers", OddRetriever(None, searcher))
    assert str(raised_by(lambda: retriever.index(PASSAGES, {}))) == message_of(
        "register_retrievers",
        f"{event} `index` for 2 passages",
        "an object with `search(questions, count)`",
    )


def test_options_of_retrievers() -> None:
    retriever = registered("register_retrievers", OddRetriever(Raising(KeyError("model"))))
    assert str(raised_by(lambda: retriever.check_options({}))) == message_of(
        "register_retrievers",
        "raised KeyError ('model') in `check_options` for `ssft.retriever_options`",
        "None, or a `ConfigError`",
    )


# --- exporters


class OddExporter:
    """An exporter that gives one answer."""

    name = "odd"

    def __init__(self, returned: Any) -> None:
        self.returned = returned

    def write(self, request: Any) -> Any:
        return answer(self.returned)


@pytest.mark.parametrize(
    ("returned", "event"),
    [
        (None, "returned None from"),
        ([1], "returned [1] from"),
        (Raising(KeyError("eos")), "raised KeyError ('eos') in"),
    ],
)
def test_exporters(returned: Any, event: str) -> None:
    exporter = registered("register_exporters", OddExporter(returned))
    request = SimpleNamespace(parts={"scpt": ("train",), "ssft": ("train",)})
    assert str(raised_by(lambda: exporter.write(request))) == message_of(
        "register_exporters",
        f"{event} `write` for scpt, ssft",
        "a list of notices, each a line of text",
    )


# --- engines


class OddEngine:
    """An engine that gives one answer."""

    name = "odd"

    def __init__(self, returned: Any) -> None:
        self.returned = returned

    def check(self) -> Any:
        return answer(self.returned)

    def open(self, request: Any) -> Any:
        return answer(self.returned)


@pytest.mark.parametrize(
    ("function", "returned", "event", "expected"),
    [
        ("open", None, "returned None from `open` for the build", "a `Pool`"),
        ("open", Raising(OSError("x")), "raised OSError (x) in `open` for the build", "a `Pool`"),
        (
            "check",
            Raising(KeyError("HOST")),
            "raised KeyError ('HOST') in `check` for this machine",
            "None, or a `ConfigError`",
        ),
    ],
)
def test_engines(function: str, returned: Any, event: str, expected: str) -> None:
    engine = registered("register_engines", OddEngine(returned))
    arguments = [PoolRequest()] if function == "open" else []
    assert str(raised_by(lambda: getattr(engine, function)(*arguments))) == message_of(
        "register_engines", event, expected
    )


# --- clients of language models


CONFIG = LLMConfig(base_url="http://127.0.0.1:9/v1", model="m")
QUESTION = Request(messages=(Message(role="user", content="?"),), about="a.md, groups")


class OddClient:
    name = "odd"

    def __init__(self, returned: Any) -> None:
        self.returned = returned

    def check(self, config: LLMConfig) -> None:
        answer(self.returned)

    def create(self, config: LLMConfig) -> Any:
        return self

    def body(self, request: Request, seed: int) -> Any:
        return answer(self.returned)

    async def complete(self, request: Request, seed: int) -> Any:
        return answer(self.returned)

    async def check_alive(self) -> Any:
        return answer(self.returned)

    async def close(self) -> None:
        answer(self.returned)


def asked(client: Any, function: str) -> Any:
    if function == "body":
        return client.body(QUESTION, 1)
    if function == "complete":
        return asyncio.run(client.complete(QUESTION, 1))
    return asyncio.run(getattr(client, function)())


@pytest.mark.parametrize(
    ("function", "returned", "event", "expected"),
    [
        ("body", None, "returned None from", "a mapping of JSON values"),
        (
            "body",
            {"seed": {1}},
            "returned {'seed': {1}}, which is no JSON (Object of type set is not JSON "
            "serializable) from",
            "a mapping of JSON values",
        ),
        ("body", Raising(KeyError("m")), "raised KeyError ('m') in", "a mapping of JSON values"),
        ("complete", None, "returned None from", "a `Reply`"),
        ("complete", "yes", "returned 'yes' from", "a `Reply`"),
        ("complete", Raising(OSError("reset")), "raised OSError (reset) in", "a `Reply`"),
        (
            "complete",
            Reply(text=None),  # type: ignore[arg-type]
            "returned a `Reply` whose `text` is None from",
            "`text` is the text of the reply",
        ),
        (
            "complete",
            Reply(text="", output_tokens=None),  # type: ignore[arg-type]
            "returned a `Reply` whose `output_tokens` is None from",
            "`output_tokens` is a number of tokens, 0 if unknown",
        ),
        (
            "check_alive",
            None,
            "returned None from",
            "a list of notices, empty if there is none",
        ),
        (
            "check_alive",
            Raising(ValueError("url")),
            "raised ValueError (url) in",
            "a list of notices, empty if there is none",
        ),
        ("close", Raising(RuntimeError("loop")), "raised RuntimeError (loop) in", "None"),
    ],
)
def test_clients(function: str, returned: Any, event: str, expected: str) -> None:
    client = registered("register_llm_clients", OddClient(returned)).create(CONFIG)
    message = str(raised_by(lambda: asked(client, function)))
    subject = " for a.md, groups" if function in ("body", "complete") else ""
    assert message == message_of("register_llm_clients", f"{event} `{function}`{subject}", expected)


@pytest.mark.parametrize(
    "error", [TransportError("429"), asyncio.TimeoutError(), LLMError("the key is wrong")]
)
def test_a_client_may_fail_as_the_session_expects(error: Exception) -> None:
    client = registered("register_llm_clients", OddClient(Raising(error))).create(CONFIG)
    with pytest.raises(type(error)) as caught:
        asked(client, "complete")
    assert caught.value is error


@pytest.mark.parametrize("returned", [None, object()])
def test_a_factory_that_creates_no_client(returned: Any) -> None:
    factory = OddClient(None)
    factory.create = lambda config: returned  # type: ignore[method-assign]
    guarded = registered("register_llm_clients", factory)
    assert str(raised_by(lambda: guarded.create(CONFIG))) == message_of(
        "register_llm_clients",
        f"returned {returned!r} from `create` for the model m",
        "an `LLMClient` with `name`, `body`, `complete`, `check_alive` and `close`",
    )


def test_a_factory_that_fails() -> None:
    guarded = registered("register_llm_clients", OddClient(Raising(KeyError("m"))))
    assert str(raised_by(lambda: guarded.check(CONFIG))) == message_of(
        "register_llm_clients",
        "raised KeyError ('m') in `check` for the model m",
        "None, or a `ConfigError` or `LLMError`",
    )


# --- kinds of samples


TREE, CHUNKS = grow([BOOK])
(CHUNK,) = CHUNKS
TOPIC = TREE.topics[CHUNK.topic_id]
CONTEXT = SimpleNamespace(tree=TREE)
SCPT = ScptDraft(id="odd/1", topic_id=TOPIC.id, prompt="P", template="none", completions=("c",))
TURNS = (Message(role="user", content="?"), Message(role="assistant", content="!"))
SSFT = SsftDraft(
    id="odd/1", language="en", topics=(TOPIC,), build=lambda structure: (TURNS, "none")
)


def broken(*values: Any) -> Any:
    """An iterator that gives the values, then breaks."""
    yield from values
    raise ValueError("broken")


def kind_of(drafts: Any, stage: Any = "scpt", **changes: Any) -> SampleKind[Any, Any]:
    values: dict[str, Any] = {
        "name": "odd",
        "stage": stage,
        "source": "chunk" if stage == "scpt" else "topic",
        "draft": lambda unit, context: answer(drafts),
        "order": 90,
        "description": "Odd.",
    }
    return SampleKind(**{**values, **changes})


@pytest.mark.parametrize(
    ("stage", "drafts", "event", "expected"),
    [
        ("scpt", Raising(KeyError("x")), "raised KeyError ('x') in", ""),
        ("scpt", None, "returned None from", ""),
        ("scpt", "text", "returned 'text' from", ""),
        ("scpt", [None], "returned None from", ""),
        ("scpt", broken(), "raised ValueError (broken) in", ""),
        ("ssft", [SCPT], f"returned {quote(SCPT)} from", ""),
        (
            "scpt",
            [replace(SCPT, id="")],
            "returned a `ScptDraft` whose `id` is '' from",
            "`id` is a text",
        ),
        (
            "scpt",
            [replace(SCPT, topic_id="none")],
            "returned a `ScptDraft` whose `topic_id` is 'none' from",
            "`topic_id` is the id of a topic of the tree",
        ),
        (
            "scpt",
            [replace(SCPT, chunk_ids=("c9",))],
            "returned a `ScptDraft` whose `chunk_ids` is ('c9',) from",
            "`chunk_ids` is a tuple of ids of the corpus' chunks",
        ),
        (
            "scpt",
            [replace(SCPT, completions="text")],
            "returned a `ScptDraft` whose `completions` is 'text' from",
            "`completions` is an iterable of strings",
        ),
        (
            "scpt",
            [replace(SCPT, prompt=None)],  # type: ignore[arg-type]
            "returned a `ScptDraft` whose `prompt` is None from",
            "`prompt` is a string",
        ),
        (
            "ssft",
            [replace(SSFT, language=None)],  # type: ignore[arg-type]
            "returned a `SsftDraft` whose `language` is None from",
            "`language` is a language's code, such as `en`",
        ),
        (
            "ssft",
            [replace(SSFT, build=None)],  # type: ignore[arg-type]
            "returned a `SsftDraft` whose `build` is None from",
            "`build` is a function",
        ),
    ],
)
def test_drafts(stage: str, drafts: Any, event: str, expected: str) -> None:
    guarded = registered("register_sample_kinds", kind_of(drafts, stage))
    unit: Any = CHUNK if stage == "scpt" else TOPIC
    message = str(raised_by(lambda: list(guarded.draft(unit, CONTEXT))))
    subject = f"Chunk {CHUNK.id}" if isinstance(unit, Chunk) else f"Topic {TOPIC.id} (Oil)"
    name = {"scpt": "ScptDraft", "ssft": "SsftDraft"}[stage]
    assert message == message_of(
        "register_sample_kinds",
        f"{event} `draft` for {subject}",
        expected or f"an iterable of `{name}` and `Dropped`",
    )


@pytest.mark.parametrize(
    ("completions", "event"),
    [
        ((), "returned nothing from"),
        ((None,), "returned None from"),
        (broken(), "raised ValueError (broken) in"),
    ],
)
def test_forms_are_checked_when_they_are_made(completions: Any, event: str) -> None:
    guarded = registered("register_sample_kinds", kind_of([replace(SCPT, completions=completions)]))
    (draft,) = guarded.draft(CHUNK, CONTEXT)
    assert str(raised_by(lambda: list(draft.completions))) == message_of(
        "register_sample_kinds",
        f"{event} `completions` for odd/1",
        "strings, at least one",
    )


def test_forms_may_be_iterated_again() -> None:
    forms = (text for text in ("long", "short"))
    guarded = registered("register_sample_kinds", kind_of([replace(SCPT, completions=forms)]))
    (draft,) = guarded.draft(CHUNK, CONTEXT)
    assert next(iter(draft.completions)) == "long"
    assert list(draft.completions) == ["long", "short"]
    assert list(draft.completions) == ["long", "short"]


@pytest.mark.parametrize(
    ("built", "event"),
    [
        (Raising(AttributeError("text")), "raised AttributeError (text) in"),
        (None, "returned None from"),
        ((TURNS, None), f"returned {(TURNS, None)!r} from"),
        (((), "none"), "returned ((), 'none') from"),
        ((("a",), "none"), "returned (('a',), 'none') from"),
    ],
)
def test_conversations(built: Any, event: str) -> None:
    draft = replace(SSFT, build=lambda structure: answer(built))
    guarded = registered("register_sample_kinds", kind_of([draft], "ssft"))
    (checked,) = guarded.draft(TOPIC, CONTEXT)
    assert str(raised_by(lambda: checked.build(""))) == message_of(
        "register_sample_kinds",
        f"{event} `build` for odd/1",
        "a tuple of `Message`s, and the ids of their wordings",
    )


@pytest.mark.parametrize(
    ("applies", "event"),
    [(None, "returned None from"), (Raising(KeyError("x")), "raised KeyError ('x') in")],
)
def test_applies(applies: Any, event: str) -> None:
    kind = kind_of([], "ssft", applies=lambda topic, tree: answer(applies))
    guarded = registered("register_sample_kinds", kind)
    assert str(raised_by(lambda: guarded.applies(TOPIC, TREE))) == message_of(
        "register_sample_kinds",
        f"{event} `applies` for Topic {TOPIC.id} (Oil)",
        "True or False",
    )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"stage": ["scpt"]}, "its stage is ['scpt']. Did you mean `scpt`? Allowed: scpt, ssft"),
        ({"share": 1.2}, "its share is 1.2, but must be between 0 and 1, both excluded"),
        ({"share": "0.2"}, "its share is '0.2', but must be between 0 and 1, both excluded"),
        (
            {"share": float("nan")},
            "its share is nan, but must be between 0 and 1, both excluded",
        ),
        ({"draft": None}, "its draft is None, but must be a function"),
        ({"order": "last"}, "its order is 'last', but must be a number"),
        ({"description": ""}, "its description is '', but must be a sentence"),
        ({"presets": "compact"}, "its presets is 'compact', but must be a tuple of names"),
        (
            {"on_held_out": "hide"},
            "its on_held_out is 'hide', but must be one of drop, evaluate, train",
        ),
    ],
)
def test_properties_of_kinds(changes: dict[str, Any], fault: str) -> None:
    kind = kind_of([], **changes)
    assert str(raised_by(lambda: registered("register_sample_kinds", kind))) == (
        f"The sample kind `odd` (plugin stranger, hook `register_sample_kinds`) cannot be used: "
        f"{fault}. Report this to the plugin's authors, or uninstall it."
    )
