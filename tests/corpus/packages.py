"""Small files of office formats, EPUB books and PDF, written for the tests."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence

_W = 'xmlns:w="w" xmlns:m="m" xmlns:mc="mc" xmlns:wps="wps" xmlns:v="v"'


def zip_of(members: Mapping[str, str]) -> bytes:
    """Pack texts under their names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()


def run(text: str, properties: str = "") -> str:
    """A run of text."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(content: str, style: str = "", properties: str = "") -> str:
    """A paragraph with runs, or with plain text."""
    content = content if content.startswith("<") else run(content)
    style = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{style}{properties}</w:pPr>{content}</w:p>"


def docx(body: str, **parts: str) -> bytes:
    """A DOCX file with this body; other parts (`styles`, `numbering`, ...) by their names."""
    members = {"word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>"}
    for name, content in parts.items():
        members[f"word/{name}.xml"] = f"<w:{name} {_W}>{content}</w:{name}>"
    return zip_of(members)


def style(style_id: str, name: str, properties: str = "", base: str = "") -> str:
    """A paragraph style of a DOCX file."""
    base = f'<w:basedOn w:val="{base}"/>' if base else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{style_id}"><w:name w:val="{name}"/>{base}'
        f"{properties}</w:style>"
    )


def page(body: str) -> str:
    """A page of XHTML."""
    return (
        '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title>x</title></head><body>{body}'
        "</body></html>"
    )


def epub(
    pages: Mapping[str, str], nav: str = "", ncx: str = "", title: str = "The Book", **more: str
) -> bytes:
    """An EPUB book with these pages in its spine, and a nav document or an NCX."""
    members = {
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="O/a.opf"/></rootfiles>'
        "</container>"
    }
    items = "".join(
        f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in pages
    )
    refs = "".join(f'<itemref idref="{name}"/>' for name in pages)
    if nav:
        items += (
            '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
        )
        members["O/nav.xhtml"] = page(f'<nav epub:type="toc"><ol>{nav}</ol></nav>')
    if ncx:
        items += '<item id="ncx" href="a.ncx" media-type="application/x-dtbncx+xml"/>'
        members["O/a.ncx"] = f"<ncx><navMap>{ncx}</navMap></ncx>"
    members["O/a.opf"] = (
        f'<package xmlns:dc="dc"><metadata><dc:title>{title}</dc:title><dc:language>en</dc:language>'
        f"</metadata><manifest>{items}</manifest><spine>{refs}</spine></package>"
    )
    members.update({f"O/{name}": page(body) for name, body in pages.items()})
    return zip_of(members | more)


_FONTS = {"R": "Helvetica", "B": "Helvetica-Bold", "M": "Courier"}


def show(text: str, y: float, x: float = 50, size: float = 10, font: str = "R") -> str:
    """A line of text for `pdf`, in the regular, bold or monospaced font."""
    escaped = re.sub(r"([()\\])", r"\\\1", text)
    return f"BT /{font} {size} Tf 1 0 0 1 {x} {y} Tm ({escaped}) Tj ET"


def pdf(streams: Sequence[str], bookmarks: Sequence[tuple[int, str, int]] = ()) -> bytes:
    """A PDF file with these pages.

    Args:
        streams: Content of each page, in the characters of cp1252.
        bookmarks: Level from 1 on, title, and number of the page from 0 on.
    """
    first_font = 3 + 2 * len(streams)
    first_bookmark = first_font + len(_FONTS) + 1
    kids = " ".join(f"{3 + 2 * number} 0 R" for number in range(len(streams)))
    outlines = f" /Outlines {first_bookmark - 1} 0 R" if bookmarks else ""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R{outlines} >>",
        f"<< /Type /Pages /Count {len(streams)} /Kids [{kids}] >>",
    ]
    fonts = " ".join(f"/{name} {first_font + n} 0 R" for n, name in enumerate(_FONTS))
    for number, stream in enumerate(streams):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {4 + 2 * number} 0 R "
            f"/Resources << /Font << {fonts} >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    for name in _FONTS.values():
        objects.append(
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
        )
    if bookmarks:
        objects += _bookmarks(bookmarks, first_bookmark)
    return _with_table(objects)


def _bookmarks(bookmarks: Sequence[tuple[int, str, int]], first: int) -> list[str]:
    """Objects of the outline: its root is `first - 1`, the root of each level its last parent."""
    parents: list[int] = []
    for number, (level, _, _) in enumerate(bookmarks):
        above = [n for n in range(number) if bookmarks[n][0] < level]
        parents.append(first + above[-1] if above else first - 1)
    objects: list[str] = []
    for number, (_, title, page_number) in [(-1, (0, "", 0)), *enumerate(bookmarks)]:
        own = first + number
        children = [first + n for n, parent in enumerate(parents) if parent == own]
        fields = ""
        if children:
            fields += f" /First {children[0]} 0 R /Last {children[-1]} 0 R /Count {len(children)}"
        if number >= 0:
            code = title.encode("utf-16-be").hex()
            fields += f" /Title <feff{code}> /Dest [{3 + 2 * page_number} 0 R /Fit]"
            fields += f" /Parent {parents[number]} 0 R"
            siblings = [first + n for n, parent in enumerate(parents) if parent == parents[number]]
            place = siblings.index(own)
            fields += f" /Prev {siblings[place - 1]} 0 R" if place else ""
            fields += f" /Next {siblings[place + 1]} 0 R" if siblings[place + 1 :] else ""
        objects.append(f"<<{fields} >>")
    return objects


def _with_table(objects: Sequence[str]) -> bytes:
    out, places = "%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(f"{len(out):010d} 00000 n \n")
        out += f"{number} 0 obj\n{content}\nendobj\n"
    size = len(objects) + 1
    table = f"xref\n0 {size}\n0000000000 65535 f \n{''.join(places)}"
    end = f"trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return (out + table + end).encode("cp1252")
