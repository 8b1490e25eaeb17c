"""Reading of all files of the corpus, in one process or several, with the same result.

Files that a library parses are read in processes of their own, which are killed when a file takes
too long. `GuardedReader` checks what a reader returns; the registry gives every reader that guard.
"""

from __future__ import annotations

import pickle
from collections.abc import Container, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import get_args

from structtuning_plugin import languages
from structtuning_plugin.config.corpus import HygieneConfig, ReadLimits
from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.plugin_calls import (
    FieldRule,
    PluginCall,
    PluginEntry,
    is_count,
    is_language,
    is_sequence_of,
    is_string,
    is_text,
)
from structtuning_plugin.core.processes import ProcessEndedError
from structtuning_plugin.core.types import Block, BlockKind, Document, Dropped, Heading, ReadResult
from structtuning_plugin.core.workers import NotPicklableError, Pool, WorkerPool
from structtuning_plugin.corpus.cleaning.corpus import clean_result
from structtuning_plugin.corpus.decoding import decode
from structtuning_plugin.corpus.discovery import CorpusFile
from structtuning_plugin.corpus.headings.candidates import HeadingsMode
from structtuning_plugin.corpus.limits import Budget, describe_time_limit
from structtuning_plugin.hookspecs import Reader, ReadRequest

# Files of readers with `in_process` are read in the build's own process up to this size, unless
# the corpus is so large that several processes are faster: a small one of Markdown starts none.
IN_PROCESS_BYTES = 256 * 2**10

# These stop the build unless `on_error: skip`; other things left out (front matter, say) are just
# listed.
FAULTS = ("unreadable", "bad_record")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """Settings of the block that all files are read with.

    Args:
        limits: Limits on what reading one file may cost.
        headings: `taxonomy.headings` of the block.
        hygiene: What is left out of each document by itself.
    """

    limits: ReadLimits
    headings: HeadingsMode = "auto"
    hygiene: HygieneConfig


class _State:
    """What a process reads with. Its readers are loaded when it is copied, before any file.

    Args:
        copies: Readers as `pickle` copies them, by name.
        settings: Settings of the block.
    """

    def __init__(self, copies: dict[str, bytes], settings: ReadSettings) -> None:
        self.settings = settings
        self._copies = copies
        self.readers = {name: _load_reader(copy) for name, copy in copies.items()}

    def __reduce__(self) -> tuple[type[_State], tuple[dict[str, bytes], ReadSettings]]:
        return _State, (self._copies, self.settings)


def read_corpus(
    files: list[CorpusFile],
    readers: dict[str, Reader],
    pool: Pool | None = None,
    limits: ReadLimits | None = None,
    headings: HeadingsMode = "auto",
    hygiene: HygieneConfig | None = None,
) -> Iterator[ReadResult]:
    """Read and clean the files, and yield the results in the order of the files.

    A file that takes longer than `limits.seconds` is listed as `unreadable`, and so is one whose
    reader ends its process.

    Args:
        files: Files of the corpus.
        readers: Readers by name.
        pool: Processes to read with; by default one, for this call.
        limits: Limits on what reading one file may cost.
        headings: `taxonomy.headings` of the block.
        hygiene: What is left out of each document by itself.
    """
    settings = ReadSettings(
        limits=limits or ReadLimits(), headings=headings, hygiene=hygiene or HygieneConfig()
    )
    copies = _copy_readers(readers, {file.reader for file in files})
    with ExitStack() as stack:
        own = pool or stack.enter_context(closing(_make_pool()))
        isolated = _select_isolated(files, readers, copies, own)
        results = stack.enter_context(closing(_read_isolated(isolated, copies, settings, own)))
        ids = set(map(id, isolated))
        for file in files:
            result = next(results) if id(file) in ids else None
            yield result or read_file(file, readers[file.reader], settings)


def _make_pool() -> Pool:
    return WorkerPool(1, setup=languages.use, arguments=(languages.registered(),))


