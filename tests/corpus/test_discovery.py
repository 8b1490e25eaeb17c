from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.config import CorpusEntry
from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.corpus.discovery import CorpusFile, HashCache, discover, natural_key
from structtuning_plugin.hookspecs import Reader
from structtuning_plugin.plugins import build_plugin_manager, readers
from tests.strategies import examples

READERS: dict[str, Reader] = readers(build_plugin_manager())


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "books"
    folder.mkdir()
    return folder


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")


def found(*paths: Path | str, **settings: Any) -> list[tuple[str, str]]:
    """Id and reader of each file."""
    return [
        (file.document_id, file.reader)
        for file in discover(entries(*paths, **settings), READERS)[0]
    ]


def ids(*paths: Path | str, **settings: Any) -> list[str]:
    return [name for name, _ in found(*paths, **settings)]


def entries(*paths: Path | str, **settings: Any) -> list[CorpusEntry]:
    return [CorpusEntry(path=str(path), **settings) for path in paths]


def test_a_file_named_itself(corpus: Path) -> None:
    write(corpus, "deep/cells.md")
    entry = CorpusEntry(path=str(corpus / "deep/cells.md"), language="fr")
    assert discover([entry], READERS) == (
        [
            CorpusFile(
                path=corpus / "deep/cells.md",
                document_id="cells.md",
                reader="markdown",
                entry=entry,
            )
        ],
        [],
    )


def test_a_file_named_itself_needs_no_suffix_and_may_be_hidden(corpus: Path) -> None:
    write(corpus, "README", ".notes.foo", "CELLS.MD")
    assert found(*(corpus / name for name in ("README", ".notes.foo", "CELLS.MD"))) == [
        ("README", "text"),
        (".notes.foo", "text"),
        ("CELLS.MD", "markdown"),
    ]


def test_a_folder_is_read_with_all_beneath_it(corpus: Path) -> None:
    write(corpus, "b.txt", "a/2.jsonl", "a/1.ndjson", "a/b/c.markdown")
    assert found(corpus) == [
        ("a/1.ndjson", "jsonl"),
        ("a/2.jsonl", "jsonl"),
        ("a/b/c.markdown", "markdown"),
        ("b.txt", "text"),
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.md", ["top.md"]),
        ("**/*.md", ["a/1.md", "a/b/2.md", "top.md"]),
        ("a/*", ["1.md", "3.txt"]),
        ("?/b/[0-9].md", ["a/b/2.md"]),
    ],
)
def test_globs(corpus: Path, pattern: str, expected: list[str]) -> None:
    """Ids are relative to the folder before the first part with a wildcard."""
    write(corpus, "top.md", "a/1.md", "a/b/2.md", "a/3.txt")
    assert ids(corpus / pattern) == expected


