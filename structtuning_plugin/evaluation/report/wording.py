"""Formatting of figures and names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

NOTHING = "–"
TESTS = {"mcnemar": "McNemar", "permutation": "permutation"}


def percent(share: float) -> str:
    """Format a share as percent."""
    return f"{100 * share:.1f} %"


def points(share: float) -> str:
    """Format a difference of shares in percentage points.

    >>> points(-0.0314)
    '-3.1'
    """
    return f"{100 * share:+.1f}"


def interval(mean: float, low: float, high: float) -> str:
    """Format a mean with its interval.

    >>> interval(0.5, 0.25, 0.75)
    '50.0 % (25.0 to 75.0)'
    """
    return f"{percent(mean)} ({100 * low:.1f} to {100 * high:.1f})"


def score(value: Mapping[str, Any] | None) -> str:
    """Format a score of `scores.json` with its interval and count."""
    if value is None:
        return NOTHING
    return f"{interval(value['mean'], value['low'], value['high'])}, n = {value['n']:,}"


def change(now: float | None, then: float | None) -> str:
    """Format the change from `then` to `now`, in percent of `then`.

    >>> change(11.0, 10.0), change(None, 10.0)
    ('+10.0 %', '–')
    """
    return NOTHING if now is None or not then else f"{100 * (now / then - 1):+.1f} %"


def p_value(p: float) -> str:
    """Format a p-value."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def named(text: str) -> Markup:
    """Mark a name of others inside a sentence, and isolate its text direction."""
    return Markup("<bdi>{}</bdi>").format(text)


def sentence(text: str, /, **names: object) -> Markup:
    """Build a sentence of our words and names of others.

    >>> str(sentence("Of {a}.", a="<b>"))
    'Of <bdi>&lt;b&gt;</bdi>.'
    """
    return escape(text).format(
        **{key: named(value) if type(value) is str else value for key, value in names.items()}
    )
