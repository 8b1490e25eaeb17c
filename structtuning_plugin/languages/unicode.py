"""Scripts of Unicode, as pieces of character classes of the `regex` module.

The classes for scripts without blanks differ by purpose, so they are put together from pieces:

    piece                characters
    EAST_ASIAN           Han, hiragana and katakana
    SOUTH_EAST_ASIAN     Thai, Lao, Khmer and Burmese
    LONG_VOWEL           the mark that prolongs a vowel in katakana
"""

from __future__ import annotations

EAST_ASIAN = r"\p{Han}\p{Hiragana}\p{Katakana}"
SOUTH_EAST_ASIAN = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
LONG_VOWEL = "ー"
# Scripts that write no blanks between words.
UNSPACED = rf"{EAST_ASIAN}{SOUTH_EAST_ASIAN}\p{{Tibetan}}"
# Those whose words a reader cannot see without a dictionary: katakana shows them.
UNDIVIDED = rf"\p{{Han}}\p{{Hiragana}}{SOUTH_EAST_ASIAN}\p{{Tibetan}}"
# Signs of figures and tables before a number.
FIGURE_SIGNS = "图圖表図"

# The same scripts by code points, for the module `re`.
UNSPACED_CODE_POINTS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Letters and digits of Latin and Cyrillic words, and small letters, for the module `re`.
WORD_CODE_POINTS = "0-9A-Za-z\u00c0-\u024f\u0400-\u04ff"
SMALL_LETTERS = "a-zа-яё"
CYRILLIC_LETTERS = "а-яёА-ЯЁ"
# Letters of scripts below are Latin, Greek or Cyrillic, whose words have blanks between them.
FIRST_AFTER_CYRILLIC = "\u0500"
HIRAGANA_LETTERS = "".join(map(chr, range(0x3041, 0x3097)))

HAN = r"\p{Han}"
JAPANESE = rf"[{EAST_ASIAN}]"
CYRILLIC = r"\p{Cyrillic}"

# Cyrillic capitals that look like Latin ones, and small letters of either script in one spelling.
CAPITAL_LOOKALIKES = ("АВЕКМНОРСТХ", "ABEKMHOPCTX")
SMALL_LOOKALIKES = ("аеорсухіјѕкмтвн", "aeopcyxijskmtbh")
# Letters that Unicode does not take apart.
PLAIN_SPELLINGS = {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"}
# Accents, and the vowel points that Arabic and Hebrew are mostly written without. Indic and Thai
# marks are letters.
ACCENTS = (
    r"\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\u064b-\u065f\u0670"
    r"\u0591-\u05c7"
)
