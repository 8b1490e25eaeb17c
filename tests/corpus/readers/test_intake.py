"""Each case of `tests/data/intake`: the tree, the text once, and what must be absent."""

from __future__ import annotations

import pypdfium2
import pytest

from structtuning_plugin.corpus.pdf_headings import Bookmark, match_bookmarks
from structtuning_plugin.corpus.pdf_lines import read_page
from tests.corpus.intake import INTAKE, expected_of, faults_of, lines_in_order, read_case, tree_of

# case: settings of the corpus entry
CASES: dict[str, dict[str, object]] = {
    "08-html-site-chrome": {},
    "10-html-text-fidelity": {},
    "01-docx-heading-sources": {},
    "03-docx-layout-tables": {},
    "04-docx-revisions-notes-hidden": {},
    "05-docx-numbered-headings": {},
    "06-epub-nav-into-files": {},
    "11-pdf-outline": {},
    "12-pdf-columns-and-rotated": {},
    "14-pdf-glyphs": {},
    "15-odt-sections-revisions": {},
    "20-notebooks": {},
    "22-jats-sections": {},
}

# What `expected.md` calls "also right", and what is right here.
ALSO_RIGHT = {
    "03-docx-layout-tables": ["once: 'Early spring sowing' is there 2 times"],
}


@pytest.mark.parametrize("case", CASES)
def test_text_is_in_its_place_and_the_rest_absent(case: str) -> None:
    documents, _ = read_case(case, **CASES[case])
    assert faults_of(case, documents) == ALSO_RIGHT.get(case, [])


@pytest.mark.parametrize("case", CASES)
def test_trees_are_right(case: str) -> None:
    documents, _ = read_case(case, **CASES[case])
    by_name = {document.id: document for document in documents}
    expected = expected_of(case).trees
    trees = {name: tree_of(by_name[name], expected[name]) for name in expected}
    assert trees == expected


TABLES: dict[str, dict[str, object]] = {
    "articles.csv": {"text_format": "markdown", "path_column": "category"},
    "notes-semicolon.csv": {"text_format": "markdown"},
    "journal.tsv": {},
}


@pytest.mark.parametrize("name", TABLES)
def test_trees_of_tables(name: str) -> None:
    case = "23-csv-markdown-column"
    documents, _ = read_case(case, name, **TABLES[name])
    lines = [line for document in documents for line in tree_of(document)]
    assert lines == expected_of(case).trees[name]


@pytest.mark.parametrize("name", TABLES)
def test_texts_of_tables(name: str) -> None:
    case = "23-csv-markdown-column"
    documents, dropped = read_case(case, name, **TABLES[name])
    faults = faults_of(case, documents, name)
    if name != "articles.csv":  # the only one that `Under` is about
        faults = [fault for fault in faults if not fault.startswith("under")]
    assert faults == []
    empty = [("articles.csv#3", "empty_record")] if name == "articles.csv" else []
    assert [(item.id, item.reason) for item in dropped] == empty


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "code.html",
            "\n\ndef water(bed, litres):\n    # open the valve only when dry\n    if bed.dry:\n"
            "        bed.valve.open(litres)\n\n",
        ),
        ("code.html", "\none   dry        4.0\n\ntwo   wet        0.0\n"),
    ],
)
def test_white_space_of_code_is_kept(name: str, text: str) -> None:
    (document,) = read_case("10-html-text-fidelity", name)[0]
    assert document.text.count(text) == 1


@pytest.mark.parametrize("name", ["bulletin.pdf", "plan.pdf"])
def test_columns_and_turned_tables_are_in_reading_order(name: str) -> None:
    case = "12-pdf-columns-and-rotated"
    (document,) = read_case(case, name)[0]
    text = lines_in_order(document)
    for parts in expected_of(case).order[name]:
        end = 0
        for part in parts:
            assert part in text[end:], f"{part!r} is not behind the parts before it"
            end = text.index(part, end) + len(part)


def test_headings_of_pdf_are_on_their_pages() -> None:
    case = "11-pdf-outline"
    document = pypdfium2.PdfDocument(INTAKE / case / "input" / "wells.pdf")
    pages = [read_page(document, number) for number in range(len(document))]
    lines = [line for page in pages for region in page.regions for line in region[0]]
    bookmarks = [
        Bookmark(level=1, title=title, page=number - 1)
        for title, (_, number) in expected_of(case).pages.items()
    ]
    matches, missing = match_bookmarks(bookmarks, lines)
    places = {
        match.lines[0].text: (
            document.get_page_label(match.lines[0].page),
            match.lines[0].page + 1,
        )
        for match in matches
    }
    assert (places, missing) == (expected_of(case).pages, 0)


def test_a_folder_of_latex_is_one_document() -> None:
    case = "17-latex-project"
    documents, dropped = read_case(case)
    assert [document.id for document in documents] == ["main.tex"]
    assert faults_of(case, documents) == []
    assert tree_of(documents[0]) == next(iter(expected_of(case).trees.values()))
    assert {(d.id, d.reason) for d in dropped if d.id != "main.tex"} == {
        ("chapters/pumps.tex", "included"),
        ("chapters/tanks.tex", "included"),
        ("chapters/unfinished.tex", "switched_off"),
        ("parts/washer.tex", "included"),
    }


@pytest.mark.parametrize(
    ("folder", "main"), [("rst", "index.rst"), ("adoc", "book.adoc"), ("docbook", "book.xml")]
)
def test_included_files_are_no_documents_of_their_own(folder: str, main: str) -> None:
    case = "18-included-files"
    documents, _ = read_case(case, folder)
    assert [document.id for document in documents] == [main]
    assert tree_of(documents[0]) == expected_of(case).trees[folder]


def test_the_text_of_included_files_is_there_once() -> None:
    case = "18-included-files"
    documents, _ = read_case(case)
    assert faults_of(case, documents) == []
