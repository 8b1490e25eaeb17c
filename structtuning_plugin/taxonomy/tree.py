"""Queries on a taxonomy: parents, paths, unique names, and which nodes are knowledge points."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

from structtuning_plugin.core.types import NUMBERED_PARTS, Document, Span, Topic
from structtuning_plugin.taxonomy.apparatus import is_apparatus, is_glossary
from structtuning_plugin.taxonomy.titles import display_title

PATH_JOINT = " > "


def topic_id(path: Sequence[str], spans: Sequence[Span], twin: int = 0) -> str:
    """Hash the path and the spans of a node; `twin` counts nodes that share both."""
    spot = [f"{span.document_id}:{span.start}-{span.end}" for span in spans]
    name = "\x1f".join([*path, *spot, *([str(twin)] if twin else [])])
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _digest(name: str) -> bytes:
    """Hash a name in any case: it is counted, and a large corpus has many long ones."""
    return hashlib.blake2b(name.casefold().encode("utf-8", "surrogatepass"), digest_size=8).digest()


def per_level(root: Topic) -> list[int]:
    """Count the nodes of each level, the root's level first."""
    level, sizes = [root], []
    while level:
        sizes.append(len(level))
        level = [child for topic in level for child in topic.subtopics]
    return sizes


class Tree:
    """Index of a taxonomy.

    With `documents` (by id), back matter is recognised by its text as well as by its title.
    `apparatus` are further titles of back matter.
    """

    def __init__(
        self,
        root: Topic,
        documents: Mapping[str, Document] | None = None,
        apparatus: Sequence[str] = (),
    ) -> None:
        self.root = root
        self.topics = {topic.id: topic for topic in root.walk()}
        self._parent = {child.id: topic for topic in root.walk() for child in topic.subtopics}
        self._documents = documents or {}
        self._apparatus = tuple(apparatus)
        self._title = {topic.id: display_title(topic.title) for topic in root.walk()}
        self._children: dict[str, tuple[Topic, ...]] = {}
        self._name: dict[str, str | None] = {}

    @cached_property
    def chunk_ids(self) -> frozenset[str]:
        """Ids of the chunks of all topics."""
        return frozenset(name for topic in self.root.walk() for name in topic.chunk_ids)

    def title(self, topic: Topic) -> str:
        """Return the title as it is displayed."""
        return self._title[topic.id]

    def parent(self, topic: Topic) -> Topic | None:
        """Return the parent; None for the root."""
        return self._parent.get(topic.id)

    def path(self, topic: Topic) -> tuple[Topic, ...]:
        """Return the nodes from the root to the topic."""
        path = [topic]
        while (above := self._parent.get(path[-1].id)) is not None:
            path.append(above)
        return tuple(reversed(path))

    def path_titles(self, topic: Topic) -> tuple[str, ...]:
        """Return the titles from the root down; equal titles of parent and child are shown once."""
        titles = [self.title(node) for node in self.path(topic)]
        return tuple(
            t
            for above, t in zip([None, *titles], titles, strict=False)
            if above is None or t.casefold() != above.casefold()
        )

    def place(self, topic: Topic) -> tuple[Topic, ...]:
        """Return the shortest end of the path, of two nodes or more, that no other topic has.

        Nodes that repeat their parent's title are left out, as in `path_titles`. The whole path if
        no end of it is unique.
        """
        shown = self._shown_path(topic)
        for count in range(2, len(shown)):
            if self._ends[self._digest_end(shown, count)] == 1:
                return shown[-count:]
        return shown

    def place_titles(self, topic: Topic) -> tuple[str, ...]:
        """Return the titles of `place`.

        Bicycles > The Handbook > Brakes > Pads  ->  Brakes > Pads
        """
        return tuple(self.title(node) for node in self.place(topic))

    def _shown_path(self, topic: Topic) -> tuple[Topic, ...]:
        return tuple(node for node in self.path(topic) if not self.is_repeat(node))

    def _digest_end(self, path: tuple[Topic, ...], count: int) -> bytes:
        return _digest("\x1f".join(self.title(node) for node in path[-count:]))

    @cached_property
    def _ends(self) -> Counter[bytes]:
        ends: Counter[bytes] = Counter()
        for topic in self.root.walk():
            if not self.is_repeat(topic):
                shown = self._shown_path(topic)
                ends.update(self._digest_end(shown, count) for count in range(2, len(shown) + 1))
        return ends

    def is_repeat(self, topic: Topic) -> bool:
        """Return True if the node has its parent's title: the two are then shown as one."""
        parent = self.parent(topic)
        return parent is not None and self.title(parent).casefold() == self.title(topic).casefold()

    def shares_name(self, topic: Topic) -> bool:
        """Return True if the node has its parent's title, and the parent has other children too.

        A question about the structure below that title is a question about the parent then.
        """
        parent = self.parent(topic)
        return parent is not None and self.is_repeat(topic) and len(self.children(parent)) > 1

    def document_level(self, topic: Topic) -> int:
        """Return -1 above documents, 0 for a document, 1 for its chapters, 2 for sections, ..."""
        path = self.path(topic)
        for depth, node in enumerate(path):
            if node.kind == "document":
                return len(path) - 1 - depth
        return -1

    def chapter(self, topic: Topic) -> Topic:
        """Return the chapter of a topic; the topic itself if it is not below one."""
        path = self.path(topic)
        return next((node for node in path if self.document_level(node) == 1), topic)

    def book(self, topic: Topic) -> Topic:
        """Return the document that contains a topic; the topic itself above the documents."""
        return next((node for node in self.path(topic) if node.kind == "document"), topic)

    def siblings(self, topic: Topic) -> tuple[Topic, ...]:
        """Return the other knowledge points with the same parent."""
        parent = self.parent(topic)
        return (
            ()
            if parent is None
            else tuple(child for child in self.children(parent) if child.id != topic.id)
        )

    def children(self, topic: Topic) -> tuple[Topic, ...]:
        """Return the children that are knowledge points: no back matter, no numbered parts."""
        # Asked for every child of a node, and a node may have tens of thousands.
        if topic.id not in self._children:
            self._children[topic.id] = tuple(
                child for child in topic.subtopics if self.is_knowledge(child)
            )
        return self._children[topic.id]

    def position(self, topic: Topic) -> int | None:
        """Return the index among the parent's `children`; None if the topic is not one of them."""
        return self._positions.get(topic.id)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {
            child.id: index
            for topic in self.root.walk()
            for index, child in enumerate(self.children(topic))
        }

    def count_descendants(self, topic: Topic) -> int:
        """Count all descendants of a topic."""
        return self._count_below[topic.id]

    def is_knowledge(self, topic: Topic) -> bool:
        """Return True if the title names a knowledge point, so that it can be asked about."""
        return topic.id not in self._back_matter and topic.source != NUMBERED_PARTS

    def is_back_matter(self, topic: Topic) -> bool:
        """Return True for contents, index, references, exercises and their descendants."""
        return topic.id in self._back_matter

    def is_glossary(self, topic: Topic) -> bool:
        """Return True for a list of terms with their meanings ("Key Terms")."""
        return self.is_back_matter(topic) and is_glossary(topic.title, self.title(topic))

    @cached_property
    def _back_matter(self) -> frozenset[str]:
        ids: set[str] = set()
        for topic in self.root.walk():
            parent = self._parent.get(topic.id)
            inherits = parent is not None and parent.id in ids
            if inherits or (
                topic.kind == "topic"
                and is_apparatus(
                    topic.title,
                    self.title(topic),
                    self._own_text(topic),
                    not topic.subtopics,
                    self._apparatus,
                )
            ):
                ids.add(topic.id)
        return frozenset(ids)

    @cached_property
    def _count_below(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for topic in reversed(list(self.root.walk())):
            counts[topic.id] = sum(1 + counts[child.id] for child in topic.subtopics)
        return counts

    def _own_text(self, topic: Topic) -> str:
        texts = [
            self._documents[s.document_id].text[s.start : s.end]
            for s in topic.own_spans
            if s.document_id in self._documents
        ]
        return "".join(texts)

    def name(self, topic: Topic) -> str | None:
        """Return the title with the shortest end of its path that makes it unique in the tree.

        None if even the whole path is not unique, or if nothing of the path would be left to ask
        for.

            Adverse Effects  ->  "Adverse Effects (Beta Blockers)"
        """
        if topic.id not in self._name:
            self._name[topic.id] = self._unique_name(topic)
        return self._name[topic.id]

    def _unique_name(self, topic: Topic) -> str | None:
        candidates = self._candidates(topic)
        for name in candidates[: max(1, len(candidates) - 1)]:
            if self._times[_digest(name)] == 1:
                return name
        return None

    def _candidates(self, topic: Topic) -> list[str]:
        *above, own = self.path_titles(topic)
        above.reverse()
        return [own, *(f"{own} ({', '.join(above[:count])})" for count in range(1, len(above) + 1))]

    @cached_property
    def _times(self) -> Counter[bytes]:
        shown = (topic for topic in self.root.walk() if not self.is_repeat(topic))
        return Counter(_digest(name) for topic in shown for name in set(self._candidates(topic)))
