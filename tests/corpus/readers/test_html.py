from __future__ import annotations

import pytest

from structtuning_plugin.config.corpus import ReadLimits
from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.types import Document
from structtuning_plugin.corpus.limits import Budget
from structtuning_plugin.corpus.markup import parse_html
from structtuning_plugin.corpus.readers.html import HtmlReader, decode_html
from structtuning_plugin.hookspecs import ReadRequest


def read(source: str | bytes, **settings: object) -> tuple[Document, dict[str, str]]:
    data = source if isinstance(source, bytes) else source.encode()
    request = ReadRequest(
        document_id="page.html", text="", source="html", data=data, language="en", **settings
    )
    result = HtmlReader().read(request)
    return result.documents[0], {item.reason: item.detail for item in result.dropped}


def shape(source: str) -> str:
    """Text with its headings as marks of Markdown, a paragraph a line."""
    document, _ = read(source)
    text, last = "", 0
    for heading in document.headings:
        text += document.text[last : heading.start]
        text += "#" * heading.level + f" {heading.title}\n\n"
        last = heading.start
    return (text + document.text[last:]).rstrip()


def kinds(source: str) -> list[str]:
    return [block.kind for block in read(source)[0].blocks]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<h1>A</h1><p>x</p><div><section><h3>B</h3></section>y</div>", "# A\n\nx\n\n### B\n\ny"),
        ("<h1>A</h1><ul><li><h2>In a list</h2><p>x</p></li></ul>", "# A\n\n## In a list\n\nx"),
        ('<div role="heading" aria-level="3">A</div><p>x</p>', "### A\n\nx"),
        ('<span role="heading">A</span><p>x</p>', "## A\n\nx"),
        ("<h1>A</h1><section><h1>B</h1><section><h1>C</h1>x</section></section>",
         "# A\n\n# B\n\n## C\n\nx"),
        ("<article><h1>A</h1><section><h1>B</h1><section><h1>C</h1>x</section></section></article>",
         "# A\n\n## B\n\n### C\n\nx"),
        ("<h1>A<h2>B</h2></h1><p>x</p>", "# A\n\n## B\n\nx"),
        ("<h1>Two<br>lines <img src=x alt=y></h1><p>x</p>", "# Two lines\n\nx"),
        ('<h1><img src="x" alt="Pumps"></h1><p>x</p>', "# Pumps\n\nx"),
        ("<blockquote><h2>Q</h2><p>x</p></blockquote>", "Q\n\nx"),
        ("<template><h2>T</h2></template><p>x</p>", "x"),
        ("<h2>A<wbr>B</h2><p>x</p>", "## AB\n\nx"),
        ('<h2>A<sup><a href="#f">1</a></sup></h2><p>x</p><div id="f" class="footnote">Note.</div>',
         "## A\n\nNote.\n\nx"),
    ],
)  # fmt: skip
def test_headings(source: str, expected: str) -> None:
    assert shape(source) == expected


@pytest.mark.parametrize(
    "link",
    [
        '<a class="headerlink" href="#a" title="Permanent link">¶</a>',
        '<a href="#a">#</a>',
        '<a href="#a" aria-hidden="true"><svg><title>Link</title></svg></a>',
        '<span class="mw-editsection">[<a href="/edit">edit</a>]</span>',
        '<button class="copy">Copy</button>',
    ],
)
def test_edit_links_and_permalinks_are_no_part_of_a_title(link: str) -> None:
    document, dropped = read(f"<h1>Pump</h1><h2 id=a>Seal{link}</h2><p>x</p>")
    assert [heading.title for heading in document.headings] == ["Pump", "Seal"]
    assert sum(reason in dropped for reason in ("edit_link", "hidden", "control")) == 1


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("<nav><a href=/>Home</a></nav>", "navigation"),
        ('<div role="navigation">Home</div>', "navigation"),
        ('<ul class="breadcrumb"><li>Home</li></ul>', "navigation"),
        ('<div id="cookie-consent">We use cookies.</div>', "notice"),
        ('<div role="dialog">Subscribe now.</div>', "notice"),
        ("<header><p>The site</p></header>", "site_frame"),
        ("<footer>Rights</footer>", "site_frame"),
        ("<aside>Latest</aside>", "site_frame"),
        ('<div class="share">Share this</div>', "promotion"),
        ("<p hidden>secret</p>", "hidden"),
        ('<p style="display: none">secret</p>', "hidden"),
        ('<p aria-hidden="true">secret</p>', "hidden"),
        ("<style>.x {color: red; display:none}</style><p class=x>secret</p>", "hidden"),
        ("<script>var secret</script>", "script"),
        ("<noscript>Switch scripts on.</noscript>", "script"),
        ("<button>Menu</button>", "control"),
    ],
)
def test_the_frame_is_left_out_and_counted(frame: str, reason: str) -> None:
    document, dropped = read(f"<body>{frame}<div><h1>Pump</h1><p>It lifts water.</p></div></body>")
    assert document.text == "It lifts water."
    assert dropped[reason].startswith("1 left out")


