"""Plugin manager, and the registries of what the plugins add."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import pluggy

from structtuning_plugin import hookspecs
from structtuning_plugin.config.stages import PRESETS, STAGES
from structtuning_plugin.core.errors import PluginError, nearest
from structtuning_plugin.core.hooks import GROUP
from structtuning_plugin.hookspecs import (
    SOURCES,
    Extractor,
    QAFormat,
    Reader,
    Retriever,
    SampleKind,
)
from structtuning_plugin.llm.client import LLMClientFactory

T = TypeVar("T", Reader, Extractor, LLMClientFactory, QAFormat, Retriever, SampleKind[Any, Any])


def build_plugin_manager(*extra: Any) -> pluggy.PluginManager:
    """Build a manager with the built-ins, the installed plugins and `extra` ones.

    Raises:
        PluginError: If a plugin cannot be loaded, or implements a hook that does not exist.
    """
    from structtuning_plugin.core import templates as rendering
    from structtuning_plugin.corpus.readers import jsonl, markdown, text
    from structtuning_plugin.llm import openai_client, scripted
    from structtuning_plugin.questions.formats import alpaca, longbench, messages, mmedbench, plain
    from structtuning_plugin.questions.retrieval import bm25, dense, hybrid
    from structtuning_plugin.samples.kinds import (
        answers,
        exercises,
        locate,
        maps,
        passage,
        relations,
        structure,
        walks,
    )
    from structtuning_plugin.taxonomy.extractors import auto, headings, llm, offline, parts

    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs.Specs)
    builtins = (
        *(markdown, text, jsonl),
        *(auto, headings, llm, offline, parts),
        *(openai_client, scripted),
        *(mmedbench, longbench, messages, alpaca, plain),
        *(bm25, dense, hybrid),
        *(passage, maps, locate, relations),
        *(answers, structure, exercises, walks),
        rendering,
    )
    for builtin in builtins:
        manager.register(builtin)
    try:
        manager.load_setuptools_entrypoints(GROUP)
        for plugin in extra:
            manager.register(plugin)
        _forbid_unknown_hooks(manager)
    except (ImportError, AttributeError, pluggy.PluginValidationError) as error:
        raise PluginError(
            f"A plugin of the entry point group `{GROUP}` cannot be used: {error}"
        ) from error
    return manager


def _forbid_unknown_hooks(manager: pluggy.PluginManager) -> None:
    names = [name for name in dir(hookspecs.Specs) if name.startswith("register_")]
    for hook in vars(manager.hook).values():
        if isinstance(hook, pluggy.HookCaller) and not hook.spec:
            owners = ", ".join(impl.plugin_name for impl in hook.get_hookimpls())
            raise PluginError(
                f"The plugin {owners} implements `{hook.name}`, which is no hook."
                f"{nearest(hook.name, names)}"
            )


def readers(manager: pluggy.PluginManager) -> dict[str, Reader]:
    """Return the readers by name.

    Raises:
        PluginError: If two plugins own one name, or an entry is no reader.
    """
    return _by_name(manager.hook.register_readers, "reader", Reader)


def extractors(manager: pluggy.PluginManager) -> dict[str, Extractor]:
    """Return the extractors by name.

    Raises:
        PluginError: If two plugins own one name, or an entry is no extractor.
    """
    return _by_name(manager.hook.register_taxonomy_extractors, "extractor", Extractor)


def llm_clients(manager: pluggy.PluginManager) -> dict[str, LLMClientFactory]:
    """Return the factories of language model clients by name.

    Raises:
        PluginError: If two plugins own one name, or an entry is no factory.
    """
    return _by_name(manager.hook.register_llm_clients, "client", LLMClientFactory)


def qa_formats(manager: pluggy.PluginManager) -> dict[str, QAFormat]:
    """Return the formats of questions by name.

    Raises:
        PluginError: If two plugins own one name, or an entry is no format.
    """
    return _by_name(manager.hook.register_qa_formats, "QA format", QAFormat)


def retrievers(manager: pluggy.PluginManager) -> dict[str, Retriever]:
    """Return the retrievers by name.

    Raises:
        PluginError: If two plugins own one name, or an entry is no retriever.
    """
    return _by_name(manager.hook.register_retrievers, "retriever", Retriever)


def sample_kinds(manager: pluggy.PluginManager) -> dict[str, SampleKind[Any, Any]]:
    """Return the kinds of samples by name, in the order of the stages and of their own.

    Raises:
        PluginError: If two plugins own one name, or a kind says something that cannot work.
    """
    kinds = _by_name(manager.hook.register_sample_kinds, "sample kind", SampleKind)
    for kind in kinds.values():
        fault = _fault_of_kind(kind)
        if fault:
            raise PluginError(f"The sample kind `{kind.name}` cannot be used: {fault}.")
    stages = list(STAGES)
    return dict(
        sorted(
            kinds.items(),
            key=lambda item: (stages.index(item[1].stage), item[1].order, item[0]),
        )
    )


def _fault_of_kind(kind: SampleKind[Any, Any]) -> str:
    if kind.stage not in STAGES:
        return f"its stage is {kind.stage!r}.{nearest(str(kind.stage), STAGES)}".rstrip(".")
    if kind.source not in SOURCES[kind.stage]:
        allowed = ", ".join(SOURCES[kind.stage])
        return f"its source is {kind.source!r}; sources of {kind.stage} are: {allowed}"
    if kind.share is not None and not 0 < kind.share < 1:
        return f"its share is {kind.share}, but must be between 0 and 1, both excluded"
    unknown = [name for name in kind.presets if name not in PRESETS]
    if unknown:
        return f"it names the preset {unknown[0]!r}.{nearest(unknown[0], PRESETS)}".rstrip(".")
    return ""


def template_dirs(manager: pluggy.PluginManager) -> list[Path]:
    """List the template folders, built-in first: later ones win."""
    return [
        folder
        for impl in manager.hook.register_template_dirs.get_hookimpls()
        for folder in _given(impl)
    ]


def versions(manager: pluggy.PluginManager) -> list[str]:
    """List name and version of each installed plugin: another version may build other artifacts."""
    return sorted(
        {f"{dist.project_name}=={dist.version}" for _, dist in manager.list_plugin_distinfo()}
    )


def find(registry: dict[str, T], name: str, what: str) -> T:
    """Return the entry of a name.

    Raises:
        PluginError: If there is none; the message offers the nearest and lists all.
    """
    if name not in registry:
        raise PluginError(f"Unknown {what} `{name}`.{nearest(name, registry)}")
    return registry[name]


def _by_name(hook: Any, what: str, protocol: Any) -> dict[str, Any]:
    owner_of: dict[str, str] = {}
    entries: dict[str, Any] = {}
    for impl in hook.get_hookimpls():
        for entry in _given(impl):
            if not isinstance(entry, protocol):
                raise PluginError(
                    f"The plugin {impl.plugin_name} gave {entry!r}, which is no {what}."
                )
            if entry.name in entries:
                raise PluginError(
                    f"The {what} `{entry.name}` has two owners: {owner_of[entry.name]} and "
                    f"{impl.plugin_name}. Uninstall one, or rename its entry."
                )
            owner_of[entry.name] = impl.plugin_name
            entries[entry.name] = entry
    return dict(sorted(entries.items()))


def _given(impl: pluggy.HookImpl) -> list[Any]:
    """Return what one plugin adds: one by one, so that an error can name the owner."""
    function: Any = impl.function
    return list(function() or [])
