"""Build a corpus of a thousand small files of all formats, of which five are bad.

    python benchmarks/mixed_files.py 1000

The files are those of `tests/corpus/mixed.py`. With `on_error: skip` every bad file is listed and
all others are read; with `raise` the first bad file is named. The run fails if that is not so, or
if another number of processes gives another result.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from structtuning_plugin.config.corpus import CorpusEntry
from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.workers import WorkerPool
from structtuning_plugin.corpus.discovery import discover
from structtuning_plugin.corpus.reading import FAULTS, read_corpus, settle
from structtuning_plugin.plugins import build_plugin_manager, readers
from tests.corpus.mixed import BAD, write_mixed


def main() -> None:
    """Print what was read and how long it took."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    registry = readers(build_plugin_manager())
    with tempfile.TemporaryDirectory() as name:
        write_mixed(Path(name), count)
        files, _ = discover([CorpusEntry(path=name)], registry)
        results = []
        for workers in (1, 2):
            begin = time.monotonic()
            with closing(WorkerPool(workers)) as pool:
                results.append(list(read_corpus(files, registry, pool)))
            seconds = time.monotonic() - begin
            print(f"{count} files, {workers} process(es): {seconds:.1f} s")
    assert results[0] == results[1], "another number of processes gives another result"
    documents, dropped = settle(results[0], "skip")
    bad = {item.id.partition("#")[0]: item.detail for item in dropped if item.reason in FAULTS}
    names = {document.id.partition("#")[0] for document in documents}
    assert set(bad) == set(BAD), bad
    assert names == {file.document_id for file in files} - set(bad)
    print(f"on_error: skip: {len(names)} files read, {len(bad)} named")
    for name, detail in bad.items():
        print(f"  {name}: {detail}")
    try:
        settle(results[0], "raise")
    except CorpusError as error:
        print(f"on_error: raise: {error}")
    else:
        raise AssertionError("no bad file stopped the build")


if __name__ == "__main__":
    main()