def test_paths_relative_to_the_working_directory(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(corpus, "top.md", "a/1.md")
    monkeypatch.chdir(corpus)
    assert ids("*.md") == ids("./*.md") == ["top.md"]
    assert ids("a") == ids("a/*.md") == ids("a/1.md") == ids("../books/a/*") == ["1.md"]
    assert ids(".") == ["a/1.md", "top.md"]


def test_names_with_wildcards_in_them_are_found(corpus: Path) -> None:
    write(corpus, "[2024]/a*.md")
    assert ids(corpus / "[2024]") == ids(corpus / "[2024]/a*.md") == ["a*.md"]


def test_hidden_files_are_passed_over(corpus: Path) -> None:
    write(corpus, "a.md", ".b.md", ".git/c.md", "d/.ipynb_checkpoints/e.md")
    assert discover(entries(corpus), READERS)[1] == []
    assert ids(corpus) == ids(corpus / "**/*") == ["a.md"]


def test_a_hidden_folder_named_itself_is_read(corpus: Path) -> None:
    write(corpus, ".notes/a.md")
    assert ids(corpus / ".notes") == ids(corpus / ".notes/*") == ["a.md"]


def test_files_that_no_reader_takes_are_listed(corpus: Path) -> None:
    write(corpus, "a.md", "b/cover.PNG", "Makefile")
    files, dropped = discover(entries(corpus), READERS)
    assert [file.document_id for file in files] == ["a.md"]
    assert dropped == [
        Dropped(
            stage="discover",
            id="b/cover.PNG",
            reason="unknown_format",
            detail="no reader takes .PNG",
        ),
        Dropped(
            stage="discover",
            id="Makefile",
            reason="unknown_format",
            detail="no reader takes no suffix",
        ),
    ]


def test_the_format_given_takes_every_file(corpus: Path) -> None:
    write(corpus, "a.md", "b.rst", "c")
    assert found(corpus, format="text") == [("a.md", "text"), ("b.rst", "text"), ("c", "text")]


def test_unknown_format_is_answered_with_the_nearest(corpus: Path) -> None:
    write(corpus, "a.md")
    with pytest.raises(CorpusError, match=r"Unknown format `markdwon` of .*books") as caught:
        discover(entries(corpus, format="markdwon"), READERS)
    assert str(caught.value).endswith(", text, xml.")


def test_a_path_that_does_not_exist(corpus: Path) -> None:
    with pytest.raises(
        CorpusError, match=r"missing.md does not exist\. Give a file, a folder or a glob\.$"
    ):
        discover(entries(corpus / "missing.md"), READERS)


@pytest.mark.parametrize("entry", ["", "*.md", "none/**/*.md"])
def test_an_entry_that_finds_nothing(corpus: Path, entry: str) -> None:
    write(corpus, "cover.png", ".hidden.md")
    with pytest.raises(CorpusError, match="finds no file that can be read") as caught:
        discover(entries(corpus / entry), READERS)
    assert "Suffixes known: .adoc, .arrow, .asc, " in str(caught.value)
    assert str(caught.value).endswith(", rst, rtf, text, xml).")


def test_a_glob_that_cannot_be(corpus: Path) -> None:
    write(corpus, "a/b.md")
    with pytest.raises(
        CorpusError,
        match=r"\*\*\.md is no glob: Invalid pattern: '\*\*' .* Write it like `books/\*\*/\*\.md`\.$",
    ):
        discover(entries(corpus / "**.md"), READERS)


def test_a_file_listed_twice_is_taken_once(corpus: Path) -> None:
    write(corpus, "a.md", "b.md")
    files, dropped = discover(entries(corpus / "b.md", corpus), READERS)
    assert [file.document_id for file in files] == ["b.md", "a.md"]
    assert dropped == [
        Dropped(
            stage="discover",
            id="b.md",
            reason="listed_twice",
            detail="an earlier entry has this file",
        )
    ]


def test_an_entry_whose_files_are_all_listed_twice_is_no_error(corpus: Path) -> None:
    write(corpus, "a.md")
    assert ids(corpus, corpus / "a.md", corpus / "*.md") == ["a.md"]


def test_a_link_to_a_file_is_that_file(corpus: Path) -> None:
    write(corpus, "a.md")
    (corpus / "b.md").symlink_to(corpus / "a.md")
    files, dropped = discover(entries(corpus), READERS)
    assert [file.document_id for file in files] == ["a.md"]
    assert [(item.id, item.reason) for item in dropped] == [("b.md", "listed_twice")]


def test_a_dangling_link_is_passed_over(corpus: Path) -> None:
    write(corpus, "a.md")
    (corpus / "b.md").symlink_to(corpus / "missing.md")
    assert ids(corpus) == ["a.md"]


def test_files_of_one_name_are_numbered(tmp_path: Path) -> None:
    write(tmp_path, "x/a.md", "y/a.md", "z/a.md", "z/a~2.md", "x/v1.2/notes", "y/v1.2/notes")
    assert ids(*(tmp_path / name for name in "xyz"), format="text") == [
        "a.md",
        "v1.2/notes",
        "a~2.md",
        "v1.2/notes~2",
        "a~3.md",
        "a~2~2.md",
    ]


def test_natural_order(corpus: Path) -> None:
    names = [
        "ch1.md",
        "ch2.md",
        "Ch3.md",
        "ch10.md",
        "2/b.md",
        "10/a.md",
        "a.md",
        "第2章.md",
        "第10章.md",
        "x1y2.md",
        "x1y10.md",
    ]
    write(corpus, *names)
    assert ids(corpus) == [
        "2/b.md",
        "10/a.md",
        "a.md",
        "ch1.md",
        "ch2.md",
        "Ch3.md",
        "ch10.md",
        "x1y2.md",
        "x1y10.md",
        "第2章.md",
        "第10章.md",
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_order_does_not_depend_on_the_directory(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, turned: bool
) -> None:
    """1.md and 01.md are equal in natural order, and so are a.md and A.md."""
    write(corpus, "1.md", "01.md", "001.md", "a.md", "A.md", "b/2.md", "b/10.md")
    listed = {name: getattr(Path, name) for name in ("glob", "rglob")}

    def shuffled(name: str) -> Any:
        def pattern(self: Path, glob: str) -> Iterator[Path]:
            return iter(sorted(listed[name](self, glob), reverse=turned))

        return pattern

    for name in listed:
        monkeypatch.setattr(Path, name, shuffled(name))
    expected = ["001.md", "01.md", "1.md", "A.md", "a.md", "b/2.md", "b/10.md"]
    assert ids(corpus) == ids(corpus / "**/*.md") == expected


def test_entries_keep_their_order(corpus: Path) -> None:
    write(corpus, "a/1.md", "b/2.md")
    assert ids(corpus / "b", corpus / "a") == ["2.md", "1.md"]


@examples
@given(st.lists(st.text(st.sampled_from("a1２٣B/.²é"), min_size=1)))
def test_natural_keys_can_always_be_compared(names: list[str]) -> None:
    ordered = [natural_key(name) for name in sorted(names, key=natural_key)]
    assert all(not after < before for before, after in itertools.pairwise(ordered))


OLD = 1_600_000_000


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def book(folder: Path, data: bytes = b"cells", at: int = OLD) -> Path:
    path = folder / "book.md"
    path.write_bytes(data)
    os.utime(path, (at, at))
    return path


def hash_of(path: Path, cache: Path) -> str:
    """As one command does it: open the memory, ask, save."""
    memory = HashCache(cache)
    digest = memory.sha256(path)
    memory.save()
    return digest


def test_hash_is_of_the_content(tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "hashes.json"
    path = book(tmp_path)
    stat = path.stat()
    assert hash_of(path, cache) == sha256(b"cells")
    assert json.loads(cache.read_text()) == {
        str(path): [stat.st_size, stat.st_mtime_ns, stat.st_ino, sha256(b"cells")]
    }
    assert [item.name for item in cache.parent.iterdir()] == ["hashes.json"]


def test_hash_of_an_unchanged_file_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, path = tmp_path / "hashes.json", book(tmp_path)
    hash_of(path, cache)
    written = cache.stat().st_mtime_ns
    memory = HashCache(cache)
    opened: list[Path] = []
    monkeypatch.setattr(Path, "open", lambda self, *_: opened.append(self))
    assert memory.sha256(path) == sha256(b"cells")
    memory.save()
    assert opened == []
    assert cache.stat().st_mtime_ns == written


def test_touching_a_file_does_not_change_its_hash(tmp_path: Path) -> None:
    cache, path = tmp_path / "hashes.json", book(tmp_path)
    first = hash_of(path, cache)
    os.utime(path, (OLD + 60, OLD + 60))
    assert hash_of(path, cache) == first == sha256(b"cells")


def test_other_content_of_the_same_size_is_seen(tmp_path: Path) -> None:
    cache = tmp_path / "hashes.json"
    hash_of(book(tmp_path, b"cells"), cache)
    assert hash_of(book(tmp_path, b"CELLS", at=OLD + 1), cache) == sha256(b"CELLS")


def test_other_file_under_the_same_name_and_time_is_seen(tmp_path: Path) -> None:
    cache, path = tmp_path / "hashes.json", book(tmp_path)
    hash_of(path, cache)
    other = tmp_path / "other.md"
    other.write_bytes(b"CELLS")
    os.utime(other, (OLD, OLD))
    other.replace(path)
    assert hash_of(path, cache) == sha256(b"CELLS")


def test_a_file_written_just_now_is_not_remembered(tmp_path: Path) -> None:
    """Its content may change once more without its time doing so."""
    cache, path = tmp_path / "hashes.json", tmp_path / "new.md"
    path.write_bytes(b"cells")
    assert hash_of(path, cache) == sha256(b"cells")
    assert not cache.exists()


def test_a_large_file_is_read_in_pieces(tmp_path: Path) -> None:
    data = b"cells " * 500_000
    assert hash_of(book(tmp_path, data), tmp_path / "hashes.json") == sha256(data)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b"{}",
        b'{"BOOK": null}',
        b'{"BOOK": [5]}',
        b'{"BOOK": [SIZE, TIME, INODE]}',
    ],
)
def test_a_damaged_memory_is_none(tmp_path: Path, damaged: bytes) -> None:
    cache, path = tmp_path / "hashes.json", book(tmp_path)
    stat = path.stat()
    for name, value in {
        "BOOK": path,
        "SIZE": stat.st_size,
        "TIME": stat.st_mtime_ns,
        "INODE": stat.st_ino,
    }.items():
        damaged = damaged.replace(name.encode(), str(value).encode())
    cache.write_bytes(damaged)
    assert hash_of(path, cache) == sha256(b"cells")
    assert json.loads(cache.read_text())[str(path)][3] == sha256(b"cells")


def test_a_memory_that_cannot_be_written_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    path = book(tmp_path)
    assert hash_of(path, tmp_path / "file" / "hashes.json") == sha256(b"cells")
    assert hash_of(path, tmp_path / "folder") == sha256(b"cells")


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("a.zip", "archives such as .zip are not opened: unpack it into a folder of the corpus"),
        ("a.doc", "no reader takes .doc: save the file as .docx"),
        ("a.htmll", "no reader takes .htmll; the nearest is `html` (.html)"),
        ("a.png", "no reader takes .png"),
    ],
)
def test_what_no_reader_takes_is_named_with_the_nearest(
    tmp_path: Path, name: str, detail: str
) -> None:
    write(tmp_path, name, "a.md")
    known = readers(build_plugin_manager())
    _, (item,) = discover([CorpusEntry(path=str(tmp_path))], known)
    assert (item.reason, item.detail) == ("unknown_format", detail)


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"include": "*.md"}, ["a.md", "b/c.md"]),
        ({"include": ["b/**"]}, ["b/c.md", "b/d.txt"]),
        ({"exclude": "b/*"}, ["a.md"]),
        ({"include": ["**/*.md"], "exclude": ["a.*"]}, ["b/c.md"]),
    ],
)
def test_globs_choose_files(tmp_path: Path, settings: dict[str, object], names: list[str]) -> None:
    write(tmp_path, "a.md", "b/c.md", "b/d.txt")
    known = readers(build_plugin_manager())
    files, dropped = discover([CorpusEntry(path=str(tmp_path), **settings)], known)  # type: ignore[arg-type]
    assert ([file.document_id for file in files], dropped) == (names, [])