def _select_isolated(
    files: list[CorpusFile], readers: dict[str, Reader], copies: Container[str], pool: Pool
) -> list[CorpusFile]:
    """Return the files to read in other processes."""
    is_small = not pool.is_faster(len(files), sum(map(_size_of, files)))
    isolated: list[CorpusFile] = []
    for file in files:
        is_quick = is_small and _is_quick(file, readers[file.reader])
        if file.reader in copies and not is_quick:
            isolated.append(file)
    return isolated


def _read_isolated(
    files: list[CorpusFile], copies: dict[str, bytes], settings: ReadSettings, pool: Pool
) -> Generator[ReadResult | None]:
    """Read files in other processes; yield None for each that must be read in this one."""
    count = 0
    on_end = partial(_describe_end, settings.limits)
    seconds = settings.limits.seconds
    try:
        for result in pool.map(_read_copy, _State(copies, settings), files, seconds, on_end):
            yield result
            count += 1
    except NotPicklableError:  # as the languages of a module that only this process knows
        yield from [None] * (len(files) - count)


def _copy_readers(readers: dict[str, Reader], names: Iterable[str]) -> dict[str, bytes]:
    """Copy the readers for other processes, but for those that `pickle` cannot copy."""
    copies: dict[str, bytes] = {}
    for name in sorted(names):
        try:
            copies[name] = pickle.dumps(readers[name])
        except Exception:  # a reader of a plugin may hold any object
            continue
    return copies


def _is_quick(file: CorpusFile, reader: Reader) -> bool:
    return (
        bool(getattr(reader, "in_process", False))
        and file.entry.text_format != "html"
        and _size_of(file) <= IN_PROCESS_BYTES
    )


def _size_of(file: CorpusFile) -> int:
    try:
        return file.path.stat().st_size
    except OSError:
        return 0


def _describe_end(limits: ReadLimits, file: CorpusFile, end: ProcessEndedError) -> ReadResult:
    """Return the result for a file whose process was killed, or ended by itself."""
    if end.timed_out:
        return ReadResult(dropped=(_dropped(file, "unreadable", describe_time_limit(limits)),))
    status = end.status
    ending = f"was killed by signal {-status}" if status < 0 else f"ended with exit code {status}"
    detail = f"The process that read it {ending}: it had too little memory, or its reader crashed"
    return ReadResult(dropped=(_dropped(file, "unreadable", detail),))


def _read_copy(state: _State, file: CorpusFile) -> ReadResult | None:
    """Read a file in a process of the pool; None if its reader exists in the parent only."""
    reader = state.readers[file.reader]
    return None if reader is None else read_file(file, reader, state.settings)


def _load_reader(copy: bytes) -> Reader | None:
    try:
        reader: Reader = pickle.loads(copy)
    except Exception:  # as a module that only the parent process knows
        return None
    return reader


def read_file(file: CorpusFile, reader: Reader, settings: ReadSettings) -> ReadResult:
    """Read and clean one file in this process; a file that cannot be read is listed.

    Args:
        file: The file.
        reader: Its reader.
        settings: Settings of the block.
    """
    try:
        Budget(settings.limits).check_size(file.path.stat().st_size)
        data = file.path.read_bytes()
        if getattr(reader, "binary", False):
            request = _request(file, settings, reader.name, data=data)
            return clean_result(reader.read(request), settings.hygiene)
        decoded = decode(data, file.entry.encoding)
        source = f"{reader.name}, {decoded.encoding}"
        request = _request(file, settings, source, text=decoded.text)
        result = clean_result(reader.read(request), settings.hygiene)
    except CorpusError as error:
        return ReadResult(dropped=(_dropped(file, "unreadable", str(error)),))
    except OSError as error:  # whose text names a path of this machine
        return ReadResult(dropped=(_dropped(file, "unreadable", str(error.strerror)),))
    if decoded.cut_bytes:
        cut = _dropped(
            file,
            "cut_character",
            f"the file ends within a character: its last {decoded.cut_bytes} bytes",
        )
        result = replace(result, dropped=(*result.dropped, cut))
    return result


