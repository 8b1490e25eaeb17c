from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.corpus.decoding import Decoded, clean, decode
from tests.strategies import examples

BOMS = {
    "utf-8-sig": (codecs.BOM_UTF8, "utf-8"),
    "utf-16": (codecs.BOM_UTF16_LE, "utf-16-le"),
    "utf-16 big": (codecs.BOM_UTF16_BE, "utf-16-be"),
    "utf-32": (codecs.BOM_UTF32_LE, "utf-32-le"),
    "utf-32 big": (codecs.BOM_UTF32_BE, "utf-32-be"),
}

# Enough to tell by, and with letters that the sister encodings have elsewhere (ñ, ś, ё).
SPANISH = (
    "La célula española más pequeña mide según señalan los niños menos de una micra. El año pasado se enseñó además que su "
    "tamaño está en función del corazón, y que también la caña, la uña y la piña están formadas por células pequeñísimas.\n"
)
RUSSIAN = (
    "Клетка — это наименьшая единица жизни. Её оболочка отделяет содержимое от внешней среды, а ядро хранит наследственные "
    "сведения. Ещё недавно учёные спорили о том, живёт ли клетка сама по себе.\n"
)
POLISH = (
    "Komórka jest najmniejszą jednostką życia. Błona oddziela ją od otoczenia, jądro przechowuje wiadomości dziedziczne, a "
    "mitochondria są źródłem siły. Ćwiczenia znajdują się w następnej części książki, gdzie także pytania i łatwe zagadki.\n"
)
FRENCH = (
    "La cellule est la plus petite unité du vivant. Où qu'elle soit, sa membrane l'isole du milieu extérieur, et son noyau "
    "abrite l'hérédité. À l'été, les élèves ont observé ça : des bactéries très âgées, près d'un étang gelé.\n"
)
JAPANESE = "細胞は生命の最小の単位です。細胞膜は外の世界との境界をつくり、核は遺伝の情報を保存しています。\n"
CHINESE = (
    "细胞是生命的最小单位。细胞膜把内部和外界分开，细胞核保存着遗传信息。所有的生物都由细胞组成。\n"
)
KOREAN = (
    "세포는 생명의 가장 작은 단위입니다. 세포막은 안과 밖을 나누고 핵은 유전 정보를 보관합니다.\n"
)
RULES = "=" * 78 + "\n+" + "-" * 40 + "+\n~~~~~~~~~~~~~~~~~~~~~~~~\n"

# file in messy/encodings -> encoding to be found (None: it has bytes that no encoding allows),
# words in its text
ENCODED_FILES: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "install.en.utf8-bom.crlf.txt": ("utf-8-sig", ("Installation Guide", "architecture")),
    "install.es.utf-16-bom.txt": ("utf-16", ("instalación", "pequeñ", "según")),
    "install.fr.cp1252.txt": ("cp1252", ("système", "où", "matériel", "œuvre")),
    "install.ja.shift-jis.txt": ("cp932", ("インストール", "場合", "設定")),
    "install.ru.koi8-r.txt": ("koi8_r", ("установки", "системы", "Если")),
    "install.zh_CN.gb18030.txt": ("gb18030", ("安装", "系统", "您")),
    "install.zh_CN.utf8.txt": ("utf-8", ("安装", "系统", "您")),
    "vim-tutor.es.txt": ("cp1252", ("señal", "línea", "carácter", "¡")),
    "vim-tutor.fr.txt": ("cp1252", ("leçon", "être", "à", "caractère")),
    "vim-tutor.ja.euc.txt": ("euc_jp", ("カーソル", "文字", "移動")),
    "vim-tutor.ja.sjis.txt": ("cp932", ("カーソル", "文字", "移動")),
    "vim-tutor.ko.euc.txt": ("cp949", ("커서", "명령", "글자")),
    "vim-tutor.pl.cp1250.txt": ("cp1250", ("ćwicz", "następn", "że", "słow")),
    "vim-tutor.ru.cp1251.txt": ("cp1251", ("нажмите", "курсор", "ещё")),
    "vim-tutor.ru.txt": ("koi8_r", ("нажмите", "курсор", "ещё")),
    "vim-tutor.zh.big5.txt": (None, ()),
    "vim-tutor.zh.euc.txt": ("gb18030", ("光标", "文件", "命令")),
}


@pytest.mark.parametrize("name", BOMS)
def test_bom_names_the_encoding_and_is_no_text(name: str) -> None:
    bom, codec = BOMS[name]
    assert decode(bom + "# Zelle – 细胞\n".encode(codec)) == Decoded(
        text="# Zelle – 细胞\n", encoding=name.split()[0]
    )


@pytest.mark.parametrize("name", BOMS)
def test_bom_alone_is_an_empty_text(name: str) -> None:
    assert decode(BOMS[name][0]).text == ""


def test_empty_file() -> None:
    assert decode(b"") == Decoded(text="", encoding="utf-8")


@examples
@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufeff")))
def test_utf8_is_read_as_it_is(text: str) -> None:
    assert decode(text.encode()) == Decoded(text=text, encoding="utf-8")


@pytest.mark.parametrize(
    ("last", "cut"), [("é", 1), ("€", 1), ("€", 2), ("😀", 1), ("😀", 2), ("😀", 3)]
)
@pytest.mark.parametrize(("bom", "encoding"), [(b"", "utf-8"), (codecs.BOM_UTF8, "utf-8-sig")])
def test_a_cut_off_last_character_is_left_out_and_counted(
    last: str, cut: int, bom: bytes, encoding: str
) -> None:
    whole = last.encode()
    kept = whole[: len(whole) - cut]
    assert decode(bom + "naïve ".encode() + kept) == Decoded(
        text="naïve ", encoding=encoding, cut_bytes=len(kept)
    )


