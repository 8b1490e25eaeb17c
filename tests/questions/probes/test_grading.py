"""How right an answer to a probe is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.questions.probes.files import ProbeKind
from structtuning_plugin.questions.probes.scores import Graded, grade
from tests.questions.probes.building import probe

RIGHT, WRONG = Graded(1.0, True), Graded(0.0, False)
PATH = probe("path", "Bicycles > Handbook > Brakes > Rim > Pads", titles=("Brakes", "Rim"))
SET = probe(
    "siblings",
    "Cables; Rotors, Old and New; Pads",
    titles=("Cables", "Rotors, Old and New", "Pads"),
)


@pytest.mark.parametrize(
    ("given_", "graded"),
    [
        ("Bicycles > Handbook > Brakes > Rim > Pads", RIGHT),
        ("bicycles>handbook>BRAKES>rim>pads", RIGHT),
        ("Bicycles → Handbook → Brakes → Rim → Pads", RIGHT),
        ("It stands here:\n\n`Bicycles > Handbook > Brakes > Rim > Pads`", RIGHT),
        ("I think so.\n\nAnswer: Bicycles > Handbook > Brakes > Rim > Pads", RIGHT),
        # The domain, the only book and the point itself are told; the two headings between are
        # asked for.
        ("Bicycles > Handbook > Pads", WRONG),
        ("Bicycles > Handbook > Gears > Pads", WRONG),
        ("Bicycles > Handbook > Brakes > Pads", Graded(2 * 1 / (1 + 2), False)),
        ("Bicycles > Brakes > Rim > Pads", Graded(1.0, False)),
        ("Bicycles > Handbook > Brakes > Rotors > Pads", Graded(2 * 1 / (2 + 2), False)),
        ("Brakes", Graded(2 * 1 / (1 + 2), False)),
        ("", WRONG),
    ],
)
def test_a_path(given_: str, graded: Graded) -> None:
    assert grade(PATH, given_) == graded


def test_a_title_with_the_joint_of_paths() -> None:
    odd = probe("path", "D > a > b > X", titles=("a > b",))
    assert grade(odd, "D > a > b > X") == RIGHT
    assert grade(odd, "D > a > X") == Graded(2 * 1 / (1 + 2), False)


@pytest.mark.parametrize(
    ("given_", "graded"),
    [
        ("Cables; Rotors, Old and New; Pads", RIGHT),
        ("pads; cables; rotors old and new", RIGHT),
        ("- Pads\n- Cables\n- Rotors, Old and New", RIGHT),
        ("1. Pads\n2. Cables\n3. Rotors, Old and New", RIGHT),
        ("They are these.\n\nAnswer: Cables; Pads; Rotors, Old and New", RIGHT),
        ("Cables; Pads", Graded(2 * 2 / (2 + 3), False)),
        ("Cables, Pads", Graded(2 * 2 / (2 + 3), False)),
        ("Cables and Pads", Graded(2 * 2 / (2 + 3), False)),
        ("Cables; Cables; Cables", Graded(2 * 1 / (1 + 3), False)),
        ("Cables; Gears; Chains", Graded(2 * 1 / (3 + 3), False)),
        ("Gears", WRONG),
        ("", WRONG),
    ],
)
def test_a_set(given_: str, graded: Graded) -> None:
    assert grade(SET, given_) == graded


def test_a_set_in_chinese() -> None:
    chinese = probe("children", "刹车; 齿轮", titles=("刹车", "齿轮"), language="zh")
    assert [grade(chinese, text) for text in ("刹车；齿轮", "齿轮、刹车", "答案：刹车和齿轮")] == [
        RIGHT
    ] * 3


@pytest.mark.parametrize("kind", ["parent", "cloze", "two_hop"])
def test_one_title(kind: ProbeKind) -> None:
    one = probe(kind, "The Rim Brakes")
    assert grade(one, "Bicycles > Brakes\n\nAnswer: rim brakes") == RIGHT
    assert grade(one, "Brakes") == Graded(2 * 1 / (1 + 2), False)
    assert grade(one, "Gears") == WRONG


@given(st.text(max_size=60))
def test_any_answer_is_graded(text: str) -> None:
    for asked in (PATH, SET, probe("cloze", "pads")):
        graded = grade(asked, text)
        assert 0 <= graded.score <= 1
        assert not graded.exact or graded.score == 1
