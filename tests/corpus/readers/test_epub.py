from __future__ import annotations

import io
import zipfile

import pytest

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.types import ReadResult
from structtuning_plugin.corpus.readers.epub import EpubReader
from structtuning_plugin.hookspecs import ReadRequest
from tests.corpus.packages import epub, zip_of

A = '<li><a href="a.xhtml">Pumps</a></li>'


def read(data: bytes) -> ReadResult:
    request = ReadRequest(document_id="a.epub", text="", source="epub", data=data)
    return EpubReader().read(request)


def shape(data: bytes) -> str:
    document = read(data).documents[0]
    text, last = "", 0
    for heading in document.headings:
        text += document.text[last : heading.start]
        text += "#" * heading.level + f" {heading.title}\n\n"
        last = heading.start
    return (text + document.text[last:]).rstrip()


def entry(href: str, title: str, inner: str = "") -> str:
    return f'<li><a href="{href}">{title}</a>{f"<ol>{inner}</ol>" if inner else ""}</li>'


def point(href: str, title: str, inner: str = "") -> str:
    label = f"<navLabel><text>{title}</text></navLabel>"
    return f'<navPoint>{label}<content src="{href}"/>{inner}</navPoint>'


TWO = {"b.xhtml": "<p>x</p>", "a.xhtml": "<p>y</p>"}


def test_files_are_read_in_the_order_of_the_spine() -> None:
    assert shape(epub(TWO)) == "x\n\ny"


@pytest.mark.parametrize(
    ("pages", "nav", "expected"),
    [
        # An entry and the heading that it points to are one.
        ({"a.xhtml": "<h1>Pumps</h1><p>x</p>", "b.xhtml": "<p>y</p>"},
         entry("a.xhtml", "Pumps") + entry("b.xhtml", "Wells"), "# Pumps\n\nx\n\n# Wells\n\ny"),
        # An entry points into the middle of a file.
        ({"a.xhtml": '<p>x</p><p id="s">y</p>'},
         entry("a.xhtml", "Pumps", entry("a.xhtml#s", "Seals")),
         "# The Book\n\n## Pumps\n\nx\n\n### Seals\n\ny"),
        # The chapters' own headings are below their entries.
        ({"a.xhtml": "<h2>Pumps</h2><p>x</p><h4>Seals</h4><p>y</p>", "b.xhtml": "<p>z</p>"},
         entry("a.xhtml", "Pumps") + entry("b.xhtml", "Wells"),
         "# Pumps\n\nx\n\n## Seals\n\ny\n\n# Wells\n\nz"),
        # A mark of the chapter and its title are one heading.
        ({"a.xhtml": "<h1>CHAPTER I</h1><h2>Pumps</h2><p>x</p>", "b.xhtml": "<p>y</p>"},
         entry("a.xhtml", "Pumps") + entry("b.xhtml", "Wells"), "# Pumps\n\nx\n\n# Wells\n\ny"),
        ({"a.xhtml": "<h1>Pumps</h1><p>x</p>", "b.xhtml": "<p>y</p>"},
         entry("a.xhtml", "Chapter 1") + entry("b.xhtml", "Wells"),
         "# Chapter 1 Pumps\n\nx\n\n# Wells\n\ny"),
        # An entry without text, such as the cover, is no topic.
        ({"c.xhtml": "<img src='c.png'/>", "a.xhtml": "<p>x</p>", "b.xhtml": "<p>y</p>"},
         entry("c.xhtml", "Cover") + entry("a.xhtml", "Pumps") + entry("b.xhtml", "Wells"),
         "# Pumps\n\nx\n\n# Wells\n\ny"),
        # A part without a target holds its chapters.
        ({"a.xhtml": "<p>x</p>", "b.xhtml": "<p>y</p>"},
         "<li><span>Part I</span><ol>" + entry("a.xhtml", "Pumps") + "</ol></li>"
         "<li><span>Part II</span><ol>" + entry("b.xhtml", "Wells") + "</ol></li>",
         "# Part I\n\n## Pumps\n\nx\n\n# Part II\n\n## Wells\n\ny"),
        # A motto before the heading.
        ({"a.xhtml": "<p>A motto.</p><h1>Pumps</h1><p>x</p>", "b.xhtml": "<p>y</p>"},
         entry("a.xhtml", "Pumps") + entry("b.xhtml", "Wells"),
         "# Pumps\n\nA motto.\n\nx\n\n# Wells\n\ny"),
    ],
)  # fmt: skip
def test_contents_and_headings_are_one_outline(
    pages: dict[str, str], nav: str, expected: str
) -> None:
    assert shape(epub(pages, nav)) == expected


