"""Figures of the package's source tree: size, imports, docstrings, names and functions.

    python benchmarks/house.py [PACKAGE_FOLDER] [--chains] [--cycles] [--small] [--long]
        [--nested] [--docstrings] [--undocumented] [--raises] [--names] [--verbs]

Without options, a table of all figures. Every option prints instead the places behind one figure.
Nothing is imported or run: the files are parsed.
"""

from __future__ import annotations

import argparse
import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Literal, TypeAlias

PACKAGE = Path(__file__).resolve().parents[1] / "structtuning_plugin"
LONGEST_LINE = 100
SMALL_MODULE = 80
# Places listed for one name; the rest are counted.
_PLACES_SHOWN = 4

QUESTION_WORDS = ("What", "Whether", "Which", "How", "Where")
LITERARY_WORDS = (
    "beneath",
    "beside",
    "whatever",
    "stands",
    "aside",
    "whoever",
    "wherever",
    "tells apart",
)
_PARTICIPLES = """
    found given told made kept held seen asked written read_ taken left said sent known wanted named
    placed
"""
PARTICIPLES = frozenset(_PARTICIPLES.split())
# First words of function names that say what the function does. Words that are nouns at least as
# often in such names (answer, order, place, question, record, sample) are left out.
_VERBS = """
    add allow append apply ask assemble assert attach build calculate call can change check
    choose clean clear close collect combine compare compile complete compute configure convert
    copy count create cut decode define delete describe detect discover divide download draw
    drop emit encode ensure enter escape estimate evaluate exclude execute exit explain export
    extend extract fetch fill filter find finish fit fix flatten flush fold forbid format freeze
    fuse gather generate get give grade group grow guess handle has hide import include infer
    init insert inspect is iterate join keep learn link list load locate log look lookup make
    map mark match measure merge move normalise normalize notify open parse partition pause pick
    plot pop predict prepare preview print prune publish push put quote raise rank read rebuild
    receive redact reduce refresh register remove rename render reorder repair replace report
    require reserve reset resolve restore retry return rewrite round run save scan score search
    select send serialize set settle shorten show shuffle skip slice solve sort split start stop
    store strip substitute sum take tell test tokenise tokenize trace track train transform
    translate trim truncate try unescape unify unwrap update use validate verify visit wait walk
    warn wrap write yield
"""
VERBS = frozenset(_VERBS.split())

Kind: TypeAlias = Literal["load", "typing", "lazy"]
Graph: TypeAlias = Mapping[str, frozenset[str]]
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LOAD: tuple[Kind, ...] = ("load",)
TYPED: tuple[Kind, ...] = ("load", "typing")
EVERY: tuple[Kind, ...] = ("load", "typing", "lazy")

_BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.match_case,
    ast.comprehension,
)
_QUESTION = re.compile(rf"({'|'.join(QUESTION_WORDS)})\b")
_LITERARY = re.compile(rf"\b({'|'.join(LITERARY_WORDS)})\b", re.IGNORECASE)
_RAISES = re.compile(r"^\s*Raises:", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Module:
    """A parsed file; a folder's `__init__.py` has the dotted name of the folder."""

    name: str
    path: Path
    lines: tuple[str, ...]
    tree: ast.Module

    @property
    def is_init(self) -> bool:
        """True for an `__init__.py`."""
        return self.path.name == "__init__.py"


@dataclass(frozen=True, kw_only=True)
class Package:
    """All Python files of a package, by dotted name."""

    name: str
    modules: Mapping[str, Module]

    @property
    def line_count(self) -> int:
        """Lines of all files, blank ones and comments included."""
        return sum(len(module.lines) for module in self.modules.values())


@dataclass(frozen=True, kw_only=True)
class Import:
    """One module imports another: when loaded, for type checkers only, or inside a function."""

    importer: str
    imported: str
    kind: Kind


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A function, method or class; public if its name and those of its classes are public."""

    module: Module
    name: str
    node: Function | ast.ClassDef
    public: bool

    @property
    def place(self) -> str:
        """File, line and name, for listings."""
        return f"{self.module.path}:{self.node.lineno}: {self.name}"


@dataclass(frozen=True, kw_only=True)
class Docstring:
    """A docstring of a module, class or function, with the line of its owner."""

    path: Path
    line: int
    text: str

    @property
    def place(self) -> str:
        """File, line and first line of the text, for listings."""
        return f"{self.path}:{self.line}: {self.text.splitlines()[0]}"


# --- reading


def read_package(folder: Path) -> Package:
    """Parse every Python file of a package folder.

    Raises:
        FileNotFoundError: the folder holds no Python file.
    """
    folder = folder.resolve()
    modules = [read_module(path, folder) for path in sorted(folder.rglob("*.py"))]
    if not modules:
        raise FileNotFoundError(f"There is no Python file in {folder}.")
    return Package(name=folder.name, modules={module.name: module for module in modules})


def read_module(path: Path, folder: Path) -> Module:
    """Parse one file of the package in `folder`."""
    source = path.read_text(encoding="utf-8")
    parts = path.relative_to(folder.parent).with_suffix("").parts
    return Module(
        name=".".join(parts[:-1] if parts[-1] == "__init__" else parts),
        path=path.relative_to(folder.parent),
        lines=tuple(source.splitlines()),
        tree=ast.parse(source, filename=str(path)),
    )


# --- imports


def imports_of(package: Package) -> list[Import]:
    """List the imports between modules of the package, each once per kind."""
    imports: dict[Import, None] = {}
    for module in package.modules.values():
        for statement, kind in _import_statements(module.tree.body, "load"):
            for target in _targets(statement, module):
                imported = _resolve(target, package)
                if imported is not None:
                    item = Import(importer=module.name, imported=imported, kind=kind)
                    imports[item] = None
    return list(imports)


def _import_statements(
    nodes: Iterable[ast.AST], kind: Kind
) -> Iterator[tuple[ast.Import | ast.ImportFrom, Kind]]:
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, kind
        elif isinstance(node, _FUNCTIONS):
            yield from _import_statements(node.body, "lazy" if kind == "load" else kind)
        elif isinstance(node, ast.If) and _is_type_checking(node.test):
            yield from _import_statements(node.body, "typing")
            yield from _import_statements(node.orelse, kind)
        else:
            yield from _import_statements(ast.iter_child_nodes(node), kind)


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _targets(statement: ast.Import | ast.ImportFrom, module: Module) -> list[str]:
    """List the dotted names that a statement imports, relative ones made absolute."""
    names = [alias.name for alias in statement.names]
    if isinstance(statement, ast.Import):
        return names
    parts = statement.module.split(".") if statement.module else []
    if statement.level:
        levels = statement.level - 1 if module.is_init else statement.level
        anchor = module.name.split(".")
        parts = anchor[: len(anchor) - levels] + parts
    return [".".join([*parts, name]) for name in names]


def _resolve(target: str, package: Package) -> str | None:
    """Find the module that a dotted name lies in; the name's last parts may be in the module."""
    while target:
        if target in package.modules:
            return target
        target = target.rpartition(".")[0]
    return None


def import_graph(package: Package, kinds: Sequence[Kind]) -> Graph:
    """Map every module to those that it imports, by imports of these kinds."""
    edges: dict[str, set[str]] = {name: set() for name in package.modules}
    for item in imports_of(package):
        if item.kind in kinds:
            edges[item.importer].add(item.imported)
    return {name: frozenset(imported) for name, imported in edges.items()}


def room_of(module: str) -> str:
    """Name the first-level folder or top-level module that a dotted name lies in."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def room_graph(graph: Graph) -> Graph:
    """Map every room to the other rooms that its modules import."""
    edges: dict[str, set[str]] = defaultdict(set)
    for importer, imported in graph.items():
        edges[room_of(importer)] |= {room_of(name) for name in imported}
    return {room: frozenset(others - {room}) for room, others in edges.items()}


def components(graph: Graph) -> list[frozenset[str]]:
    """Partition the nodes into strongly connected components."""
    reached = {node: _reachable(graph, node) for node in graph}
    return sorted(
        {
            frozenset([node, *(other for other in reached[node] if node in reached[other])])
            for node in graph
        },
        key=sorted,
    )


def _reachable(graph: Graph, start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph[waiting.pop()] - reached
        reached |= new
        waiting.extend(new)
    return reached


def cycles_of(graph: Graph) -> list[frozenset[str]]:
    """List the components that hold a cycle; cycles that share a node are one."""
    return [
        component
        for component in components(graph)
        if len(component) > 1 or any(node in graph[node] for node in component)
    ]


def longest_chain(graph: Graph) -> tuple[str, ...]:
    """Find the longest chain of imports, importer first; of a cycle, all members count."""
    component_of = {node: component for component in components(graph) for node in component}

    @cache
    def chain_from(component: frozenset[str]) -> tuple[str, ...]:
        imported = sorted(frozenset[str]().union(*(graph[node] for node in component)))
        tails = [chain_from(component_of[node]) for node in imported if node not in component]
        return (*sorted(component), *max(tails, key=len, default=()))

    return max(map(chain_from, component_of.values()), key=len, default=())


# --- functions, classes and docstrings


def definitions(package: Package) -> list[Definition]:
    """List all functions, methods and classes, nested ones included."""
    items: list[Definition] = []
    for module in package.modules.values():
        items.extend(_definitions(module, module.tree.body, "", public=True))
    return items


def _definitions(
    module: Module, nodes: Iterable[ast.AST], prefix: str, *, public: bool
) -> Iterator[Definition]:
    for node in nodes:
        if isinstance(node, _DEFINITIONS):
            item = Definition(
                module=module,
                name=prefix + node.name,
                node=node,
                public=public and not node.name.startswith("_"),
            )
            yield item
            members_public = item.public and isinstance(node, ast.ClassDef)
            yield from _definitions(module, node.body, f"{item.name}.", public=members_public)
        else:
            children = ast.iter_child_nodes(node)
            yield from _definitions(module, children, prefix, public=public)


def functions(package: Package) -> list[tuple[Definition, Function]]:
    """List all functions and methods, with their nodes."""
    return [(item, item.node) for item in definitions(package) if isinstance(item.node, _FUNCTIONS)]


def public_definitions(package: Package) -> list[Definition]:
    """List the public functions, methods and classes; of overloads, only the implementation."""
    return [
        item
        for item in definitions(package)
        if item.public and not _is_decorated(item.node, "overload")
    ]


def _is_decorated(node: Function | ast.ClassDef, *names: str) -> bool:
    decorators = {ast.unparse(item).rpartition(".")[2] for item in node.decorator_list}
    return not decorators.isdisjoint(names)


def docstrings(package: Package) -> list[Docstring]:
    """List the docstrings of modules, classes and functions."""
    items: list[Docstring] = []
    for module in package.modules.values():
        text = ast.get_docstring(module.tree)
        if text:
            items.append(Docstring(path=module.path, line=1, text=text))
    for item in definitions(package):
        text = ast.get_docstring(item.node)
        if text:
            items.append(Docstring(path=item.module.path, line=item.node.lineno, text=text))
    return items


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Walk all nodes of a definition, without those of the definitions inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _DEFINITIONS):
            yield child
            yield from own_nodes(child)


def local_names(function: Function) -> set[str]:
    """Collect the names of parameters and of assigned variables, without `self` and `cls`."""
    names: set[str] = set()
    for node in own_nodes(function):
        if isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names - {"self", "cls"}


def raises_new(function: Function) -> bool:
    """Check for `raise X(...)` in the body, not counting functions inside it."""
    return any(
        isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        for node in own_nodes(function)
    )


def body_length(function: Function, lines: Sequence[str]) -> int:
    """Count the lines of the body, without the docstring, comments and blank lines."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    text = lines[body[0].lineno - 1 : body[-1].end_lineno]
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in text)


