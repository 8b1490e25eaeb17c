"""Check of the functions of Axolotl that the bridge calls."""

from __future__ import annotations

import ast
import re
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.axolotl_bridge import host as host_module
from structtuning_plugin.axolotl_bridge.host import HOST, HostFunction, check_host, is_tested
from structtuning_plugin.commands.build import describe_host
from structtuning_plugin.core.errors import PluginError
from tests.axolotl_bridge.conftest import MakeRecipe

pytestmark = pytest.mark.axolotl


def test_the_installed_version_has_them_all() -> None:
    check_host()


@pytest.mark.parametrize("function", HOST, ids=lambda function: function.name)
def test_a_version_without_a_function_is_refused_by_its_name(
    function: HostFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, function.module, types.ModuleType(function.module))
    with pytest.raises(PluginError) as caught:
        check_host([function])
    message = str(caught.value)
    assert f"it has no `{function.module}.{function.name}`" in message
    assert "install `axolotl==0.19.*`" in message


@pytest.mark.parametrize("name", ["load", "ChatTemplatePrompter.build_prompt_text"])
def test_a_recipe_is_refused_at_a_host_without_a_function(
    name: str, host: Any, recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    from axolotl.prompt_strategies import chat_template

    owner, _, attribute = name.rpartition(".")
    monkeypatch.delattr(getattr(chat_template, owner) if owner else chat_template, attribute)
    with pytest.raises(PluginError, match=f"it has no `axolotl.prompt_strategies.*{name}`"):
        host.register(recipe())


def test_every_import_of_the_host_is_checked(project: Path) -> None:
    imported = set()
    for path in (project / "structtuning_plugin").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("axolotl."):
                imported |= {(node.module, alias.name) for alias in node.names}
    assert imported
    assert imported <= {(function.module, function.name) for function in HOST}


@pytest.mark.parametrize(
    ("installed", "told"), [("0.19.1", "0.19.1"), ("0.20.0", "0.20.0; tested with 0.19 only")]
)
def test_validate_tells_of_a_version_that_was_not_tested(
    installed: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_module, "host_version", lambda: installed)
    assert describe_host() == told


def test_no_version_of_the_host_is_excluded_beforehand(project: Path) -> None:
    text = (project / "pyproject.toml").read_text(encoding="utf-8")
    assert re.findall(r'"axolotl([<>=!~][^"]*)"', text) == [">=0.19"]
    assert 'requires-python = ">=3.10"' in text


@pytest.mark.parametrize(
    ("stub", "fault"),
    [
        (lambda tokenizer, config: None, "takes no `cfg`, `ds_cfg`"),
        (lambda tokenizer, cfg, ds_cfg, more=None: None, ""),
        (lambda *args, **kwargs: None, ""),
    ],
    ids=["renamed", "more", "any"],
)
def test_parameters_are_compared(
    stub: Callable[..., None], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.ModuleType("host_of_tomorrow")
    module.load = stub  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    function = HostFunction(
        module=module.__name__, name="load", parameters=("tokenizer", "cfg", "ds_cfg")
    )
    if not fault:
        check_host([function])
        return
    with pytest.raises(PluginError, match=f"`host_of_tomorrow.load` {fault}"):
        check_host([function])


def test_versions_that_were_tested() -> None:
    assert [is_tested(name) for name in ("0.19.0", "0.19.12", "0.20.0", "0.190.0", "unknown")] == [
        True,
        True,
        False,
        False,
        False,
    ]