def _request(
    file: CorpusFile, settings: ReadSettings, source: str, text: str = "", data: bytes = b""
) -> ReadRequest:
    entry = file.entry
    path = file.path.resolve()
    return ReadRequest(
        document_id=file.document_id,
        text=text,
        source=source,
        language=entry.language,
        text_column=entry.text_column,
        title_column=entry.title_column,
        path_column=entry.path_column,
        text_format=entry.text_format,
        outputs=entry.outputs,
        data=data,
        encoding=entry.encoding,
        path=path,
        root=root_of(path, file.document_id),
        limits=settings.limits,
        title=file.title,
        is_wiki=file.is_wiki,
        headings=settings.headings,
    )


def root_of(path: Path, document_id: str) -> Path:
    """Return the folder that a file's id is relative to.

    Args:
        path: The file.
        document_id: Its id.
    """
    depth = document_id.count("/")
    return path.parents[depth] if depth < len(path.parents) else path.parent


def _dropped(file: CorpusFile, reason: str, detail: str) -> Dropped:
    return Dropped(stage="read", id=file.document_id, reason=reason, detail=detail)


def unreadable_error(faults: Sequence[Dropped]) -> CorpusError:
    """Return the error about files that cannot be read, with the first one's fault."""
    first = faults[0]
    file = first.id.partition("#")[0]
    count = sum(fault.id.partition("#")[0] == file for fault in faults)
    return CorpusError(
        f"{first.id} cannot be read: {first.detail.rstrip('.')}. Fix or remove the file, or set "
        "`on_error: skip` to list such documents in dropped.jsonl and go on "
        f"({count} fault(s) in this file)."
    )


def drop_included(
    results: Iterable[ReadResult], files: Iterable[CorpusFile]
) -> Iterator[ReadResult]:
    """Drop the documents of files that another file includes: their text is in its document.

    Files whose inclusion is commented out are dropped, too.

    Args:
        results: Results in the order of `files`.
        files: Files of the corpus.
    """
    results, files = list(results), list(files)
    owners: dict[str, str] = {}
    drafts: dict[str, str] = {}
    for result, file in zip(results, files, strict=True):
        for path in result.included:
            owners.setdefault(path, file.document_id)
        for path in result.switched_off:
            drafts.setdefault(path, file.document_id)
    for result, file in zip(results, files, strict=True):
        path = str(file.path.resolve())
        owner, draft = owners.get(path), drafts.get(path)
        if owner is not None and owner != file.document_id:
            yield ReadResult(dropped=(_dropped(file, "included", f"its text is part of {owner}"),))
        elif draft is not None and owner is None:
            detail = f"{draft} has its inclusion commented out"
            yield ReadResult(dropped=(_dropped(file, "switched_off", detail),))
        else:
            yield result


def settle(results: Iterable[ReadResult], on_error: str) -> tuple[list[Document], list[Dropped]]:
    """Collect the documents that have text, and everything that was left out.

    Raises:
        CorpusError: If there is a fault and `on_error` is `raise`, or no document is left.
    """
    documents: list[Document] = []
    dropped: list[Dropped] = []
    for result in results:
        faults = [item for item in result.dropped if item.reason in FAULTS]
        if faults and on_error == "raise":
            raise unreadable_error(faults)
        dropped += result.dropped
        for document in result.documents:
            if document.text.strip() or document.headings:
                documents.append(document)
            else:
                dropped.append(
                    Dropped(
                        stage="read",
                        id=document.id,
                        reason="empty_document",
                        detail=document.source,
                    )
                )
    if not documents:
        raise CorpusError(
            f"No document with text is left ({len(dropped)} left out). Look at the corpus entries."
        )
    return documents, dropped


