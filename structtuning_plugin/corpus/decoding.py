"""Decoding of files. The encoding is always reported, and no character is replaced silently."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from structtuning_plugin.core.errors import CorpusError

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# By how common they are: many fit a text alike, and differ only in a few letters.
_COMMON = (
    "cp1252", "cp1251", "koi8_r", "cp1250", "iso8859_2", "gb18030", "big5", "cp932",
    "euc_jp", "cp949", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "koi8_u",
    "cp866", "iso8859_5", "cp850", "mac_roman",
)  # fmt: skip
_LINE_ENDS = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Text and its encoding; `cut_bytes` counts the bytes of an incomplete last character."""

    text: str
    encoding: str
    cut_bytes: int = 0


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """Decode a file: by the given encoding, by its BOM, as UTF-8, or by detection.

    Raises:
        CorpusError: If the bytes do not match the given encoding, or no encoding is found.
    """
    if encoding is not None:
        return _decode_as(data, encoding)
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _decode_as(data, name)
    has_bom = data.startswith(codecs.BOM_UTF8)
    body, name = data.removeprefix(codecs.BOM_UTF8), "utf-8-sig" if has_bom else "utf-8"
    try:
        return Decoded(text=body.decode("utf-8"), encoding=name)
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return Decoded(
                text=body[: error.start].decode("utf-8"),
                encoding=name,
                cut_bytes=len(body) - error.start,
            )
    return _decode_as(data, "utf-8") if has_bom else _detect(data)


def _decode_as(data: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(text=data.decode(encoding).removeprefix("\ufeff"), encoding=encoding)
    except LookupError:
        raise CorpusError(
            f"Unknown encoding `{encoding}`. Use a name that Python knows, such as utf-8, cp1252 "
            "or big5."
        ) from None
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"Byte {error.start} does not fit the encoding {encoding} ({error.reason}). Give the "
            "right `encoding:`."
        ) from None


def _detect(data: bytes) -> Decoded:
    from charset_normalizer import from_bytes

    # Lines of plain ASCII (rules, tables, drawings) say nothing about the encoding, but make the
    # text look odd.
    telling = b"\n".join(line for line in data.splitlines() if not line.isascii())
    matches = list(from_bytes(telling, threshold=0.3, cp_isolation=list(_COMMON)))
    least = min((match.chaos for match in matches), default=0.0)
    as_good = {
        name
        for match in matches
        if match.chaos <= least + 0.01
        for name in match.could_be_from_charset
    }
    for name in _COMMON:
        if name in as_good and b"\0" not in data:
            return _decode_as(data, name)
    best = from_bytes(data).best()
    if best is None:
        raise CorpusError(
            "No encoding fits the bytes: is it a text file? If so, give its `encoding:` in the "
            "corpus entry."
        )
    return Decoded(text=str(best).removeprefix("\ufeff"), encoding=best.encoding)


def clean(text: str) -> tuple[str, int]:
    r"""Normalise line ends to "\n" and remove control characters; also return their count.

    >>> clean("a\r\nb\x00\u2028c")
    ('a\nb\nc', 1)
    """
    text = _LINE_ENDS.sub("\n", text)
    return _CONTROL.subn("", text)
