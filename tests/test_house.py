"""Limits for the source tree of the package, and the metrics that they are measured with.

A limit is the figure of today where the goal beside it is not reached yet. It may only be lowered.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.conftest import PROJECT

sys.path.insert(0, str(PROJECT / "benchmarks"))

import house
from house import LOAD, TYPED, Kind, Package, read_package

# figure: (limit, goal)
LIMITS = {
    "import depth": (14, 14),
    "modules": (341, 175),
    "lines over 100 characters": (0, 0),
    "% of docstrings with a question word first": (2, 2),
    "% of docstrings with literary words": (2, 2),
    "public functions that raise without Raises:": (0, 0),
    "% of local names that are participles": (1, 1),
}

# Lines of a listing that a failing test shows.
SHOWN = 60


@pytest.fixture(scope="module")
def tree() -> Package:
    """The files of the package, parsed."""
    return read_package(house.PACKAGE)


@pytest.fixture(scope="module")
def numbers(tree: Package) -> dict[str, float]:
    """All figures of the package."""
    return house.figures_of(tree)


def message(value: float, command: str, lines: Sequence[str]) -> str:
    """Render the failure of a target: the figure, where to look, and the command for the rest."""
    more = [f"... and {len(lines) - SHOWN} more lines"] if len(lines) > SHOWN else []
    head = f"{value:.2f}; python benchmarks/house.py --{command}"
    return "\n".join([head, *lines[:SHOWN], *more])


# --- targets


def test_the_import_chain_is_short(tree: Package, numbers: Mapping[str, float]) -> None:
    depth = numbers["import depth"]
    assert depth <= LIMITS["import depth"][0], message(depth, "chains", house.list_chain(tree))


@pytest.mark.parametrize(
    ("name", "kinds"),
    [("room cycles at load", LOAD), ("room cycles with TYPE_CHECKING", TYPED)],
    ids=["load", "typed"],
)
def test_no_room_cycle(
    tree: Package, numbers: Mapping[str, float], name: str, kinds: tuple[Kind, ...]
) -> None:
    lines = house.list_room_cycles(tree, kinds)
    assert numbers[name] == 0, message(numbers[name], "cycles", lines)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [("file cycles at load", LOAD), ("file cycles with TYPE_CHECKING", TYPED)],
    ids=["load", "typed"],
)
def test_no_file_cycle(
    tree: Package, numbers: Mapping[str, float], name: str, kinds: tuple[Kind, ...]
) -> None:
    lines = house.list_file_cycles(tree, kinds)
    assert numbers[name] == 0, message(numbers[name], "cycles", lines)


def test_few_modules(tree: Package, numbers: Mapping[str, float]) -> None:
    count = numbers["modules"]
    assert count <= LIMITS["modules"][0], message(count, "small", house.list_small_modules(tree))


def test_no_long_line(tree: Package, numbers: Mapping[str, float]) -> None:
    count = numbers["lines over 100 characters"]
    assert count <= LIMITS["lines over 100 characters"][0], message(
        count, "long", house.list_long_lines(tree)
    )


def test_docstrings_do_not_begin_with_question_words(
    tree: Package, numbers: Mapping[str, float]
) -> None:
    share = numbers["% of docstrings with a question word first"]
    assert share <= LIMITS["% of docstrings with a question word first"][0], message(
        share, "docstrings", house.list_question_docstrings(tree)
    )


def test_docstrings_have_no_literary_words(tree: Package, numbers: Mapping[str, float]) -> None:
    share = numbers["% of docstrings with literary words"]
    assert share <= LIMITS["% of docstrings with literary words"][0], message(
        share, "docstrings", house.list_literary_docstrings(tree)
    )


def test_what_is_public_is_documented(tree: Package, numbers: Mapping[str, float]) -> None:
    share = numbers["% of public functions and classes with a docstring"]
    assert share >= 90, message(share, "undocumented", house.list_undocumented(tree))


def test_public_functions_declare_what_they_raise(
    tree: Package, numbers: Mapping[str, float]
) -> None:
    count = numbers["public functions that raise without Raises:"]
    assert count <= LIMITS["public functions that raise without Raises:"][0], message(
        count, "raises", house.list_undeclared_raises(tree)
    )


def test_local_names_are_no_participles(tree: Package, numbers: Mapping[str, float]) -> None:
    share = numbers["% of local names that are participles"]
    assert share <= LIMITS["% of local names that are participles"][0], message(
        share, "names", house.list_participles(tree)
    )


def test_few_nested_comprehensions(tree: Package, numbers: Mapping[str, float]) -> None:
    share = numbers["share of nested comprehensions"]
    assert share <= 0.25, message(share, "nested", house.list_nested(tree))


# --- the metrics, on made-up packages


Make = Callable[[dict[str, str]], Package]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A function that writes and parses a package `p`, with an `__init__.py` at its top."""

    def write(files: dict[str, str]) -> Package:
        for name, source in {"__init__.py": "", **files}.items():
            path = tmp_path / "p" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(source), encoding="utf-8")
        return read_package(tmp_path / "p")

    return write


