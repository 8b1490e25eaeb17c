"""Measure the readers of documents: words kept and added, headings found, by file.

    python benchmarks/documents.py ../shared/data > table.md

The reference is independent of the readers: for a file with a gold tree (`gold_toc.json`) its
titles; for words the text that another program sees:
`lxml` for HTML and EPUB, text of the pages by `pypdfium2` for PDF, all text elements of DOCX and of
its notes. Lists of contents, navigation, and what repeats at the edges of pages do not count.

    kept    words of the reference that the document has, as a share of the reference
    added   words of the document that the reference does not have, as a share of the document
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections import Counter
from pathlib import Path

from structtuning_plugin import plugins
from structtuning_plugin.config.corpus import CorpusEntry, HygieneConfig, ReadLimits
from structtuning_plugin.core.types import Document
from structtuning_plugin.corpus.discovery import discover
from structtuning_plugin.corpus.reading import ReadSettings, read_file

KINDS = ("html", "docx", "epub", "pdf", "odt-rtf", "latex", "rst", "asciidoc", "cnxml")
# Files with a gold tree, below the folder of the data.
GOLD = {
    "openstax-microbiology-small.styled.docx": "books/microbiology-small-en",
    "install.en.pdf": "multilingual/en/installation-guide",
    "install.en.no-outline.pdf": "multilingual/en/installation-guide",
    "install.ru.pdf": "multilingual/ru/installation-guide",
    "install.zh_CN.pdf": "multilingual/zh/installation-guide",
}


def words_of(text: str) -> Counter[str]:
    """Count the words of a text; each character of a script without blanks is a word."""
    return Counter(re.findall(r"[\u3040-\u30ff\u3400-\u9fff]|\w+", text.casefold()))


def shown_by_others(path: Path) -> str:
    """Return the text that a program other than the readers sees in a file."""
    data = path.read_bytes()
    if path.suffix == ".html":
        return html_text(data)
    if path.suffix == ".epub":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            pages = [name for name in archive.namelist() if name.endswith(("html", "htm"))]
            return "\n".join(html_text(archive.read(name)) for name in pages if "nav" not in name)
    if path.suffix == ".docx":
        return docx_text(data)
    if path.suffix == ".pdf":
        return pdf_text(data)
    return ""


def docx_text(data: bytes) -> str:
    """Return the text elements of body and notes, without the second form of text boxes."""
    from lxml import etree

    lines: list[str] = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in ("document", "footnotes", "endnotes"):
            if f"word/{name}.xml" not in archive.namelist():
                continue
            root = etree.fromstring(archive.read(f"word/{name}.xml"))
            for paragraph in root.iter("{*}p"):
                styles = [s.get(key, "") for s in paragraph.iter("{*}pStyle") for key in s.attrib]
                is_second = any(True for _ in paragraph.iterancestors("{*}Fallback"))
                if is_second or any(style.startswith("TOC") for style in styles):
                    continue
                marks = {"t": lambda e: e.text or "", "tab": lambda e: " ", "br": lambda e: " "}
                elements = [e for e in paragraph.iter("{*}t", "{*}tab", "{*}br")
                            if next(e.iterancestors("{*}p")) is paragraph]  # fmt: skip
                tags = [(etree.QName(e).localname, e) for e in elements]
                lines.append("".join(marks[tag](e) for tag, e in tags))
    return "\n".join(lines)


def pdf_text(data: bytes) -> str:
    """Return the text of the pages, without lists of contents and what repeats at their edges."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    texts = [page.get_textpage().get_text_bounded() for page in document]
    # The mark of a hyphen at the end of a line.
    pages = [re.sub("[\x02\ufffe]", "", text).splitlines() for text in texts]
    pages = [[line for line in lines if line.strip()] for lines in pages]
    edges = Counter(shape_of(line) for lines in pages for line in {*lines[:2], *lines[-2:]})
    shown: list[str] = []
    for lines in pages:
        if sum(bool(_LEADERS.search(line)) for line in lines) > 0.4 * len(lines):
            continue
        for number, line in enumerate(lines):
            is_edge = number < 2 or number >= len(lines) - 2
            if not (is_edge and edges[shape_of(line)] > 2) and not _LEADERS.search(line):
                shown.append(line)
    return "\n".join(shown)


