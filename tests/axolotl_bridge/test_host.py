"""Check of the functions of Axolotl that the bridge calls."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable

import pytest

from structtuning_plugin.axolotl_bridge.host import HOST, HostFunction, check_host, is_tested
from structtuning_plugin.core.errors import PluginError

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
