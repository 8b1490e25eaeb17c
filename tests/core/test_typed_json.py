"""Values as JSON and back: exactly the same, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from structtuning_plugin.core.typed_json import TypedJson
from structtuning_plugin.core.types import Block, Document, Dropped, Heading, Outline, ReadResult


@dataclass(frozen=True, slots=True)
class Wheel:
    size: int
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    name: str
    kind: Literal["road", "city"]
    words: frozenset[str]
    pairs: tuple[tuple[int, str], ...]
    parts: tuple[Wheel | Block, ...] = ()


FRAME = Frame(
    name="Größe \ud800",
    kind="city",
    words=frozenset({"b", "a"}),
    pairs=((1, "x"), (2, "y")),
    parts=(Wheel(28), Block(kind="list", start=3), Wheel(26, 0.1)),
)


def test_a_value_is_a_list_of_its_fields() -> None:
    assert TypedJson(Wheel).dump(Wheel(28, 1.5)) == b"[28,1.5]"
    assert TypedJson(list[Wheel | Block]).dump([Wheel(28), Block(kind="list", start=3)]) == (
        b'[[0,[28,1.0]],[1,["list",3,0]]]'
    )


def test_every_part_comes_back() -> None:
    codec: TypedJson[Frame] = TypedJson(Frame)
    again = codec.load(codec.dump(FRAME))
    assert again == FRAME
    assert codec.dump(again) == codec.dump(FRAME)


def test_a_number_stays_what_it_is() -> None:
    codec: TypedJson[Wheel] = TypedJson(Wheel)
    assert repr(codec.load(codec.dump(Wheel(1, 1)))) == "Wheel(size=1, weight=1)"
    assert repr(codec.load(codec.dump(Wheel(1, 1.0)))) == "Wheel(size=1, weight=1.0)"


def test_a_class_may_hold_itself() -> None:
    leaf = Outline(title="b", start=1, own_end=2, end=2, source="headings")
    root = Outline(title="a", start=0, own_end=1, end=2, source="headings", children=(leaf,))
    codec: TypedJson[Outline] = TypedJson(Outline)
    assert codec.load(codec.dump(root)) == root


TEXTS = st.text(st.characters(), max_size=20)
HEADINGS = st.builds(
    Heading,
    level=st.integers(1, 6),
    title=TEXTS,
    start=st.integers(0, 99),
    score=st.floats(0, 1),
    evidence=st.lists(TEXTS, max_size=2).map(tuple),
)
DOCUMENTS = st.builds(
    Document,
    id=TEXTS,
    text=TEXTS,
    title=TEXTS,
    language=st.just("en"),
    headings=st.lists(HEADINGS, max_size=2).map(tuple),
    blocks=st.lists(
        st.builds(Block, kind=st.just("code"), start=st.integers(0, 9)), max_size=2
    ).map(tuple),
)
DROPPED = st.builds(Dropped, stage=TEXTS, id=TEXTS, reason=TEXTS, detail=TEXTS)
RESULTS = st.builds(
    ReadResult,
    documents=st.lists(DOCUMENTS, max_size=2).map(tuple),
    dropped=st.lists(DROPPED, max_size=2).map(tuple),
    included=st.lists(TEXTS, max_size=2).map(tuple),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(RESULTS)
def test_what_was_read_comes_back(result: ReadResult) -> None:
    codec: TypedJson[ReadResult] = TypedJson(ReadResult)
    assert repr(codec.load(codec.dump(result))) == repr(result)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"7", b"null", b"[1]", b"[1,2,3]", b"[[1,2]", b"\xff"],
    ids=["empty", "object", "number", "null", "short", "long", "cut", "bytes"],
)
def test_other_content_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="no value of the type"):
        TypedJson(Wheel).load(content)


def test_a_value_of_another_class_is_refused() -> None:
    with pytest.raises(TypeError, match="Block is no Wheel"):
        TypedJson(Wheel).dump(Block(kind="list", start=0))  # type: ignore[arg-type]


def test_a_type_without_a_form_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        TypedJson(dict[str, int])