FOR_TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from {} import {}\n"


def kinds_of(package: Package) -> list[tuple[str, str, str]]:
    """List all imports as tuples."""
    return [(item.importer, item.imported, item.kind) for item in house.imports_of(package)]


def names_of(lines: Sequence[str]) -> list[str]:
    """Keep the last word of every line: the name of a definition."""
    return [line.split()[-1] for line in lines]


def test_a_chain_of_three_has_depth_three(make: Make) -> None:
    package = make({"a.py": "from p import b", "b.py": "import p.c", "c.py": "import os"})
    assert house.list_chain(package) == ["p.a", "p.b", "p.c"]
    assert house.figures_of(package)["import depth"] == 3


def test_the_longest_of_two_chains_counts_and_so_do_all_members_of_a_cycle(make: Make) -> None:
    package = make(
        {
            "a.py": "from p import d, b",
            "b.py": "from p import c",
            "c.py": "from p import b, d",
            "d.py": "",
        }
    )
    assert house.list_chain(package) == ["p.a", "p.b", "p.c", "p.d"]


@pytest.mark.parametrize(
    ("statement", "imported"),
    [
        ("import p.y.z", "p.y.z"),
        ("from p.y import z", "p.y.z"),
        ("from p.y.z import name", "p.y.z"),
        ("from p.y import name", "p.y"),
        ("from .z import name", "p.y.z"),
        ("from . import z", "p.y.z"),
        ("from .. import x", "p.x"),
        ("from ..x import name", "p.x"),
        ("try:\n    import p.x\nexcept ImportError:\n    pass", "p.x"),
    ],
)
def test_imports_are_resolved(make: Make, statement: str, imported: str) -> None:
    package = make({"x.py": "", "y/__init__.py": "", "y/z.py": "", "y/a.py": statement})
    assert kinds_of(package) == [("p.y.a", imported, "load")]


def test_relative_imports_of_an_init_file_begin_at_its_folder(make: Make) -> None:
    package = make({"y/__init__.py": "from .z import name", "y/z.py": ""})
    assert kinds_of(package) == [("p.y", "p.y.z", "load")]


def test_imports_from_elsewhere_do_not_count(make: Make) -> None:
    assert kinds_of(make({"a.py": "import os.path\nfrom q.p import a\nimport pp"})) == []


def test_imports_for_types_and_inside_functions_do_not_count_at_load(make: Make) -> None:
    package = make(
        {
            "a.py": FOR_TYPES.format("p", "b") + "else:\n    import p.c\n",
            "b.py": "class B:\n    def load(self):\n        from p import a",
            "c.py": "",
        }
    )
    assert kinds_of(package) == [
        ("p.a", "p.b", "typing"),
        ("p.a", "p.c", "load"),
        ("p.b", "p.a", "lazy"),
    ]
    numbers = house.figures_of(package)
    assert numbers["import depth"] == 2
    assert numbers["file cycles with TYPE_CHECKING"] == 0
    assert numbers["imports a module"] == 3 / 4


def test_a_cycle_of_files_is_found(make: Make) -> None:
    package = make({"r/a.py": "import p.r.b", "r/b.py": "import p.r.a"})
    numbers = house.figures_of(package)
    assert numbers["file cycles at load"] == 1
    assert numbers["room cycles at load"] == 0
    assert house.list_file_cycles(package, LOAD) == [
        "file cycle of 2 modules:",
        "  p.r.a -> p.r.b",
        "  p.r.b -> p.r.a",
    ]


