"""Citations, footnote marks and numbers of figures in a text."""

from __future__ import annotations

import pytest

from structtuning_plugin.taxonomy.offline.references import References, without_citations
from structtuning_plugin.taxonomy.offline.repeats import repeated_spans


@pytest.mark.parametrize(
    ("text", "references"),
    [
        ("Sand loses nitrate (SCS, 2019).", ["(SCS, 2019)"]),
        ("Mulch keeps sand moist (Ortega et al., 2021b).", ["(Ortega et al., 2021b)"]),
        ("As Brandt et al. (2018) write, it holds.", ["Brandt et al.", "(2018)"]),
        ("It holds [12, 13] and more[^1].", ["[12, 13]", "[^1]"]),
        ("Clay is heavy (see Figure 3.1).", ["Figure 3.1"]),
        ("Глина тяжёлая (рис. 4).", ["рис. 4"]),
        ("黏土很重（张三，2019）。", ["（张三，2019）"]),
        ("Sand (fine or coarse) is light.", []),
    ],
)
def test_references(text: str, references: list[str]) -> None:
    assert [text[start:end] for start, end in References(text).spans] == references


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sand loses nitrate (SCS, 2019).", "Sand loses nitrate."),
        ("It keeps (Ortega et al., 2021b; Brandt and Roe, 2018) moist.", "It keeps moist."),
        ("It holds[^1] and more [@roe2011, p. 3].", "It holds and more."),
        ("Ило легче (Иванов и др., 2011).", "Ило легче."),
        ("黏土很重（张三等，2019）。", "黏土很重。"),
        ("As Brandt et al. (2018) write, it holds.", "As Brandt et al. (2018) write, it holds."),
        ("The bridge (opened in May 1850) is long.", "The bridge (opened in May 1850) is long."),
        ("Clay is heavy (see Figure 3.1).", "Clay is heavy (see Figure 3.1)."),
        ("The value of a[3] is in [1, 2].", "The value of a[3] is in [1, 2]."),
        ("A `[^a]` or [^a-z]+ and //b[@c] match.", "A `[^a]` or [^a-z]+ and //b[@c] match."),
        ("Sand (fine or coarse) is light.", "Sand (fine or coarse) is light."),
    ],
)
def test_citations_in_brackets_are_left_out(text: str, expected: str) -> None:
    assert without_citations(text) == expected


def test_a_sentence_all_over_the_text_is_repeated() -> None:
    own = [f"Part {number} tells of pump number {number} and its valve." for number in range(9)]
    text = "\n\n".join(f"Read the new guide first. {line}" for line in own)
    assert {text[start:end].strip() for start, end in repeated_spans(text)} == {
        "Read the new guide first."
    }
