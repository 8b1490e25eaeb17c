"""Titles and text of a corpus must not steer the terminal that shows them."""

from __future__ import annotations

import pytest

from structtuning_plugin.commands.show import _show
from structtuning_plugin.core.progress import printable
from structtuning_plugin.core.types import Topic


def test_control_characters_are_shown_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    child = Topic(id="2", title="Red\x1b[31m\u202e", kind="topic", source="parts", chunk_ids=("a",))
    root = Topic(id="1", title="Bicycles", kind="domain", source="folders", subtopics=(child,))
    _show(root, {"2": [7]}, "", "", None, ids=False, notes={})
    assert (
        capsys.readouterr().out
        == "Bicycles  [1 chunk, 7 tokens]\n└─ Red�[31m�  [1 chunk, 7 tokens, parts]\n"
    )
    _show(root, {"2": [7]}, "", "", None, ids=True, notes={"2": "marked\x1b[2J"})
    assert (
        capsys.readouterr().out == "Bicycles  [1 chunk, 7 tokens, 1]\n"
        "└─ Red�[31m�  [1 chunk, 7 tokens, parts, 2]  (marked�[2J)\n"
    )


def test_text_of_any_script_and_its_lines_are_shown_as_they_are() -> None:
    assert printable("細胞\tЯ\né └─") == "細胞\tЯ\né └─"
