"""What a plugin can add, on one screen. Our own readers, extractors and templates enter by the same door.

A plugin is a distribution with an entry point in the group `structtuning` whose object (a module or an instance)
implements some of these functions with `@hookimpl`:

    from structtuning_plugin.hookspecs import hookimpl

    @hookimpl
    def register_readers():
        return [MyReader()]
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import pluggy

from structtuning_plugin.types import Document, Outline, ReadResult

if TYPE_CHECKING:  # these import the hooks themselves
    from structtuning_plugin.llm.clients import LLMClientFactory
    from structtuning_plugin.llm.session import Session
    from structtuning_plugin.rendering import Wordings

GROUP = "structtuning"
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """One file of the corpus: `document_id` is what its (first) document is to be called.

    `text` is decoded, but raw: `corpus.decoding.clean` gives it "\\n" line ends and takes control characters out.
    `language` is None unless the user gave it.
    """

    document_id: str
    text: str
    source: str
    language: str | None = None
    text_column: str = "text"
    title_column: str = "title"
    text_format: str = "text"

    @property
    def file_title(self) -> str:
        """The file's name without its suffix, in one line: a title where the text has none."""
        return " ".join(PurePosixPath(self.document_id).stem.split()) or "untitled"


@runtime_checkable
class Reader(Protocol):
    """Turns one file into documents. `suffixes` (lower case, with the dot) are the files it takes by default."""

    name: str
    suffixes: tuple[str, ...]

    def read(self, request: ReadRequest) -> ReadResult: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionContext:
    """What an extractor may ask for: token counts, the chunk budget and its options from the block.

    `count_tokens` takes texts and returns as many counts; give it many at once. `llm` is there if the block has an
    `llm:`; `prompts` are the wordings to ask it with (`templates/taxonomy/`).
    """

    count_tokens: Callable[[Sequence[str]], list[int]]
    chunk_tokens: int
    options: dict[str, Any]
    llm: Session | None = None
    prompts: Wordings | None = None
    seed: int = 0


@runtime_checkable
class Extractor(Protocol):
    """Finds the tree of one document. The root's span must be `0..len(text)`; children lie in order inside it.

    `extract` may be a coroutine function: then many documents are under way at once, and it may await `context.llm`.
    """

    name: str

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise a ConfigError if `taxonomy.options` are not right; called before any work."""
        ...

    def extract(self, document: Document, context: ExtractionContext) -> Outline | Awaitable[Outline]: ...


class Specs:
    """The hooks. Each returns what it adds; the caller owns nothing else of it."""

    @hookspec
    def register_readers(self) -> list[Reader]:
        """Readers of corpus formats. Two readers of one name are an error that names both owners."""
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
    def register_template_dirs(self) -> list[Path]:
        """Folders laid out like our `templates/`; they stand between ours and the user's own."""
        raise NotImplementedError
