from __future__ import annotations

import pytest

from structtuning_plugin.config.corpus import ReadLimits
from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.types import ReadResult
from structtuning_plugin.corpus.readers.docx import DocxReader
from structtuning_plugin.hookspecs import ReadRequest
from tests.corpus.packages import docx, paragraph, run, style, zip_of

P = paragraph
OUTLINE = '<w:pPr><w:outlineLvl w:val="{}"/></w:pPr>'
STYLES = style("H1", "heading 1") + style("H2", "heading 2")
TEXT = P("Text.")


def read(data: bytes, **settings: object) -> ReadResult:
    request = ReadRequest(
        document_id="a.docx", text="", source="docx", data=data, language="en", **settings
    )
    return DocxReader().read(request)


def headings(body: str, **parts: str) -> list[tuple[int, str]]:
    document = read(docx(body, **parts)).documents[0]
    return [(heading.level, heading.title) for heading in document.headings]


def text(body: str, **parts: str) -> str:
    return read(docx(body, **parts)).documents[0].text


def reasons(body: str, **parts: str) -> dict[str, str]:
    return {item.reason: item.detail for item in read(docx(body, **parts)).dropped}


@pytest.mark.parametrize(
    ("body", "styles", "expected"),
    [
        (P("A", "H1") + TEXT, STYLES, [(1, "A")]),
        (P("A", "X") + TEXT, style("X", "HEADING 1"), [(1, "A")]),
        (P("A", "X") + TEXT, style("X", "Überschrift 2"), [(2, "A")]),
        (P("A", "X") + TEXT, style("X", "见出し 2") + style("Y", "標題 2"), []),
        (P("A", "X") + TEXT, style("X", "heading 8"), [(8, "A")]),
        (P("A", "X") + TEXT, STYLES + style("X", "Kapitel", base="H1"), [(1, "A")]),
        (P("A", "X") + TEXT, STYLES + style("X", "Own", OUTLINE.format(2), "H1"), [(3, "A")]),
        (P("A", "X") + TEXT, STYLES + style("X", "Own", OUTLINE.format(9), "H1"), []),
        (P("A", "", '<w:outlineLvl w:val="1"/>') + TEXT, "", [(2, "A")]),
        (P("A", "H1", '<w:outlineLvl w:val="9"/>') + TEXT, STYLES, []),
        (P("A", "H1") + P(" ", "H1") + TEXT, STYLES, [(1, "A")]),
        (P(run("A") + "<w:r><w:br/></w:r>" + run("B"), "H1") + TEXT, STYLES, [(1, "A B")]),
        (P("A", "X") + TEXT, style("X", "Loop", base="Y") + style("Y", "Loop", base="X"), []),
    ],
)  # fmt: skip
def test_levels_of_headings(body: str, styles: str, expected: list[tuple[int, str]]) -> None:
    assert headings(body, styles=styles) == expected


def test_the_title_stays_above_a_single_chapter() -> None:
    body = P("The Book", "T") + P("Pumps", "H1") + TEXT
    document = read(docx(body, styles=STYLES + style("T", "Title"))).documents[0]
    assert document.title == "The Book"
    assert [(h.level, h.title) for h in document.headings] == [(1, "The Book"), (2, "Pumps")]


LEVELS = (
    '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="2"/><w:numFmt '
    'w:val="upperRoman"/><w:lvlText w:val="Part %1"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/>'
    '<w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText '
    'w:val="o"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="3"><w:abstractNumId '
    'w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride></w:num>'
)


def in_list(list_id: int, level: int = 0) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'


def test_numbers_are_part_of_headings() -> None:
    body = (
        P("A", "H1", in_list(1)) + P("B", "H2", in_list(1, 1)) + P("C", "H2", in_list(1, 1))
        + P("D", "H1", in_list(1)) + P("E", "H2", in_list(1, 1)) + P("F", "H1", in_list(0))
        + P("G", "H1", in_list(2)) + P("H", "H1", in_list(3)) + TEXT
    )  # fmt: skip
    assert headings(body, styles=STYLES, numbering=LEVELS) == [
        (1, "Part II A"), (2, "II.1 B"), (2, "II.2 C"), (1, "Part III D"), (2, "III.1 E"),
        (1, "F"), (1, "G"), (1, "Part VII H"),
    ]  # fmt: skip


