"""The hash of our code: every module is in it that a build depends on."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from structtuning_plugin.build.code_version import (
    PACKAGE,
    SHOW_ONLY,
    decides_build,
    hash_of_sources,
)

MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))

# What only prints, measures, or writes other files of a finished build. A new module belongs to the build until it is named here.
SHOWN = {"cli.py", "__main__.py", "commands", "evaluation", "export"}
SHOWN_OF_BUILD = {
    Path("build/dry_run.py"),
    Path("build/summary.py"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    package = tmp_path_factory.mktemp("code") / "structtuning_plugin"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    return package


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_change_of_a_module_changes_the_hash_if_a_build_depends_on_it(
    copy: Path, module: Path
) -> None:
    only_shows = module.parts[0] in SHOWN or module in SHOWN_OF_BUILD
    before = hash_of_sources(copy)
    source = (copy / module).read_bytes()
    (copy / module).write_bytes(source + b"\n# another line\n")
    try:
        assert (hash_of_sources(copy) == before) is only_shows
    finally:
        (copy / module).write_bytes(source)


def test_every_name_of_the_list_exists() -> None:
    assert [name for name in SHOW_ONLY if not (PACKAGE / name).exists()] == []


def test_no_stage_imports_what_is_not_hashed() -> None:
    """Reads the imports of every module that the stages of a build can reach, functions included."""
    reached = {Path("build/stages/scpt.py"), Path("build/stages/ssft.py"), Path("plugins.py")}
    reached |= {Path("build/stages/documents.py"), Path("build/stages/taxonomy.py")}
    waiting = list(reached)
    while waiting:
        importer = waiting.pop()
        imports = imported_by(importer)
        if importer == Path("plugins.py"):  # it lists the exporters; no stage calls them
            imports = {module for module in imports if module.parts[0] != "export"}
        for module in imports - reached:
            reached.add(module)
            waiting.append(module)
    assert len(reached) > 100
    assert sorted(str(module) for module in reached if not decides_build(module)) == []


def imported_by(module: Path) -> set[Path]:
    imports = set()
    for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]:
                imports |= modules_of(name)
    return imports


def modules_of(name: str) -> set[Path]:
    package, *parts = name.split(".")
    if package != "structtuning_plugin" or not parts:
        return set()
    path = Path(*parts)
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return {candidate for candidate in candidates if (PACKAGE / candidate).is_file()}
