"""Inputs as converters and people write them, and the tree that a reader would draw."""

from __future__ import annotations

from pathlib import Path

import pytest

from structtuning_plugin.config.corpus import CorpusEntry
from structtuning_plugin.corpus.discovery import discover
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.taxonomy.apparatus import is_apparatus
from tests.conftest import PROJECT
from tests.corpus.headings.sources import document_of, read, tree_of

CASES = PROJECT / "tests" / "data" / "cases"

TREES = {
    "01-flat-numbered-headings/a.md": [
        "Engine Manual",
        " 3 Fuel System",
        "  3.1 Injection Pump",
        "   3.1.1 Bleeding",
        "  3.2 Filters",
        " 4 Cooling",
        "  4.1 Thermostat",
    ],
    "01-flat-numbered-headings/b.md": [
        "b",
        " 第一章 燃油系统",
        "  一、喷油泵",
        "   1.1 排气",
        " 第二章 冷却系统",
        "  一、节温器",
    ],
    "01-flat-numbered-headings/c.md": [
        "c",
        " 1 Engine",
        "  1.1 Block",
        "  1.2 Head",
        "   1.2.1 Valves",
        " 2 Gearbox",
    ],
    "04-running-header-as-heading/a.md": [
        "MARINE DIESEL HANDBOOK",
        " Chapter 1 Fuel",
        " Chapter 2 Cooling",
        " Chapter 3 Lubrication",
    ],
    "06-visible-headings/bold.md": [
        "bold",
        " 1. Fuel",
        "  1.1 Pump",
        "  1.2 Filter",
        " 2. Cooling",
        "  2.1 Thermostat",
        "  2.2 Radiator",
    ],
    "07-html-headings/a.md": ["Diesel Kit", " Installing", " Use"],
    "08-sentence-above-rule/a.md": ["Hydraulics", " Pressures"],
    "12-heading-decorations/a.md": [
        "Gearboxes",
        " Install",
        " Preface",
        " Clutch",
        " Bearings",
        " 🚀 Getting started",
        " Tools",
        " Drive Shafts",
        " Seals",
        " Torque",
        " Noise",
        " Housing",
        " Energy $E = mc^2$",
        " Oil",
    ],
    "16-fence-never-closed/comment.md": ["Notes", " One"],
    "16-fence-never-closed/fence.md": ["Scripts", " Start"],
    "18-paragraph-as-heading/a.md": ["Safety", " Goggles"],
}


def source_of(case: str) -> str:
    return (CASES / case).read_text(encoding="utf-8")


@pytest.mark.parametrize("case", TREES)
def test_tree(case: str) -> None:
    assert tree_of(source_of(case), Path(case).name) == TREES[case]


def test_levels_that_begin_anew_on_each_page_are_doubtful() -> None:
    assert document_of(source_of("03-level-reset-per-page/a.md")).doubts == ("levels_reset",)


def test_text_after_a_running_header_belongs_to_the_chapter_before_it() -> None:
    result = read(source_of("04-running-header-as-heading/a.md"))
    assert [item.reason for item in result.dropped] == ["running_header"] * 11
    document = result.documents[0]
    assert "MARINE DIESEL HANDBOOK" not in document.text
    starts = [heading.start for heading in document.headings]
    # The words of the fourth page, which has no heading of its own.
    place = document.text.index("The flywheel seals the fuel under pressure unless dirt")
    assert starts[1] < place < starts[2]


def test_sentence_above_a_rule_stays_in_the_text() -> None:
    text = document_of(source_of("08-sentence-above-rule/a.md")).text
    assert text.count("The relief valve opens at 210 bar and closes again at 190 bar.") == 1


def test_all_words_of_a_paragraph_with_a_mark_are_text() -> None:
    source = source_of("18-paragraph-as-heading/a.md")
    result = read(source)
    paragraph = source.split("\n")[2].removeprefix("## ")
    assert result.documents[0].text.startswith(f"{paragraph}\n\nThe starter motor")
    assert [item.reason for item in result.dropped] == ["paragraph_as_heading"]


@pytest.mark.parametrize(
    ("case", "reason", "detail"),
    [
        (
            "fence.md",
            "fence_never_closed",
            "line 7: this code fence is never closed; 3 headings below are text",
        ),
        (
            "comment.md",
            "comment_never_closed",
            "line 7: this comment or raw HTML is never closed; 2 headings below are text",
        ),
    ],
)
def test_headings_below_an_open_block_are_told(case: str, reason: str, detail: str) -> None:
    (item,) = read(source_of(f"16-fence-never-closed/{case}")).dropped
    assert (item.stage, item.reason, item.detail) == ("read", reason, detail)


@pytest.mark.parametrize("number", range(5))
def test_lists_of_links_name_no_knowledge(number: int) -> None:
    document = document_of(source_of(f"15-contents-and-back-matter-by-other-names/b{number}.md"))
    contents, pump = document.headings[1], document.headings[2]
    assert is_apparatus(contents.title, contents.title, document.text[contents.start : pump.start])
    assert not is_apparatus(pump.title, pump.title, document.text[pump.start :])


def test_bars_of_a_wiki_are_left_out_and_hyphens_are_blanks() -> None:
    entry = CorpusEntry(path=str(CASES / "25-github-wiki"))
    files, dropped = discover([entry], {"markdown": MarkdownReader()})
    assert [(file.title, file.is_wiki) for file in files] == [("Fuel Injection Pump", True)]
    assert [(item.id, item.reason) for item in dropped] == [
        ("engine.wiki/_Footer.md", "wiki_navigation"),
        ("engine.wiki/_Sidebar.md", "wiki_navigation"),
    ]