def test_main_decides_before_names_of_classes() -> None:
    source = (
        "<body><div>Shop</div><main class='sidebar-layout'><h1>Pump</h1><p>It lifts water.</p>"
        "<aside>A note within the text.</aside></main><div>Imprint</div></body>"
    )
    document, dropped = read(source)
    assert document.text == "It lifts water.\n\nA note within the text."
    assert dropped == {"outside_article": "1 left out, such as '2 words'"}


def test_an_empty_main_is_not_the_article() -> None:
    text = "It lifts water from the well to the tank above the garden."
    assert read(f"<main></main><h1>Pump</h1><p>{text}</p>")[0].text == text


def test_articles_beside_each_other_are_all_read() -> None:
    source = "<article><h2>A</h2><p>x</p></article><p>ads</p><article><h2>B</h2><p>y</p></article>"
    assert shape(source) == "## A\n\nx\n\n## B\n\ny"


def test_a_class_does_not_hide_most_of_the_text() -> None:
    text = "It lifts water from the well to the tank above the garden."
    assert read(f'<div class="sidebar"><h1>Pump</h1><p>{text}</p></div>')[0].text == text


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Cranks | Pump Museum</title>", "<p>x</p>", "Cranks"),
        ("<title>Cranks - Pump Museum</title>", "<h1><a href=/>Pump Museum</a></h1><p>x</p>",
         "Cranks"),
        ("<title>Pump Museum - Cranks</title><meta property=og:site_name content='Pump Museum'>",
         "<p>x</p>", "Cranks"),
        ("<title>COVID-19 - A review</title>", "<p>x</p>", "COVID-19 - A review"),
        ("<title>Other</title>", "<h1>Cranks</h1><p>x</p>", "Cranks"),
        ("", "<p>x</p>", "page"),
    ],
)  # fmt: skip
def test_titles(head: str, body: str, title: str) -> None:
    assert read(f"<html><head>{head}</head><body>{body}</body></html>")[0].title == title


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>a <b>b</b>\n c&nbsp;d</p>", "a b c d"),
        ("<p>one<br>two</p>", "one\ntwo"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ('<ol start="3"><li>a</li><li value="7">b</li></ol>', "3. a\n7. b"),
        ("<ul><li><p>a</p><p>b</p></li></ul>", "- a\n  b"),
        ("<ul><li>run:<pre>ls\n  -l</pre></li><li>b</li></ul>", "- run:\n\nls\n  -l\n\n- b"),
        (
            "<dl><dt>A</dt><dd>one</dd><dt>B</dt><dt>C</dt><dd>two</dd></dl>",
            "- A: one\n- B, C: two",
        ),
        ("<dl><dt>A</dt><dd><pre>x</pre></dd></dl>", "A\n\nx"),
        ("<details><summary>More</summary><p>x</p></details>", "More\n\nx"),
        ("<figure><img src=a alt=b><figcaption>Fig. 1</figcaption></figure>", "Fig. 1"),
        ("<p>12 m<sup>2</sup>, H<sub>2</sub>O, 1<sup>st</sup></p>", "12 m², H₂O, 1st"),
        ("<p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>字</p>", "漢（かん）字"),
        ("<p>co&shy;op, a&#8203;b, می&zwnj;خواهم</p>", "coop, ab, می\u200cخواهم"),
        ("<pre>\n  a\n\n    b  \n</pre>", "  a\n\n    b"),
        ("<pre><span class=lineno>1</span>a<br>b</pre>", "a\nb"),
    ],
)
def test_blocks(source: str, expected: str) -> None:
    assert read(source)[0].text == expected


def test_kinds_of_blocks() -> None:
    source = "<p>a</p><ul><li>b</ul><pre>c</pre><table><tr><td>d<td>e<tr><td>f<td>g</table>"
    assert kinds(source) == ["paragraph", "list", "code", "table"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("<tr><th>M<th>C<tr><td>May<td>R", "| M | C |\n| --- | --- |\n| May | R |"),
        ("<tr><td>a<td>b<tr><td>c<td>d", "| a | b |\n| c | d |"),
        ("<tr><td rowspan=2>a<td>b<tr><td>c", "| a | b |\n| a | c |"),
        ("<tr><td colspan=2>a<tr><td>b<td>c", "| a |  |\n| b | c |"),
        ("<tr><td>x | y<td>b<tr><td>c<td>d", "| x \\| y | b |\n| c | d |"),
        ("<tr><td>a<br>b<td><ul><li>c<li>d</ul><tr><td>e<td>f", "| a b | c d |\n| e | f |"),
    ],
)
def test_tables(rows: str, expected: str) -> None:
    assert read(f"<table>{rows}</table>")[0].text == expected