_LEADERS = re.compile(r"(?:\.\s?){4,}")


def shape_of(line: str) -> str:
    """Return a line without its numbers."""
    return re.sub(r"\d+|^[ivxlc]+$", "#", line.strip().casefold())


def html_text(data: bytes) -> str:
    """Return the text of the body, without scripts, styles, navigation and lists of contents."""
    from lxml import html

    root = html.document_fromstring(data)
    frame = "".join(f"|//*[contains(concat(' ', @class, ' '), ' {name} ')]" for name in _FRAME)
    for element in root.xpath(f"//script|//style|//head|//nav|//header|//footer{frame}"):
        if element.getparent() is not None:
            element.drop_tree()
    return " ".join(root.itertext())


# Classes of what DocBook, Publican and AsciiDoc put around a page.
_FRAME = ("toc", "docnav", "navheader", "navfooter", "breadcrumb")


def gold_titles(data: Path, name: str) -> list[str]:
    """Return the titles of the gold tree of a file; none without one."""
    folder = data / GOLD[name] if name in GOLD else None
    path = folder / "gold_toc.json" if folder is not None else None
    if path is None or not path.is_file():
        return []
    titles: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            titles.extend([str(node["title"])] if key(str(node.get("title") or "")) else [])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(json.loads(path.read_text(encoding="utf-8")))
    return titles


_NUMBER = re.compile(
    r"^\s*(?:(?i:chapter|appendix|глава|приложение)\s+)?(?:(?:[A-Z]\.)?\d+(?:\.\d+)*|[A-Z])\.?\s+"
)


def key(title: str) -> str:
    """Return a title without numbering, case and blanks."""
    bare = _NUMBER.sub("", title)
    return "".join(re.findall(r"\w", (bare or title).casefold()))


def share(part: float, whole: float) -> str:
    """Format a share."""
    return f"{part / whole:.1%}" if whole else "-"


def row_of(path: Path, documents: list[Document], data: Path, reasons: str) -> str:
    """Render one row of the table."""
    own = Counter[str]()
    headings: list[str] = []
    for document in documents:
        own += words_of(document.text)
        headings += [document.title, *(heading.title for heading in document.headings)]
        own += words_of(" ".join(heading.title for heading in document.headings))
    reference = words_of(shown_by_others(path))
    common = sum((own & reference).values())
    gold = Counter(map(key, gold_titles(data, path.name)))
    found = Counter(map(key, headings))
    hits = sum((gold & found).values())
    return (
        f"| {path.parent.name}/{path.name} | {share(common, sum(reference.values()))} | "
        f"{share(sum(own.values()) - common, sum(own.values())) if reference else '-'} | "
        f"{len(headings)} | {share(hits, sum(found.values())) if gold else '-'} | "
        f"{share(hits, sum(gold.values()))} | {reasons} |"
    )


def main() -> None:
    """Print the table."""
    data = Path(sys.argv[1])
    readers = plugins.readers(plugins.build_plugin_manager())
    settings = ReadSettings(limits=ReadLimits(), hygiene=HygieneConfig())
    print("| file | kept | added | headings | precision | recall | left out |")
    print("|---|---|---|---|---|---|---|")
    for kind in KINDS:
        for path in sorted((data / "messy" / kind).iterdir()):
            files, _ = discover([CorpusEntry(path=str(path))], readers)
            result = read_file(files[0], readers[files[0].reader], settings)
            reasons = ", ".join(f"{d.reason} {d.detail.split()[0]}" for d in result.dropped)
            print(row_of(path, list(result.documents), data, reasons), flush=True)


if __name__ == "__main__":
    main()