def test_damage_within_a_file_with_bom_is_an_error() -> None:
    with pytest.raises(
        CorpusError, match=r"Byte 4 does not fit the encoding utf-8 \(invalid start byte\)"
    ) as caught:
        decode(codecs.BOM_UTF8 + b"a\xffb")
    assert "Give the right `encoding:`" in str(caught.value)


@pytest.mark.parametrize(
    ("bom", "data"), [(codecs.BOM_UTF16_LE, b"a\0b"), (codecs.BOM_UTF32_BE, b"\0\0\0ab")]
)
def test_half_a_code_unit_is_an_error(bom: bytes, data: bytes) -> None:
    with pytest.raises(CorpusError, match="truncated data"):
        decode(bom + data)


def test_given_encoding_is_taken() -> None:
    data = "中文細胞".encode("big5")
    assert decode(data, "big5") == Decoded(text="中文細胞", encoding="big5")
    assert decode("é".encode(), "cp1252").text == "Ã©"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_given_encoding_does_not_make_a_bom_text(encoding: str) -> None:
    data = "\ufeff{}".encode(encoding.removesuffix("-sig"))
    assert decode(data, encoding).text == "{}"


def test_wrong_given_encoding_is_an_error() -> None:
    with pytest.raises(
        CorpusError, match=r"Byte 3 does not fit the encoding ascii \(ordinal not in range\(128\)\)"
    ):
        decode("caf\u00e9".encode(), "ascii")


def test_a_given_encoding_forgives_no_cut() -> None:
    with pytest.raises(CorpusError, match="unexpected end of data"):
        decode("é".encode()[:1], "utf-8")


@pytest.mark.parametrize("encoding", ["latin-9x", "hex", "no such"])
def test_unknown_given_encoding_is_an_error(encoding: str) -> None:
    with pytest.raises(
        CorpusError, match=f"^Unknown encoding `{encoding}`. Use a name that Python knows"
    ):
        decode(b"abc", encoding)


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (SPANISH, "cp1252", "cp1252"),
        (SPANISH, "latin-1", "cp1252"),
        (FRENCH, "cp1252", "cp1252"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "koi8-r", "koi8_r"),
        (POLISH, "cp1250", "cp1250"),
        (JAPANESE, "cp932", "cp932"),
        (JAPANESE, "euc-jp", "euc_jp"),
        (CHINESE, "gb18030", "gb18030"),
        (KOREAN, "euc-kr", "cp949"),
    ],
)
@pytest.mark.parametrize("drawing", ["", RULES], ids=["plain", "with rules"])
def test_encoding_is_detected(text: str, encoding: str, found: str, drawing: str) -> None:
    text = (text.replace("—", "-") if encoding == "koi8-r" else text) * 4
    written = drawing + text + drawing
    assert decode(written.encode(encoding)) == Decoded(text=written, encoding=found)


def test_utf16_without_bom_is_detected() -> None:
    assert decode((CHINESE * 4).encode("utf-16-le")) == Decoded(
        text=CHINESE * 4, encoding="utf_16_le"
    )


@pytest.mark.parametrize(
    "data",
    [bytes(range(256)) * 8, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xfe\x81\x8d" * 40],
    ids=["all", "png"],
)
def test_what_is_no_text_is_an_error(data: bytes) -> None:
    with pytest.raises(CorpusError, match=r"^No encoding fits the bytes: is it a text file\?"):
        decode(data)


@examples
@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        decoded = decode(data)
    except CorpusError:
        return
    assert not decoded.text.startswith("\ufeff")
    decoded.text.encode()


def test_every_messy_file_is_expected(shared_data: Path) -> None:
    assert {path.name for path in (shared_data / "messy" / "encodings").iterdir()} == set(
        ENCODED_FILES
    )


@pytest.mark.parametrize(
    "name", [name for name, (encoding, _) in ENCODED_FILES.items() if encoding]
)
def test_messy_files_are_decoded(name: str, shared_data: Path) -> None:
    encoding, words = ENCODED_FILES[name]
    decoded = decode((shared_data / "messy" / "encodings" / name).read_bytes())
    assert (decoded.encoding, decoded.cut_bytes) == (encoding, 0)
    assert [word for word in words if word not in decoded.text] == []
    assert "\ufffd" not in decoded.text


def test_messy_file_with_bytes_that_no_encoding_allows(shared_data: Path) -> None:
    data = (shared_data / "messy" / "encodings" / "vim-tutor.zh.big5.txt").read_bytes()
    with pytest.raises(CorpusError, match="No encoding fits the bytes"):
        decode(data)
    with pytest.raises(CorpusError, match="Byte 1309 does not fit the encoding big5"):
        decode(data, "big5")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_every_line_end_becomes_a_line_feed(end: str) -> None:
    assert clean(f"a{end}b") == ("a\nb", 0)


def test_two_ends_are_two_lines() -> None:
    assert clean("a\r\n\r\nb\r\rc\n\rd") == ("a\n\nb\n\nc\n\nd", 0)


def test_control_characters_are_counted() -> None:
    assert clean("a\x00b\x1b[0m\x7f\u0080\tc\ufeff\ufffe") == ("ab[0m\tc", 6)


def test_joiners_and_marks_of_writing_stay() -> None:
    text = "👩‍🔬 می‌خواهم \u200e\u200f\u00ad\u2060"
    assert clean(text) == (text, 0)


@examples
@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    cleaned, _ = clean(text)
    assert clean(cleaned) == (cleaned, 0)
    assert len(cleaned.split("\n")) == len(cleaned.splitlines()) + (
        not cleaned or cleaned.endswith("\n")
    )