def test_the_ncx_serves_where_there_is_no_nav() -> None:
    ncx = point("b.xhtml", "Wells", point("a.xhtml", "Pumps"))
    assert shape(epub(TWO, ncx=ncx)) == "# The Book\n\n## Wells\n\nx\n\n### Pumps\n\ny"
    assert "NCX" not in shape(epub(TWO, entry("b.xhtml", "Nav"), ncx=point("b.xhtml", "NCX")))


def test_the_nav_wins_over_the_ncx_and_documents_over_play_order() -> None:
    b = point("b.xhtml", "B").replace("<navPoint>", '<navPoint playOrder="2">')
    a = point("a.xhtml", "A").replace("<navPoint>", '<navPoint playOrder="1">')
    assert shape(epub(TWO, ncx=b + a)) == "# B\n\nx\n\n# A\n\ny"
    nav = entry("b.xhtml", "Nav B") + entry("a.xhtml", "Nav A")
    assert shape(epub(TWO, nav=nav, ncx=b + a)) == "# Nav B\n\nx\n\n# Nav A\n\ny"


def test_lists_of_contents_in_chapters_are_left_out() -> None:
    links = "".join(f'<dt><a href="a.xhtml#{n}">1.{n} Pumps</a></dt>' for n in range(3))
    contents = f'<div class="toc"><p>Table of Contents</p><dl class="toc">{links}</dl></div>'
    table = '<div class="toc"><p>The <a href="a.xhtml">seal</a> wears out soon.</p></div>'
    book = epub({"a.xhtml": f"<h1>Pumps</h1>{contents}<p>x</p>{table}"}, nav=A)
    assert shape(book) == "# The Book\n\n## Pumps\n\nx\n\nThe seal wears out soon."
    assert {d.reason: d.detail[:10] for d in read(book).dropped} == {"contents": "1 left out"}


def test_files_outside_the_linear_order_are_read() -> None:
    book = epub(TWO, nav=entry("b.xhtml", "B") + entry("a.xhtml", "Notes"))
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    package = members["O/a.opf"].replace('idref="a.xhtml"', 'idref="a.xhtml" linear="no"')
    assert shape(zip_of(members | {"O/a.opf": package})) == "# B\n\nx\n\n# Notes\n\ny"


def test_a_note_in_another_file_is_placed_behind_its_paragraph() -> None:
    pages = {
        "a.xhtml": '<p>One<a epub:type="noteref" href="n.xhtml#n1">1</a>.</p><p>Two.</p>',
        "n.xhtml": '<aside epub:type="footnote" id="n1"><p>A note.</p></aside>',
    }
    assert shape(epub(pages)) == "One.\n\nA note.\n\nTwo."


def test_named_characters_and_ids_of_paragraphs_are_read() -> None:
    pages = {"a.xhtml": '<p>a&nbsp;b &eacute;<br/>c</p><script/><a id="s"/><p>d</p>'}
    nav = entry("a.xhtml", "Pumps", entry("a.xhtml#s", "Seals"))
    assert shape(epub(pages, nav)).endswith("## Pumps\n\na b é\nc\n\n### Seals\n\nd")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (epub(TWO, **{"META-INF/license.lcpl": "{}"}), r"protected \(DRM\)"),
        (epub(TWO, **{"META-INF/encryption.xml": '<e><EncryptionMethod Algorithm="aes"/></e>'}),
         r"protected \(DRM\)"),
        (zip_of({"mimetype": "application/epub+zip"}), "no part META-INF/container.xml"),
    ],
)  # fmt: skip
def test_a_book_that_cannot_be_read_says_why(data: bytes, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read(data)


def test_scrambled_fonts_are_no_protection() -> None:
    method = "http://www.idpf.org/2008/embedding"
    encryption = f'<e><EncryptionMethod Algorithm="{method}"/></e>'
    assert shape(epub(TWO, **{"META-INF/encryption.xml": encryption})) == "x\n\ny"
