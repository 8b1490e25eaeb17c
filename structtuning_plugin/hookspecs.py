"""Hooks for plugins. Our own readers, extractors, kinds and templates enter by the same hooks.

A plugin is a distribution with an entry point in the group `structtuning` whose object (a module or
an instance) implements some of these functions with `@hookimpl`:

    from structtuning_plugin.hookspecs import hookimpl

    @hookimpl
    def register_readers():
        return [MyReader()]
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    Protocol,
    TypeVar,
    runtime_checkable,
)

from structtuning_plugin.config.corpus import ReadLimits
from structtuning_plugin.config.stages import StageName
from structtuning_plugin.core.hooks import GROUP as GROUP
from structtuning_plugin.core.hooks import hookimpl as hookimpl
from structtuning_plugin.core.hooks import hookspec as hookspec
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.tokens import Codec
from structtuning_plugin.core.types import (
    Document,
    Dropped,
    Message,
    Outline,
    QAPair,
    ReadResult,
    Topic,
)
from structtuning_plugin.core.workers import Pool as Pool
from structtuning_plugin.core.workers import PoolRequest as PoolRequest
from structtuning_plugin.languages import Language

if TYPE_CHECKING:  # a reader or a format need not load the clients of language models
    from structtuning_plugin.llm.client import LLMClientFactory
    from structtuning_plugin.llm.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """One file of the corpus.

    Args:
        document_id: Id of its (first) document.
        text: Decoded, but raw: `corpus.decoding.clean` gives it "\\n" line ends and removes control
            characters. Empty for a reader of bytes (`Reader.binary`).
        source: Source of the document, for the manifest.
        language: ISO 639-1 code; None unless the user gave it.
        text_column: Tables and JSON: column with the text.
        title_column: Tables and JSON: column with the title.
        path_column: Tables and JSON: column with the path of a record in the tree, if any.
        text_format: Tables and JSON: `text`, `markdown` or `html`.
        outputs: Notebooks: whether the text output of cells is kept.
        data: Bytes of the file, for a reader of bytes.
        encoding: Encoding that the user gave.
        path: The file, for a reader whose files include others.
        root: Folder of the corpus entry; no file outside it may be included.
        limits: Limits on the file (`corpus.limits`).
        title: Title that the file's name gives; by default its stem.
        is_wiki: Whether the file is a page of a wiki, such as those of GitHub.
        headings: `auto`, `as_marked` or `infer`, as in `taxonomy.headings` of the block.
    """

    document_id: str
    text: str
    source: str
    language: str | None = None
    text_column: str = "text"
    title_column: str = "title"
    path_column: str | None = None
    text_format: str = "text"
    outputs: bool = False
    data: bytes = b""
    encoding: str | None = None
    path: Path | None = None
    root: Path | None = None
    limits: ReadLimits = field(default_factory=ReadLimits)

    def with_encoding(self, encoding: str) -> ReadRequest:
        """Return the request with the encoding in its source, for a reader of bytes."""
        return replace(self, source=f"{self.source}, {encoding}")

    title: str = ""
    is_wiki: bool = False
    headings: Literal["auto", "as_marked", "infer"] = "auto"

    @property
    def file_title(self) -> str:
        """The file's name without its suffix, in one line: a title where the text has none."""
        return self.title or " ".join(PurePosixPath(self.document_id).stem.split()) or "untitled"


@runtime_checkable
class Reader(Protocol):
    """Reader of one format of files.

    `suffixes` (lower case, with the dot) are those of the files that it takes by default. The id of
    a document is `ReadRequest.document_id`; further ones of the file append "#..." to it.

    A reader whose files include others names their suffixes in `includes`, so that a change of one
    is noticed, and lists the files in `ReadResult.included`.

    A reader with `binary = True` gets the bytes of the file as `ReadRequest.data`, and no text. A
    `CorpusError` that `read` raises is listed as `unreadable`.

    Files are read in processes that are killed after `corpus_limits.seconds`. A reader that
    `pickle` cannot copy is used in the build's own process, without that limit. So are small files
    of a reader with `in_process = True`, for readers that cannot hang.
    """

    name: str
    suffixes: tuple[str, ...]

    def read(self, request: ReadRequest) -> ReadResult:
        """Turn a file into documents."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionContext:
    """Services and settings for an extractor.

    Args:
        count_tokens: Takes texts and returns as many counts; give it many at once.
        chunk_tokens: Greatest length of a chunk in tokens.
        options: `taxonomy.options` of the block.
        llm: Session with the block's `llm`; None without one.
        prompts: Wordings to ask it with (`templates/taxonomy/`).
        seed: Seed of every choice.
    """

    count_tokens: Callable[[Sequence[str]], list[int]]
    chunk_tokens: int
    options: dict[str, Any]
    llm: Session | None = None
    prompts: Wordings | None = None
    seed: int = 0


@runtime_checkable
class Extractor(Protocol):
    """Extractor of the tree of one document.

    The root's span must be `0..len(text)`; children are in order inside it. `extract` may be a
    coroutine function: then many documents are extracted at once, and it may await `context.llm`.
    """

    name: str

    def check_options(self, options: dict[str, Any]) -> None:
        """Check `taxonomy.options`, before any work.

        Raises:
            ConfigError: If an option is wrong.
        """
        ...

    def extract(
        self, document: Document, context: ExtractionContext
    ) -> Outline | Awaitable[Outline]:
        """Return the outline of a document."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QARequest:
    """One record of a QA set.

    Args:
        id: Id of the pair.
        record: The record as it is in the file.
        language: ISO 639-1 code; None unless the user gave it.
        fields: Names of the record's fields that differ from the format's own:
            {"question": "prompt", ...}.
    """

    id: str
    record: Mapping[str, Any]
    language: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


