"""Rendering of sections as one self-contained, deterministic page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from structtuning_plugin.evaluation.report.plots import legible
from structtuning_plugin.evaluation.report.types import Section

_TEMPLATE = "page.html.jinja"


def page(title: str, sections: Sequence[Section]) -> str:
    """Render a whole HTML document.

    Args:
        title: Title of the document, as text.
        sections: Sections in their order. Empty ones are removed before.
    """
    from structtuning_plugin import __version__

    return _template().render(title=title, sections=sections, version=__version__)


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    return environment.from_string(
        files(__package__).joinpath(_TEMPLATE).read_text(encoding="utf-8")
    )


def _finalize(value: Any) -> Any:
    """Replace control characters in any text of others."""
    return type(value)(legible(value)) if isinstance(value, (str, Markup)) else value
