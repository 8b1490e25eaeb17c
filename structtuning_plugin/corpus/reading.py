"""Reading of all files of the corpus, in one process or several, with the same result."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from structtuning_plugin import languages
from structtuning_plugin.core.errors import CorpusError, PluginError
from structtuning_plugin.core.types import Document, Dropped, ReadResult
from structtuning_plugin.corpus.decoding import decode
from structtuning_plugin.corpus.discovery import CorpusFile
from structtuning_plugin.hookspecs import Reader, ReadRequest

# Starting processes costs seconds; below this size one process is faster.
PARALLEL_BYTES = 32 * 2**20

# These stop the build unless `on_error: skip`; other things left out (front matter, say) are just
# listed.
FAULTS = ("unreadable", "bad_record")


def read_corpus(
    files: list[CorpusFile], readers: dict[str, Reader], workers: int
) -> Iterator[ReadResult]:
    """Read the files and yield the results in the order of the files.

    Raises:
        PluginError: If a reader returns headings or blocks outside of the text or out of order.
    """
    jobs = [(file, readers[file.reader]) for file in files]
    if (
        workers < 2
        or len(files) < 2
        or sum(file.path.stat().st_size for file in files) < PARALLEL_BYTES
    ):
        yield from map(_read_file, jobs)
        return
    # "spawn": a fork of a process that runs threads (tokenizers, torch) can hang.
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=languages.use,
        initargs=(languages.registered(),),
    )
    with pool:
        yield from pool.map(_read_file, jobs, chunksize=max(1, len(jobs) // (workers * 8)))


def _read_file(job: tuple[CorpusFile, Reader]) -> ReadResult:
    file, reader = job
    try:
        decoded = decode(file.path.read_bytes(), file.entry.encoding)
    except CorpusError as error:
        return ReadResult(dropped=(_dropped(file, "unreadable", str(error)),))
    except OSError as error:  # whose text names a path of this machine
        return ReadResult(dropped=(_dropped(file, "unreadable", str(error.strerror)),))
    request = ReadRequest(
        document_id=file.document_id,
        text=decoded.text,
        source=f"{reader.name}, {decoded.encoding}",
        language=file.entry.language,
        text_column=file.entry.text_column,
        title_column=file.entry.title_column,
        text_format=file.entry.text_format,
    )
    result = reader.read(request)
    _check(result, reader)
    if decoded.cut_bytes:
        cut = _dropped(
            file,
            "cut_character",
            f"the file ends within a character: its last {decoded.cut_bytes} bytes",
        )
        result = replace(result, dropped=(*result.dropped, cut))
    return result


def _dropped(file: CorpusFile, reason: str, detail: str) -> Dropped:
    return Dropped(stage="read", id=file.document_id, reason=reason, detail=detail)


def _check(result: ReadResult, reader: Reader) -> None:
    for document in result.documents:
        places = [heading.start for heading in document.headings]
        blocks = [block.start for block in document.blocks]
        for starts in (places, blocks):
            if starts != sorted(starts) or (
                starts and not 0 <= starts[0] <= starts[-1] <= len(document.text)
            ):
                raise PluginError(
                    f"The reader `{reader.name}` gave headings or blocks out of order or out of "
                    f"the text of {document.id}."
                )


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
            first = faults[0]
            raise CorpusError(
                f"{first.id} cannot be read: {first.detail}. Fix or remove the file, or set "
                "`on_error: skip` to list such documents in dropped.jsonl and go on "
                f"({len(faults)} fault(s) in this file)."
            )
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
