"""What `show` prints of a tree."""

from __future__ import annotations

import pytest

from structtuning_plugin.commands.show import _evidence, _show
from structtuning_plugin.taxonomy.assemble import assemble
from structtuning_plugin.taxonomy.extractors.headings import outline_of
from structtuning_plugin.taxonomy.subjects import folder_places
from tests.corpus.headings.sources import document_of, sections


def test_why_prints_the_evidence_for_each_heading(capsys: pytest.CaptureFixture[str]) -> None:
    document = document_of(sections("# ", ["1 Fuel", "1.1 Pump", "2 Oil"]))
    places = {document.id: folder_places(document)}
    root = assemble("Engines", [(document, outline_of(document))], places)
    _show(root, {}, "", "", None, False, _evidence(root, [document]))
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("]")[2] for line in lines] == [
        "",
        "",
        "  (marked 1.00: marked as a heading)",
        "  (levelled 1.00: marked as level 1, number 1.1)",
        "  (marked 1.00: marked as a heading)",
    ]