class RecordError(ValueError):
    """Record that is no question of its format; `reason` is a word that code can count."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@runtime_checkable
class QAFormat(Protocol):
    """One format of questions: how they are parsed, asked, answered and graded.

    `rank` orders the formats where several match a record: the lowest is tried first.

    A format may define these class attributes, all False by default:

    - `keeps_instruction`: a bare question stays as it is, without a template around it.
    - `standard_metrics`: the grade is accuracy, classification or token F1.
    - `names_benchmark`: the field `dataset` of a record names a benchmark with its own metric.

    It may also define `field_names`, the names that the user's `fields` may map; any without it.
    A format that depends on all records of a file may define `for_file(records, fields)`, which
    returns the format of that file.
    """

    name: str
    rank: int

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
        """Return whether the record has this shape; `parse` checks its values."""
        ...

    def parse(self, request: QARequest) -> QAPair:
        """Parse a record.

        Raises:
            RecordError: If it is no question of this format.
        """
        ...

    def ask(self, pair: QAPair) -> str:
        """Return the question for a model, with its options, without the passage (closed-book)."""
        ...

    def answer(self, pair: QAPair) -> str:
        """Return the right answer as a model should write it, without reasoning; its grade is 1."""
        ...

    def grade(self, pair: QAPair, reply: str) -> float:
        """Grade a model's answer, with its reasoning: 0 is wrong, 1 is right."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Chunk for a retriever: its text, and the titles of its path, top-down."""

    chunk_id: str
    text: str
    titles: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Passage that answers a query.

    Args:
        chunk_id: The passage.
        score: Orders the hits of one question, the best first.
        fit: Share of the question that the passage covers, 0..1.
    """

    chunk_id: str
    score: float
    fit: float


class Searcher(Protocol):
    """Index of passages."""

    def search(self, questions: Sequence[str], count: int) -> list[list[Hit]]:
        """Return for each question up to `count` hits, the best first."""
        ...


@runtime_checkable
class Retriever(Protocol):
    """Retriever of the passages that a question is about.

    `least_fit` is the smallest `Hit.fit` that counts as a hit.
    """

    name: str
    least_fit: float

    def check_options(self, options: dict[str, Any]) -> None:
        """Check `ssft.retriever_options`, before any work.

        Raises:
            ConfigError: If an option is wrong.
        """
        ...

    def index(self, passages: Sequence[Passage], options: dict[str, Any]) -> Searcher:
        """Index passages."""
        ...


Source = Literal["chunk", "topic", "questions", "linked_questions", "exercises", "walks", "study"]
SOURCES: Mapping[StageName, tuple[Source, ...]] = {
    "scpt": ("chunk", "topic", "exercises", "study"),
    "ssft": ("questions", "linked_questions", "topic", "exercises", "walks", "study"),
}
OnHeldOut = Literal["drop", "evaluate", "train"]
Use = Literal["", "told", "recited", "asked"]
Unit = TypeVar("Unit")
Context = TypeVar("Context")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScptDraft:
    """Sample of continual pre-training before it is fitted into a row.

    Args:
        id: `<kind>/...`, unique in the build.
        topic_id: The topic that it is about.
        prompt: Masked text, not longer than `context.budget.prompt` tokens.
        template: `Wording.id` of the prompt's wording.
        completions: Trained text, the fullest form first: the first one that fits the row is used.
        chunk_ids: Chunks whose text it contains.
        turn: 0 for the first of several samples of a topic, which is dropped last.
        eos: Whether EOS ends the completion.
        tokens: Tokens of the only completion, if they are counted already.
    """

    id: str
    topic_id: str
    prompt: str
    template: str
    completions: Iterable[str]
    chunk_ids: tuple[str, ...] = ()
    turn: int = 0
    eos: bool = True
    tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SsftDraft:
    """Sample of instruction tuning before the tree's structure in it is fitted into a row.

    Args:
        id: `<kind>/...`, unique in the build.
        language: ISO 639-1 code of the conversation's language.
        topics: The topics that it is about.
        build: From a structure to the conversation and the wordings that it was made with, joined
            by "+".
        structures: Structure in text, the fullest form first: the first one whose row fits is used.
            None for the paths to `topics`, then shorter forms of them.
        chunk_ids: Chunks that the answer rests on.
        turn: 0 for the first of several samples of a topic, which is dropped last.
        qa_id: The user's question that it was made from.
        request: Key of the language model's request (`llm.cache.cache_key`).
        model: Model that replied to it.
        verdict: Verdict of the judge.
    """

    id: str
    language: str
    topics: tuple[Topic, ...]
    build: Callable[[str], tuple[tuple[Message, ...], str]]
    structures: Iterable[str] | None = None
    chunk_ids: tuple[str, ...] = ()
    turn: int = 0
    qa_id: str = ""
    request: str = ""
    model: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """Rows of a finished build, and the folder that they are written to.

    Args:
        folder: Empty folder to fill; it is moved into place afterwards.
        parts: Parts (`train`, `eval`) of each stage (`scpt`, `ssft`) to write.
        rows: Returns the rows of a stage and a part in order, as mappings of their columns
            (docs/extending/consumers.md). It may be called again.
        sequence_len: Greatest length of a row in tokens.
        codec: The recipe's tokenizer; text never becomes a control token.
        encode_raw: The tokenizer as other toolkits call it, with the tokens that it adds by itself.
        eos_text: Text of the EOS token.
    """

    folder: Path
    parts: Mapping[str, tuple[str, ...]]
    rows: Callable[[str, str], Iterable[Mapping[str, Any]]]
    sequence_len: int
    codec: Codec
    encode_raw: Callable[[Sequence[str]], list[list[int]]]
    eos_text: str


@runtime_checkable
class Exporter(Protocol):
    """Exporter of rows for another toolkit: `--to` of the command `export`."""

    name: str

    def write(self, request: ExportRequest) -> list[str]:
        """Fill a folder.

        Returns:
            Notices for the user: what the toolkit cannot say, with counts.

        Raises:
            ConfigError: If rows cannot be written at all.
        """
        ...


@runtime_checkable
class Engine(Protocol):
    """Engine that calls functions for many documents: `engine` of the block.

    The files that are built must not depend on it.
    """

    name: str

    def check(self) -> None:
        """Check that the engine can be used, before any work.

        Raises:
            ConfigError: If it cannot, as where a library is missing.
        """
        ...

    def open(self, request: PoolRequest) -> Pool:
        """Return the processes of a build; they are started when they are first needed."""
        ...


def _always(topic: Topic, tree: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleKind(Generic[Unit, Context]):
    """Kind of training sample: its properties, and the function that drafts its samples.

    `draft(unit, context)` is called for each unit of `source`. It yields drafts of the kind's stage
    (`ScptDraft`, `SsftDraft`), or `Dropped` with the reason why there is none:

        source              unit                                             stages
        `chunk`             a `Chunk`                                        scpt
        `topic`             a `Topic` that is knowledge, with a unique name  scpt, ssft
        `questions`         all of the user's questions                      ssft
        `linked_questions`  the same with their passages and reasoning       ssft
        `exercises`         the `Exercise`s of one topic                     scpt, ssft
        `walks`             all questions that the `llm` wrote               ssft
        `study`             all forms that the `llm` wrote for the stage     scpt, ssft

    `context` is a `samples.scpt.ScptContext` or a `samples.ssft.SsftContext`: the tree, the
    wordings, the stage's settings, the seed.

    Args:
        name: As in `kinds` and `shares` of the block, and in the rows' column `kind`.
        stage: Stage that it belongs to.
        source: Units that `draft` is called for.
        draft: Function that drafts the samples.
        order: Position among the kinds of the stage; ours are 10, 20, 30...
        description: One sentence for lists and for the documentation.
        share: Greatest share of all trained tokens, 0 < share < 1; None for no limit.
        presets: Presets that it belongs to.
        applies: Source `topic`: whether a topic can have such a sample, `applies(topic, tree)`.
        required: Whether the stage cannot do without it.
        needs_llm: Whether there are no samples without the block's `llm`.
        keeps_first: Whether the first sample of each topic is always kept.
        on_held_out: Use of samples about topics that are held out for evaluation: `drop` them,
            `evaluate` on them, or `train` on them all the same.
        excludes_probes: Stage `ssft`: whether samples about probed points are dropped.
        use: Use of the facts in the text of `chunk_ids`, as `coverage` counts them: `told` as the
            corpus does, `recited` after another prompt, `asked` by exercises; empty for none.
        setting: Key of the stage's section without which its presets do not build it.
    """

    name: str
    stage: StageName
    source: Source
    draft: Callable[[Unit, Context], Iterable[ScptDraft | SsftDraft | Dropped]]
    order: int
    description: str
    share: float | None = None
    presets: tuple[str, ...] = ()
    applies: Callable[[Topic, Any], bool] = _always
    required: bool = False
    needs_llm: bool = False
    keeps_first: bool = False
    on_held_out: OnHeldOut = "drop"
    excludes_probes: bool = True
    use: Use = ""
    setting: str = ""


StudySource = Literal["passage", "section", "siblings", "shared_terms"]
StudyReply = Literal["text", "facts", "questions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPrompt:
    """Prompt by which the `llm` writes a form of the corpus to train on.

    The task is worded in `study/<language>/<name>/` of a template folder, English for languages
    without a wording. Our frame around it (`study/<language>/frame/`) shows the texts with their
    paths, the outline of the chapter, the siblings, the facts to write about and the form of the
    reply:

        source            texts that are shown
        `passage`         a passage
        `section`         the parts of a section, each with its summary or its beginning
        `siblings`        the passages of two topics under one heading
        `shared_terms`    two passages under different headings that share terms

    Args:
        name: As in `study.prompts`, small letters, digits, `_` and `-`; the rows are of the kind
            `study-<name>`.
        reply: `text` and `facts` (a list of sentences) become rows of the stage `scpt`, `questions`
            (a list of questions with answers) rows of `ssft`.
        description: One sentence for lists and for the documentation.
        order: Position among the prompts; ours are 10, 20, 30...
        source: Texts that are shown.
        facts: Source `passage`: number of facts that one request is about, those with the fewest
            forms first; 0 for the whole passage.
    """

    name: str
    reply: StudyReply
    description: str
    order: int
    source: StudySource = "passage"
    facts: int = 1

    @property
    def kind(self) -> str:
        """Kind of the rows."""
        return f"study-{self.name}"

    @property
    def stage(self) -> StageName:
        """Stage that trains on the rows."""
        return "ssft" if self.reply == "questions" else "scpt"


class Specs:
    """Hook specifications. Each hook returns a list of what the plugin adds."""

    @hookspec
    def register_readers(self) -> list[Reader]:
        """Readers of corpus formats, by name in `corpus[].format`. No two may have one name."""
        raise NotImplementedError

    @hookspec
    def register_taxonomy_extractors(self) -> list[Extractor]:
        """Extractors of knowledge trees, by name in `taxonomy.extractor`."""
        raise NotImplementedError

    @hookspec
    def register_llm_clients(self) -> list[LLMClientFactory]:
        """Clients of language models, by name in `llm.client`."""
        raise NotImplementedError

    @hookspec
    def register_qa_formats(self) -> list[QAFormat]:
        """Formats of questions, by name in `ssft.qa[].format`."""
        raise NotImplementedError

    @hookspec
    def register_retrievers(self) -> list[Retriever]:
        """Retrievers of passages, by name in `ssft.retriever`."""
        raise NotImplementedError

    @hookspec
    def register_sample_kinds(self) -> list[SampleKind[Any, Any]]:
        """Kinds of training samples, by name in `scpt.kinds` and `ssft.kinds`."""
        raise NotImplementedError

    @hookspec
    def register_exporters(self) -> list[Exporter]:
        """Exporters of rows, by name in `--to` of the command `export`."""
        raise NotImplementedError

    @hookspec
    def register_engines(self) -> list[Engine]:
        """Engines that do the work on single documents, by name in `engine`."""
        raise NotImplementedError

    @hookspec
    def register_study_prompts(self) -> list[StudyPrompt]:
        """Prompts by which the `llm` writes forms of the corpus, by name in `study.prompts`."""
        raise NotImplementedError

    @hookspec
    def register_languages(self) -> list[Language]:
        """Languages, by their ISO 639-1 codes. The values of theirs are those of `languages`."""
        raise NotImplementedError

    @hookspec
    def register_template_dirs(self) -> list[Path]:
        """Folders laid out like our `templates/`: they win over ours, the user's own over them."""
        raise NotImplementedError
