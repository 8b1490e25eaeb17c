"""The values which pass between the stages. They are frozen and import nothing of ours.

    corpus -> chunks -> taxonomy -> samples -> Axolotl

Offsets count characters (Unicode code points) of `Document.text`; spans are half-open: `text[start:end]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

BlockKind = Literal["paragraph", "code", "table", "list"]
TopicKind = Literal["domain", "folder", "subject", "document", "topic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of the source, taken out of the text: it stands right before `text[start]`."""

    level: int
    title: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A run of text which is split last, at joints of its own kind; it ends where the next one starts."""

    kind: BlockKind
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of the corpus, without its headings' lines.

    `id` is the path inside the corpus, with "/" between folders, the same on every machine.
    `title` is empty where the source has none (a record of JSON lines): such a document is numbered in the tree.
    `blocks` and `headings` are ordered by `start`. `source` says how the text was had (reader, encoding).
    """

    id: str
    text: str
    title: str
    language: str
    headings: tuple[Heading, ...] = ()
    blocks: tuple[Block, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`text[start:end]` of one document."""

    document_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage: `document.text[start:end]`. The chunks of a document cover its text once, in order."""

    id: str
    document_id: str
    topic_id: str
    start: int
    end: int
    text: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What an extractor finds in one document: a node, its own text and the nodes beneath it.

    `start..end` is the whole branch, `start..own_end` the text before the first child.
    `source` names who found it ("headings", "parts", ...).
    """

    title: str
    start: int
    own_end: int
    end: int
    source: str
    children: tuple[Outline, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A node of the knowledge taxonomy. `id` is a hash of its path and its span; titles may repeat.

    `spans` is the text of the whole branch, `own_spans` what stands before its first child.
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
        """This node and all beneath it, in reading order."""
        stack = [self]
        while stack:
            topic = stack.pop()
            yield topic
            stack.extend(reversed(topic.subtopics))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScptSample:
    """One row of structure-aware continual pre-training: the loss is on `completion` and EOS only.

    `template` is the wording the prompt was made with, as `language/pool/file`.
    `eos` is False only for a passage that breaks off in mid-topic, if the block asks for that.
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
    """One question with its answer, whatever format it was given in.

    `id` is the file's name and the record's number, `medqa.jsonl#12`. `options` are letter and text, in the order given;
    `correct` the letters of the right ones; `several` says that a question of this set may have more than one.
    `answers` are all right answers, the first one to be learnt; for a question with options the texts of the right ones.
    `context` is the passage that the record brings along: never shown to the model, which is to answer closed-book.
    `topic` is the subject of the question as the record names it. `turns` is the whole conversation if the record is
    one, the system's turn included; otherwise it is empty.
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
    """One conversation of structure-aware instruction tuning: the loss is on the assistant's turns only.

    `template` names the wordings it was made with, `language/pool/file`, joined by "+". `structure` is the part of the
    tree that the answer spells out, as it stands there. `qa_id` is the record it comes from, if it does; `request` the
    key of the language model's question (`llm.cache.cache_key`), `model` who answered it, `verdict` the judge's word.
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
    """A sample with its tokens.

    `trained` counts what the loss is on; `turn` is 0 for the first of several samples of a topic.
    """

    sample: ScptSample | SsftSample
    prompt_tokens: int
    trained: int
    turn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Something that was left out: where, what, why (`reason` is a word that code can count)."""

    stage: str
    id: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """What a reader makes of one file."""

    documents: tuple[Document, ...] = ()
    dropped: tuple[Dropped, ...] = field(default=())
