"""Functions of Axolotl that the bridge calls, and a check of the installed version.

Axolotl has no stable interface below its plugin class. A version that moved or changed one of these
functions is refused by name, before any work; any other version is used.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from structtuning_plugin.core.errors import PluginError

# Versions with which the tests have been run.
TESTED = "0.19"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFunction:
    """A function or class of Axolotl.

    Args:
        module: Its module.
        name: Its name, with the class of a method.
        parameters: Names of parameters that the bridge passes.
    """

    module: str
    name: str
    parameters: tuple[str, ...] = ()


HOST = (
    HostFunction(module="axolotl.integrations.base", name="BasePlugin"),
    HostFunction(
        module="axolotl.prompt_tokenizers",
        name="PromptTokenizingStrategy",
        parameters=("prompter", "tokenizer", "sequence_len"),
    ),
    HostFunction(module="axolotl.utils.dict", name="DictDefault"),
    HostFunction(module="axolotl.loaders.tokenizer", name="load_tokenizer", parameters=("cfg",)),
    HostFunction(
        module="axolotl.prompt_strategies.chat_template",
        name="load",
        parameters=("tokenizer", "cfg", "ds_cfg"),
    ),
    HostFunction(
        module="axolotl.prompt_strategies.chat_template",
        name="ChatTemplateStrategy.tokenize_prompt",
        parameters=("prompt",),
    ),
    # Since 0.19.
    HostFunction(
        module="axolotl.prompt_strategies.chat_template",
        name="ChatTemplatePrompter.build_prompt_text",
        parameters=("conversation",),
    ),
    HostFunction(
        module="axolotl.utils.chat_templates",
        name="get_chat_template_from_config",
        parameters=("cfg", "tokenizer"),
    ),
)


def host_version() -> str:
    """Return the version of the installed Axolotl; "unknown" for a checkout without metadata."""
    try:
        return version("axolotl")
    except PackageNotFoundError:
        return "unknown"


def is_tested(installed: str) -> bool:
    """Return True for a version that the tests have been run with.

    >>> is_tested("0.19.3"), is_tested("0.20.0")
    (True, False)
    """
    return installed == TESTED or installed.startswith(f"{TESTED}.")


def check_host(functions: Sequence[HostFunction] = HOST) -> None:
    """Check that the installed Axolotl has all functions that the bridge calls.

    Raises:
        PluginError: If one is missing or lacks a parameter.
    """
    faults = list(_faults(functions))
    if faults:
        raise PluginError(
            f"structtuning-plugin does not work with axolotl {host_version()}: "
            f"{'; '.join(faults)}. Tested with axolotl {TESTED}: install `axolotl=={TESTED}.*`, or "
            "a newer structtuning-plugin."
        )


def _faults(functions: Sequence[HostFunction]) -> Iterator[str]:
    for function in functions:
        try:
            thing = importlib.import_module(function.module)
            for part in function.name.split("."):
                thing = getattr(thing, part)
        except (ImportError, AttributeError):
            yield f"it has no `{function.module}.{function.name}`"
            continue
        missing = _missing_parameters(thing, function.parameters)
        if missing:
            yield f"`{function.module}.{function.name}` takes no {', '.join(missing)}"


def _missing_parameters(thing: object, names: Sequence[str]) -> list[str]:
    try:
        parameters = inspect.signature(thing).parameters  # type: ignore[arg-type]
    except (TypeError, ValueError):  # a function without a signature may take anything
        return []
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return []
    return [f"`{name}`" for name in names if name not in parameters]
