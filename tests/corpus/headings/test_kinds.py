"""Other inputs of each kind: another language, another numbering, another mark."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.corpus.headings.numbering import parse_number, parse_numbers
from tests.corpus.headings.sources import (
    EN,
    RU,
    ZH,
    document_of,
    join,
    read,
    sections,
    tree_of,
)
from tests.strategies import examples, markdown_samples

# --- levels from numbers


@pytest.mark.parametrize(
    ("title", "number"),
    [
        ("3 Fuel", ("decimal", (3,))),
        ("3.1.1 Bleeding", ("decimal", (3, 1, 1))),
        ("7.13. 3.0 源代码格式", ("decimal", (7, 13))),
        ("2.4 64-bit systems", ("decimal", (2, 4))),
        ("2.4 64 12", None),
        ("1-2 Pump", ("decimal", (1, 2))),
        ("Chapter IV: Fuel", ("chapter", (4,))),
        ("CHAPTER TWO", ("chapter", (2,))),
        ("Глава 1. Топливо", ("chapter", (1,))),
        ("Глава первая", ("chapter", (1,))),
        ("Capítulo 12 Motor", ("chapter", (12,))),
        ("Chapitre 3", ("chapter", (3,))),
        ("第十二章 燃油", ("chapter", (12,))),
        ("第 3 節 ポンプ", ("section", (3,))),
        ("第二篇 附件", ("part", (2,))),
        ("第5条 目的", ("article", (5,))),
        ("Article 7 Care", ("article", (7,))),
        ("Annex C Forms", ("annex", (3,))),
        ("A.2 Cards", ("annex", (1, 2))),
        ("附录A 工具", ("annex", (1,))),
        ("Part I Engine", ("part", (1,))),
        ("§ 12 Pump", ("section", (12,))),
        ("II. Cooling", ("roman", (2,))),
        ("一、喷油泵", ("han", (1,))),
        ("（二）滤清器", ("(han)", (2,))),
        ("(a) Seal", ("(a)", (1,))),
        ("①油泵", ("①", (1,))),
        ("１．２ 燃油", ("decimal", (1, 2))),
        ("E. coli", None),
        ("J. S. Bach", None),
        ("Fuel", None),
        ("Particle size", None),
        ("Rule of thumb", None),
    ],
)
def test_numbers(title: str, number: tuple[str, tuple[int, ...]] | None) -> None:
    parsed = parse_number(title)
    assert (parsed and (parsed.scheme, parsed.values)) == number


def test_a_single_letter_is_a_roman_number_among_roman_numbers() -> None:
    numbers = parse_numbers(["I. Fuel", "A. Pump", "B. Filter", "C. Belt", "II. Oil", "V. Air"])
    assert [n.scheme for n in numbers if n] == ["roman", "A", "A", "A", "roman", "roman"]


FLAT = {
    "Глава": (
        ["Глава 1. Топливо", "1.1 Насос", "1.2 Фильтр", "Глава 2. Охлаждение", "2.1 Термостат"],
        [
            "book",
            " Глава 1. Топливо",
            "  1.1 Насос",
            "  1.2 Фильтр",
            " Глава 2. Охлаждение",
            "  2.1 Термостат",
        ],
    ),
    "law": (
        [
            "Part I General",
            "Article 1 Scope",
            "Part II Duties",
            "Article 2 Care",
            "Annex A",
            "A.1 B",
        ],
        [
            "book",
            " Part I General",
            "  Article 1 Scope",
            " Part II Duties",
            "  Article 2 Care",
            " Annex A",
            "  A.1 B",
        ],
    ),
    "bare roman": (
        ["I INTRODUCTION", "A. Scope", "II METHODS", "A. Setup", "A.1 Tools", "III END"],
        [
            "book",
            " I INTRODUCTION",
            "  A. Scope",
            " II METHODS",
            "  A. Setup",
            "   A.1 Tools",
            " III END",
        ],
    ),
    "roman": (
        ["I. Fuel", "A. Pump", "1. Seal", "B. Filter", "II. Oil", "A. Tank"],
        ["book", " I. Fuel", "  A. Pump", "   1. Seal", "  B. Filter", " II. Oil", "  A. Tank"],
    ),
    "篇章节": (
        ["第一篇 总论", "第一章 燃油", "第一节 喷油泵", "第二章 冷却", "第二篇 附件"],
        [
            "book",
            " 第一篇 总论",
            "  第一章 燃油",
            "   第一节 喷油泵",
            "  第二章 冷却",
            " 第二篇 附件",
        ],
    ),
    "§": (
        ["§ 1 Fuel", "(1) Pump", "(2) Filter", "§ 2 Oil", "(1) Tank"],
        ["book", " § 1 Fuel", "  (1) Pump", "  (2) Filter", " § 2 Oil", "  (1) Tank"],
    ),
    "paper": (
        ["On Pumps", "Abstract", "1 Introduction", "2 Methods", "2.1 Setup", "3 End", "References"],
        [
            "On Pumps",
            " Abstract",
            " 1 Introduction",
            " 2 Methods",
            "  2.1 Setup",
            " 3 End",
            " References",
        ],
    ),
}


@pytest.mark.parametrize("kind", FLAT)
def test_flat_marks_get_levels_from_numbers(kind: str) -> None:
    titles, tree = FLAT[kind]
    assert tree_of(sections("## ", titles)) == tree


def test_headings_below_an_index_stay_below_it() -> None:
    titles = ("# 1 Fuel", "# 1.1 Filter", "# 1.2 Pump", "# 2 Oil", "# 2.1 Sump", "# Index", "## R")
    source = join(*(part for title in (*titles, "## S", "# End") for part in (title, EN)))
    assert tree_of(source) == [
        "book",
        " 1 Fuel",
        "  1.1 Filter",
        "  1.2 Pump",
        " 2 Oil",
        "  2.1 Sump",
        " Index",
        "  R",
        "  S",
        " End",
    ]


def test_chapters_of_a_second_part_count_from_one_again() -> None:
    first = ("# Pumps", "# 1 Fuel", "## 1.1 Filter", "### 1.1.1 Seal", "# 2 Oil", "## 2.1 Sump")
    titles = (*first, "# 1 Tables", "# 2 Forms")
    source = join(*(part for title in titles for part in (title, EN)))
    assert tree_of(source)[-2:] == [" 1 Tables", " 2 Forms"]


@pytest.mark.parametrize(
    ("first", "second"), [("Note", "Tip"), ("Примечание", "Внимание"), ("注意", "提示")]
)
def test_titles_of_boxes_are_text(first: str, second: str) -> None:
    titles = ("# Pumps", "## 1 Fuel", f"### {first}", "## 2 Oil", f"### {second}")
    source = join(*(part for title in titles for part in (title, EN)))
    assert tree_of(source) == ["Pumps", " 1 Fuel", " 2 Oil"]
    result = read(source)
    assert [item.reason for item in result.dropped] == ["box_as_heading"] * 2
    assert f"\n\n{first}\n\n" in result.documents[0].text


def test_a_section_with_the_title_of_a_box_is_one() -> None:
    titles = ("# Pumps", "## Fuel", "## Important", "### Gloves", "## Note")
    source = join(*(part for title in titles for part in (title, EN)))
    assert tree_of(source) == ["Pumps", " Fuel", " Important", "  Gloves", " Note"]


@pytest.mark.parametrize(
    "top",
    [
        "![logo](logo.png)",
        '<p align="center"><img src="logo.png"></p>',
        "[![Build](https://x.org/b.svg)](https://x.org)\n[![PyPI][p]][q]",
        "Version 1.2, 2024-02-01",
    ],
)
def test_a_title_below_a_logo_is_the_root(top: str) -> None:
    source = join(top, "# Pumps", EN, "## Fuel", EN)
    assert tree_of(source) == ["Pumps", " Fuel"]
    assert document_of(source).text.startswith(top)


def test_a_heading_below_an_introduction_is_no_root() -> None:
    assert tree_of(join(EN, "# Pumps", EN, "## Fuel", EN)) == ["book", " Pumps", "  Fuel"]


def test_commands_in_code_over_several_lines_are_no_headings() -> None:
    source = join("# Disks", EN, "Type `# sync\n# mount /dev/` *`sda`*", EN, "## Swap", EN)
    assert tree_of(source) == ["Disks", " Swap"]


def test_a_note_above_a_rule_is_text() -> None:
    source = join("# Pumps", EN, "[^1]: A note\n---", EN)
    assert tree_of(source) == ["Pumps"]


def test_labels_among_bold_titles_are_text() -> None:
    parts = [f"**{title}**" for title in ("Fuel", "Oil", "Water", "Air", "Steam", "Gas")]
    labels = {1: "Part 1", 3: "Part 2"}
    rows = [row for n, part in enumerate(parts) for row in (part, EN, labels.get(n, ""), EN)]
    source = join(*filter(None, rows))
    assert tree_of(source) == ["book", " Fuel", " Oil", " Water", " Air", " Steam", " Gas"]


def test_the_evidence_says_the_mark_and_the_number() -> None:
    headings = document_of(sections("# ", ["1 Fuel", "1.1 Pump", "2 Oil"])).headings
    assert [(h.level, h.origin, h.evidence) for h in headings] == [
        (1, "marked", ()),
        (2, "levelled", ("marked as level 1", "number 1.1")),
        (1, "marked", ()),
    ]


@pytest.mark.parametrize(
    "source",
    [
        join("# Book", EN, "## 1 Fuel", EN, "### 1.1 Pump", EN, "## 2 Oil", EN),
        sections("## ", ["2001: A Space Odyssey", "12 Angry Men", "7 Samurai"]),
        sections("## ", ["1. Fuel", "2. Oil", "3. Water"]),
        join("# Fuel", EN, "## 1. Pump", EN, "## 2. Filter", EN, "# Oil", EN, "## 1. Tank", EN),
    ],
)
def test_marks_that_no_number_contradicts_stay(source: str) -> None:
    assert {heading.origin for heading in document_of(source).headings} == {"marked"}
    assert tree_of(source) == tree_of(source, mode="as_marked")


def test_as_marked_takes_the_marks_as_they_are() -> None:
    source = sections("# ", ["1 Fuel", "1.1 Pump", "2 Oil"])
    assert tree_of(source, mode="as_marked") == ["book", " 1 Fuel", " 1.1 Pump", " 2 Oil"]


def test_many_headings_of_one_level_without_numbers_are_doubtful() -> None:
    titles = ["Fuel", "Pump", "Filter", "Cooling", "Oil", "Air"]
    assert document_of(sections("## ", titles)).doubts == ("flat_levels",)
    assert document_of(sections("## ", titles[:3])).doubts == ()


# --- running headers


def pages(header: str, chapters: list[str], page: str) -> str:
    parts = []
    for number in range(9):
        parts += [header, *(chapters[number // 3 : number // 3 + 1] if number % 3 == 0 else [])]
        parts += [EN, page.format(number + 1)]
    return join(*parts)


@pytest.mark.parametrize(
    ("header", "chapters", "page"),
    [
        ("## Manual de motores", ["## Capítulo 1 A", "## Capítulo 2 B", "## Capítulo 3 C"], "{}"),
        ("## The Garden Book", ["## Soil", "## Water", "## Light"], "Page {} of 9"),
        ("# 园艺手册", ["# 第一章 土", "# 第二章 水", "# 第三章 光"], "第 {} 页"),
    ],
)
def test_a_running_header_is_the_title(header: str, chapters: list[str], page: str) -> None:
    titles = [chapter.lstrip("# ") for chapter in chapters]
    source = pages(header, chapters, page)
    assert tree_of(source) == [header.lstrip("# "), *(f" {title}" for title in titles)]
    assert len(read(source).dropped) == 8


def test_a_running_chapter_title_is_a_chapter() -> None:
    parts = [("## Chapter 1 Fuel", 3), ("## Chapter 2 Oil", 3)]
    source = join(*(part for title, n in parts for _ in range(n) for part in (title, EN, "12")))
    assert tree_of(source) == ["book", " Chapter 1 Fuel", " Chapter 2 Oil"]


@pytest.mark.parametrize("title", ["Summary", "Example"])
def test_a_repeated_section_is_no_running_header(title: str) -> None:
    chapters = join(*(part for c in "ABCD" for part in (f"## {c}lpha", EN, f"### {title}", EN)))
    siblings = join("# Notes", *(part for _ in range(4) for part in (f"## {title}", EN)))
    assert len(document_of(chapters).headings) == 8
    assert len(document_of(siblings).headings) == 5


def test_a_title_on_pages_without_numbers_is_a_running_header() -> None:
    title = "# Handbook"
    source = join(title, "# Fuel", EN, title, EN, title, "# Oil", EN, title, EN, title, EN)
    assert tree_of(source) == ["Handbook", " Fuel", " Oil"]


def test_questions_and_answers_are_no_running_headers() -> None:
    source = join(*(part for _ in range(6) for part in ("# Question", EN, "# Answer", EN)))
    assert len(document_of(source).headings) == 12


# --- headings without marks


VISIBLE = {
    "bold.md": sections("", ["**Fuel**", "**Cooling**", "**Oil**"]),
    "underscores.md": sections("", ["__Fuel__", "__Cooling__", "__Oil__"]),
    "html.md": sections("", ["<b>Fuel</b>", "<b>Cooling</b>", "<b>Oil</b>"]),
    "joined.md": join(f"**Fuel**\n{EN}", f"**Cooling**\n{EN}", f"**Oil**\n{EN}"),
    "underlined.txt": join(f"Fuel\n====\n{EN}", f"Cooling\n=======\n{EN}", f"Oil\n===\n{EN}"),
    "contents.txt": join(
        "Contents\nFuel ..... 3\nCooling ... 5\nOil ...... 9", "Fuel", EN, "Cooling", EN, "Oil", EN
    ),
    "marks.md": sections("##", ["Fuel", "Cooling", "Oil"]),
    "invisible.md": sections("\u200b## ", ["Fuel", "Cooling", "Oil"]),
    "nbsp.md": sections("##\u00a0", ["Fuel", "Cooling", "Oil"]),
}


@pytest.mark.parametrize("name", VISIBLE)
def test_lines_without_a_mark(name: str) -> None:
    document = document_of(VISIBLE[name], name)
    assert [heading.title for heading in document.headings] == ["Fuel", "Cooling", "Oil"]
    assert {heading.origin for heading in document.headings} == {"inferred"}
    assert all(heading.evidence and 0.7 <= heading.score <= 1 for heading in document.headings)
    assert document_of(VISIBLE[name], name, "as_marked").headings == ()


NUMBERED = {
    "numbers.txt": (
        sections("", ["1 Fuel", "1.1 Pump", "1.2 Filter", "2 Cooling", "2.1 Thermostat"]),
        ["numbers", " 1 Fuel", "  1.1 Pump", "  1.2 Filter", " 2 Cooling", "  2.1 Thermostat"],
    ),
    "章.txt": (
        sections("", ["第一章 燃油", "一、喷油泵", "二、滤清器", "第二章 冷却", "一、节温器"], ZH),
        ["章", " 第一章 燃油", "  一、喷油泵", "  二、滤清器", " 第二章 冷却", "  一、节温器"],
    ),
    "глава.md": (
        sections("", ["**Глава 1. Топливо**", "**1.1 Насос**", "**Глава 2. Вода**"], RU),
        ["глава", " Глава 1. Топливо", "  1.1 Насос", " Глава 2. Вода"],
    ),
    "chapters.txt": (
        join("CHAPTER I", "THE FUEL", EN, "CHAPTER II", "THE OIL", EN, "CHAPTER III", "Air", EN),
        ["chapters", " CHAPTER I: THE FUEL", " CHAPTER II: THE OIL", " CHAPTER III: Air"],
    ),
    "rules.txt": (
        join(f"Fuel\n====\n{EN}", f"Pump\n----\n{EN}", f"Filter\n------\n{EN}", f"Oil\n===\n{EN}"),
        ["rules", " Fuel", "  Pump", "  Filter", " Oil"],
    ),
    "depths.txt": (
        join(
            "CONTENTS\nFuel ..... 3\n  Pump ... 4\nOil ...... 9", "Fuel", EN, "Pump", EN, "Oil", EN
        ),
        ["depths", " Fuel", "  Pump", " Oil"],
    ),
}


@pytest.mark.parametrize("name", NUMBERED)
def test_levels_of_lines_without_a_mark(name: str) -> None:
    source, tree = NUMBERED[name]
    assert tree_of(source, name) == tree


@pytest.mark.parametrize(
    "lines",
    [
        "**Note:**",
        "Figure 3 The pump",
        "page 3",
        "- 12 -",
        "$E = mc^2$",
        "| a | b |",
        "#hashtag",
        "The valve opens at 210 bar.",
        "2.5 litres of oil are needed.",
        "https://example.org/PUMPS",
        "1. What is a pump?\n\n2. What is a filter?\n\n3. What is oil?",
        "(a) Find the speed\n\n(b) Find the mass",
        "**Apples**\n\n**Pears**\n\n**Plums**",
        "HTTP",
        "ROMEO\n\nShe speaks.\n\nJULIET\n\nO Romeo!\n\nROMEO\n\nCall me but love.",
    ],
)
@pytest.mark.parametrize("name", ["book.md", "book.txt"])
def test_lines_that_are_no_headings(lines: str, name: str) -> None:
    source = join(EN, lines, EN)
    document = document_of(source, name)
    assert (document.headings, document.text) == ((), source.rstrip())


def test_lines_without_a_mark_stay_text_where_marks_are_good() -> None:
    source = join("# Book", EN, "## Fuel", EN, "**Pump**", EN, "**Filter**", EN, "## Oil", EN)
    assert tree_of(source) == ["Book", " Fuel", " Oil"]
    assert tree_of(source, mode="infer") == ["Book", " Fuel", "  Pump", "  Filter", " Oil"]


@pytest.mark.parametrize(
    "between", ["<div>\nThe tank is full.\n</div>", "```\nThe tank is full.\n```"]
)
def test_text_between_a_number_and_a_title_is_kept(between: str) -> None:
    source = join("**Chapter 1**", between, "**Pump**", EN, "**Chapter 2**", "**Oil**", EN)
    document = document_of(source)
    assert "The tank is full." in document.text
    assert "Chapter 1: Pump" not in [heading.title for heading in document.headings]
    assert "Chapter 2: Oil" in [heading.title for heading in document.headings]


# --- the document's own list of contents


def test_entries_of_the_contents_are_no_headings() -> None:
    dotted = join("## Fuel ....... 3", "## Oil ........ 5", "## Fuel", EN, "## Oil", EN)
    repeated = join("## Contents", "## Fuel", "## Oil", "## Fuel", EN, "## Oil", EN)
    assert tree_of(dotted) == ["book", " Fuel", " Oil"]
    assert tree_of(repeated) == ["book", " Contents", " Fuel", " Oil"]
    assert [item.reason for item in read(dotted).dropped] == ["contents_entry_as_heading"] * 2


def test_the_contents_give_levels_to_flat_marks() -> None:
    entries = "- [Fuel](#a)\n  - [Pump](#b)\n  - [Filter](#c)\n- [Oil](#d)"
    titles = ["Fuel", "Pump", "Filter", "Oil"]
    source = join("## Contents", entries) + "\n" + sections("## ", titles)
    assert tree_of(source) == ["book", " Contents", " Fuel", "  Pump", "  Filter", " Oil"]


# --- HTML, rules, decorations, losses


@pytest.mark.parametrize(
    ("html", "tree"),
    [
        ('<div align="center">\n  <h1>Diesel <em>Kit</em></h1>\n</div>', ["Diesel Kit"]),
        ("<h2>\n  Install &amp; Use\n</h2>", ["Install & Use"]),
        ('<h1><img src="x.png" alt="Kit"></h1>', ["Kit"]),
        ('<h1 id="a">Kit <a href="#a">#</a></h1>', ["Kit"]),
        ("<!-- <h2>Hidden</h2> -->", ["book"]),
        ("<pre><h2>code</h2></pre>", ["book"]),
        ("```\n<h2>code</h2>\n```", ["book"]),
    ],
)
def test_headings_of_html(html: str, tree: list[str]) -> None:
    assert tree_of(join(html, EN)) == tree


def test_text_beside_a_heading_of_html_stays() -> None:
    document = document_of(join("<h2>Step</h2> Open the valve.", EN))
    assert [heading.title for heading in document.headings] == ["Step"]
    assert document.text.startswith("Open the valve.\n\nThe pump")


def test_headings_that_html_hides_are_told() -> None:
    (item,) = read(join("# Kit", "<div>\n## Hidden\n</div>", "## Fine", EN)).dropped
    assert (item.reason, item.detail) == (
        "headings_inside_html",
        "line 3: HTML without a blank line after it; 1 heading below is text",
    )


@pytest.mark.parametrize(
    "line",
    [
        "The valve opens at 210 bar.",
        "泵在压力过高时会自动停机并报警。",
        "Клапан открывается при двухстах барах.",
        'He said: "It opens at 210 bar."',
        "These are the parts of the pump:",
        "It opens at 210 bar and closes again.[3]",
        "Never open this valve while there is pressure!",
    ],
)
def test_sentences_above_a_rule_are_text(line: str) -> None:
    document = document_of(f"# H\n\n{EN}\n\n{line}\n---\n\n{EN}")
    assert [heading.title for heading in document.headings] == ["H"]
    assert f"\n\n{line}\n---\n\n" in document.text


@pytest.mark.parametrize("line", ["Fuel and oil", "What is a pump?", "Acme Inc."])
def test_titles_above_a_rule_are_headings(line: str) -> None:
    assert [h.title for h in document_of(f"{line}\n---\n\n{EN}").headings] == [line]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("Oil {: #a .b}", "Oil"),
        ("Oil {#a lang=en}", "Oil"),
        ("Oil [#](#oil)", "Oil"),
        ("Oil [🔗](#oil)", "Oil"),
        ("Oil[^note]", "Oil"),
        ("Oil<sup>[1]</sup>", "Oil"),
        ("History[2]", "History"),
        ("[[Engine#Oil]]", "Oil"),
        ("Oil :tada:", "Oil"),
        ("Oil %% later %%", "Oil"),
        ("Oil \\label{sec:oil}", "Oil"),
        ("Oil ^note-1", "Oil"),
        ("Oil<!-- omit in toc -->", "Oil"),
        ("Torque<sup>1</sup>", "Torque"),
        ("Torque¹", "Torque"),
        ("Torque†", "Torque"),
        ("Area in m<sup>2</sup>", "Area in m2"),
        ("x²", "x²"),
        ("`{#x}` in code", "{#x} in code"),
        ("Set {1, 2}", "Set {1, 2}"),
        ("Ratio 1:2:3", "Ratio 1:2:3"),
        ("x^2 and y^2", "x^2 and y^2"),
        ("a == b and c == d", "a == b and c == d"),
    ],
)
def test_decorations(line: str, title: str) -> None:
    assert [h.title for h in document_of(f"# {line}\n\n{EN}").headings] == [title]


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        (ZH, "paragraph_as_heading"),
        (EN[:172].strip(), "paragraph_as_heading"),
        ("Page 12", "page_mark_as_heading"),
        ("第 3 页", "page_mark_as_heading"),
        ("$$x^2 = y$$", "formula_as_heading"),
        ("• item", "list_item_as_heading"),
        ("| a | b |", "table_row_as_heading"),
        ("iVBORw0KGgoAAAANSUhEUgAA" * 4, "data_as_heading"),
    ],
)
def test_marked_lines_that_are_no_headings(title: str, reason: str) -> None:
    result = read(join("# Book", EN, f"## {title}", EN))
    document = result.documents[0]
    assert [heading.title for heading in document.headings] == ["Book"]
    assert f"\n\n{title}\n\n" in document.text
    assert [item.reason for item in result.dropped] == [reason]


@pytest.mark.parametrize("block", ["~~~\ncode", "<script>\nvar x", "<!-- note"])
def test_open_blocks_are_told(block: str) -> None:
    (item,) = read(join("# A", block, "## B", EN, "## C", EN)).dropped
    assert item.reason in ("fence_never_closed", "comment_never_closed")
    assert "2 headings below are text" in item.detail


def test_closed_blocks_are_no_loss() -> None:
    assert read(join("# A", "```\n# c\n```", "<!--\n# c\n-->", "~~~~\n```\n~~~~")).dropped == ()


# --- whatever the source: nothing is lost, and spans cover the text once


_MARKS = st.sampled_from(
    (
        "#",
        "**",
        "---",
        "```",
        "<h2>",
        "1.1 ",
        "FUEL\n\n",
        "\n",
        "\u200b",
        "12\n",
        "| ",
        "<!--",
        "一、",
    )
)


def _letters(text: str) -> list[str]:
    return [character for character in text if character.isalnum()]


@examples
@given(markdown_samples(), st.lists(st.tuples(st.integers(0, 4000), _MARKS), max_size=6))
@pytest.mark.parametrize("name", ["book.md", "book.txt"])
def test_mutated_sources(name: str, sample: object, marks: list[tuple[int, str]]) -> None:
    source: str = sample.source  # type: ignore[attr-defined]
    for place, mark in marks:
        place %= len(source) + 1
        source = source[:place] + mark + source[place:]
    document = document_of(source, name)
    starts = [heading.start for heading in document.headings]
    assert starts == sorted(starts)
    assert all(0 <= start <= len(document.text) for start in starts)
    assert all(heading.level > 0 and heading.title.strip() for heading in document.headings)
    again = document_of(source, name)
    assert again == document
    if name == "book.txt":
        shown = document.text + "".join(heading.title for heading in document.headings)
        assert sorted(_letters(shown)) == sorted(_letters(source))
