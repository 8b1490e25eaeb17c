"""Values that pass between the stages: frozen, compared by value, and independent of other rooms.

    corpus -> chunks -> taxonomy -> samples -> Axolotl

Offsets count characters (Unicode code points) of `Document.text`. Spans are half-open:
`text[start:end]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

BlockKind = Literal["paragraph", "code", "table", "list"]
TopicKind = Literal["domain", "folder", "subject", "document", "topic"]
HeadingOrigin = Literal["marked", "levelled", "inferred"]

# `source` of topics that are plain numbered parts of a text: their titles name no knowledge.
NUMBERED_PARTS = "parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of the source, removed from the text. Its section begins at `text[start]`.

    Attributes:
        origin: `marked` as it is in the source; `levelled`, with another level than its mark says;
            or `inferred`, from a line without a mark.
        score: Strength of the evidence, 0..1; 1 for a marked heading.
        evidence: Names of what speaks for the heading and its level; empty if its mark does alone.
    """

    level: int
    title: str
    start: int
    origin: HeadingOrigin = "marked"
    score: float = 1.0
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A run of text of one kind, which ends where the next block starts.

    It is split only where nothing else can be, at the joints of its kind (lines of code, rows of a
    table).

    Attributes:
        copies: Passages of the corpus that said the same and were left out.
    """

    kind: BlockKind
    start: int
    copies: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of the corpus, without the lines of its headings.

    Attributes:
        id: Path inside the corpus with "/" between folders, the same on every machine.
        text: The text.
        title: Empty where the source has none (a record of JSON lines); the tree then numbers it.
        language: ISO 639 code.
        headings: Ordered by `start`.
        blocks: Ordered by `start`.
        source: How the text was read (reader, encoding).
        doubts: Reasons to doubt the levels of the headings: `flat_levels`, `levels_reset`.
    """

    id: str
    text: str
    title: str
    language: str
    headings: tuple[Heading, ...] = ()
    blocks: tuple[Block, ...] = ()
    source: str = ""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The text `text[start:end]` of one document."""

    document_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage: `document.text[start:end]`.

    The chunks of a document cover its text exactly once, in order. `tokens` counts the tokens of
    `text`. `header` repeats the rows that name the columns, if the chunk begins within a table.
    """

    id: str
    document_id: str
    topic_id: str
    start: int
    end: int
    text: str
    tokens: int
    header: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A node that an extractor found in one document, with its own text and its child nodes.

    Attributes:
        start, end: The whole branch.
        own_end: End of the text before the first child.
        source: Name of the extractor that found it ("headings", "parts", ...).
    """

    title: str
    start: int
    own_end: int
    end: int
    source: str
    children: tuple[Outline, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A node of the knowledge taxonomy.

    Attributes:
        id: Hash of its path and its span. Titles may repeat, ids do not.
        spans: The text of the whole branch.
        own_spans: The text before the first child.
    """

    id: str
    title: str
    kind: TopicKind
    source: str
    language: str = "en"
    spans: tuple[Span, ...] = ()
    own_spans: tuple[Span, ...] = ()
    chunk_ids: tuple[str, ...] = ()
    subtopics: tuple[Topic, ...] = ()

    def walk(self) -> Iterator[Topic]:
        """Iterate over this node and all its descendants, in reading order."""
        stack = [self]
        while stack:
            topic = stack.pop()
            yield topic
            stack.extend(reversed(topic.subtopics))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScptSample:
    """One row of structure-aware continual pre-training; the loss is on `completion` and EOS only.

    Attributes:
        template: The prompt template, as `language/pool/file`.
        eos: False only for a passage that ends within its topic, if the block asks for that.
    """

    id: str
    kind: str
    topic_id: str
    prompt: str
    completion: str
    template: str
    chunk_ids: tuple[str, ...] = ()
    eos: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation."""

    role: str  # system, user or assistant
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QAPair:
    """One question with its answer, independent of the format of its file.

    Attributes:
        id: File name and record number, such as `medqa.jsonl#12`.
        options: Letter and text of each option, in the order of the record.
        correct: Letters of the right options.
        several: True if a question of this set may have more than one right option.
        answers: All right answers, the first one to be trained on; for a question with options the
            texts of the right ones.
        context: Passage of the record. The model never sees it (closed-book).
        topic: Subject of the question, as the record names it.
        turns: The whole conversation, with the system's turn, if the record is one; else empty.
    """

    id: str
    format: str
    question: str
    answers: tuple[str, ...]
    language: str
    explanation: str = ""
    options: tuple[tuple[str, str], ...] = ()
    correct: tuple[str, ...] = ()
    several: bool = False
    context: str = ""
    topic: str = ""
    turns: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SsftSample:
    """One conversation of structure-aware instruction tuning; the loss is on assistant turns only.

    Attributes:
        template: Ids of the prompt templates, `language/pool/file`, joined by "+".
        structure: The part of the tree that the answer contains, exactly as in the answer.
        qa_id: Id of the record that the sample was made from, if any.
        request: Key of the request to the language model (`llm.cache.cache_key`), if any.
        model: Name of the language model that wrote the answer.
        verdict: Verdict of the judge.
    """

    id: str
    kind: str
    messages: tuple[Message, ...]
    template: str
    language: str = "en"
    topic_ids: tuple[str, ...] = ()
    chunk_ids: tuple[str, ...] = ()
    structure: str = ""
    qa_id: str = ""
    request: str = ""
    model: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizedSample:
    """A sample with its number of tokens.

    Attributes:
        trained: Number of tokens with loss.
        turn: 0 for the first of several samples of a topic.
    """

    sample: ScptSample | SsftSample
    prompt_tokens: int
    trained: int
    turn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Something that was left out: in which stage, its id, and a `reason` that code can count."""

    stage: str
    id: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """Documents that a reader made of one file, and what it left out.

    Attributes:
        included: Absolute paths of the files whose text the documents include. A file of the corpus
            among them is no document of its own.
        switched_off: Absolute paths of the files whose inclusion is commented out. They are drafts,
            and no documents of their own either.
    """

    documents: tuple[Document, ...] = ()
    dropped: tuple[Dropped, ...] = field(default=())
    included: tuple[str, ...] = ()
    switched_off: tuple[str, ...] = ()
