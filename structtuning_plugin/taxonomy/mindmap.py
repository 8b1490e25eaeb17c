"""Mind maps: a tree drawn as text, one line a node.

Bicycles                     root
├─ Brakes (+2)               folded: two child nodes are not shown
├─ Gears
│  ├─ History
│  └─ **Adjustment**         the current node
└─ … (+3)                    three more siblings are not shown, with their descendants
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import regex

from structtuning_plugin.core.types import Topic
from structtuning_plugin.taxonomy.titles import shorten
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree

ELLIPSIS = "…"
# Levels below a topic that a map of how it is organised may draw, and that are looked through for
# what no map may draw.
DEEPEST = 3
_BRANCH = regex.compile(r"^((?:│  |   )*)(?:├─ |└─ )(.*)$")
_MARKED = regex.compile(r"\*\*(.+)\*\*((?: \(\+\d+\))?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """A line of a map. `folded` counts the descendants that are not shown."""

    title: str
    children: tuple[MapNode, ...] = ()
    marked: bool = False
    folded: int = 0


def render(node: MapNode) -> str:
    """Draw the map, without a line end after the last line.

    >>> c = MapNode(title="C", folded=2)
    >>> print(render(MapNode(title="A", children=(MapNode(title="B", marked=True), c))))
    A
    ├─ **B**
    └─ C (+2)
    """
    lines = [_label(node)]
    _draw(node, "", lines)
    return "\n".join(lines)


def _draw(node: MapNode, indent: str, lines: list[str]) -> None:
    for number, child in enumerate(node.children, start=1):
        last = number == len(node.children)
        lines.append(indent + ("└─ " if last else "├─ ") + _label(child))
        _draw(child, indent + ("   " if last else "│  "), lines)


def _label(node: MapNode) -> str:
    # The marks are ours alone: a title that is wrapped in them itself would look like the current
    # line.
    title = node.title
    while wrapped := _MARKED.fullmatch(title):
        title = (wrapped[1].strip() or "*") + wrapped[2]
    label = f"**{title}**" if node.marked else title
    return f"{label} (+{node.folded})" if node.folded else label


def parse(text: str) -> MapNode:
    r"""Parse a map drawn by `render`, without marks and folds.

    >>> parse("A\n└─ B") == MapNode(title="A", children=(MapNode(title="B"),))
    True

    Raises:
        ValueError: If the text is no such map.
    """
    first, *lines = text.split("\n")
    rows = [(0, first)]
    for line in lines:
        match = _BRANCH.match(line)
        if match is None:
            raise ValueError(f"This line of a map has no branch: {line!r}")
        rows.append((len(match[1]) // 3 + 1, match[2]))
    return _grow(rows)[0]


def _grow(rows: list[tuple[int, str]]) -> tuple[MapNode, ...]:
    if not rows:
        return ()
    tops = [index for index, (depth, _) in enumerate(rows) if depth == rows[0][0]]
    branches = [rows[start:stop] for start, stop in zip(tops, [*tops[1:], len(rows)], strict=True)]
    return tuple(MapNode(title=branch[0][1], children=_grow(branch[1:])) for branch in branches)


def subtree(tree: Tree, topic: Topic, depth: int) -> MapNode:
    """Build the map of a topic and `depth` levels of knowledge points below it, without marks."""
    children = tree.children(topic) if depth else ()
    return MapNode(
        title=tree.title(topic),
        children=tuple(subtree(tree, child, depth - 1) for child in children),
    )


def height(tree: Tree, topic: Topic) -> int:
    """Count the levels of knowledge points below a topic."""
    return max((1 + height(tree, child) for child in tree.children(topic)), default=0)


def unfolded(tree: Tree, top: Topic, opened: Collection[str]) -> MapNode:
    """Build the map of `top` and its children, where nodes in `opened` show their children too."""
    children = tree.children(top)
    return MapNode(
        title=tree.title(top),
        children=tuple(
            unfolded(tree, child, opened)
            if child.id in opened
            else MapNode(title=tree.title(child))
            for child in children
        ),
    )


def place_map(tree: Tree, topic: Topic, top: Topic, beside: int | None) -> MapNode:
    """Build the map of a topic's place: the path down to `top`, then all siblings along the path.

    Only the line of the topic is marked. Nodes that are not shown are counted.

    Args:
        top: Node on the topic's path below which siblings are shown (usually the chapter).
        beside: Number of siblings shown on each side of the path; None for all.
    """
    path = tree.path(topic)
    on_path = {node.id for node in path}
    from_top = {node.id for node in path[path.index(top) :]}

    def draw(node: Topic) -> MapNode:
        marked = node.id == topic.id
        if marked or node.id not in on_path:
            return MapNode(
                title=tree.title(node), marked=marked, folded=tree.count_descendants(node)
            )
        children = tuple(
            child
            for child in node.subtopics
            if child.id in on_path or not tree.is_back_matter(child)
        )
        if node.id in from_top:
            return MapNode(title=tree.title(node), children=window(children))
        return MapNode(
            title=tree.title(node),
            children=tuple(draw(child) for child in children if child.id in on_path),
        )

    def window(children: tuple[Topic, ...]) -> tuple[MapNode, ...]:
        centre = next(index for index, child in enumerate(children) if child.id in on_path)
        reach = len(children) if beside is None else beside
        low, high = max(0, centre - reach), centre + reach + 1
        return (*rest(children[:low]), *map(draw, children[low:high]), *rest(children[high:]))

    def rest(hidden: tuple[Topic, ...]) -> tuple[MapNode, ...]:
        total = sum(1 + tree.count_descendants(child) for child in hidden)
        return (MapNode(title=ELLIPSIS, folded=total),) if hidden else ()

    return _without_repeats(draw(tree.root))


def merged(tree: Tree, topics: Sequence[Topic]) -> MapNode:
    """Merge the paths to several topics into one map, in the tree's order, without marks."""
    ids = {node.id for topic in topics for node in tree.path(topic)}

    def draw(node: Topic) -> MapNode:
        return MapNode(
            title=tree.title(node),
            children=tuple(draw(child) for child in node.subtopics if child.id in ids),
        )

    return _without_repeats(draw(tree.root))