def complexity(function: Function) -> int:
    """Count the paths: one, and one more for each branch, loop, handler, case, `and` and `or`."""
    paths = 1
    for node in own_nodes(function):
        if isinstance(node, _BRANCHES):
            paths += 1
        if isinstance(node, ast.comprehension):
            paths += len(node.ifs)
        elif isinstance(node, ast.BoolOp):
            paths += len(node.values) - 1
    return paths


def most_complex(package: Package) -> tuple[int, str]:
    """Find the largest cyclomatic complexity, and the place of its function."""
    numbers = [(complexity(node), item.place) for item, node in functions(package)]
    return max(numbers, default=(0, ""))


def first_word(name: str) -> str:
    """Split off the first word of a name in snake case, without leading underscores."""
    return name.strip("_").split("_")[0]


def named_functions(package: Package) -> list[Definition]:
    """List the functions whose names are free: no `__special__` method and no property."""
    return [
        item
        for item, node in functions(package)
        if not node.name.startswith("__")
        and not _is_decorated(node, "property", "cached_property", "setter")
    ]


def comprehensions(node: ast.AST, inside: bool = False) -> Iterator[tuple[Comprehension, bool]]:
    """Walk the comprehensions, each with True if it is nested.

    Nested is one that lies in another one, or that has two or more `for`.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _COMPREHENSIONS):
            yield child, inside or len(child.generators) > 1
            yield from comprehensions(child, inside=True)
        else:
            yield from comprehensions(child, inside)


# --- listings


def list_chain(package: Package) -> list[str]:
    """List the longest chain of imports at load, importer first."""
    return list(longest_chain(import_graph(package, LOAD)))


def list_file_cycles(package: Package, kinds: Sequence[Kind]) -> list[str]:
    """List the modules of every cycle of imports, and the imports between them."""
    graph = import_graph(package, kinds)
    lines: list[str] = []
    for cycle in cycles_of(graph):
        lines.append(f"file cycle of {len(cycle)} modules:")
        for importer in sorted(cycle):
            imported = sorted(graph[importer] & cycle)
            lines.extend(f"  {importer} -> {name}" for name in imported)
    return lines


def list_room_cycles(package: Package, kinds: Sequence[Kind]) -> list[str]:
    """List the rooms of every cycle, and the imports between them: rarest pairs of rooms first."""
    graph = import_graph(package, kinds)
    lines: list[str] = []
    for cycle in cycles_of(room_graph(graph)):
        lines.append(f"room cycle of {', '.join(sorted(cycle))}:")
        pairs = sorted(_room_pairs(graph, cycle).items(), key=lambda pair: (len(pair[1]), pair[0]))
        for (importer, imported), edges in pairs:
            lines.append(f"  {importer} -> {imported}: {len(edges)}")
            lines.extend(f"    {edge}" for edge in edges)
    return lines


def _room_pairs(graph: Graph, rooms: frozenset[str]) -> dict[tuple[str, str], list[str]]:
    pairs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for importer in sorted(graph):
        for imported in sorted(graph[importer]):
            pair = room_of(importer), room_of(imported)
            if rooms.issuperset(pair) and pair[0] != pair[1]:
                pairs[pair].append(f"{importer} -> {imported}")
    return pairs


def list_cycles(package: Package) -> list[str]:
    """List file and room cycles, at load and then with imports for type checkers."""
    lines: list[str] = []
    for heading, kinds in (("at load", LOAD), ("with TYPE_CHECKING", TYPED)):
        lines.append(f"== {heading}")
        lines.extend(list_file_cycles(package, kinds))
        lines.extend(list_room_cycles(package, kinds))
    return lines


def list_small_modules(package: Package) -> list[str]:
    """List the small modules whose only importer, of any kind, is in the same folder."""
    importers: dict[str, set[str]] = defaultdict(set)
    for item in imports_of(package):
        importers[item.imported].add(item.importer)
    lines: list[str] = []
    for name, module in package.modules.items():
        if module.is_init or len(module.lines) >= SMALL_MODULE or len(importers[name]) != 1:
            continue
        importer = package.modules[min(importers[name])]
        if importer.path.parent == module.path.parent:
            lines.append(f"{module.path} ({len(module.lines)} lines): {importer.path.name}")
    return lines


def list_long_lines(package: Package) -> list[str]:
    """List the lines over the limit, with their length."""
    return [
        f"{module.path}:{number}: {len(line)} characters"
        for module in package.modules.values()
        for number, line in enumerate(module.lines, start=1)
        if len(line) > LONGEST_LINE
    ]


def list_nested(package: Package) -> list[str]:
    """List the nested comprehensions."""
    return [
        f"{module.path}:{node.lineno}"
        for module in package.modules.values()
        for node, nested in comprehensions(module.tree)
        if nested
    ]


def list_question_docstrings(package: Package) -> list[str]:
    """List the docstrings that begin with a question word."""
    return [item.place for item in docstrings(package) if _QUESTION.match(item.text)]


def list_literary_docstrings(package: Package) -> list[str]:
    """List the docstrings with literary words, and the words."""
    lines: list[str] = []
    for item in docstrings(package):
        words = _LITERARY.findall(" ".join(item.text.split()))
        if words:
            lines.append(f"{item.place} [{', '.join(words)}]")
    return lines


def list_docstrings(package: Package) -> list[str]:
    """List the docstrings with question words at the start, then those with literary words."""
    return [
        "== question words",
        *list_question_docstrings(package),
        "== literary words",
        *list_literary_docstrings(package),
    ]


def list_undocumented(package: Package) -> list[str]:
    """List the public functions, methods and classes without a docstring."""
    return [item.place for item in public_definitions(package) if not ast.get_docstring(item.node)]


def list_undeclared_raises(package: Package) -> list[str]:
    """List the public functions with a docstring that raise, but have no `Raises:` section."""
    return [
        item.place
        for item, node in functions(package)
        if item.public and raises_new(node) and _lacks_section(ast.get_docstring(node))
    ]


def _lacks_section(text: str | None) -> bool:
    return bool(text) and not _RAISES.search(text or "")


def list_participles(package: Package) -> list[str]:
    """List the participles among local names, most frequent first, with functions that have one."""
    places: dict[str, list[str]] = defaultdict(list)
    for item, node in functions(package):
        for name in local_names(node) & PARTICIPLES:
            places[name].append(item.place)
    return _by_frequency(places)


def list_nouns(package: Package) -> list[str]:
    """List the first words of function names that are no verbs, most frequent first."""
    places: dict[str, list[str]] = defaultdict(list)
    for item in named_functions(package):
        word = first_word(item.node.name)
        if word not in VERBS:
            places[word].append(item.place)
    return _by_frequency(places)


def _by_frequency(places: Mapping[str, list[str]]) -> list[str]:
    lines: list[str] = []
    for name, where in sorted(places.items(), key=lambda item: (-len(item[1]), item[0])):
        lines.append(f"{name}: {len(where)}")
        lines.extend(f"  {place}" for place in where[:_PLACES_SHOWN])
        if len(where) > _PLACES_SHOWN:
            lines.append(f"  and {len(where) - _PLACES_SHOWN} more")
    return lines


# --- figures


def percent(part: int, whole: int) -> float:
    """Compute a percentage; of nothing, 0."""
    return 100 * part / whole if whole else 0.0


def figures(folder: Path) -> dict[str, float]:
    """Compute all figures of the package in a folder, in the order of the table.

    Raises:
        FileNotFoundError: the folder holds no Python file.
    """
    return figures_of(read_package(folder))


def figures_of(package: Package) -> dict[str, float]:
    """Compute all figures of a package, in the order of the table."""
    return {
        **import_figures(package),
        **line_figures(package),
        **docstring_figures(package),
        **function_figures(package),
    }


def import_figures(package: Package) -> dict[str, float]:
    """Compute the figures of files and the imports between them."""
    load = import_graph(package, LOAD)
    typed = import_graph(package, TYPED)
    every = import_graph(package, EVERY)
    return {
        "modules": sum(not module.is_init for module in package.modules.values()),
        "files": len(package.modules),
        "import depth": len(longest_chain(load)),
        "imports a module": sum(map(len, every.values())) / len(every),
        "file cycles at load": len(cycles_of(load)),
        "file cycles with TYPE_CHECKING": len(cycles_of(typed)),
        "room cycles at load": len(cycles_of(room_graph(load))),
        "room cycles with TYPE_CHECKING": len(cycles_of(room_graph(typed))),
        "small modules with one importer": len(list_small_modules(package)),
    }


def line_figures(package: Package) -> dict[str, float]:
    """Compute the figures of lines and comprehensions."""
    long = len(list_long_lines(package))
    nested = [
        flag for module in package.modules.values() for _, flag in comprehensions(module.tree)
    ]
    return {
        "lines": package.line_count,
        "lines over 100 characters": long,
        "% of lines over 100 characters": percent(long, package.line_count),
        "comprehensions per 100 lines": percent(len(nested), package.line_count),
        "share of nested comprehensions": percent(sum(nested), len(nested)) / 100,
    }


def docstring_figures(package: Package) -> dict[str, float]:
    """Compute the figures of docstrings."""
    count = len(docstrings(package))
    public = len(public_definitions(package))
    missing = len(list_undocumented(package))
    return {
        "docstrings": count,
        "% of docstrings with a question word first": percent(
            len(list_question_docstrings(package)), count
        ),
        "% of docstrings with literary words": percent(
            len(list_literary_docstrings(package)), count
        ),
        "% of public functions and classes with a docstring": percent(public - missing, public),
        "public functions that raise without Raises:": len(list_undeclared_raises(package)),
    }


def function_figures(package: Package) -> dict[str, float]:
    """Compute the figures of names and functions."""
    nodes = functions(package)
    names = [name for _, node in nodes for name in local_names(node)]
    free = [first_word(item.node.name) for item in named_functions(package)]
    lengths = sorted(body_length(node, item.module.lines) for item, node in nodes)
    return {
        "% of local names that are participles": percent(
            sum(name in PARTICIPLES for name in names), len(names)
        ),
        "% of functions named with a verb": percent(sum(word in VERBS for word in free), len(free)),
        "functions": len(nodes),
        "body length, median": median(lengths) if lengths else 0,
        "body length, p90": lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0,
        "cyclomatic complexity, largest": most_complex(package)[0],
    }


# --- command


Listing: TypeAlias = Callable[[Package], list[str]]
LISTINGS: Mapping[str, tuple[str, Listing]] = {
    "chains": ("the longest chain of imports", list_chain),
    "cycles": ("file and room cycles, with their imports", list_cycles),
    "small": ("small modules with one importer", list_small_modules),
    "long": ("lines over 100 characters", list_long_lines),
    "nested": ("nested comprehensions", list_nested),
    "docstrings": ("docstrings with question or literary words", list_docstrings),
    "undocumented": ("public functions and classes without a docstring", list_undocumented),
    "raises": ("functions that raise without a Raises: section", list_undeclared_raises),
    "names": ("participles among local names", list_participles),
    "verbs": ("first words of function names that are no verbs", list_nouns),
}


def table(numbers: Mapping[str, float], notes: Mapping[str, str]) -> str:
    """Render aligned rows of name, number and note; whole numbers have no decimals."""
    cells = {name: f"{value:.2f}".removesuffix(".00") for name, value in numbers.items()}
    widths = max(map(len, cells)), max(map(len, cells.values()))
    rows = [
        f"{name:<{widths[0]}}  {cell:>{widths[1]}}  {notes.get(name, '')}".rstrip()
        for name, cell in cells.items()
    ]
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or the listings that the options name."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=PACKAGE, metavar="PACKAGE_FOLDER")
    for option, (text, _) in LISTINGS.items():
        parser.add_argument(f"--{option}", action="store_true", help=f"list {text}")
    options = parser.parse_args(arguments)
    package = read_package(options.folder)
    listings = [listing for option, (_, listing) in LISTINGS.items() if getattr(options, option)]
    for listing in listings:
        print(*listing(package), sep="\n")
    if not listings:
        notes = {"cyclomatic complexity, largest": most_complex(package)[1]}
        print(table(figures_of(package), notes))


if __name__ == "__main__":
    main()
