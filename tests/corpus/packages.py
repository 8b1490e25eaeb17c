"""Small files of office formats and EPUB books, written for the tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

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
