from __future__ import annotations

import pytest
from hypothesis import given

from structtuning_plugin.core.types import Block, Document, Dropped, Heading, ReadResult
from structtuning_plugin.corpus.headings.title import raise_title
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.hookspecs import ReadRequest
from tests.strategies import MarkdownSample, examples, markdown_samples


def read(source: str, language: str | None = "en", name: str = "book/cells.md") -> ReadResult:
    return MarkdownReader().read(
        ReadRequest(document_id=name, text=source, source="markdown, utf-8", language=language)
    )


def document(source: str) -> Document:
    (found,) = read(source).documents
    return found


def headings(source: str) -> list[tuple[int, str, int]]:
    return [(heading.level, heading.title, heading.start) for heading in document(source).headings]


def kinds(source: str) -> list[tuple[str, str]]:
    """Kind and first line of each block."""
    found = document(source)
    return [(block.kind, found.text[block.start :].split("\n", 1)[0]) for block in found.blocks]


def titles(source: str) -> list[str]:
    return [title for _, title, _ in headings(source)]


def drops(source: str) -> list[tuple[str, str]]:
    return [(item.reason, item.detail) for item in read(source).dropped]


def test_headings_go_out_of_the_text() -> None:
    source = "# Cells\nAll life...\n\n## Membrane\nA membrane...\n\n## Nucleus\n\nIt holds DNA.\n"
    assert read(source) == ReadResult(
        documents=(
            Document(
                id="book/cells.md",
                text="All life...\n\nA membrane...\n\nIt holds DNA.",
                title="cells",
                language="en",
                headings=(
                    Heading(level=1, title="Cells", start=0),
                    Heading(level=2, title="Membrane", start=13),
                    Heading(level=2, title="Nucleus", start=28),
                ),
                blocks=(
                    Block(kind="paragraph", start=0),
                    Block(kind="paragraph", start=13),
                    Block(kind="paragraph", start=28),
                ),
                source="markdown, utf-8",
            ),
        )
    )


@examples
@given(markdown_samples())
def test_text_is_the_source_without_its_headings(sample: MarkdownSample) -> None:
    result = read(sample.source)
    (found,) = result.documents
    assert found.text == sample.text
    assert found.headings == raise_title(sample.text, sample.headings)
    assert found.blocks == sample.blocks
    assert result.dropped == ()


@pytest.mark.parametrize("level", range(1, 7))
def test_levels(level: int) -> None:
    assert headings(f"text\n\n{'#' * level} Title\n\nmore") == [(level, "Title", 6)]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("# Title #", "Title"),
        ("# Title ####   ", "Title"),
        ("# Title #x", "Title #x"),
        ("# C#", "C#"),
        (r"# Sharp \#", "Sharp #"),
        ("#\tTab", "Tab"),
        ("   #   Many   blanks", "Many blanks"),
        ("# 3.2.1 COVID-19: T-cells & C++", "3.2.1 COVID-19: T-cells & C++"),
        ("# 第三章 细胞", "第三章 细胞"),
    ],
)
def test_atx_titles(line: str, title: str) -> None:
    found = document(f"{line}\ntext")
    assert [heading.title for heading in found.headings] == [title]
    assert found.text == "text"


@pytest.mark.parametrize(
    "line",
    ["#hashtag", "####### Seven", r"\# Escaped", "    # Indented", "text # in it", "＃ Wide"],
)
def test_lines_that_are_no_heading(line: str) -> None:
    found = document(f"{line}\n\ntext")
    assert (found.headings, found.text) == ((), f"{line}\n\ntext")


def test_setext() -> None:
    source = "Cells\n=====\n\ntext\n\nMembrane\n-\nmore\n\n   Indented  \n   ------   \nend"
    found = document(source)
    assert headings(source) == [(1, "Cells", 0), (2, "Membrane", 6), (2, "Indented", 12)]
    assert found.text == "text\n\nmore\n\nend"


def test_paragraph_above_a_rule_is_no_heading() -> None:
    """CommonMark takes all lines of a paragraph for the title if a rule follows at once."""
    source = "# Cells\n\n```\nx\n```\nThe first line\nand the second.\n---\nNext."
    found = document(source)
    assert headings(source) == [(1, "Cells", 0)]
    assert found.text == "```\nx\n```\nThe first line\nand the second.\n---\nNext."
    assert kinds(source) == [
        ("code", "```"),
        ("paragraph", "The first line"),
        ("paragraph", "Next."),
    ]


@pytest.mark.parametrize(("length", "expected"), [(200, 1), (201, 0)])
def test_very_long_line_above_a_rule_is_no_heading(length: int, expected: int) -> None:
    line = "x" * length
    found = document(f"{line}\n---\ntext")
    assert len(found.headings) == expected
    assert found.text == ("text" if expected else f"{line}\n---\ntext")


def test_rules_are_text() -> None:
    source = "a\n\n---\n\nb\n\n***\n"
    assert headings(source) == []
    assert document(source).text == "a\n\n---\n\nb\n\n***"