def test_lists_keep_their_marks() -> None:
    body = P("a", "", in_list(2)) + P("b", "", in_list(2)) + P("c", "", in_list(1))
    assert text(body, numbering=LEVELS) == "- a\n- b\nPart II c"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (run("a") + "<w:ins>" + run(" b") + "</w:ins>", "a b"),
        (run("a") + "<w:del><w:r><w:delText>x</w:delText></w:r></w:del>", "a"),
        (run("a") + "<w:moveFrom>" + run("x") + "</w:moveFrom>", "a"),
        (run("a") + "<w:moveTo>" + run(" b") + "</w:moveTo>", "a b"),
        (run("a ") + "<w:fldSimple w:instr='SEQ Figure'>" + run("1") + "</w:fldSimple>", "a 1"),
        (run("a ") + "<w:r><w:fldChar w:fldCharType='begin'/><w:instrText>REF x</w:instrText>"
         "<w:fldChar w:fldCharType='separate'/></w:r>" + run("1")
         + "<w:r><w:fldChar w:fldCharType='end'/></w:r>", "a 1"),
        ("<w:hyperlink>" + run("a") + "</w:hyperlink>", "a"),
        ("<w:sdt><w:sdtContent>" + run("a") + "</w:sdtContent></w:sdt>", "a"),
        ("<w:smartTag>" + run("a") + "</w:smartTag>", "a"),
        (run("a") + "<w:r><w:noBreakHyphen/><w:t>b</w:t><w:softHyphen/><w:t>c</w:t></w:r>", "a-bc"),
        (run("a") + run("x", "<w:vanish/>"), "a"),
        (run("a") + run(" b", '<w:vanish w:val="0"/>'), "a b"),
        (run("a ") + "<m:oMath><m:f><m:num><m:r><m:t>p</m:t></m:r></m:num><m:den><m:r><m:t>q</m:t>"
         "</m:r></m:den></m:f></m:oMath>", r"a $\frac{p}{q}$"),
    ],
)  # fmt: skip
def test_runs(content: str, expected: str) -> None:
    assert text(P(content)) == expected


def test_what_is_left_out_is_counted() -> None:
    body = P(
        run("a") + run("x", "<w:vanish/>") + "<w:del><w:r><w:delText>y</w:delText></w:r></w:del>"
    )
    found = reasons(body, comments='<w:comment w:id="1"><w:p/></w:comment>')
    assert found == {
        "comment": "1 left out",
        "hidden": "1 left out, such as 'x'",
        "tracked_deletion": "1 left out, such as 'y'",
    }


def test_a_deleted_paragraph_mark_joins_two_paragraphs() -> None:
    mark = "<w:rPr><w:del/></w:rPr>"
    assert text(P("The seal ", "", mark) + P("stays wet.")) == "The seal stays wet."


def test_a_hidden_style_hides_its_text() -> None:
    hidden = style("Secret", "Secret", "<w:rPr><w:vanish/></w:rPr>")
    assert text(TEXT + P("x", "Secret"), styles=hidden) == "Text."


@pytest.mark.parametrize(
    "box",
    [
        "<mc:AlternateContent><mc:Choice><wps:txbx><w:txbxContent>{0}</w:txbxContent></wps:txbx>"
        "</mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>{0}</w:txbxContent></v:textbox>"
        "</w:pict></mc:Fallback></mc:AlternateContent>",
        "<mc:AlternateContent><mc:Choice><wps:txbx><w:txbxContent>{0}</w:txbxContent></wps:txbx>"
        "</mc:Choice></mc:AlternateContent>",
        "<w:pict><v:textbox><w:txbxContent>{0}</w:txbxContent></v:textbox></w:pict>",
    ],
)
def test_a_heading_that_anchors_a_text_box_stays(box: str) -> None:
    body = P(run("Pumps") + f"<w:r>{box.format(P('Margin note.'))}</w:r>", "H1") + TEXT
    assert headings(body, styles=STYLES) == [(1, "Pumps")]
    assert text(body, styles=STYLES) == "Margin note.\n\nText."


def test_content_controls_around_blocks_are_read() -> None:
    body = f"<w:sdt><w:sdtContent>{P('A', 'H1')}{TEXT}</w:sdtContent></w:sdt>"
    assert (headings(body, styles=STYLES), text(body, styles=STYLES)) == ([(1, "A")], "Text.")


def test_contents_lists_are_left_out() -> None:
    control = (
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj>'
        f"</w:sdtPr><w:sdtContent>{P('Contents')}{P('A 1')}</w:sdtContent></w:sdt>"
    )
    begin = (
        '<w:r><w:fldChar w:fldCharType="begin"/><w:instrText> TOC \\o</w:instrText>'
        '<w:fldChar w:fldCharType="separate"/></w:r>'
    )
    field = P(begin + run("A 1")) + P(run("B 2") + '<w:r><w:fldChar w:fldCharType="end"/></w:r>')
    styled = P("Contents", "TH") + P("A 1", "T1")
    styles = style("TH", "TOC Heading") + style("T1", "toc 1")
    for body in (control, field, styled):
        assert text(body + TEXT, styles=styles) == "Text."
        assert "contents" in reasons(body + TEXT, styles=styles)


