"""Readers of markup: LaTeX, reStructuredText, AsciiDoc, MediaWiki, XML, RTF, notebooks, ODT, PPTX."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from structtuning_plugin import plugins
from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.types import ReadResult
from structtuning_plugin.corpus.latex_source import expand_macros
from structtuning_plugin.hookspecs import ReadRequest
from tests.corpus.packages import zip_of

READERS = plugins.readers(plugins.build_plugin_manager())


def read(name: str, source: str | bytes, folder: Path | None = None, **more: object) -> ReadResult:
    reader = READERS[name]
    data = source if isinstance(source, bytes) else source.encode()
    is_binary = getattr(reader, "binary", False)
    request = ReadRequest(
        document_id="a.x",
        text="" if is_binary else data.decode(),
        data=data if is_binary else b"",
        source=name,
        language="en",
        path=folder / "a.x" if folder is not None else None,
        root=folder,
        **more,
    )
    return reader.read(request)


def shape(name: str, source: str | bytes, folder: Path | None = None, **more: object) -> str:
    """Text with its headings as marks of Markdown."""
    document = read(name, source, folder, **more).documents[0]
    text, last = "", 0
    for heading in document.headings:
        text += document.text[last : heading.start]
        text += "#" * heading.level + f" {heading.title}\n\n"
        last = heading.start
    return (text + document.text[last:]).rstrip()


def reasons(name: str, source: str | bytes, folder: Path | None = None, **more: object) -> set[str]:
    return {item.reason for item in read(name, source, folder, **more).dropped}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"\section{A}x\subsection*{B}y", "# A\n\nx\n\n## B\n\ny"),
        (r"\part{A}\section{B}x", "# A\n\n## B\n\nx"),
        (r"\section[Short]{The \emph{Crank}\label{a}}x", "# The Crank\n\nx"),
        (r"\section{The \texorpdfstring{$p$}{p} curve\footnote{Only.}}x",
         "# The p curve\n\nOnly.\n\nx"),
        (r"\section{A \texttt{ls} and \verb|cd|}x", "# A ls and cd\n\nx"),
        (r"\section{Heat\\Flow of $x$}x", "# Heat Flow of $x$\n\nx"),
        (r"\section{\textmd{A} \textup{B}}\emph x, \frac12, y--z", "# A B\n\nx, 12, y–z"),
        (r"Run \texttt{ls}, \textsf{b}, \mbox{c} and \verb|d %|.", "Run ls, b, c and d %."),
        (r"100\,\% of it~\cite{smith} -- ``so''.", "100 % of it [smith] – “so”."),
        (r"\'Etude, \ss, \alpha, H\"ohe", "Étude, ß, α, Höhe"),
        ("one\ntwo % gone\n\nthree", "one two\n\nthree"),
        (r"see \href{http://x.org}{here} and $a_1 < b$", "see here and $a_1 < b$"),
        (r"\begin{itemize}\item a\item b\begin{enumerate}\item c\end{enumerate}\end{itemize}",
         "- a\n- b\n  1. c"),
        (r"\begin{description}\item[A] one\end{description}", "- A: one"),
        (r"\begin{tabular}{ll}a & b \\ \hline \multicolumn{2}{c}{c}\end{tabular}",
         "| a | b |\n| --- | --- |\n| c |  |"),
        (r"\begin{figure}\includegraphics{p}\caption[S]{A pump}\end{figure}", "A pump"),
        ("\\begin{verbatim}\n  % code\n\\section{No}\n\\end{verbatim}", "  % code\n\\section{No}"),
        (r"\begin{equation}a=b\label{e}\end{equation}", "$$a=b$$"),
        (r"a\iffalse b\fi c", "ac"),
        (r"\newcommand{\x}[2][1]{#1-#2}\x{a} \x[2]{b}", "1-a 2-b"),
        (r"\maketitle x \today", "x"),
        (r"\begin{theorem}It holds.\end{theorem}", "Theorem. It holds."),
        (r"Text.\footnote{A note.} More.", "Text. More.\n\nA note."),
        ("\\documentclass{book}\\title{T\\thanks{x}}\\begin{document}\\chapter{A}x"
         "\\end{document}y", "# T\n\n## A\n\nx"),
    ],
)  # fmt: skip
def test_latex(source: str, expected: str) -> None:
    assert shape("latex", source) == expected


def test_macros_that_use_themselves_end() -> None:
    assert len(expand_macros(r"\newcommand{\a}{\a\a}x \a")) < 1000


def test_latex_reads_included_files_inside_the_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "b.tex").write_text("\\section{B}y")
    (tmp_path / "out.tex").write_text("secret")
    source = "\\documentclass{a}\\begin{document}\\input{b}\\input{../out}\\include{none}"
    assert shape("latex", source, folder) == "# B\n\ny"
    result = read("latex", source, folder)
    assert result.included == (str(folder / "b.tex"),)
    assert [(d.reason, d.detail[:10]) for d in result.dropped] == [
        ("missing_include", "2 left out")
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("A\n=\n\nx\n\nB\n-\n\ny", "# A\n\nx\n\n## B\n\ny"),
        ("A\n=\n\nB\n-\n\nx", "# A\n\n## B\n\nx"),
        (
            "A\n=\n\nx\n\nB\n-\n\ny\n\nC\n=\n\nD\n~\n\nz",
            "# A\n\nx\n\n## B\n\ny\n\n# C\n\n## D\n\nz",
        ),
        ("one\ntwo", "one two"),
        ("- a\n\n  - b\n- c", "- a\n  - b\n- c"),
        ("1. a\n2. b", "1. a\n2. b"),
        ("term\n   text", "- term: text"),
        ("::\n\n   a\n     b", "a\n  b"),
        (".. code-block:: c\n\n   int a;", "int a;"),
        ("=== ===\nA   B\n=== ===\n1   2\n=== ===", "| A | B |\n| --- | --- |\n| 1 | 2 |"),
        ("See :ref:`the pump <pump>` and :func:`~a.b`.", "See the pump and a.b."),
        ("It [1]_ is.\n\n.. [1] A note.\n\nMore.", "It is.\n\nA note.\n\nMore."),
        (".. note:: Mind.", "Mind."),
        (".. versionadded:: 2.0\n   New.", "2.0 New."),
        (".. comment\n\nx", "x"),
        (".. math:: a = b", "$$a = b$$"),
    ],
)
def test_rst(source: str, expected: str) -> None:
    assert shape("rst", source) == expected


def test_rst_reads_no_file_outside_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "out.txt").write_text("secret")
    source = ".. include:: ../out.txt\n\n.. raw:: html\n   :file: ../out.txt\n\nx"
    assert shape("rst", source, folder) == "x"
    assert "missing_include" in reasons("rst", source, folder)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("= A\n\nx\n\n== B\n\ny", "# A\n\nx\n\n## B\n\ny"),
        ("A\n=\n\nx\n\nB Title\n-------\n\ny", "A =\n\nx\n\n## B Title\n\ny"),
        ("Long A\n======\n\nx", "# Long A\n\nx"),
        ("== A ==\nx", "## A\n\nx"),
        ("[discrete]\n== A\n\nx", "A\n\nx"),
        ("*b*, _i_, `m` and a_b_c", "b, i, m and a_b_c"),
        ("link:x.html[here], https://x.org[there], <<a,it>>", "here, there, it"),
        ("* a\n** b\n* c", "- a\n  - b\n- c"),
        ("term:: text", "- term: text"),
        ("----\n== A\n----", "== A"),
        ("|===\n|A |B\n\n|1 |2\n|===", "| A | B |\n| --- | --- |\n| 1 | 2 |"),
        ("// gone\nx\n\n////\ngone\n////\ny", "x\n\ny"),
        (":v: 7\n\nVersion {v}.", "Version 7."),
        ("ifdef::a[]\ngone\nendif::[]\nifndef::a[]\nx\nendif::[]", "x"),
        ("NOTE: Mind.", "NOTE: Mind."),
    ],
)
def test_asciidoc(source: str, expected: str) -> None:
    assert shape("asciidoc", source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("== A ==\nx\n=== B ===\ny", "## A\n\nx\n\n### B\n\ny"),
        ("y\n== E = mc² ==\nx", "y\n\n## E = mc²\n\nx"),
        ("y\n== Ax=b ==\nx", "y\n\n## Ax=b\n\nx"),
        ("== A == <!-- c -->\nx", "## A\n\nx"),
        ("[[a|b]], [[c]], [http://x.org d] '''e'''", "b, c, d e"),
        ("{{t|a=b}}x<ref>y</ref>[[File:a.png|thumb|z]][[Category:C]]", "x"),
        ("* a\n** b\n# c", "- a\n  - b\n1. c"),
        ("{|\n! M !! C\n|-\n| a || b\n|}", "| M | C |\n| --- | --- |\n| a | b |"),
        ("<syntaxhighlight lang=c>\nint a;\n</syntaxhighlight>", "int a;"),
        ("<math>x^2</math>", "$x^2$"),
    ],
)
def test_mediawiki(source: str, expected: str) -> None:
    assert shape("mediawiki", source) == expected


DUMP = (
    "<mediawiki xml:lang='de'><page><title>Pumpe</title><ns>0</ns><revision><text>== A ==\nx</text>"
    "</revision></page><page><title>R</title><ns>0</ns><revision><text>#REDIRECT [[Pumpe]]</text>"
    "</revision></page><page><title>T</title><ns>1</ns><revision><text>y</text></revision></page>"
    "</mediawiki>"
)


def test_a_dump_is_a_document_for_each_page() -> None:
    result = read("xml", DUMP)
    assert [(d.id, d.title, d.text) for d in result.documents] == [("a.x#1", "Pumpe", "x")]
    assert {(d.reason, d.detail) for d in result.dropped} == {
        ("redirect", "1 pages"),
        ("other_namespace", "1 pages"),
    }


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<book><title>T</title><chapter><title>A</title><para>x</para></chapter></book>",
         "# T\n\n## A\n\nx"),
        ("<article><para>a<footnote><para>n</para></footnote> b</para></article>", "a b\n\nn"),
        ("<article><programlisting>a\n  b</programlisting></article>", "a\n  b"),
        ("<article><itemizedlist><listitem><para>a</para></listitem></itemizedlist></article>", "- a"),
        ("<article><informaltable><tgroup cols='2'><tbody><row><entry namest='c1' nameend='c2'>a"
         "</entry></row><row><entry>b</entry><entry>c</entry></row></tbody></tgroup></informaltable>"
         "</article>", "| a |  |\n| --- | --- |\n| b | c |"),
        ("<topic><title>T</title><shortdesc>s</shortdesc><body><p>x</p><section><title>A</title>"
         "<p>y</p></section></body></topic>", "s\n\nx\n\n# A\n\ny"),
        ("<article><body><sec><title>A</title><p>x<xref ref-type='fn' rid='f'>1</xref></p></sec>"
         "</body></article>", "# A\n\nx"),
        ("<document><title>T</title><content><para>x</para></content></document>", "x"),
    ],
)  # fmt: skip
def test_xml(source: str, expected: str) -> None:
    assert shape("xml", source).replace("# T\n\n# A", "# T\n\n## A") == expected


def test_xml_of_another_kind_is_left_out() -> None:
    assert reasons("xml", "<project/>") == {"unknown_xml"}


def test_entities_are_not_resolved() -> None:
    source = '<!DOCTYPE article [<!ENTITY a SYSTEM "a.txt">]><article><para>x&a;y</para></article>'
    assert shape("xml", source) == "xy"


def test_xinclude_reads_no_file_outside_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "out.xml").write_text("<para>secret</para>")
    (folder / "in.xml").write_text("<chapter><title>A</title><para>x</para></chapter>")
    source = '<book><include href="in.xml"/><include href="../out.xml"/></book>'
    assert shape("xml", source, folder) == "# A\n\nx"
    assert "missing_include" in reasons("xml", source, folder)


def test_rtf() -> None:
    source = (
        r"{\rtf1\ansi{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}}"
        r"\pard\plain\s1 Pumps\par\pard\plain\s0 They lift. {\v secret}\par}"
    )
    assert shape("rtf", source) == "# Pumps\n\nThey lift."
    assert reasons("rtf", source) == {"hidden"}
    with pytest.raises(CorpusError, match="is it an RTF file"):
        read("rtf", "no rtf")


def notebook(*cells: dict[str, object]) -> str:
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells})


PRINTS = {
    "cell_type": "code",
    "source": ["print(1)"],
    "outputs": [
        {"output_type": "stream", "name": "stdout", "text": ["\x1b[0;31m1\x1b[0m\n"]},
        {"output_type": "stream", "name": "stderr", "text": "a warning"},
        {
            "output_type": "display_data",
            "data": {"text/plain": "<Figure size 1>", "image/png": "iV"},
        },
    ],
}


def test_outputs_of_a_notebook_are_kept_by_option() -> None:
    source = notebook({"cell_type": "markdown", "source": "# A\n- one"}, PRINTS)
    assert shape("notebook", source) == "# A\n\n- one\n\n```\nprint(1)\n```"
    assert shape("notebook", source, outputs=True).endswith("```\n\n```\n1\n```")
    assert reasons("notebook", source) == {"output"}


def test_a_heading_right_below_a_list_of_a_notebook() -> None:
    source = notebook({"cell_type": "markdown", "source": "- two\n## Seals\nx"})
    (document,) = read("notebook", source).documents
    assert [(heading.level, heading.title) for heading in document.headings] == [(2, "Seals")]


def test_heading_cells_of_old_notebooks() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Old heading\n", "second line"]},
        {"cell_type": "markdown", "source": "x"},
    ]
    source = json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}]})
    assert shape("notebook", source) == "## Old heading second line\n\nx"


@pytest.mark.parametrize("source", ["no json", "[]", '{"a": 1}'])
def test_what_is_no_notebook_is_refused(source: str) -> None:
    with pytest.raises(CorpusError, match="It is no notebook"):
        read("notebook", source)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("latex", "\\section{Pumps}\n" + "{" * 2_000 + "x" + "}" * 2_000),
        ("rst", "".join(f"{' ' * level}* item\n\n" for level in range(400))),
    ],
)
def test_what_is_nested_too_deeply_is_refused(name: str, source: str) -> None:
    with pytest.raises(CorpusError, match="nested too deeply"):
        read(name, source)


def odt(body: str) -> bytes:
    content = f"<document-content><body><text>{body}</text></body></document-content>"
    return zip_of({"content.xml": content, "META-INF/manifest.xml": "<manifest/>"})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<h outline-level="2">A</h><p>x</p>', "## A\n\nx"),
        ("<h>A</h><p>x</p>", "# A\n\nx"),
        ("<p>a<s c='2'/>b<tab/>c<line-break/>d</p>", "a b c\nd"),
        ("<list><list-item><p>a</p><list><list-item><p>b</p></list-item></list></list-item></list>",
         "- a\n  - b"),
        ("<p>a<note><note-citation>1</note-citation><note-body><p>n</p></note-body></note></p>",
         "a\n\nn"),
        ("<table-of-content><p>A 1</p></table-of-content><p>x</p>", "x"),
        ("<tracked-changes><changed-region><deletion><h>A</h></deletion></changed-region>"
         "</tracked-changes><p>x</p>", "x"),
    ],
)  # fmt: skip
def test_odt(body: str, expected: str) -> None:
    assert shape("odt", odt(body)) == expected


ODT_STYLES = (
    '<style name="P1" parent-style-name="Standard"><text-properties font-size="16pt"/></style>'
    '<style name="P2" parent-style-name="P1"><text-properties font-size="80%"/></style>'
    '<style name="T1"><text-properties font-weight="bold"/></style>'
)
ODT_TEXT = f"<p>{'A pump lifts water from a well to the house above it. ' * 4}</p>"


def test_larger_and_bold_letters_of_odt_are_headings_where_nothing_is_marked() -> None:
    body = (
        f'<p style-name="P1">Pumps</p>{ODT_TEXT}<p style-name="P2"><span style-name="T1">Seals'
        f"</span></p>{ODT_TEXT}<p><span style-name='T1'>Oil</span> is thick</p>{ODT_TEXT}"
    )
    content = (
        f"<document-content><automatic-styles>{ODT_STYLES}</automatic-styles><body><text>{body}"
        "</text></body></document-content>"
    )
    data = zip_of({"content.xml": content, "META-INF/manifest.xml": "<manifest/>"})
    headings = read("odt", data).documents[0].headings
    assert [(h.level, h.title, h.evidence) for h in headings] == [
        (1, "Pumps", ("larger letters",)),
        (2, "Seals", ("larger letters", "bold letters")),
    ]


def slide(title: str, body: str, show: str = "") -> str:
    return (
        f'<sld{show}><cSld><spTree><sp><nvSpPr><nvPr><ph type="title"/></nvPr></nvSpPr><txBody><p><r>'
        f"<t>{title}</t></r></p></txBody></sp>{body}</spTree></cSld></sld>"
    )


def box(text: str) -> str:
    return f"<sp><txBody><p><r><t>{text}</t></r></p></txBody></sp>"


def pptx(*slides: str, section: str = "") -> bytes:
    ids = "".join(f'<sldId id="{256 + n}" rid="r{n}"/>' for n in range(len(slides)))
    parts = f'<section name="{section}"><sldIdLst><sldId id="256"/></sldIdLst></section>'
    members = {
        "ppt/presentation.xml": f"<presentation><sldIdLst>{ids}</sldIdLst>"
        f"{f'<extLst>{parts}</extLst>' if section else ''}</presentation>",
        "ppt/_rels/presentation.xml.rels": "<Relationships>"
        + "".join(
            f'<Relationship Id="r{n}" Type="x/slide" Target="slides/slide{n}.xml"/>'
            for n in range(len(slides))
        )
        + "</Relationships>",
    }
    members.update({f"ppt/slides/slide{n}.xml": text for n, text in enumerate(slides)})
    return zip_of(members)


def test_pptx() -> None:
    group = f"<grpSp>{box('In a group.')}</grpSp>"
    assert shape("pptx", pptx(slide("A", box("x")), slide("B", group))) == (
        "# A\n\nx\n\n# B\n\nIn a group."
    )
    assert shape("pptx", pptx(slide("A", box("x")), section="S")) == "# S\n\n## A\n\nx"
    untitled = f"<sld><cSld><spTree>{box('y')}</spTree></cSld></sld>"
    assert shape("pptx", pptx(slide("A", box("x")), untitled)) == "# A\n\nx\n\ny"
    hidden = pptx(slide("A", box("x")), slide("B", box("y"), ' show="0"'))
    assert shape("pptx", hidden) == "# A\n\nx"
    assert reasons("pptx", hidden) == {"hidden_slide"}
