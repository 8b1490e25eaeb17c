"""Each case of `tests/data/intake`: the tree, the text once, and what must be absent."""

from __future__ import annotations

import pytest

from tests.corpus.intake import expected_of, faults_of, read_case, tree_of

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


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("articles.csv", {"text_format": "markdown", "path_column": "category"}),
        ("notes-semicolon.csv", {"text_format": "markdown"}),
        ("journal.tsv", {}),
    ],
)
def test_tables(name: str, settings: dict[str, object]) -> None:
    case = "23-csv-markdown-column"
    documents, _ = read_case(case, name, **settings)
    lines = [line for document in documents for line in tree_of(document)]
    assert lines == expected_of(case).trees[name]
