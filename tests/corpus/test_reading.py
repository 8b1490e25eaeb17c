from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from structtuning_plugin.config import CorpusEntry
from structtuning_plugin.config.corpus import ReadLimits
from structtuning_plugin.core import processes, workers
from structtuning_plugin.core.errors import CorpusError, PluginError
from structtuning_plugin.core.types import Block, Document, Dropped, Heading, ReadResult
from structtuning_plugin.core.workers import WorkerPool
from structtuning_plugin.corpus.discovery import CorpusFile, discover
from structtuning_plugin.corpus.reading import read_corpus, settle
from structtuning_plugin.hookspecs import Reader, ReadRequest
from structtuning_plugin.plugins import build_plugin_manager, readers
from tests.test_plugins import plugin

READERS: dict[str, Reader] = readers(build_plugin_manager())

FILES: dict[str, bytes] = {
    "1.md": b"# Cells\n\nAll life is made of cells.\n",
    "2.txt": b"",
    "3.txt": b"caf\xe9 \xff\xfe\x81\x8d\x00 no text at all" * 9,
    "4.jsonl": b'{"text": "one"}\n{"text": 2}\nno json\n',
    "5.md": b"# Only a heading\n",
    "6.txt": "The last character is cut: é".encode()[:-1],
    "10.md": b"\xef\xbb\xbf---\ntitle: Ten\n---\nTe\x00n.\n",
}


@pytest.fixture
def files(tmp_path: Path) -> list[CorpusFile]:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    found, dropped = discover([CorpusEntry(path=str(tmp_path), language="en")], READERS)
    assert dropped == []
    return found


def document(name: str, text: str, **more: Any) -> Document:
    return Document(id=name, text=text, title="t", language="en", **more)


def test_a_file_becomes_a_document(files: list[CorpusFile]) -> None:
    (result,) = read_corpus(files[:1], READERS)
    assert result == ReadResult(
        documents=(
            Document(
                id="1.md",
                text="All life is made of cells.",
                title="1",
                language="en",
                headings=(Heading(level=1, title="Cells", start=0),),
                blocks=(Block(kind="paragraph", start=0),),
                source="markdown, utf-8",
            ),
        )
    )


def test_results_keep_the_order_of_the_files(files: list[CorpusFile]) -> None:
    results = list(read_corpus(files, READERS))
    assert [[found.id for found in result.documents] for result in results] == [
        ["1.md"],
        ["2.txt"],
        [],
        ["4.jsonl#1"],
        ["5.md"],
        ["6.txt"],
        ["10.md"],
    ]
    assert list(read_corpus(files[::-1], READERS)) == results[::-1]