def test_a_cycle_for_types_is_found_with_them_only(make: Make) -> None:
    package = make({"a.py": FOR_TYPES.format("p", "b"), "b.py": "import p.a"})
    assert house.list_file_cycles(package, LOAD) == []
    assert len(house.list_file_cycles(package, TYPED)) == 3
    numbers = house.figures_of(package)
    assert (numbers["room cycles at load"], numbers["room cycles with TYPE_CHECKING"]) == (0, 1)


def test_a_cycle_of_rooms_needs_no_cycle_of_files(make: Make) -> None:
    package = make({"r/a.py": "import p.s.a", "s/a.py": "", "s/b.py": "import p.r.b", "r/b.py": ""})
    assert house.list_file_cycles(package, LOAD) == []
    assert house.list_room_cycles(package, LOAD) == [
        "room cycle of r, s:",
        "  r -> s: 1",
        "    p.r.a -> p.s.a",
        "  s -> r: 1",
        "    p.s.b -> p.r.b",
    ]


def test_two_separate_cycles_are_two(make: Make) -> None:
    package = make(
        {
            "a.py": "import p.b",
            "b.py": "import p.a",
            "c.py": "import p.d",
            "d.py": "import p.c, p.a",
        }
    )
    assert house.figures_of(package)["file cycles at load"] == 2


def test_small_modules_have_one_importer_in_their_folder(make: Make) -> None:
    package = make(
        {
            "r/user.py": "import p.r.small, p.r.large, p.r.shared\ndef f():\n    import p.r.late",
            "r/small.py": "import p.other",
            "r/large.py": "\n" * 80,
            "r/shared.py": "",
            "r/late.py": "import p.r.shared",
            "other.py": "",
        }
    )
    assert house.list_small_modules(package) == [
        "p/r/late.py (1 lines): user.py",
        "p/r/small.py (1 lines): user.py",
    ]


def test_lines_are_long_from_101_characters(make: Make) -> None:
    package = make({"a.py": f"#{'x' * 99}\n#{'x' * 100}\n\n\n"})
    assert house.list_long_lines(package) == ["p/a.py:2: 101 characters"]
    assert house.figures_of(package)["% of lines over 100 characters"] == 25


def test_comprehensions(make: Make) -> None:
    package = make(
        {
            "a.py": """
                one = [x for x in y]
                two = {x for y in z for x in y}
                three = {k: [v for v in w] for k, w in z}
                four = list(x for x in y)
                """
        }
    )
    assert [line.split(":")[1] for line in house.list_nested(package)] == ["3", "4"]
    numbers = house.figures_of(package)
    assert numbers["share of nested comprehensions"] == 2 / 5
    assert numbers["comprehensions per 100 lines"] == pytest.approx(100 * 5 / numbers["lines"])


def test_words_of_docstrings(make: Make) -> None:
    package = make(
        {
            "a.py": '''
                """Whether it rains."""
                def f():
                    """Return whether it rains, besides: outstands nothing."""
                def g():
                    """However: the path that
                    stands here tells
                    apart."""
                class C:
                    """What's Beside."""
                '''
        }
    )
    assert len(house.list_question_docstrings(package)) == 2
    assert [line.rpartition("[")[2] for line in house.list_literary_docstrings(package)] == [
        "stands, tells apart]",
        "Beside]",
    ]
    numbers = house.figures_of(package)
    assert numbers["docstrings"] == 4
    assert numbers["% of docstrings with literary words"] == 50


def test_public_definitions_without_a_docstring(make: Make) -> None:
    package = make(
        {
            "a.py": """
                def bare():
                    def inner(): ...
                def _private(): ...
                class Open:
                    '''Documented.'''
                    def __init__(self): ...
                    def bare(self): ...
                    def told(self):
                        '''Documented.'''
                class _Hidden:
                    def bare(self): ...
                if True:
                    async def late(): ...
                @overload
                def twice(x: int): ...
                """
        }
    )
    assert names_of(house.list_undocumented(package)) == ["bare", "Open.bare", "late"]
    share = house.figures_of(package)["% of public functions and classes with a docstring"]
    assert share == 100 * 2 / 5


