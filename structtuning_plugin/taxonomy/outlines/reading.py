"""The text of an outline to a tree, or to an error that names its faults."""

from __future__ import annotations

from collections.abc import Sequence

from structtuning_plugin.errors import TaxonomyError
from structtuning_plugin.taxonomy.checking import Given, raise_faults, stamp_faults
from structtuning_plugin.taxonomy.outlines.faults import Faults
from structtuning_plugin.taxonomy.outlines.growing import grown
from structtuning_plugin.taxonomy.outlines.head import parted, read_stamps
from structtuning_plugin.taxonomy.outlines.lines import read_lines
from structtuning_plugin.taxonomy.outlines.nesting import check_ids, link
from structtuning_plugin.taxonomy.outlines.placing import place_texts
from structtuning_plugin.types import Document


def parse(text: str, documents: Sequence[Document], origin: str) -> Given:
    """The tree of an outline that fits these documents.

    Raises:
        TaxonomyError: it is no outline, or was made for other documents, or an edit broke it; up to ten faults are named.
    """
    by_id = {document.id: document for document in documents}
    head, body, number = parted(text, origin)
    stamps, broken = read_stamps(head)
    raise_faults(origin, broken + stamp_faults(stamps, by_id))
    faults = Faults()
    lines = read_lines(body, number, by_id, faults)
    if not lines and not faults.found:
        raise TaxonomyError(f"{origin} has no lines beneath its first comment. Export the taxonomy anew.")
    link(lines, faults)
    check_ids(lines, faults)
    place_texts(lines, by_id, faults)
    raise_faults(origin, faults.told())
    return grown(lines, by_id)
