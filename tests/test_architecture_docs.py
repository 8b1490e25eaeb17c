"""The architecture pages: one form for all, and every path in them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PAGES = sorted((PROJECT / "docs/architecture").glob("*.md"))
HEADINGS = ["Overview", "Key components", "Data flow", "Design decisions", "See also"]
CODE = re.compile(r"`([\w./]+(?:\.py|/))`")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "README.md"], ids=lambda page: page.stem
)
def test_a_page_has_the_five_headings(page: Path) -> None:
    assert re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_path_exists(page: Path) -> None:
    names = set(CODE.findall(page.read_text(encoding="utf-8")))
    roots = (PROJECT / "structtuning_plugin", PROJECT)
    assert sorted(name for name in names if not any((root / name).exists() for root in roots)) == []


def test_every_room_has_a_row() -> None:
    text = (PROJECT / "docs/architecture/README.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in (PROJECT / "structtuning_plugin").glob("*/__init__.py")}
    assert {room for room in rooms if f"| `{room}` |" not in text} == set()