def test_documented_functions_that_raise_have_a_section(make: Make) -> None:
    package = make(
        {
            "a.py": """
                def silent():
                    '''Raise an error.'''
                    if True:
                        raise ValueError("no")
                def declared():
                    '''Raise an error.

                    Raises:
                        ValueError: always.
                    '''
                    raise ValueError("no")
                def again():
                    '''Raise it again.'''
                    try: ...
                    except ValueError as error:
                        raise error
                    except OSError:
                        raise
                def outer():
                    '''Only the inner function raises.'''
                    def inner():
                        '''Raise an error.'''
                        raise ValueError("no")
                def undocumented():
                    raise ValueError("no")
                """
        }
    )
    assert names_of(house.list_undeclared_raises(package)) == ["silent"]


def test_local_names(make: Make) -> None:
    package = make(
        {
            "a.py": """
                taken = 1
                class C:
                    kept = 2
                    def f(self, given, *rest, word=None):
                        found = [named for named in rest]
                        found = given.made
                        def g():
                            left = 1
                """
        }
    )
    (_, outer), (_, inner) = house.functions(package)
    assert house.local_names(outer) == {"given", "rest", "word", "found", "named"}
    assert house.local_names(inner) == {"left"}
    assert house.figures_of(package)["% of local names that are participles"] == 100 * 4 / 6
    assert house.list_participles(package) == [
        line
        for name, place in [
            ("found", "5: C.f"),
            ("given", "5: C.f"),
            ("left", "8: C.f.g"),
            ("named", "5: C.f"),
        ]
        for line in (f"{name}: 1", f"  p/a.py:{place}")
    ]


def test_functions_named_with_a_verb(make: Make) -> None:
    package = make(
        {
            "a.py": """
                def _load_all(): ...
                def words(): ...
                class C:
                    def __init__(self): ...
                    @property
                    def size(self): ...
                    def is_empty(self): ...
                """
        }
    )
    assert house.list_nouns(package) == ["words: 1", "  p/a.py:3: words"]
    share = house.figures_of(package)["% of functions named with a verb"]
    assert share == pytest.approx(200 / 3)


def test_body_length_leaves_out_docstring_comments_and_blank_lines(make: Make) -> None:
    package = make(
        {
            "a.py": """
                def f():
                    '''Two
                    lines.'''
                    x = (
                        1
                    )

                    # A comment.
                    return x
                def g():
                    '''Nothing else.'''
                """
        }
    )
    lengths = [
        house.body_length(node, item.module.lines) for item, node in house.functions(package)
    ]
    assert lengths == [4, 0]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ("pass", 1),
        ("if x: ...\n    elif y: ...\n    else: ...", 3),
        ("for x in y:\n        while z: ...", 3),
        ("try: ...\n    except OSError: ...\n    except ValueError: ...", 3),
        ("return 1 if a and b or c else 2", 4),
        ("return [x for x in y if x if z]", 4),
        ("def inner():\n        if x: ...", 1),
        ("match x:\n        case 1: ...\n        case _: ...", 3),
    ],
)
def test_complexity(make: Make, body: str, paths: int) -> None:
    _, function = house.functions(make({"a.py": f"def f():\n    {body}\n"}))[0]
    assert house.complexity(function) == paths


def test_the_command_prints_a_table_or_listings(
    make: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make({"a.py": "from p import b", "b.py": "def words():\n    return 1 and 2\n"})
    house.main([str(tmp_path / "p")])
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == len(house.figures(tmp_path / "p"))
    assert rows[0].split() == ["modules", "2"]
    assert rows[-1].split()[-3:] == ["2", "p/b.py:1:", "words"]
    house.main([str(tmp_path / "p"), "--chains", "--verbs"])
    assert capsys.readouterr().out == "p.a\np.b\nwords: 1\n  p/b.py:1: words\n"


def test_a_package_of_one_empty_file_has_figures(make: Make, tmp_path: Path) -> None:
    package = make({})
    assert house.figures_of(package)["files"] == 1
    for _, listing in house.LISTINGS.values():
        listing(package)


def test_a_folder_without_python_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no Python file"):
        house.figures(tmp_path)
