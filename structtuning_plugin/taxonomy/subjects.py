"""Places of documents under the domain: their folders, or subjects found in their content.

d01.txt ... d80.txt   ->   Domain
                           ├─ Plants       (d03, d17, ...)      a subject holds neighbours, after
                           └─ Animals      (d01, d02, ...)      similar documents were put together
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from structtuning_plugin.core.step_results import StepResults
from structtuning_plugin.core.types import Document, Outline, TopicKind
from structtuning_plugin.corpus.headings.decorations import strip_export_id
from structtuning_plugin.taxonomy.gap_filling import GapFiller
from structtuning_plugin.taxonomy.offline import order_by_content

SubjectMode = Literal["auto", "folders", "llm", "offline"]

FOLDERS = "folders"
# Fewer documents than this need no subjects of their own.
_FEW = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One node between the domain and a document."""

    name: str
    kind: TopicKind = "folder"
    source: str = FOLDERS


Places = Mapping[str, tuple[Place, ...]]


def folder_places(document: Document) -> tuple[Place, ...]:
    """Return the folders of the document's path in the corpus."""
    names = PurePosixPath(document.id).parts[:-1]
    return tuple(Place(name=strip_export_id(name)) for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Documents of one folder that subjects are found for: title, language and text of each."""

    name: str
    over: int
    documents: tuple[tuple[str, str, str], ...]


# The order of a shelf's documents, and their subjects, whose offsets count documents.
Subjects = tuple[tuple[int, ...], tuple[Outline, ...]]


async def place_documents(
    domain: str,
    documents: Sequence[Document],
    mode: SubjectMode,
    over: int,
    filler: GapFiller,
    known: StepResults[Shelf, Subjects] | None = None,
) -> tuple[list[Document], dict[str, tuple[Place, ...]]]:
    """Return the documents in the order of the tree, and each one's places by its id.

    Args:
        domain: Name of the domain.
        documents: The documents.
        mode: `auto` keeps folders, and finds subjects inside a folder with more than `over`
            documents. `llm` and `offline` replace folders by subjects.
        over: Greatest number of documents without subjects, for `auto`.
        filler: Finder of subjects.
        known: Subjects of earlier builds; None where a language model is asked.
    """
    shelves: dict[tuple[Place, ...], list[Document]] = {}
    above = {
        document.id: () if mode in ("llm", "offline") else folder_places(document)
        for document in documents
    }
    for document in documents:
        shelves.setdefault(above[document.id], []).append(document)
    places: dict[str, tuple[Place, ...]] = dict(above)
    for folders, shelf in shelves.items():
        if len(shelf) > {"auto": over, FOLDERS: len(shelf)}.get(mode, _FEW):
            shelf[:], places_below = await _subjects(
                folders[-1].name if folders else domain, shelf, over, filler, known
            )
            places |= {
                document.id: (*folders, *below)
                for document, below in zip(shelf, places_below, strict=True)
            }
    # A document that is not grouped keeps its place in the order of the corpus.
    next_of = {folders: iter(shelf) for folders, shelf in shelves.items()}
    return [next(next_of[above[document.id]]) for document in documents], places


async def _subjects(
    name: str,
    documents: list[Document],
    over: int,
    filler: GapFiller,
    known: StepResults[Shelf, Subjects] | None,
) -> tuple[list[Document], list[tuple[Place, ...]]]:
    texts = tuple((each.title, each.language, each.text) for each in documents)
    job = Shelf(name=name, over=over, documents=texts)
    subjects = None if known is None else known.find([job]).get(0)
    if subjects is None:
        order = order_by_content([each.text for each in documents], [each[1] for each in texts])
        nodes = await filler.subjects(name, [documents[index] for index in order], over)
        subjects = (tuple(order), nodes)
        if known is not None:
            known.keep(job, subjects)
    shelf = [documents[index] for index in subjects[0]]
    places: list[tuple[Place, ...]] = [()] * len(shelf)
    for node in subjects[1]:
        _spread(node, (), places)
    return shelf, places


def _spread(node: Outline, above: tuple[Place, ...], places: list[tuple[Place, ...]]) -> None:
    """Collect the places of each document. Leaves are documents, all other nodes are subjects."""
    if not node.children:
        places[node.start] = above
        return
    here = (*above, Place(name=node.title, kind="subject", source=node.source))
    if node.own_end > node.start:  # the subject's first document introduces the others
        places[node.start] = here
    for child in node.children:
        _spread(child, here, places)