@pytest.mark.parametrize(
    "source",
    [
        "```\n# comment\n```",
        "~~~python\n# comment\n\nx = 1\n===\n~~~",
        "```\n# never closed\n\n# comment",
        "    # indented code",
        "> # quoted\n>\n> Quoted\n> ===",
        "- # item\n- Item\n  ---",
        "1. # item\n\n   ## nested",
        "<div>\n# in HTML\n</div>",
        "<!--\n# commented out\n-->",
        "| # a | b |\n|---|---|\n| # c | d |",
    ],
)
def test_headings_inside_other_blocks_are_text(source: str) -> None:
    found = document(f"before\n\n{source}\n\n\n# Real\n" if "never" not in source else source)
    assert [heading.title for heading in found.headings] == ([] if "never" in source else ["Real"])
    assert source in found.text


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("`len()` of a list", "len() of a list"),
        ("`` a`b ``", "a`b"),
        ("**Bold** and *slanted* and ***both***", "Bold and slanted and both"),
        ("snake_case_name stays, 2 * 3 * 4 too", "snake_case_name stays, 2 * 3 * 4 too"),
        ("[Notes](notes.md 'hint') on cells", "Notes on cells"),
        ("[Notes][ref] and [ref]", "Notes and ref"),
        ("[no such] reference", "[no such] reference"),
        ("<https://cells.test>", "https://cells.test"),
        ("![A cell](cell.png) up close", "A cell up close"),
        ("Ions: Ca&sup2;&#8314; &amp; K&#x207a;", "Ions: Ca²⁺ & K⁺"),
        (r"Escaped \*stars\* and \`ticks\`", "Escaped *stars* and `ticks`"),
        ("Water<sub>2</sub> <!-- todo -->", "Water2"),
        ("if a < b and c > d", "if a < b and c > d"),
        ("Price: $5 | 10 €", "Price: $5 | 10 €"),
    ],
)
def test_inline_markup_goes_out_of_titles(markup: str, title: str) -> None:
    assert titles(f"# {markup}\n\ntext\n\n[ref]: https://cells.test\n") == [title]


def test_inline_markup_stays_in_the_text() -> None:
    text = "**Bold** `code` [link](x.md) &amp; <b>html</b>  \nnext\\\nline"
    assert document(f"# Title\n\n{text}\n").text == text


@pytest.mark.parametrize(
    "empty",
    [
        "#",
        "##  ",
        "# #",
        "### ###",
        "# ![](x.png)",
        "# <a name='x'></a>",
        "# <!-- todo -->",
        "# &nbsp;",
    ],
)
def test_empty_headings_are_dropped_and_their_text_is_kept(empty: str) -> None:
    source = f"before\n\n{empty}\n\nafter\n"
    assert read(source).dropped == (
        Dropped(stage="read", id="book/cells.md", reason="empty_heading", detail="line 3"),
    )
    found = document(source)
    assert (found.text, found.headings) == ("before\n\nafter", ())


def test_front_matter_gives_title_and_language() -> None:
    result = read(
        "---\ntitle: The  Cell\nlang: fr-CA\nauthor: [A, B]\n---\n\n# One\n\ntext\n", language=None
    )
    (found,) = result.documents
    assert (found.title, found.language, found.text) == ("The Cell", "fr", "text")
    assert found.headings == (Heading(level=1, title="One", start=0),)
    assert [(item.reason, item.detail) for item in result.dropped] == [
        ("front_matter", "43 characters of YAML before the text")
    ]


def test_the_language_given_wins_over_front_matter() -> None:
    (found,) = read("---\nlang: fr\n---\ntext", language="ru").documents
    assert found.language == "ru"


def test_front_matter_that_ends_in_dots() -> None:
    found = document("---\ntitle: Cells\n...\ntext")
    assert (found.title, found.text, found.headings) == ("Cells", "text", ())


@pytest.mark.parametrize(
    "yaml",
    [
        "title: a: b",  # no YAML
        "title: [",
        "title: 2024",
        "title: ''",
        "title: {a: b}",
        "date: 2024-02-31",  # YAML, but no date
        "# a comment",
        "'quoted': x",
        "",
    ],
)
def test_front_matter_without_a_usable_title(yaml: str) -> None:
    source = f"---\n{yaml}\n---\ntext" if yaml else "---\n---\ntext"
    found = document(source)
    assert (found.title, found.text, found.headings) == ("cells", "text", ())
    assert [reason for reason, _ in drops(source)] == ["front_matter"]


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("---\n\nBetween rules.\n\n---\n\nAfter.", "---\n\nBetween rules.\n\n---\n\nAfter.", []),
        ("---\nBetween rules.\n\n---\n\nAfter.", "---\nBetween rules.\n\n---\n\nAfter.", []),
        ("***\n\n# One\n\ntext", "***\n\ntext", ["One"]),
        ("---\ntitle: never closed\n\n# One\n\ntext", "---\ntitle: never closed\n\ntext", ["One"]),
        ("text\n\n---\ntitle: too late\n\n---\n", "text\n\n---\ntitle: too late\n\n---", []),
    ],
)
def test_rules_at_the_beginning_are_no_front_matter(
    source: str, text: str, found: list[str]
) -> None:
    assert (document(source).text, titles(source), drops(source)) == (text, found, [])


