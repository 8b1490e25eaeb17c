"""Folders of runs as `evaluate -o` leaves them, and pages read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation.predictions import open_run
from structtuning_plugin.evaluation.results import figures
from structtuning_plugin.evaluation.tasks import grade
from structtuning_plugin.evaluation.types import Answer, PromptedQuestion
from tests.evaluation.asking import FORMATS

HOSTILE = "</style></title></svg>]]>--><script>alert(1)</script>\x00\x07\x85 $x^2$ \u202eשלום &amp;"
VOID = {"meta", "br", "link", "img", "hr", "input"}


def run_of(
    folder: Path,
    asked: Sequence[PromptedQuestion],
    answers: Sequence[str],
    *,
    dropped: Sequence[Dropped] = (),
    **scores: Any,
) -> Path:
    """A finished run with these answers; `scores` are added to its figures."""
    settings = {"style": "brief", "max_new_tokens": 128}
    names = {"model": "org/model", "adapter": None, "server": None, "folder": str(folder)}
    with open_run(folder, settings) as run:
        for item, text in zip(asked, answers, strict=True):
            run.add(item, Answer(text=text))
        graded = [grade(item, run.kept[item.prompt], FORMATS) for item in asked]
        run.finish(graded, dropped, {**names, **settings, **figures(graded, dropped, 1), **scores})
    return folder


class Page(HTMLParser):
    """A page as a reader has it. Fails where a tag is closed that is not open.

    `tables` are rows of cells by caption, `lines` the paragraphs, `headings` their texts, `tags` all tags with attributes.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.texts.append((tag, ""))
        if tag == "tr" and self.tables:
            self._rows.append([])
        if tag in ("th", "td"):
            self._rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag
        if tag == "caption":
            self.tables[self.text("caption")[-1]] = []

    def handle_data(self, data: str) -> None:
        if self.open:
            self._add(data)

    def _add(self, data: str) -> None:
        inside = next((tag for tag in reversed(self.open) if tag not in ("bdi", "span")), "")
        at = max(number for number, (tag, _) in enumerate(self.texts) if tag == inside)
        self.texts[at] = (inside, self.texts[at][1] + data)
        if inside in ("th", "td"):
            self._rows[-1][-1] += data

    @property
    def _rows(self) -> list[list[str]]:
        return list(self.tables.values())[-1]

    def text(self, tag: str) -> list[str]:
        """What stands in the elements of that name."""
        return [text.strip() for name, text in self.texts if name == tag]

    def attributes(self, tag: str, name: str) -> list[str | None]:
        return [attrs.get(name) for found, attrs in self.tags if found == tag]
