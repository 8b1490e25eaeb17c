"""The offline segmentation.

Covers any text once, finds plain changes of subject, is the same in every process.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.types import Block, Document, Outline
from structtuning_plugin.corpus.readers.text import TextReader
from structtuning_plugin.hookspecs import ReadRequest
from structtuning_plugin.taxonomy.assemble import check_outline
from structtuning_plugin.taxonomy.extractors.offline import OfflineExtractor
from structtuning_plugin.taxonomy.offline import Segmenter
from structtuning_plugin.taxonomy.titles import is_one_line
from tests.codecs import CharCodec
from tests.strategies import WORDS, documents, examples, odd_documents
from tests.trees import context_for

# Three subjects, each in its own words. Paragraphs of one subject share them, and begin in their
# own way.
SUBJECTS = {
    "en": (
        (
            "The cell membrane",
            "is a thin layer of lipids around the cell. Proteins in the cell membrane carry ions and sugar.",
        ),
        (
            "The violin",
            "has four strings and a wooden body. A violin maker carves the wood, and the strings are tuned in fifths.",
        ),
        (
            "The glacier",
            "moves down the valley as snow turns into ice. Meltwater from the glacier carries stones and sand.",
        ),
    ),
    "ru": (
        (
            "Клеточная мембрана",
            "окружает клетку тонким слоем липидов. Белки клеточной мембраны переносят ионы и сахар.",
        ),
        (
            "Скрипка",
            "имеет четыре струны и деревянный корпус. Мастер вырезает корпус скрипки, а струны настраивают по квинтам.",
        ),
        (
            "Ледник",
            "движется по долине, когда снег становится льдом. Талая вода ледника несёт камни и песок.",
        ),
    ),
    "zh": (
        (
            "细胞膜",
            "是包围细胞的一层薄薄的脂质。细胞膜上的蛋白质运输离子和糖类物质,维持细胞膜两侧的浓度。",
        ),
        (
            "小提琴",
            "有四根琴弦和木制琴身。制琴师雕刻小提琴的木材,琴弦按五度音程调音,小提琴声音明亮。",
        ),
        ("冰川", "沿着山谷缓慢移动,积雪逐渐变成坚硬的冰。冰川融水携带石头和泥沙,形成冰川地貌。"),
    ),
    "ja": (
        (
            "細胞膜",
            "は細胞を包む薄い脂質の層です。細胞膜のタンパク質はイオンと糖を運び、細胞膜の濃度を保ちます。",
        ),
        (
            "バイオリン",
            "には四本の弦と木製の胴があります。職人がバイオリンの木材を削り、弦を五度で調弦します。",
        ),
        (
            "氷河",
            "は谷に沿ってゆっくり移動し、雪が氷に変わります。氷河の融水は石と砂を運び、氷河地形を作ります。",
        ),
    ),
}


def read(text: str, language: str = "en") -> Document:
    return (
        TextReader()
        .read(ReadRequest(document_id="book.txt", text=text, source="", language=language))
        .documents[0]
    )


def lecture(language: str, times: int = 8, gap: str = "\n\n") -> tuple[str, list[int]]:
    """The subjects one after the other, and where the second and the third begin."""
    text, starts = "", []
    for subject, rest in SUBJECTS[language]:
        starts.append(len(text))
        text += (
            gap.join(
                f"{subject}{'' if language in ('zh', 'ja') else ' '}{rest} {rest}"
                for _ in range(times)
            )
            + gap
        )
    return text, starts[1:]


def outline_of(document: Document) -> Outline:
    return OfflineExtractor().extract(document, context_for(CharCodec()))


def nodes(outline: Outline) -> list[Outline]:
    return [outline, *(node for child in outline.children for node in nodes(child))]


def check(document: Document) -> Outline:
    """What holds for any text."""
    outline = outline_of(document)
    check_outline(outline, document)
    for node in nodes(outline):
        titles = [child.title for child in node.children]
        assert all(is_one_line(title) and title == title.strip() for title in titles)
        assert len({title.casefold() for title in titles}) == len(titles)
        assert node.title not in titles
        assert all(child.end > child.start for child in node.children)
    pieces = Segmenter(document).points(0, len(document.text))
    assert "".join(document.text[start:end] for start, end, _ in pieces) == document.text
    return outline


@pytest.mark.parametrize("language", sorted(SUBJECTS))
def test_changes_of_subject_are_boundaries(language: str) -> None:
    text, starts = lecture(language)
    outline = check(read(text, language))
    assert set(starts) <= {node.start for node in nodes(outline)}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "violin|string|wood"),
        ("ru", "скрип|струн|корпус"),
        ("zh", "琴|弦"),
        ("ja", "バイオリン|弦|胴"),
    ],
)
def test_titles_name_the_subject(language: str, words: str) -> None:
    text, (start, end) = lecture(language)
    assert re.search(words, Segmenter(read(text, language)).title(start, end).casefold())


def test_titles_keep_clear_of_those_to_avoid() -> None:
    text, (start, end) = lecture("en")
    segmenter = Segmenter(read(text))
    first = segmenter.title(start, end)
    second = segmenter.title(start, end, avoid=(first.upper(),))
    assert first.casefold() != second.casefold()


def test_strength_is_for_starts_of_paragraphs() -> None:
    text, (start, _) = lecture("en")
    segmenter = Segmenter(read(text))
    inside = text.index("\n\n", start) + 2
    assert segmenter.strength(start) > segmenter.strength(inside) > float("-inf")
    assert segmenter.strength(start + 1) == segmenter.strength(0) == float("-inf")


def test_a_part_of_the_text_is_divided_by_itself() -> None:
    text, (start, end) = lecture("en")
    forest = Segmenter(read(text)).divide(5, end + 100, avoid=("The Violin",))
    assert (forest[0].start, forest[-1].end) == (5, end + 100)
    assert all(left.end == right.start for left, right in itertools.pairwise(forest))
    assert start in {node.start for tree in forest for node in nodes(tree)}
    assert all(
        node.title != "The Violin" and node.source == "offline"
        for tree in forest
        for node in nodes(tree)
    )


@pytest.mark.parametrize(
    "text", ["", "x", "\n", "One short paragraph.", "第一段。", "One.\n\nTwo.\n\nThree."]
)
def test_little_text_is_not_divided(text: str) -> None:
    document = Document(id="a.jsonl#3", text=text, title="", language="en")
    assert check(document).title == "Part 3"
    assert Segmenter(document).divide(0, len(text)) == ()
    assert is_one_line(Segmenter(document).title(0, len(text)))


@pytest.mark.parametrize(
    "piece",
    [
        "a", "细胞", "细胞膜很重要。", "One sentence stands here. ", "👩‍🔬", "العربية لغة. ", "e\u0301", "123 ",
        "def f(x):\n    return x\n", "\u2028a b c ", "ภาษาไทย", "| a | b |\n", "- item\n", "\u202eabc ",
    ],
)  # fmt: skip
def test_text_without_blank_lines_is_divided_too(piece: str) -> None:
    text = piece * (30_000 // len(piece))
    document = Document(
        id="a.txt",
        text=text,
        title="Notes",
        language="en",
        blocks=(Block(kind="paragraph", start=0),),
    )
    outline = check(document)
    leaves = [node for node in nodes(outline) if not node.children]
    assert len(leaves) > 4
    assert max(leaf.end - leaf.start for leaf in leaves) < 12_000


def test_numbered_captions_tell_the_chapters() -> None:
    filler = "Plants turn light into sugar, and animals eat plants. " * 8
    chapters = [
        [f"Figure {number}.{part} Something to see.", filler, filler, filler]
        for number in range(1, 6)
        for part in (1, 2, 3)
    ]
    text = "\n\n".join(paragraph for chapter in chapters for paragraph in chapter)
    outline = check(read(text))
    assert len(outline.children) == 5
    for number, child in enumerate(outline.children[1:], start=2):
        assert (
            text.rindex(f"Figure {number - 1}.3") < child.start <= text.index(f"Figure {number}.1")
        )


def test_no_node_has_very_many_children() -> None:
    text = "\n\n".join(
        f"Word{number} is named here. " + f"word{number} and other{number} follow. " * 40
        for number in range(700)
    )
    assert max(len(node.children) for node in nodes(check(read(text)))) <= 60


def test_options_are_checked() -> None:
    OfflineExtractor().check_options({})
    with pytest.raises(ConfigError, match="split_over"):
        OfflineExtractor().check_options({"split_over": 3})


def test_given_vectors_stand_in_for_words() -> None:
    import numpy as np

    text, starts = lecture("en")

    def embed(texts: object) -> np.ndarray:
        assert isinstance(texts, list)
        return np.array(
            [[float("violin" in part), float("glacier" in part), 1.0] for part in texts]
        )

    document = read(text)
    found = {
        start for start, _, _ in Segmenter(document, embed=embed).points(0, len(document.text))
    }
    assert set(starts) <= found


@examples
@given(st.one_of(documents(), odd_documents()))
def test_any_document_is_covered_once(document: Document) -> None:
    check(document)


@examples
@given(
    st.lists(
        st.sampled_from(
            (*WORDS, "\n", "\n\n", ". ", "。", "\u2028", "\x1c", "|", "# ", "figure 1.1 ")
        ),
        min_size=1,
        max_size=60,
    ),
    st.integers(1, 80),
    st.sampled_from(("en", "zh", "ja", "ru", "th", "ar")),
    st.sets(st.integers(0, 5_000), max_size=30),
)
def test_any_long_text_is_covered_once(
    pieces: list[str], times: int, language: str, starts: set[int]
) -> None:
    text = "".join(pieces) * times
    blocks = tuple(
        Block(kind="paragraph", start=start) for start in sorted(starts) if start < len(text)
    )
    check(Document(id="a.txt", text=text, title="Notes", language=language, blocks=blocks))


_SCRIPT = """
import sys
from structtuning_plugin.taxonomy.offline import Segmenter, order_by_content
from structtuning_plugin.core.types import Block, Document
text = sys.stdin.read()
blocks = tuple(Block(kind="paragraph", start=start) for start in range(0, len(text), 500))
forest = Segmenter(Document(id="a", text=text, title="", language="en", blocks=blocks)).divide(0, len(text))
parts = text.split("\\n\\n")
print(repr(forest), order_by_content(parts, ["en"] * len(parts)))
"""


def test_every_process_finds_the_same() -> None:
    text = "".join(lecture(language, 12)[0] for language in ("en", "ru", "zh"))
    answers = {
        subprocess.run(
            [sys.executable, "-c", _SCRIPT],
            input=text,
            capture_output=True,
            encoding="utf-8",
            check=True,
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "OMP_NUM_THREADS": threads,
                "PYTHONIOENCODING": "utf-8",
            },
        ).stdout
        for seed, threads in (("1", "1"), ("2", "2"))
    }
    assert len(answers) == 1


def test_import_is_light() -> None:
    script = "import sys, json; import structtuning_plugin.taxonomy.offline; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout
    )
    assert not {"numpy", "scipy", "sklearn"} & set(loaded)
