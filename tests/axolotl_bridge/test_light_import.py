"""What is imported, and when: everything but the bridge works, and starts, without Axolotl."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from typing import Any

import pytest

import structtuning_plugin

HEAVY = {
    *(
        "torch",
        "transformers",
        "axolotl",
        "datasets",
        "tokenizers",
        "accelerate",
        "peft",
        "pandas",
        "numpy",
    ),
    *("scipy", "sklearn", "sentence_transformers", "openai", "aiohttp", "httpx", "json_repair"),
}
CORE = sorted(
    module.name
    for module in pkgutil.walk_packages(structtuning_plugin.__path__, "structtuning_plugin.")
    if not module.name.startswith("structtuning_plugin.axolotl_bridge")
    and module.name != "structtuning_plugin.__main__"
)


def fresh(environment: dict[str, str], code: str) -> Any:
    """What `code` puts into `answer`, in a fresh interpreter."""
    ending = "\nimport json, sys\nsys.__stdout__.write('\\n' + json.dumps(answer))"
    done = subprocess.run(
        [sys.executable, "-c", code + ending],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


# Packages from outside the standard library.
LOADED = """
import sys
answer = sorted({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names) - {"__main__"})
"""


def test_the_list_of_core_modules_is_no_stub() -> None:
    assert {
        "structtuning_plugin.build.pipeline",
        "structtuning_plugin.cli",
        "structtuning_plugin.corpus.readers.markdown",
    } <= set(CORE)
    assert {
        f"structtuning_plugin.commands.{name}"
        for name in ("build", "export", "show", "recipe_context")
    } <= set(CORE)


def test_the_package_alone_loads_nothing(environment: dict[str, str]) -> None:
    bare = set(fresh(environment, LOADED))
    assert set(fresh(environment, "import structtuning_plugin\n" + LOADED)) - bare == {
        "structtuning_plugin"
    }


def test_no_core_module_loads_anything_heavy(environment: dict[str, str]) -> None:
    code = f"""
import importlib, sys
answer = {{}}
for name in {CORE!r}:
    before = set(sys.modules)
    importlib.import_module(name)
    heavy = {{m.partition('.')[0] for m in set(sys.modules) - before}} & {HEAVY!r}
    if heavy:
        answer[name] = sorted(heavy)
"""
    assert fresh(environment, code) == {}


def test_the_command_line_loads_click_alone(environment: dict[str, str]) -> None:
    """`axolotl --help` imports it to show its docstring."""
    with_click = set(
        fresh(environment, "import click, typing, functools, collections.abc\n" + LOADED)
    )
    code = "import structtuning_plugin.cli\n" + LOADED
    assert set(fresh(environment, code)) - with_click == {"structtuning_plugin"}
    modules = (
        "import sys\nimport structtuning_plugin.cli\n"
        "answer = sorted(n for n in sys.modules if n.startswith('structtuning'))"
    )
    assert fresh(environment, modules) == ["structtuning_plugin", "structtuning_plugin.cli"]


@pytest.mark.parametrize("arguments", [["--help"], ["build", "--help"], ["schema"]], ids=" ".join)
def test_help_and_schema_load_nothing_heavy(
    environment: dict[str, str], arguments: list[str]
) -> None:
    code = (
        f"""
import io, runpy, sys, contextlib
sys.argv = ["structtuning_plugin", *{arguments!r}]
with contextlib.redirect_stdout(io.StringIO()) as out:
    try:
        runpy.run_module("structtuning_plugin", run_name="__main__")
    except SystemExit as end:
        assert end.code == 0
assert out.getvalue()
"""
        + LOADED
    )
    assert HEAVY.isdisjoint(fresh(environment, code))


def test_reading_a_recipe_needs_no_axolotl(environment: dict[str, str]) -> None:
    """`show` and `validate` find all errors of a recipe before anything heavy is loaded."""
    code = (
        "import structtuning_plugin.axolotl_bridge.recipe, structtuning_plugin.axolotl_bridge.codec\n"
        + LOADED
    )
    assert HEAVY.isdisjoint(fresh(environment, code))


@pytest.mark.axolotl
def test_axolotls_help_loads_nothing_heavy_through_us(environment: dict[str, str]) -> None:
    code = """
import contextlib, io, sys
from axolotl.cli import plugins
if {hidden}:
    plugins.entry_points = lambda **_: []
from axolotl.cli.main import cli
with contextlib.redirect_stdout(io.StringIO()) as out:
    cli(["--help"], standalone_mode=False)
answer = [sorted(sys.modules), "structtuning" in out.getvalue()]
"""
    with_us, shown = fresh(environment, code.format(hidden=False))
    without_us, shown_without = fresh(environment, code.format(hidden=True))
    assert (shown, shown_without) == (True, False)
    more = {name for name in set(with_us) - set(without_us) if name.partition(".")[0] in HEAVY}
    assert more == set()
    assert {n for n in with_us if n.startswith("structtuning")} == {
        "structtuning_plugin",
        "structtuning_plugin.cli",
    }


@pytest.mark.axolotl
def test_the_plugin_class_is_loaded_when_it_is_asked_for(environment: dict[str, str]) -> None:
    code = """
import sys
import structtuning_plugin
before = "axolotl" in sys.modules
plugin = structtuning_plugin.StructTuningPlugin
from axolotl.integrations.base import BasePlugin
answer = [before, issubclass(plugin, BasePlugin), plugin.__module__]
"""
    assert fresh(environment, code) == [False, True, "structtuning_plugin.axolotl_bridge.plugin"]
