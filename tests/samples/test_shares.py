"""No kind gets more than its share of the trained tokens; passages are never touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.types import Dropped, ScptSample, SizedSample
from structtuning_plugin.samples.shares import limit_shares
from tests.taxonomy_strategies import examples

LOCATE = frozenset({"locate"})


def row(kind: str, name: object, trained: int, turn: int = 0) -> SizedSample:
    sample = ScptSample(
        id=f"{kind}/{name}/{turn}",
        kind=kind,
        topic_id=str(name),
        prompt="p",
        completion="c",
        template="t",
    )
    return SizedSample(sample=sample, prompt_tokens=1, trained=trained, turn=turn)


def limited(
    rows: Sequence[SizedSample],
    shares: Mapping[str, float],
    always_first: frozenset[str] = LOCATE,
    seed: int = 1,
) -> tuple[list[SizedSample], list[Dropped]]:
    return limit_shares(rows, shares, always_first, seed)


def tokens(rows: Sequence[SizedSample]) -> Counter[str]:
    found: Counter[str] = Counter()
    for each in rows:
        found[each.sample.kind] += each.trained
    return found


def test_what_is_below_its_share_stays_whole() -> None:
    rows = [row("passage", 1, 900), row("locate", 1, 50), row("children", 1, 50)]
    assert limited(rows, {"locate": 0.05, "children": 0.05}) == (rows, [])


def test_a_share_is_counted_in_trained_tokens_of_all_that_is_kept() -> None:
    rows = [row("passage", 1, 900), *(row("children", number, 10) for number in range(50))]
    kept, dropped = limited(rows, {"children": 0.1})
    # 100 of 1000; with the 500 there are, 10 % would have been 140.
    assert tokens(kept) == {"passage": 900, "children": 100}
    assert len(dropped) == 40
    assert {(item.stage, item.reason, item.detail) for item in dropped} == {
        ("scpt", "share", "children is limited to 10%")
    }


def test_one_kind_cut_down_lowers_the_others() -> None:
    rows = [row("passage", 1, 800)]
    for kind in ("children", "siblings"):
        rows += [row(kind, number, 1) for number in range(1000)]
    kept, _ = limited(rows, {"children": 0.1, "siblings": 0.1})
    assert tokens(kept) == {"passage": 800, "children": 100, "siblings": 100}


def test_a_kind_whose_rows_are_too_large_does_not_let_others_exceed_their_share() -> None:
    # The two maps may have 100 tokens, but one has 60 and both have 120: what they leave is not
    # there to be shared.
    rows = [row("passage", 1, 800), row("book_map", 1, 60), row("book_map", 2, 60)]
    rows += [row("children", number, 1) for number in range(1000)]
    kept, _ = limited(rows, {"book_map": 0.1, "children": 0.1})
    found = tokens(kept)
    assert found["book_map"] == 60
    assert found["children"] == 95  # of 955; 100 of 960 would be too many


def test_the_first_wording_of_every_topic_is_kept_whatever_the_share() -> None:
    rows = [
        row("passage", 1, 10),
        *(row("locate", number, 5, turn) for number in range(20) for turn in range(3)),
    ]
    kept, dropped = limited(rows, {"locate": 0.01})
    assert [(each.sample.topic_id, each.turn) for each in kept if each.sample.kind == "locate"] == [
        (str(number), 0) for number in range(20)
    ]
    assert len(dropped) == 40


def test_later_wordings_go_before_earlier_ones() -> None:
    rows = [
        row("passage", 1, 1000),
        *(row("locate", number, 10, turn) for number in range(10) for turn in range(5)),
    ]
    kept, _ = limited(rows, {"locate": 0.25})
    # 330 of 1330 is below 25 %, 340 of 1340 is not.
    turns = Counter(each.turn for each in kept if each.sample.kind == "locate")
    assert turns == {0: 10, 1: 10, 2: 10, 3: 3}


def test_no_passages_no_share() -> None:
    rows = [row("children", number, 10) for number in range(10)]
    assert limited(rows, {"children": 0.5})[0] == []
    assert limited([], {"children": 0.5}) == ([], [])


def test_which_samples_go_depends_on_the_seed_and_their_ids_alone() -> None:
    rows = [row("passage", 1, 100), *(row("children", number, 1) for number in range(100))]
    kept, _ = limited(rows, {"children": 0.2})
    again, _ = limited(list(reversed(rows)), {"children": 0.2})
    other, _ = limited(rows, {"children": 0.2}, seed=2)
    assert list(reversed(again)) == kept
    assert len(other) == len(kept)
    assert other != kept


kinds = st.sampled_from(("passage", "locate", "children", "book_map"))
row_lists = st.lists(st.tuples(kinds, st.integers(1, 300), st.integers(0, 2)), max_size=60).map(
    lambda drawn: [
        row(kind, number, size, turn if kind == "locate" else 0)
        for number, (kind, size, turn) in enumerate(drawn)
    ]
)
share_maps = st.fixed_dictionaries(
    {},
    optional={
        kind: st.floats(0.01, 0.32, allow_nan=False) for kind in ("locate", "children", "book_map")
    },
)


@examples
@given(row_lists, share_maps, st.integers(0, 3))
def test_no_kind_is_over_its_share(
    rows: list[SizedSample], shares: dict[str, float], seed: int
) -> None:
    kept, dropped = limited(rows, shares, seed=seed)
    found, total = tokens(kept), sum(tokens(kept).values())
    for kind, share in shares.items():
        forced = sum(
            each.trained for each in rows if each.sample.kind == kind == "locate" and each.turn == 0
        )
        assert found[kind] <= max(forced, share * total + 1e-9)

    # In the given order, nothing lost or doubled, all that is left out is named.
    kept_ids = [each.sample.id for each in kept]
    assert kept == [each for each in rows if each.sample.id in set(kept_ids)]
    assert sorted([*kept_ids, *(item.id for item in dropped)]) == sorted(
        each.sample.id for each in rows
    )

    # What has no share is kept whole, and so is every first wording of a place.
    assert all(each in kept for each in rows if each.sample.kind not in shares)
    assert all(each in kept for each in rows if each.sample.kind == "locate" and each.turn == 0)
    assert limited(rows, shares, seed=seed) == (kept, dropped)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.25])
def test_a_share_is_used_up_if_there_is_enough(share: float) -> None:
    rows = [
        row("passage", 1, 10_000),
        *(row("locate", number, 7, number % 3) for number in range(3000)),
    ]
    kept, _ = limited(rows, {"locate": share}, always_first=frozenset())
    found = tokens(kept)
    assert share - 0.001 < found["locate"] / sum(found.values()) <= share
