from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.types import ReadResult
from structtuning_plugin.corpus.readers.tables import (
    ArrowReader,
    CsvReader,
    JsonReader,
    ParquetReader,
    find_delimiter,
)
from structtuning_plugin.hookspecs import Reader, ReadRequest

ROWS = {"title": ["A", None], "text": ["one", "two"], "n": [1, 2]}
TWO = [("a.x#1", "A", "one"), ("a.x#2", "", "two")]


def read(reader: Reader, source: str | bytes, **settings: object) -> ReadResult:
    is_text = isinstance(source, str)
    request = ReadRequest(
        document_id="a.x",
        text=source if is_text else "",
        data=b"" if is_text else source,
        source=reader.name,
        language="en",
        **settings,
    )
    return reader.read(request)


def found(result: ReadResult) -> list[tuple[str, str, str]]:
    return [(document.id, document.title, document.text) for document in result.documents]


def parquet_of(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    return buffer.getvalue()


def stream_of(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table)
    return buffer.getvalue()


def test_rows_of_csv_are_documents() -> None:
    source = 'title,text,n\nA,"one, ""quoted""\nline",1\n,two,2\n'
    assert found(read(CsvReader(), source)) == [
        ("a.x#1", "A", 'one, "quoted"\nline'),
        ("a.x#2", "", "two"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(delimiter: str) -> None:
    source = f"title{delimiter}text\nA{delimiter}12 to 50\nB{delimiter}two\n"
    assert find_delimiter(source) == delimiter
    assert [text for _, _, text in found(read(CsvReader(), source))] == ["12 to 50", "two"]


@pytest.mark.parametrize(
    ("header", "settings", "expected"),
    [
        ("Titel;Text", {}, ("A", "one")),
        ("标题;正文", {}, ("A", "one")),
        ("name;body", {}, ("A", "one")),
        ("x;y", {"text_column": "y", "title_column": "x"}, ("A", "one")),
        ("x;y", {"text_column": "Y"}, ("", "one")),
    ],
)
def test_columns_are_named_or_well_known(
    header: str, settings: dict[str, str], expected: tuple[str, str]
) -> None:
    result = read(CsvReader(), f"{header}\nA;one\n", **settings)
    assert found(result) == [("a.x#1", *expected)]


def test_a_table_without_text_names_its_columns() -> None:
    with pytest.raises(CorpusError, match=r"no column `text`. Its columns: x, y. Name the one"):
        read(CsvReader(), "x,y\n1,2\n")
    with pytest.raises(CorpusError, match=r"no column `b` \(`path_column`\)"):
        read(CsvReader(), "text,y\n1,2\n", path_column="b")


def test_a_row_without_text_is_listed() -> None:
    result = read(CsvReader(), "title,text\nA,\nB,two\n")
    assert [(item.id, item.reason) for item in result.dropped] == [("a.x#1", "empty_record")]


@pytest.mark.parametrize(
    "path", ["Garden > Beds", "Garden/Beds", "Garden | Beds", "Garden :: Beds"]
)
def test_records_with_a_path_are_one_document(path: str) -> None:
    source = f'title,text,path\nMulch,"# Mulch\n\nMoist.\n\n## Straw\n\nDry.",{path}\nEdges,Stone.,{path}\n'
    (document,) = read(CsvReader(), source, path_column="path", text_format="markdown").documents
    assert (document.id, document.title) == ("a.x#1", "Garden")
    assert document.text == "Moist.\n\nDry.\n\nStone."
    assert [(h.level, h.title, h.start) for h in document.headings] == [
        (1, "Garden", 0), (2, "Beds", 0), (3, "Mulch", 0), (4, "Straw", 8), (3, "Edges", 14),
    ]  # fmt: skip


def test_records_of_html() -> None:
    result = read(CsvReader(), "text\n<h1>A</h1><p>one</p>\n", text_format="html")
    assert [(d.title, d.text) for d in result.documents] == [("A", "one")]


def test_the_title_stays_above_a_single_heading() -> None:
    (document,) = read(
        CsvReader(), 'title,text\nCan,"## Size\n\nTen."\n', text_format="markdown"
    ).documents
    assert [(h.level, h.title) for h in document.headings] == [(1, "Can"), (3, "Size")]


def test_parquet_and_arrow() -> None:
    table = pa.table(ROWS)
    buffer = io.BytesIO()
    feather.write_feather(table, buffer)
    assert found(read(ParquetReader(), parquet_of(table))) == TWO
    assert found(read(ArrowReader(), stream_of(table))) == TWO
    assert found(read(ArrowReader(), buffer.getvalue())) == TWO


def test_nested_columns_have_dotted_names() -> None:
    table = pa.table({"body": [{"text": "one", "title": "A"}]})
    result = read(
        ParquetReader(), parquet_of(table), text_column="body.text", title_column="body.title"
    )
    assert found(result) == TWO[:1]


@pytest.mark.parametrize("reader", [ParquetReader(), ArrowReader()])
def test_a_damaged_file_is_refused(reader: Reader) -> None:
    with pytest.raises(CorpusError, match="or a damaged one"):
        read(reader, b"PAR1 nonsense")


@pytest.mark.parametrize(
    "value",
    [
        [{"title": "A", "text": "one"}, {"text": "two"}],
        {"version": 1, "data": [{"title": "A", "text": "one"}, {"text": "two"}]},
    ],
)
def test_json(value: object) -> None:
    assert found(read(JsonReader(), json.dumps(value))) == TWO


def test_json_without_text_is_left_out() -> None:
    (item,) = read(JsonReader(), '{"name": "x", "version": "1"}').dropped
    assert (item.reason, item.detail[:40]) == (
        "no_text_column",
        "It has no column `text`. Its columns: na",
    )


def test_json_that_is_none_is_refused() -> None:
    with pytest.raises(CorpusError, match="It is no JSON: Expecting value"):
        read(JsonReader(), "no json")


def test_a_dataset_on_disk_is_read_by_its_arrow_files(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_dict({"title": ["A"], "text": ["one"]}).save_to_disk(tmp_path)
    (file,) = tmp_path.glob("*.arrow")
    assert found(read(ArrowReader(), file.read_bytes())) == TWO[:1]
