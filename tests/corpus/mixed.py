"""Small ordinary files of all formats, as many as wanted, and five bad ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from tests.corpus.packages import docx, epub, paragraph, pdf, show, style, zip_of

_HEADING = style("H1", "heading 1", '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>')
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"


def _pdf(title: str, text: str) -> bytes:
    """One page: the title in large bold type, the text in lines of a small one."""
    words, lines = text.split(), [""]
    for word in words:
        if len(lines[-1]) > 70:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    shows = [show(title, 700, size=20, font="B")]
    shows += [show(line, 660 - 12 * number) for number, line in enumerate(lines)]
    return pdf(["\n".join(shows)])


def _parquet(title: str, text: str) -> bytes:
    import pyarrow
    from pyarrow import parquet

    buffer = BytesIO()
    parquet.write_table(pyarrow.table({"title": [title], "text": [text]}), buffer)
    return buffer.getvalue()


def _odt(title: str, text: str) -> bytes:
    body = f'<text:h text:outline-level="1">{title}</text:h><text:p>{text}</text:p>'
    return zip_of(
        {
            "content.xml": f'<office:document-content xmlns:office="{_OFFICE}" '
            f'xmlns:text="{_TEXT}"><office:body><office:text>{body}</office:text></office:body>'
            "</office:document-content>"
        }
    )


def _notebook(title: str, text: str) -> str:
    cells = [{"cell_type": "markdown", "metadata": {}, "source": f"# {title}\n\n{text}"}]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


def _rtf(title: str, text: str) -> str:
    return (
        "{\\rtf1\\ansi{\\stylesheet{\\s1\\outlinelevel0 heading 1;}}"
        f"\\pard\\s1\\outlinelevel0 {title}\\par\\pard {text}\\par}}"
    )


# Suffix: what a file with a title and a text is.
WRITERS: dict[str, Callable[[str, str], str | bytes]] = {
    ".md": lambda title, text: f"# {title}\n\n{text}\n",
    ".txt": lambda title, text: f"{title}\n{'=' * len(title)}\n\n{text}\n",
    ".html": lambda title, text: f"<html><body><h1>{title}</h1><p>{text}</p></body></html>",
    ".docx": lambda title, text: docx(paragraph(title, "H1") + paragraph(text), styles=_HEADING),
    ".epub": lambda title, text: epub(
        {"a.xhtml": f"<h1>{title}</h1><p>{text}</p>"},
        nav=f'<li><a href="a.xhtml">{title}</a></li>',
    ),
    ".pdf": _pdf,
    ".odt": _odt,
    ".rtf": _rtf,
    ".ipynb": _notebook,
    ".tex": lambda title, text: (
        "\\documentclass{article}\\begin{document}\n"
        f"\\section{{{title}}}\n{text}\n\\end{{document}}\n"
    ),
    ".rst": lambda title, text: f"{title}\n{'=' * len(title)}\n\n{text}\n",
    ".adoc": lambda title, text: f"= Book\n\n== {title}\n\n{text}\n",
    ".mediawiki": lambda title, text: f"== {title} ==\n\n{text}\n",
    ".dbk": lambda title, text: f"<article><title>{title}</title><para>{text}</para></article>",
    ".jsonl": lambda title, text: json.dumps({"title": title, "text": text}),
    ".json": lambda title, text: json.dumps([{"title": title, "text": text}]),
    ".csv": lambda title, text: f'title,text\n{title},"{text}"\n',
    ".parquet": _parquet,
}

# The bad files: a truncated archive, no PDF, half a page of XML, no JSON, bytes of no encoding.
BAD: dict[str, bytes] = {
    "20-bad.docx": docx(paragraph("Pump"))[:200],
    "40-bad.pdf": b"%PDF-1.4\nno more than its first line\n",
    "60-bad.dbk": b"<article><title>Pump</title><para>half",
    "80-bad.jsonl": b'{"text": "half',
    "99-bad.txt": b"caf\xe9 \xff\xfe\x81\x8d\x00 no text at all" * 9,
}


def write_mixed(folder: Path, count: int) -> None:
    """Write `count` files, of which `BAD` are bad; no two have the same text.

    Args:
        folder: An existing folder.
        count: Number of files, more than those of `BAD`.
    """
    suffixes = list(WRITERS)
    for number in range(count - len(BAD)):
        suffix = suffixes[number % len(suffixes)]
        title = f"Pump {number}"
        text = f"{title} lifts water. " + " ".join(
            f"Part {number * 7 + part} of it wears out after {number + 3 * part} hours."
            for part in range(6)
        )
        content = WRITERS[suffix](title, text)
        data = content.encode() if isinstance(content, str) else content
        (folder / f"{number}{suffix}").write_bytes(data)
    for name, data in BAD.items():
        (folder / name).write_bytes(data)