def test_a_caption_stays_above_its_table() -> None:
    source = "<table><caption>Crops</caption><tr><td>a<td>b<tr><td>c<td>d</table>"
    assert read(source)[0].text == "Crops\n\n| a | b |\n| c | d |"


def test_a_layout_table_is_no_table() -> None:
    source = "<table><tr><td><h2>A</h2><p>x</p></td><td><h2>B</h2><p>y</p></td></tr></table>"
    assert shape(source) == "## A\n\nx\n\n## B\n\ny"


@pytest.mark.parametrize(
    ("math", "expected"),
    [
        ('<math alttext="a^2"><mi>a</mi></math>', "$a^2$"),
        ("<math><mfrac><mi>p</mi><mi>q</mi></mfrac></math>", r"$\frac{p}{q}$"),
        ("<math><msup><mi>x</mi><mn>10</mn></msup></math>", "$x^{10}$"),
        ("<math><msqrt><mi>x</mi></msqrt><mo>=</mo><mn>2</mn></math>", r"$\sqrt{x} = 2$"),
        ('<math display="block"><mi>x</mi></math>', "$$x$$"),
        ('<script type="math/tex">e=mc^2</script>', "$e=mc^2$"),
        ('<span style="display:none"><math><semantics><mi>h</mi><annotation '
         'encoding="application/x-tex">{\\displaystyle h}</annotation></semantics></math></span>'
         '<img class="mwe-math-fallback-image-inline" alt="h">', "$h$"),
    ],
)  # fmt: skip
def test_formulas_are_written_once_as_tex(math: str, expected: str) -> None:
    assert read(f"<p>{math}</p>")[0].text == expected


def test_a_footnote_is_placed_behind_its_paragraph() -> None:
    source = (
        '<p>Pumps lift<sup class="footnote-ref"><a href="#fn1" id="r1">[1]</a></sup> water.</p>'
        '<p>More.</p><section class="footnotes" role="doc-endnotes"><ol><li id="fn1"><p>Not far. '
        '<a href="#r1" class="footnote-back">↩</a></p></li></ol></section>'
    )
    assert read(source)[0].text == "Pumps lift water.\n\nNot far.\n\nMore."


def test_marks_of_citations_are_left_out_and_counted() -> None:
    source = '<p>True.<sup class="reference"><a href="#cite_note-1">[1]</a></sup></p>'
    document, dropped = read(source)
    assert (document.text, dropped) == ("True.", {"note_mark": "1 left out"})


def test_pictures_are_counted_and_nothing_is_fetched() -> None:
    document, dropped = read('<p>x</p><img src="https://example.org/a.png" alt="A pump">')
    assert (document.text, dropped) == ("x", {"image": "1 left out, such as 'A pump'"})


def test_the_stated_language_is_taken() -> None:
    request = ReadRequest(document_id="a.html", text="", source="", data=b'<html lang="de-AT">x')
    assert HtmlReader().read(request).documents[0].language == "de"


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        ('<meta charset="windows-1252">é'.encode("cp1252"), "cp1252", "é"),
        ('<meta charset="iso-8859-1">“é”'.encode("cp1252"), "cp1252", "“é”"),
        ('<meta charset="iso-8859-1">é'.encode(), "utf-8", "é"),
        ('<meta charset="shift_jis">水①'.encode("cp932"), "cp932", "水①"),
        ('<?xml version="1.0" encoding="koi8-r"?>вода'.encode("koi8-r"), "koi8-r", "вода"),
        (b"<!--" + b" " * 3000 + "--><meta charset=koi8-r>вода".encode("koi8-r"), "koi8-r", "вода"),
        ("<p>é".encode("utf-16"), "utf-16", "é"),
    ],
)
def test_encodings(data: bytes, encoding: str, text: str) -> None:
    decoded = decode_html(data)
    assert decoded.encoding == encoding
    assert decoded.text.endswith(text)


def test_a_page_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(CorpusError, match=r"nested elements, but `corpus_limits.depth` allows 5"):
        read("<div>" * 9 + "x", limits=ReadLimits(depth=5))


def test_instructions_in_a_page_are_no_text() -> None:
    page = parse_html("<p>Ten <?php echo 1 ?>pumps.</p>", Budget())
    assert page.words() == "Ten pumps."