def test_headings_need_no_blank_lines() -> None:
    source = "one\n# A\ntwo\n## B\nthree\n### C"
    assert document(source).text == "one\ntwo\nthree"
    assert headings(source) == [(1, "A", 4), (2, "B", 8), (3, "C", 13)]
    assert kinds(source) == [("paragraph", "one"), ("paragraph", "two"), ("paragraph", "three")]


def test_two_headings_in_a_row_and_one_at_the_end() -> None:
    source = "# A\n\n## B\n\ntext\n\n# C\n\n## D\n\n"
    assert document(source).text == "text"
    assert headings(source) == [(1, "A", 0), (2, "B", 0), (1, "C", 4), (2, "D", 4)]


def test_heading_only_file() -> None:
    source = "# A\n\n## B\n"
    found = document(source)
    assert (found.text, found.blocks) == ("", ())
    assert headings(source) == [(1, "A", 0), (2, "B", 0)]


@pytest.mark.parametrize("source", ["", "\n\n", "   \n"])
def test_empty_file(source: str) -> None:
    found = document(source)
    assert (found.text, found.headings, found.blocks) == ("", (), ())


@pytest.mark.parametrize("end", ["\r\n", "\r", "\u2028", "\x0c", "\x85"])
def test_line_ends_of_all_kinds(end: str) -> None:
    source = "# A\n\none\n\nB\n---\n\ntwo\n\n```\n# x\n```"
    assert read(source.replace("\n", end)) == read(source)


def test_control_characters_go_and_are_counted() -> None:
    source = "\ufeff# A\x00B\n\nte\x00xt\x1b"
    assert document(source).text == "text"
    assert headings(source) == [(1, "AB", 0)]
    assert drops(source) == [("control_characters", "4 characters")]


def test_all_that_is_dropped_is_listed() -> None:
    assert drops("---\ntitle: x\n---\n#\n\nte\x00xt\n\n##\n") == [
        ("empty_heading", "line 4"),
        ("empty_heading", "line 8"),
        ("control_characters", "1 characters"),
        ("front_matter", "8 characters of YAML before the text"),
    ]


def test_link_reference_definitions_stay_in_the_text() -> None:
    source = "# A\n\n[one]: https://cells.test\n\ntext\n\n## B\n\n[two]: x.md 'hint'\n"
    assert document(source).text == "[one]: https://cells.test\n\ntext\n\n[two]: x.md 'hint'"
    assert headings(source) == [(1, "A", 0), (2, "B", 33)]
    assert kinds(source) == [
        ("paragraph", "[one]: https://cells.test"),
        ("paragraph", "text"),
        ("paragraph", "[two]: x.md 'hint'"),
    ]


def test_kinds_of_blocks() -> None:
    source = (
        "# A\n\nparagraph\n\n- item\n- item\n\n1) one\n2) two\n\n```py\ncode\n\nmore\n```\n\n    indented\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n<table>\n<tr></tr>\n</table>\n\n> quote\n\n***\n\nend\n"
    )
    assert kinds(source) == [
        ("paragraph", "paragraph"),
        ("list", "- item"),
        ("list", "1) one"),
        ("code", "```py"),
        ("code", "    indented"),
        ("table", "| a | b |"),
        ("table", "<table>"),
        ("paragraph", "> quote"),
        ("paragraph", "***"),
        ("paragraph", "end"),
    ]


def test_blanks_after_a_heading_go_and_indents_stay() -> None:
    source = "# A\n\n \t\n\n    code\n\n# B\n\n\u3000\u3000细胞\n"
    assert document(source).text == "    code\n\n\u3000\u3000细胞"
    assert kinds(source) == [("code", "    code"), ("paragraph", "\u3000\u3000细胞")]


def test_blank_lines_before_a_heading_stay() -> None:
    source = "one\n\n\n\n# A\n\n\n\ntwo"
    assert document(source).text == "one\n\n\n\ntwo"
    assert headings(source) == [(1, "A", 7)]


def test_the_file_names_the_document() -> None:
    (found,) = read("text", name="b/3.2 Cells.v2.md").documents
    assert (found.id, found.title) == ("b/3.2 Cells.v2.md", "3.2 Cells.v2")


def test_language_is_detected_from_the_text_alone() -> None:
    source = "# The heading is English and says so\n\nКлетка является наименьшей единицей жизни. Все состоят из клеток.\n"
    (found,) = read(source, language=None).documents
    assert found.language == "ru"


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("List<String> and Map<K, V>", "List<String> and Map<K, V>"),
        ("a <b and c> d", "a <b and c> d"),
        ('Water (H<sub>2</sub>O)<br/><a id="x"></a>', "Water (H2O)"),
        ("The `<b>` tag", "The <b> tag"),
        ("Types <!-- draft -->", "Types"),
        ("Using __name__ and **bold**", "Using __name__ and bold"),
    ],
)
def test_what_looks_like_html_in_titles(markup: str, title: str) -> None:
    assert titles(f"# {markup}\n\ntext") == [title]
