"""Mind maps: a tree drawn as text, one line a node.

Bicycles                     root
├─ Brakes (+2)               folded: two nodes beneath are not shown
├─ Gears
│  ├─ History
│  └─ **Adjustment**         the current one
└─ … (+3)                    three more siblings, not shown, with all beneath them
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import regex

from structtuning_plugin.taxonomy.titles import shorten
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree
from structtuning_plugin.types import Topic

ELLIPSIS = "…"
# Levels beneath a topic that a map of how it is organised may draw, and that are looked through for
# what no map may draw.
DEEPEST = 3
_BRANCH = regex.compile(r"^((?:│  |   )*)(?:├─ |└─ )(.*)$")
_MARKED = regex.compile(r"\*\*(.+)\*\*((?: \(\+\d+\))?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """A line of a map. `folded` counts the nodes beneath that are not shown."""

    title: str
    children: tuple[MapNode, ...] = ()
    marked: bool = False
    folded: int = 0


def render(node: MapNode) -> str:
    """The map as text, without a line end after the last line.

    >>> print(render(MapNode(title="A", children=(MapNode(title="B", marked=True), MapNode(title="C", folded=2)))))
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
    # The marks are ours alone: a title that is wrapped in them itself would look like the current line.
    title = node.title
    while wrapped := _MARKED.fullmatch(title):
        title = (wrapped[1].strip() or "*") + wrapped[2]
    label = f"**{title}**" if node.marked else title
    return f"{label} (+{node.folded})" if node.folded else label


def parse(text: str) -> MapNode:
    """The map that `render` drew, if nothing in it is marked or folded.

    >>> parse("A\\n└─ B") == MapNode(title="A", children=(MapNode(title="B"),))
    True
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
    """The map of a topic down to `depth` levels beneath it, of knowledge only, without marks and counts."""
    children = tree.children(topic) if depth else ()
    return MapNode(title=tree.title(topic), children=tuple(subtree(tree, child, depth - 1) for child in children))


def height(tree: Tree, topic: Topic) -> int:
    """Levels of knowledge beneath a topic."""
    return max((1 + height(tree, child) for child in tree.children(topic)), default=0)


def unfolded(tree: Tree, top: Topic, opened: Collection[str]) -> MapNode:
    """The map of `top` with its children, in which the nodes named in `opened` show their children too."""
    children = tree.children(top)
    return MapNode(
        title=tree.title(top),
        children=tuple(
            unfolded(tree, child, opened) if child.id in opened else MapNode(title=tree.title(child)) for child in children
        ),
    )


def place_map(tree: Tree, topic: Topic, top: Topic, beside: int | None) -> MapNode:
    """Where a topic stands: from the root down to `top` only the path, beneath it every sibling along the path.

    Exactly the topic's own line is marked; what is not shown is counted.

    Args:
        top: the node on the topic's path beneath which siblings are shown (the chapter, as a rule).
        beside: siblings shown on each side of the path; None for all.
    """
    path = tree.path(topic)
    on_path = {node.id for node in path}
    from_top = {node.id for node in path[path.index(top) :]}

    def draw(node: Topic) -> MapNode:
        marked = node.id == topic.id
        if marked or node.id not in on_path:
            return MapNode(title=tree.title(node), marked=marked, folded=tree.count_beneath(node))
        children = tuple(child for child in node.subtopics if child.id in on_path or not tree.is_back_matter(child))
        if node.id in from_top:
            return MapNode(title=tree.title(node), children=window(children))
        return MapNode(title=tree.title(node), children=tuple(draw(child) for child in children if child.id in on_path))

    def window(children: tuple[Topic, ...]) -> tuple[MapNode, ...]:
        centre = next(index for index, child in enumerate(children) if child.id in on_path)
        reach = len(children) if beside is None else beside
        low, high = max(0, centre - reach), centre + reach + 1
        return (*rest(children[:low]), *map(draw, children[low:high]), *rest(children[high:]))

    def rest(hidden: tuple[Topic, ...]) -> tuple[MapNode, ...]:
        total = sum(1 + tree.count_beneath(child) for child in hidden)
        return (MapNode(title=ELLIPSIS, folded=total),) if hidden else ()

    return _without_repeats(draw(tree.root))


def merged(tree: Tree, topics: Sequence[Topic]) -> MapNode:
    """One map of the paths to several topics: each node once, in the tree's order, nothing marked, nothing beside them."""
    wanted = {node.id for topic in topics for node in tree.path(topic)}

    def draw(node: Topic) -> MapNode:
        return MapNode(title=tree.title(node), children=tuple(draw(child) for child in node.subtopics if child.id in wanted))

    return _without_repeats(draw(tree.root))


def _without_repeats(node: MapNode) -> MapNode:
    """A node whose only child bears its own title (domain and book, say) is shown once."""
    while len(node.children) == 1 and node.children[0].title.casefold() == node.title.casefold():
        node = node.children[0]
    return node


def path_maps(tree: Tree, topic: Topic) -> Iterator[MapNode]:
    """Ever narrower maps of the path alone: nothing beside it, then without its middle, then with shortened titles."""
    titles = tree.path_titles(topic)
    yield _chain(titles)
    for keep in range(2, len(titles)):
        yield _chain((titles[0], ELLIPSIS, *titles[keep:]))
    for longest in (40, 24, 12):
        yield _chain(
            (shorten(titles[0], longest), *([ELLIPSIS] if len(titles) > 2 else []), shorten(titles[-1], longest))[-len(titles) :]
        )


def _chain(titles: tuple[str, ...]) -> MapNode:
    node = MapNode(title=titles[-1], marked=True)
    for title in reversed(titles[:-1]):
        node = MapNode(title=title, children=(node,))
    return node


def widest(build: Callable[[int | None], str], most: int, fits: Callable[[str], bool]) -> str | None:
    """The widest form of a map that fits: all siblings, else as many on each side as there is room for.

    `build(None)` is the whole map, `build(0)` the path with counts alone; None if not even that fits.
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
    """The path in one line, top-down, then ever shorter: without its middle, the last title alone, less of that.

    >>> list(path_lines(("Biology", "Cells", "Nucleus")))[:3]
    ['Biology > Cells > Nucleus', 'Biology > … > Nucleus', 'Nucleus']
    """
    forms = [titles, *((titles[0], ELLIPSIS, *titles[keep:]) for keep in range(2, len(titles))), titles[-1:]]
    yield from map(PATH_JOINT.join, forms)
    for longest in (60, 40, 24, 12, 6):
        yield shorten(titles[-1], longest)
