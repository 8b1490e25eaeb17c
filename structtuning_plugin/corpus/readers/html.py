"""Reader of HTML: saved pages, wikis, documentation sites.

    <nav>Home</nav><main><h1>Pumps</h1><p>They lift.</p></main>
    ->  Document(title="Pumps", text="They lift.", headings=(Heading(level=1, title="Pumps", ...),))

The frame of the site is left out and counted (`corpus.html.frame`). Nothing is fetched.
"""

from __future__ import annotations

import re

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import ReadResult
from structtuning_plugin.corpus.assembly import DocumentBuilder, tidy_title
from structtuning_plugin.corpus.decoding import Decoded, decode
from structtuning_plugin.corpus.html.blocks import HtmlBlocks
from structtuning_plugin.corpus.html.frame import article_of, page_title
from structtuning_plugin.corpus.html.notes import take_notes
from structtuning_plugin.corpus.limits import Budget
from structtuning_plugin.corpus.markup import Element, parse_html
from structtuning_plugin.hookspecs import ReadRequest

_CHARSET = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"\A\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)")
# The standard reads these names as the larger encodings of Windows.
_LARGER = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252",
    "us-ascii": "cp1252", "windows-1252": "cp1252", "iso-8859-9": "cp1254", "shift_jis": "cp932",
    "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "gb2312": "gb18030",
    "gbk": "gb18030", "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "tis-620": "cp874",
    "iso-8859-11": "cp874", "big5": "big5hkscs",
}  # fmt: skip


class HtmlReader:
    """Reader of HTML."""

    name = "html"
    suffixes: tuple[str, ...] = (".html", ".htm", ".xhtml", ".xht")
    binary = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one page.

        Raises:
            CorpusError: If it cannot be decoded, or exceeds a limit.
        """
        decoded = decode_html(request.data, request.encoding)
        return read_page(decoded.text, request.with_encoding(decoded.encoding))


@hookimpl
def register_readers() -> list[HtmlReader]:
    """Register the reader `html`."""
    return [HtmlReader()]


def read_page(text: str, request: ReadRequest) -> ReadResult:
    """Read the text of one page.

    Raises:
        CorpusError: If it exceeds a limit.
    """
    budget = Budget(request.limits)
    builder = DocumentBuilder(request)
    page = parse_html(text, budget)
    titles = [tidy_title(heading.text()) for heading in page.find_all("h1")]
    article = article_of(page, builder)
    blocks = HtmlBlocks(builder, budget)
    inside = [blocks.title_of(heading) for heading in article.find_all("h1")]
    outside = tuple(title for title in titles if title not in inside)
    notes = take_notes(article)
    blocks.add(article, notes)
    for note in blocks.unused_notes:
        builder.drop("note", detail=note.words())
    title = page_title(page, outside)
    return builder.build(inside[0] if len(inside) == 1 else title, _language(page))


def _language(page: Element) -> str:
    html = next((element for element in page.walk() if element.tag == "html"), page)
    return html.get("lang")


def decode_html(data: bytes, encoding: str | None = None) -> Decoded:
    """Decode a page: by the given encoding, its BOM, as UTF-8, by its `meta` element, or detection.

    Valid UTF-8 beyond ASCII is never anything else; a page that was saved anew keeps the `meta`
    element of its old encoding.

    Raises:
        CorpusError: If no encoding fits.
    """
    if encoding is None and not data.isascii():
        stated = _CHARSET.search(data) or _XML_ENCODING.search(data)
        if stated is not None and not _is_utf8(data):
            name = stated[1].decode("ascii").casefold()
            try:
                return decode(data, _LARGER.get(name, name))
            except CorpusError:
                pass
    return decode(data, encoding)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and not data[: error.start].isascii()
    return True