# Checks of what a reader returns.

_LANGUAGE = FieldRule(
    name="language", accepts=is_language, expected="the code of a language, such as `en`"
)
_READ_RESULT = (
    FieldRule(
        name="documents", accepts=is_sequence_of(Document), expected="a tuple of `Document`s"
    ),
    FieldRule(name="dropped", accepts=is_sequence_of(Dropped), expected="a tuple of `Dropped`"),
)
_DOCUMENT = (
    FieldRule(name="text", accepts=is_string, expected="a string that UTF-8 can hold"),
    FieldRule(name="title", accepts=is_string, expected="a string, empty if there is no title"),
    _LANGUAGE,
    FieldRule(name="headings", accepts=is_sequence_of(Heading), expected="a tuple of `Heading`s"),
    FieldRule(name="blocks", accepts=is_sequence_of(Block), expected="a tuple of `Block`s"),
    FieldRule(name="source", accepts=is_string, expected="a string"),
)
_START = FieldRule(name="start", accepts=is_count, expected="an offset into the document's text")
_HEADING = (
    FieldRule(
        name="level",
        accepts=lambda value: is_count(value) and value > 0,
        expected="a whole number from 1 on",
    ),
    FieldRule(name="title", accepts=is_string, expected="a string"),
    _START,
)
_KINDS = get_args(BlockKind)
_BLOCK = (
    FieldRule(name="kind", accepts=lambda value: value in _KINDS, expected=", ".join(_KINDS)),
    _START,
)


class GuardedReader:
    """Reader whose results are checked."""

    def __init__(self, reader: Reader, entry: PluginEntry) -> None:
        self.name = entry.name
        self.suffixes = reader.suffixes
        self.binary = bool(getattr(reader, "binary", False))
        self.in_process = bool(getattr(reader, "in_process", False))
        self.includes: tuple[str, ...] = tuple(getattr(reader, "includes", ()))
        self._reader = reader
        self._entry = entry

    def read(self, request: ReadRequest) -> ReadResult:
        """Turn a file into documents.

        Raises:
            CorpusError: If the file is nested too deeply for the reader.
            PluginError: If the reader fails or returns anything else.
        """
        call = self._entry.call("read", request.document_id, "a `ReadResult`", (RecursionError,))
        try:
            with call:
                result = self._reader.read(request)
        except RecursionError:
            raise CorpusError(
                f"Its parts are nested too deeply for the reader `{self.name}`. Look for one that "
                "is never closed, or leave the file out with `exclude`."
            ) from None
        call.check_type(result, ReadResult)
        call.check_fields(result, _READ_RESULT)
        ids: set[str] = set()
        for document in result.documents:
            _check_id(document, request.document_id, ids, call)
            _check_document(document, call)
        return result


def _check_id(document: Document, file_id: str, ids: set[str], call: PluginCall) -> None:
    """Check that an id is the file's, or begins with it, so that no two files share one."""
    name = document.id
    is_own = is_text(name) and (name == file_id or name.startswith(f"{file_id}#"))
    if not is_own or name in ids:
        raise call.fault(
            f"{'two documents' if is_own else 'a document'} with the id {name!r}",
            f"the id `{file_id}`, and `{file_id}#...` for each further document of the file",
        )
    ids.add(name)


def _check_document(document: Document, call: PluginCall) -> None:
    call.check_fields(document, _DOCUMENT)
    for heading in document.headings:
        call.check_fields(heading, _HEADING)
    for block in document.blocks:
        call.check_fields(block, _BLOCK)
    for name, marks in (("headings", document.headings), ("blocks", document.blocks)):
        starts = [mark.start for mark in marks]
        if starts != sorted(starts) or (starts and starts[-1] > len(document.text)):
            raise call.fault(
                f"{name} of {document.id} at {starts}",
                f"offsets in order inside the text, which is 0..{len(document.text)}",
            )