def test_notes_are_placed_behind_their_paragraph() -> None:
    mark = '<w:r><w:footnoteReference w:id="1"/></w:r>'
    end = '<w:r><w:endnoteReference w:id="1"/></w:r>'
    note = '<w:footnote w:id="1">' + P("A note.") + "</w:footnote>"
    endnote = '<w:endnote w:id="1">' + P("An endnote.") + "</w:endnote>"
    body = P(run("Pumps") + mark, "H1") + P(run("Be") + end + run("fore.")) + TEXT
    parts = {"styles": STYLES, "footnotes": note, "endnotes": endnote}
    assert headings(body, **parts) == [(1, "Pumps")]
    assert text(body, **parts) == "A note.\n\nBefore.\n\nAn endnote.\n\nText."


def cell(content: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{P(content)}</w:tc>"


def row(*cells: str) -> str:
    return f"<w:tr>{''.join(cells)}</w:tr>"


DOWN, GOES_ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


def test_merged_cells() -> None:
    rows = (
        row(cell("a"), cell("b"), cell("c"))
        + row(cell("d", DOWN), cell("e", '<w:gridSpan w:val="2"/>'))
        + row(cell("", GOES_ON), cell("f"), cell("g"))
    )
    assert text(f"<w:tbl>{rows}</w:tbl>") == (
        "| a | b | c |\n| --- | --- | --- |\n| d | e |  |\n| d | f | g |"
    )


def test_deleted_rows_are_left_out() -> None:
    rows = row(cell("a"), cell("b")) + f"<w:tr><w:trPr><w:del/></w:trPr>{cell('x')}</w:tr>"
    rows += row(cell("c"), cell("d"))
    assert text(f"<w:tbl>{rows}</w:tbl>") == "| a | b |\n| --- | --- |\n| c | d |"


def test_a_frame_of_one_cell_is_no_table() -> None:
    body = f"<w:tbl><w:tr><w:tc>{P('A', 'H1')}{TEXT}</w:tc></w:tr></w:tbl>"
    assert (headings(body, styles=STYLES), text(body, styles=STYLES)) == ([(1, "A")], "Text.")


def test_lines_of_code_are_one_block() -> None:
    body = P("def a():", "C") + P("    return 1", "C") + TEXT
    document = read(docx(body, styles=style("C", "Source Code"))).documents[0]
    assert document.text == "def a():\n    return 1\n\nText."
    assert [block.kind for block in document.blocks] == ["code", "paragraph"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK nonsense", "no ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "encrypted with a password"),
        (zip_of({"a.txt": "x"}), "no part word/document.xml"),
        (zip_of({"word/document.xml": "<w:a"}), "no well-formed XML"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read(data)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (ReadLimits(members=1), r"2 files in the archive, but `corpus_limits.members` allows 1"),
        (ReadLimits(unpacked_mb=0.0001), r"`corpus_limits.unpacked_mb` allows 0.0001"),
        (ReadLimits(unpacked_ratio=0.1), r"`corpus_limits.unpacked_ratio` allows 0.1"),
        (ReadLimits(depth=3), r"`corpus_limits.depth` allows 3"),
        (ReadLimits(seconds=1e-9), r"the 1e-09 seconds that `corpus_limits.seconds` allows"),
    ],
)
def test_limits(limits: ReadLimits, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read(docx(TEXT, styles=STYLES), limits=limits)


# --- headings that only their letters show

LONG = "A pump lifts water from a well to the house above it, as long as its seals are whole. " * 3
DEFAULTS = "<w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val=\"22\"/></w:rPr></w:rPrDefault></w:docDefaults>"  # fmt: skip
LETTERED = (
    P(run("Pumps", '<w:b/><w:sz w:val="32"/>'))
    + P(LONG)
    + P(run("Seals", "<w:b/>"))
    + P(LONG)
    + P(run("Never", "<w:b/>") + run(" run them dry, they wear out at once"))
    + P(LONG)
)


def test_larger_and_bold_letters_are_headings_where_nothing_is_marked() -> None:
    document = read(docx(LETTERED, styles=DEFAULTS)).documents[0]
    assert [(h.level, h.title, h.origin, h.evidence) for h in document.headings] == [
        (1, "Pumps", "inferred", ("larger letters", "bold letters")),
        (2, "Seals", "inferred", ("bold letters",)),
    ]
    assert "Never run them dry, they wear out at once" in document.text


def test_letters_of_styles_count() -> None:
    properties = '<w:rPr><w:b/><w:sz w:val="32"/></w:rPr>'
    styles = DEFAULTS + style("X", "Own", properties) + style("Y", "Based", base="X")
    assert headings(P("Pumps", "Y") + P(LONG), styles=styles) == [(1, "Pumps")]


def test_letters_count_only_where_no_heading_is_marked() -> None:
    body = P("Machines", "H1") + LETTERED
    assert headings(body, styles=DEFAULTS + STYLES) == [(1, "Machines")]


def test_letters_are_left_aside_if_headings_are_read_as_marked() -> None:
    document = read(docx(LETTERED, styles=DEFAULTS), headings="as_marked").documents[0]
    assert document.headings == ()
    assert document.text.startswith("Pumps\n\n")