def test_processes_give_the_same_results(
    files: list[CorpusFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = list(read_corpus(files, READERS))
    monkeypatch.setattr(workers, "PARALLEL_BYTES", 0)
    with closing(WorkerPool(3)) as pool:
        assert list(read_corpus(files, READERS, pool)) == expected


class Troubled:
    """A reader that does what the text of the file says."""

    name = "careless"
    suffixes = (".md",)

    def read(self, request: ReadRequest) -> ReadResult:
        text = request.text
        if text == "sleep":
            time.sleep(60)
        elif text == "exit":
            os._exit(3)
        elif text == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif text == "raise":
            raise ValueError("no text")
        print(text)
        return ReadResult(documents=(document(request.document_id, text),))


TROUBLES = ("a", "sleep", "b", "exit", "c", "kill", "d", "sleep")


@pytest.fixture
def troubled(tmp_path: Path) -> list[CorpusFile]:
    """Files for the reader `careless`: each says what becomes of it."""
    for number, text in enumerate(TROUBLES):
        (tmp_path / f"{number}.md").write_text(text)
    files, _ = discover([CorpusEntry(path=str(tmp_path), format="careless")], registry())
    return files


def registry(reader: Reader | None = None) -> dict[str, Reader]:
    return registry_with(reader or Troubled())


@pytest.mark.parametrize("count", [1, 3])
def test_files_that_hang_or_end_the_process_are_named(
    troubled: list[CorpusFile], count: int
) -> None:
    begin = time.monotonic()
    with closing(WorkerPool(count)) as pool:
        results = read_corpus(troubled, registry(), pool, ReadLimits(seconds=2))
        documents, dropped = settle(results, "skip")
    assert time.monotonic() - begin < 110, "none of the readers that sleep is waited for"
    assert [(found.id, found.text) for found in documents] == [
        ("0.md", "a"),
        ("2.md", "b"),
        ("4.md", "c"),
        ("6.md", "d"),
    ]
    late = (
        "It takes longer than the 2 seconds that `corpus_limits.seconds` allows. Raise the limit "
        "if you trust the file"
    )
    end = "The process that read it {}: it had too little memory, or its reader crashed"
    assert [(item.id, item.reason, item.detail) for item in dropped] == [
        ("1.md", "unreadable", late),
        ("3.md", "unreadable", end.format("ended with exit code 3")),
        ("5.md", "unreadable", end.format("was killed by signal 9")),
        ("7.md", "unreadable", late),
    ]


def test_a_file_that_hangs_stops_the_build(troubled: list[CorpusFile]) -> None:
    with pytest.raises(CorpusError) as caught:
        settle(read_corpus(troubled[:2], registry(), None, ReadLimits(seconds=1)), "raise")
    assert str(caught.value) == (
        "1.md cannot be read: It takes longer than the 1 seconds that `corpus_limits.seconds` "
        "allows. Raise the limit if you trust the file. Fix or remove the file, or set "
        "`on_error: skip` to list such documents in dropped.jsonl and go on "
        "(1 fault(s) in this file)."
    )


def test_errors_of_a_reader_pass_from_its_process(troubled: list[CorpusFile]) -> None:
    troubled[0].path.write_text("raise")
    with pytest.raises(PluginError, match=r"^The reader `careless` .* raised ValueError \(no text"):
        list(read_corpus(troubled[:1], registry()))


def test_whoever_stops_early_waits_for_no_file(troubled: list[CorpusFile]) -> None:
    begin = time.monotonic()
    results = read_corpus(troubled, registry())
    assert next(results).documents[0].text == "a"
    results.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begin < 30


def test_a_reader_that_pickle_cannot_copy_is_used_in_this_process(
    troubled: list[CorpusFile],
) -> None:
    reader = Troubled()
    reader.lock = threading.Lock()  # type: ignore[attr-defined]
    (result,) = read_corpus(troubled[:1], registry(reader))
    assert result.documents[0].text == "a"


def test_a_reader_that_its_process_cannot_import_is_used_in_this_process(
    troubled: list[CorpusFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("module_of_this_process")
    module.Reader = type("Reader", (Troubled,), {"__module__": module.__name__})  # type: ignore[attr-defined]
    module.Reader.__qualname__ = "Reader"
    monkeypatch.setitem(sys.modules, module.__name__, module)
    (result,) = read_corpus(troubled[:1], registry(module.Reader()))
    assert result.documents[0].text == "a"


def test_small_corpora_of_plain_files_start_no_process(
    files: list[CorpusFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_start_process", None)
    assert len(list(read_corpus(files, READERS, WorkerPool(8)))) == len(files)


def test_what_is_left_out_has_a_reason(files: list[CorpusFile]) -> None:
    documents, dropped = settle(read_corpus(files, READERS), "skip")
    assert [found.id for found in documents] == ["1.md", "4.jsonl#1", "5.md", "6.txt", "10.md"]
    assert [(item.stage, item.id, item.reason, item.detail) for item in dropped] == [
        ("read", "2.txt", "empty_document", "text, utf-8"),
        (
            "read",
            "3.txt",
            "unreadable",
            "No encoding fits the bytes: is it a text file? If so, give its `encoding:` in the corpus entry.",
        ),
        ("read", "4.jsonl#2", "bad_record", "no text in `text`; fields: text"),
        ("read", "4.jsonl#3", "bad_record", "no JSON: Expecting value: line 1 column 1 (char 0)"),
        ("read", "6.txt", "cut_character", "the file ends within a character: its last 1 bytes"),
        ("read", "10.md", "control_characters", "1 characters"),
        ("read", "10.md", "front_matter", "10 characters of YAML before the text"),
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("3.txt", "3.txt cannot be read: No encoding fits the bytes"),
        (
            "4.jsonl",
            "4.jsonl#2 cannot be read: no text in `text`; fields: text. Fix or remove the file, or set `on_error: skip`",
        ),
    ],
)
def test_a_fault_stops_the_build(files: list[CorpusFile], name: str, message: str) -> None:
    with pytest.raises(CorpusError) as caught:
        settle(read_corpus([file for file in files if file.document_id == name], READERS), "raise")
    assert str(caught.value).startswith(message)
    assert f"({1 if name == '3.txt' else 2} fault(s) in this file)" in str(caught.value)


def test_what_is_no_fault_does_not_stop_the_build(files: list[CorpusFile]) -> None:
    sound = [file for file in files if file.document_id not in ("3.txt", "4.jsonl")]
    documents, dropped = settle(read_corpus(sound, READERS), "raise")
    assert [found.id for found in documents] == ["1.md", "5.md", "6.txt", "10.md"]
    assert [item.reason for item in dropped] == [
        "empty_document",
        "cut_character",
        "control_characters",
        "front_matter",
    ]


def test_a_file_that_went_away_is_unreadable(files: list[CorpusFile]) -> None:
    files[0].path.unlink()
    (result,) = read_corpus(files[:1], READERS)
    assert [(item.id, item.reason) for item in result.dropped] == [("1.md", "unreadable")]
    assert "No such file or directory" in result.dropped[0].detail


def test_settings_of_the_entry_reach_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_bytes('{"body": "# 一\\n\\n细胞", "name": "生物"}'.encode("gb18030"))
    entry = CorpusEntry(
        path=str(path),
        encoding="gb18030",
        language="zh",
        text_column="body",
        title_column="name",
        text_format="markdown",
    )
    (result,) = read_corpus(discover([entry], READERS)[0], READERS)
    assert result.documents == (
        Document(
            id="notes.jsonl#1",
            text="细胞",
            title="生物",
            language="zh",
            headings=(Heading(level=1, title="一", start=0),),
            blocks=(Block(kind="paragraph", start=0),),
            source="jsonl, gb18030",
        ),
    )


def test_a_wrong_encoding_in_the_entry_is_a_fault_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes("é".encode())
    files, _ = discover([CorpusEntry(path=str(path), encoding="ascii")], READERS)
    with pytest.raises(
        CorpusError, match=r"^notes.txt cannot be read: Byte 0 does not fit the encoding ascii"
    ):
        settle(read_corpus(files, READERS), "raise")


@pytest.mark.parametrize("text", ["", " \n\t", "\u3000"])
def test_documents_without_text_are_listed(text: str) -> None:
    results = [
        ReadResult(
            documents=(document("a", text), document("b", "text"), document("c", text, source="s"))
        )
    ]
    documents, dropped = settle(results, "raise")
    assert [found.id for found in documents] == ["b"]
    assert dropped == [
        Dropped(stage="read", id="a", reason="empty_document"),
        Dropped(stage="read", id="c", reason="empty_document", detail="s"),
    ]


def test_headings_alone_are_a_document() -> None:
    lonely = document("a", "", headings=(Heading(level=1, title="A", start=0),))
    assert settle([ReadResult(documents=(lonely,))], "raise") == ([lonely], [])


def test_nothing_left_is_an_error() -> None:
    results = [ReadResult(documents=(document("a", ""),)), ReadResult()]
    with pytest.raises(CorpusError, match=r"^No document with text is left \(1 left out\)"):
        settle(results, "skip")


@dataclass(frozen=True)
class Careless:
    """A stranger's reader that gives what it likes."""

    headings: tuple[int, ...] = ()
    blocks: tuple[int, ...] = ()
    name: str = "careless"
    suffixes: tuple[str, ...] = (".md",)

    def read(self, request: ReadRequest) -> ReadResult:
        headings = tuple(Heading(level=1, title="x", start=start) for start in self.headings)
        blocks = tuple(Block(kind="code", start=start) for start in self.blocks)
        return ReadResult(
            documents=(document(request.document_id, "text", headings=headings, blocks=blocks),)
        )


def registry_with(reader: Reader) -> dict[str, Reader]:
    return readers(build_plugin_manager(plugin("stranger", register_readers=[reader])))


def careless(files: list[CorpusFile]) -> CorpusFile:
    """The first file, for the reader `careless`."""
    return replace(files[0], reader="careless")


@pytest.mark.parametrize(
    "reader",
    [
        Careless(headings=(2, 1)),
        Careless(headings=(5,)),
        Careless(headings=(-1, 2)),
        Careless(blocks=(3, 0)),
        Careless(blocks=(9,)),
    ],
)
def test_offsets_of_a_reader_are_checked(files: list[CorpusFile], reader: Careless) -> None:
    with pytest.raises(PluginError) as caught:
        list(read_corpus([careless(files)], registry_with(reader)))
    message = str(caught.value)
    assert message.startswith(
        "The reader `careless` (plugin stranger, hook `register_readers`) returned "
    )
    assert " from `read` for 1.md. Expected: " in message


def test_offsets_within_the_text_are_accepted(files: list[CorpusFile]) -> None:
    reader = Careless(headings=(0, 0, 4), blocks=(0, 2))
    (result,) = read_corpus([careless(files)], registry_with(reader))
    assert [heading.start for heading in result.documents[0].headings] == [0, 0, 4]


def test_a_file_beyond_a_limit_is_listed_with_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Short.")
    (tmp_path / "b.md").write_text("Long. " * 100)
    every = discover([CorpusEntry(path=str(tmp_path))], READERS)[0]
    results = read_corpus(every, READERS, None, ReadLimits(file_mb=0.0001))
    documents, dropped = settle(results, "skip")
    assert [document.id for document in documents] == ["a.md"]
    assert [(item.id, item.reason) for item in dropped] == [("b.md", "unreadable")]
    assert "`corpus_limits.file_mb` allows 0.0001" in dropped[0].detail
