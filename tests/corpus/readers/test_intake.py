"""Each case of `tests/data/intake`: the tree, the text once, and what must be absent."""

from __future__ import annotations

import pytest

from tests.corpus.intake import expected_of, faults_of, read_case, tree_of

# case: settings of the corpus entry
CASES: dict[str, dict[str, object]] = {
    "08-html-site-chrome": {},
    "10-html-text-fidelity": {},
}


@pytest.mark.parametrize("case", CASES)
def test_text_is_in_its_place_and_the_rest_absent(case: str) -> None:
    documents, _ = read_case(case, **CASES[case])
    assert faults_of(case, documents) == []


@pytest.mark.parametrize("case", CASES)
def test_trees_are_right(case: str) -> None:
    documents, _ = read_case(case, **CASES[case])
    by_name = {document.id: document for document in documents}
    trees = {name: tree_of(by_name[name]) for name in expected_of(case).trees}
    assert trees == expected_of(case).trees
