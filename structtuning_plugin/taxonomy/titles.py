"""Titles as they are shown, and titles that name no knowledge.

In the tree a title stays as the source has it. For display its numbering and the dots and page number of a contents
line go; hyphens, signs and digits that belong to the name stay.
"""

from __future__ import annotations

import regex

LONGEST = 120

_CHAPTER_WORDS = (
    "chapter|section|part|lesson|unit|module|appendix|chapitre|partie|leçon|annexe|capítulo|sección|parte|lección|apéndice|tema|unidad|unité|"
    "глава|раздел|часть|урок|приложение|rozdział|część|kapitel|teil|abschnitt|anhang"
)
# A unit of one capital letter counts at the end only: "1.2 A Brief History" and "3.1 B cells" are
# numbered titles.
_UNITS = r"(?:(?:[kMGTmµn](?:Hz|B|W|V|A|Pa|J|N|eV|bit|bps)|Hz|Pa|eV|bit|bps|[mckµn]?[mgls]|mmHg|mol|%|°[CF]?)(?!\w)|[BWVAJN]$)"
_NUMBERING = (
    regex.compile(
        rf"^(?:{_CHAPTER_WORDS})\s+(?:\d+(?:\.\d+)*|[IVXLC]+|[A-Z])\s*[.:)、．：–—-]\s*(?=\S)",
        regex.IGNORECASE,
    ),
    regex.compile(
        r"^(?:chapter|chapitre|capítulo|глава|rozdział|kapitel)\s+\d+\s+(?=\p{Lu})",
        regex.IGNORECASE,
    ),
    regex.compile(rf"^\d{{1,2}}(?:\.\d{{1,2}})+[.)]?\s+(?=\S)(?!{_UNITS})"),
    # One letter before a small one or another initial is no number: E. coli, J. S. Bach.
    regex.compile(
        r"^(?:(?:\d{1,3}|[IVXLC]{2,6})[.)]|[A-Z](?:\)|\.(?!\s+(?:\p{Ll}|\p{Lu}\.))))\s+(?=\S)"
    ),
    regex.compile(
        r"^第\s*[\d〇零一二三四五六七八九十百千]+\s*(?:[章节節编編篇回課课讲講]|部分|部(?!分))\s*[:：、．.]?\s*(?=\S)"
    ),
    regex.compile(r"^[一二三四五六七八九十]{1,3}[、．]\s*(?=\S)"),
)
_CONTENTS_TAIL = regex.compile(r"\s*(?:\.{3,}|…{1,}|(?:\.\s){3,})[\s.…]*\d*\s*$")
_BLANKS = regex.compile(r"[\s\p{Zl}\p{Zp}\u200b\u2060\ufeff]+")


def is_one_line(title: str) -> bool:
    """Whether it can be a title at all: one line with something in it."""
    return bool(title.strip()) and title.splitlines() == [title]


def display_title(title: str) -> str:
    """The title in one line, without numbering, contents dots and page number; a very long one cut at a word.

    >>> [display_title(t) for t in ("3.2.1 COVID-19", "第三章 细胞", "Chapter 4: C++ ..... 17", "T-cell", "2.4 GHz")]
    ['COVID-19', '细胞', 'C++', 'T-cell', '2.4 GHz']
    """
    line = _BLANKS.sub(" ", title).strip()
    bare = _CONTENTS_TAIL.sub("", line)
    for pattern in _NUMBERING:
        stripped = pattern.sub("", bare)
        if stripped != bare:
            bare = stripped
            break
    return shorten(bare or line, LONGEST)


def shorten(title: str, longest: int) -> str:
    """At most so many characters, cut at a word where there is one, with an ellipsis.

    >>> shorten("The structure of the plasma membrane", 20)
    'The structure of…'
    """
    if len(title) <= longest:
        return title
    head = title[: max(1, longest - 1)]
    at_word = head.rsplit(" ", 1)[0] if " " in head[len(head) // 2 :] else head
    return at_word.rstrip(" ,;:—–-") + "…"


# Names in the six languages of the method and two more. Whole titles only: "Index of refraction" is
# knowledge.
_BACK_MATTER = frozenset(
    """
    contents|table of contents|index|subject index|author index|references|bibliography|works cited|further reading|
    suggested reading|suggested readings|exercises|problems|review questions|questions for review|practice questions|
    practice problems|answer key|answers|answers to exercises|solutions|solutions to exercises|acknowledgements|
    acknowledgments|acknowledgement|acknowledgment|copyright|list of figures|list of tables|about the author|about the authors|
    table des matières|sommaire|index alphabétique|références|bibliographie|lectures complémentaires|exercices|
    questions de révision|corrigés|corrigé des exercices|solutions des exercices|réponses|remerciements|
    índice|índice alfabético|contenido|tabla de contenidos|referencias|bibliografía|lecturas recomendadas|ejercicios|
    preguntas de repaso|preguntas de revisión|soluciones|respuestas|clave de respuestas|agradecimientos|
    содержание|оглавление|предметный указатель|алфавитный указатель|указатель|литература|список литературы|библиография|
    упражнения|задачи|контрольные вопросы|вопросы для повторения|ответы|благодарности|
    目录|索引|参考文献|参考资料|延伸阅读|习题|练习|练习题|复习题|思考题|答案|参考答案|致谢|
    目次|索引|参考文献|参考図書|練習問題|演習問題|問題|解答|謝辞|
    inhalt|inhaltsverzeichnis|literatur|literaturverzeichnis|register|stichwortverzeichnis|übungen|lösungen|danksagung|
    spis treści|bibliografia|indeks|ćwiczenia|zadania|pytania kontrolne|odpowiedzi|podziękowania
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)
_CONTENTS_LINE = regex.compile(r"(?:\.{3,}|…|(?:\. ){3,}|\t)\s*\d+\s*$")


# Words that head a chapter of some books too; there they have sections beneath them.
_MAY_BE_KNOWLEDGE = frozenset(
    {
        "solutions",
        "soluciones",
        "problems",
        "register",
        "index",
        "literatur",
        "литература",
        "указатель",
    }
)


def is_back_matter(title: str, own_text: str = "", childless: bool = True) -> bool:
    """Whether a heading names an apparatus (contents, index, references, exercises...) and no knowledge.

    By its name, or by the shape of its text: lines that end in dots and a page number.
    """
    name = display_title(title).casefold().strip(" .:")
    if name in _BACK_MATTER:
        return childless or name not in _MAY_BE_KNOWLEDGE
    lines = [line for line in own_text.splitlines() if line.strip()]
    return len(lines) >= 5 and sum(
        bool(_CONTENTS_LINE.search(line)) for line in lines
    ) >= 0.6 * len(lines)
