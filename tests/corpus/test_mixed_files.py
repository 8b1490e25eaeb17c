"""Many small files of all formats with a few bad ones: each bad one is named, the others are read.

`benchmarks/mixed_files.py` builds a corpus of a thousand such files.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from structtuning_plugin.config.corpus import CorpusEntry
from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.workers import WorkerPool
from structtuning_plugin.corpus.discovery import discover
from structtuning_plugin.corpus.reading import FAULTS, read_corpus, settle
from structtuning_plugin.plugins import build_plugin_manager, readers
from tests.corpus.mixed import BAD, write_mixed

READERS = readers(build_plugin_manager())
COUNT = 200


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred files, of which `BAD` are bad."""
    folder = tmp_path_factory.mktemp("mixed")
    write_mixed(folder, COUNT)
    return folder


def test_the_bad_files_are_named_and_all_others_read(corpus: Path) -> None:
    files, overlooked = discover([CorpusEntry(path=str(corpus))], READERS)
    assert (len(files), overlooked) == (COUNT, [])
    with closing(WorkerPool(2)) as pool:
        results = list(read_corpus(files, READERS, pool))
    documents, dropped = settle(results, "skip")
    faults = {item.id.partition("#")[0] for item in dropped if item.reason in FAULTS}
    assert faults == set(BAD)
    expected = {file.document_id for file in files} - set(BAD)
    assert {document.id.partition("#")[0] for document in documents} == expected
    for document in documents:
        file = Path(document.id.partition("#")[0])
        assert f"Pump {file.stem} lifts water." in document.text
        titles = [document.title, *(heading.title for heading in document.headings)]
        # One underlined line is too little evidence for headings in a plain text.
        assert f"Pump {file.stem}" in titles or file.suffix == ".txt"
    with pytest.raises(CorpusError) as caught:
        settle(results, "raise")
    first = next(file.document_id for file in files if file.document_id in BAD)
    assert str(caught.value).startswith(f"{first} cannot be read: ")


@pytest.mark.parametrize("name", BAD)
def test_each_bad_file_stops_the_build(corpus: Path, name: str) -> None:
    files, _ = discover([CorpusEntry(path=str(corpus / name))], READERS)
    with pytest.raises(CorpusError, match=rf"^{name}(#1)? cannot be read: "):
        settle(read_corpus(files, READERS), "raise")