def _without_repeats(node: MapNode) -> MapNode:
    """Show a node once if its only child has the same title (a domain and its only book)."""
    while len(node.children) == 1 and node.children[0].title.casefold() == node.title.casefold():
        node = node.children[0]
    return node


def path_maps(tree: Tree, topic: Topic) -> Iterator[MapNode]:
    """Iterate over ever narrower maps of the path: whole, without its middle, shortened titles."""
    titles = tree.path_titles(topic)
    yield _chain(titles)
    for keep in range(2, len(titles)):
        yield _chain((titles[0], ELLIPSIS, *titles[keep:]))
    for longest in (40, 24, 12):
        yield _chain(
            (
                shorten(titles[0], longest),
                *([ELLIPSIS] if len(titles) > 2 else []),
                shorten(titles[-1], longest),
            )[-len(titles) :]
        )


def _chain(titles: tuple[str, ...]) -> MapNode:
    node = MapNode(title=titles[-1], marked=True)
    for title in reversed(titles[:-1]):
        node = MapNode(title=title, children=(node,))
    return node


def widest(
    build: Callable[[int | None], str], most: int, fits: Callable[[str], bool]
) -> str | None:
    """Find the widest map that fits: all siblings, or as many on each side as there is room for.

    `build(None)` draws all siblings, `build(0)` none of them. None if not even that fits.
    """
    whole = build(None)
    if fits(whole):
        return whole
    best, low, high = None, 0, most
    while low <= high:
        middle = (low + high) // 2
        text = build(middle)
        if fits(text):
            best, low = text, middle + 1
        else:
            high = middle - 1
    return best


def path_lines(titles: tuple[str, ...]) -> Iterator[str]:
    """Iterate over ever shorter lines of the path: whole, without its middle, the last title.

    >>> list(path_lines(("Biology", "Cells", "Nucleus")))[:3]
    ['Biology > Cells > Nucleus', 'Biology > … > Nucleus', 'Nucleus']
    """
    forms = [
        titles,
        *((titles[0], ELLIPSIS, *titles[keep:]) for keep in range(2, len(titles))),
        titles[-1:],
    ]
    yield from map(PATH_JOINT.join, forms)
    for longest in (60, 40, 24, 12, 6):
        yield shorten(titles[-1], longest)
