"""Plugin manager, and the registries of what the plugins add."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar, get_args

import pluggy

from structtuning_plugin import hookspecs, languages
from structtuning_plugin.config.stages import STAGES
from structtuning_plugin.core.errors import PluginError, StructTuningError, nearest
from structtuning_plugin.core.hooks import GROUP
from structtuning_plugin.core.plugin_calls import (
    FieldRule,
    PluginCall,
    PluginEntry,
    describe_error,
    is_count,
    is_flag,
    is_number,
    is_sequence_of,
    is_share,
    is_text,
    quote,
)
from structtuning_plugin.hookspecs import (
    Engine,
    Exporter,
    Extractor,
    QAFormat,
    Reader,
    Retriever,
    SampleKind,
    StudyPrompt,
    StudyReply,
    StudySource,
)
from structtuning_plugin.languages import Language
from structtuning_plugin.llm.client import GuardedFactory, LLMClientFactory

T = TypeVar(
    "T",
    Reader,
    Extractor,
    LLMClientFactory,
    QAFormat,
    Retriever,
    SampleKind[Any, Any],
    Exporter,
    Engine,
)


def build_plugin_manager(*extra: Any) -> pluggy.PluginManager:
    """Build a manager with the built-ins, the installed plugins and `extra` ones.

    Its languages become those of this process (`languages.use`): functions at any depth read them.

    Raises:
        PluginError: If a plugin cannot be loaded, implements a hook that does not exist, or
            registers a language that another one has registered.
    """
    from structtuning_plugin.core import engines as local_engine
    from structtuning_plugin.core import ray_engine
    from structtuning_plugin.core import templates as rendering
    from structtuning_plugin.corpus.readers import (
        asciidoc,
        docx,
        epub,
        html,
        jsonl,
        latex,
        markdown,
        mediawiki,
        notebook,
        odt,
        pdf,
        pptx,
        rst,
        rtf,
        tables,
        text,
        xml,
    )
    from structtuning_plugin.export import completion, llama_factory, parquet, trl
    from structtuning_plugin.export import messages as messages_exporter
    from structtuning_plugin.llm import openai_client, scripted
    from structtuning_plugin.questions.formats import (
        alpaca,
        longbench,
        messages,
        mmedbench,
        multiple_choice,
        plain,
        prompt_completion,
        squad,
    )
    from structtuning_plugin.questions.retrieval import bm25, dense, hybrid
    from structtuning_plugin.questions.study.prompts import (
        case,
        comparison,
        concepts,
        discussion,
        facts,
        faq,
        implications,
        links,
        newcomer,
        restatement,
        summary,
        table,
        tutorial,
    )
    from structtuning_plugin.questions.study.prompts import questions as study_questions
    from structtuning_plugin.samples.kinds import (
        answers,
        exercises,
        locate,
        maps,
        passage,
        questions,
        recover,
        relations,
        structure,
        tell,
        unfold,
        variant,
        walks,
    )
    from structtuning_plugin.taxonomy.extractors import auto, headings, llm, offline, parts

    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs.Specs)
    builtins = (
        *(
            markdown,
            text,
            jsonl,
            html,
            docx,
            epub,
            tables,
            pdf,
            notebook,
            odt,
            pptx,
            xml,
            rst,
            asciidoc,
            latex,
            mediawiki,
            rtf,
        ),
        *(auto, headings, llm, offline, parts),
        *(openai_client, scripted),
        *(mmedbench, longbench, messages, alpaca, squad, plain),
        *(multiple_choice, prompt_completion),
        *(bm25, dense, hybrid),
        *(passage, recover, variant, unfold, questions, maps, locate, relations),
        *(answers, structure, exercises, tell, walks),
        *(facts, restatement, study_questions, implications, concepts, newcomer, discussion),
        *(case, faq, table, tutorial, summary, comparison, links),
        *(trl, llama_factory, messages_exporter, completion, parquet),
        *(local_engine, ray_engine),
        *languages.builtin(),
        rendering,
    )
    for builtin in builtins:
        manager.register(builtin)
    _load_installed(manager)
    try:
        for plugin in extra:
            manager.register(plugin)
        _forbid_unknown_hooks(manager)
    except pluggy.PluginValidationError as error:
        raise PluginError(
            f"A plugin of the entry point group `{GROUP}` cannot be used: {error}"
        ) from error
    languages.use(registered_languages(manager).values())
    return manager


def _load_installed(manager: pluggy.PluginManager) -> None:
    """Load the installed plugins: their modules run now, and may raise anything."""
    try:
        manager.load_setuptools_entrypoints(GROUP)
    except StructTuningError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"{_name_not_loaded(manager)} cannot be used: {describe_error(error)}. Report this to "
            "the plugin's authors, or uninstall it."
        ) from error


def _name_not_loaded(manager: pluggy.PluginManager) -> str:
    """Name the first installed plugin that is not registered: the one that failed."""
    for distribution in metadata.distributions():
        for point in distribution.entry_points:
            if point.group == GROUP and not manager.has_plugin(point.name):
                version = f"{distribution.metadata['name']} {distribution.version}"
                return f"The plugin {version} (entry point `{point.name} = {point.value}`)"
    return f"A plugin of the entry point group `{GROUP}`"


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
    from structtuning_plugin.corpus.reading import GuardedReader

    registry = _Registry(
        hook=manager.hook.register_readers,
        kind="reader",
        protocol=Reader,
        rules=(_NAME, _SUFFIXES),
        guard=GuardedReader,
        instead="name another reader in `corpus[].format`",
    )
    return registry.collect(manager)


def extractors(manager: pluggy.PluginManager) -> dict[str, Extractor]:
    """Return the extractors by name.

    Raises:
        PluginError: If two plugins own one name, or an entry is no extractor.
    """
    from structtuning_plugin.taxonomy.extraction import GuardedExtractor

    registry = _Registry(
        hook=manager.hook.register_taxonomy_extractors,
        kind="extractor",
        protocol=Extractor,
        rules=(_NAME,),
        guard=GuardedExtractor,
        instead="name another extractor in `taxonomy.extractor`",
    )
    return registry.collect(manager)


def llm_clients(manager: pluggy.PluginManager) -> dict[str, LLMClientFactory]:
    """Return the factories of language model clients by name.

    Raises:
        PluginError: If two plugins own one name, or an entry is no factory.
    """
    registry = _Registry(
        hook=manager.hook.register_llm_clients,
        kind="client",
        protocol=LLMClientFactory,
        rules=(_NAME,),
        guard=GuardedFactory,
        instead="name another client in `llm.client`",
    )
    return registry.collect(manager)


def qa_formats(manager: pluggy.PluginManager) -> dict[str, QAFormat]:
    """Return the formats of questions by name.

    Raises:
        PluginError: If two plugins own one name, or an entry is no format.
    """
    from structtuning_plugin.questions.formats.guard import GuardedFormat

    registry = _Registry(
        hook=manager.hook.register_qa_formats,
        kind="QA format",
        protocol=QAFormat,
        rules=(_NAME, _RANK),
        optional=(_FIELD_NAMES, *_FORMAT_FLAGS),
        guard=GuardedFormat,
        instead="name another format in `ssft.qa[].format`",
    )
    return registry.collect(manager)


def retrievers(manager: pluggy.PluginManager) -> dict[str, Retriever]:
    """Return the retrievers by name.

    Raises:
        PluginError: If two plugins own one name, or an entry is no retriever.
    """
    from structtuning_plugin.questions.linking import GuardedRetriever

    registry = _Registry(
        hook=manager.hook.register_retrievers,
        kind="retriever",
        protocol=Retriever,
        rules=(_NAME, _LEAST_FIT),
        guard=GuardedRetriever,
        instead="name another retriever in `ssft.retriever`",
    )
    return registry.collect(manager)


def sample_kinds(manager: pluggy.PluginManager) -> dict[str, SampleKind[Any, Any]]:
    """Return the kinds of samples by name, in the order of the stages and of their own.

    Raises:
        PluginError: If two plugins own one name, or a kind has a property that cannot work.
    """
    from structtuning_plugin.samples.guard import guard_kind

    registry = _Registry(
        hook=manager.hook.register_sample_kinds,
        kind="sample kind",
        protocol=SampleKind,
        rules=(_NAME,),
        guard=guard_kind,
        instead="leave it out of `kinds` in the block",
    )
    kinds = registry.collect(manager)
    stages = list(STAGES)
    return dict(
        sorted(
            kinds.items(),
            key=lambda item: (stages.index(item[1].stage), item[1].order, item[0]),
        )
    )


def exporters(manager: pluggy.PluginManager) -> dict[str, Exporter]:
    """Return the exporters by name.

    Raises:
        PluginError: If two plugins own one name, or an entry is no exporter.
    """
    from structtuning_plugin.export.guard import GuardedExporter

    registry = _Registry(
        hook=manager.hook.register_exporters,
        kind="exporter",
        protocol=Exporter,
        rules=(_NAME,),
        guard=GuardedExporter,
        instead="name another exporter with `--to`",
    )
    return registry.collect(manager)


def engines(manager: pluggy.PluginManager) -> dict[str, Engine]:
    """Return the engines by name.

    Raises:
        PluginError: If two plugins own one name, or an entry is no engine.
    """
    from structtuning_plugin.core.engines import GuardedEngine

    registry = _Registry(
        hook=manager.hook.register_engines,
        kind="engine",
        protocol=Engine,
        rules=(_NAME,),
        guard=GuardedEngine,
        instead="name another engine in `engine`",
    )
    return registry.collect(manager)


def study_prompts(manager: pluggy.PluginManager) -> dict[str, StudyPrompt]:
    """Return the prompts of the study by name, in their order.

    Raises:
        PluginError: If two plugins own one name, or a prompt has a property that cannot work.
    """
    from structtuning_plugin.questions.study.forms import check_prompt

    registry = _Registry(
        hook=manager.hook.register_study_prompts,
        kind="study prompt",
        protocol=StudyPrompt,
        rules=(_NAME, _REPLY, _STUDY_SOURCE, _DESCRIPTION, _ORDER, _FACTS),
        guard=check_prompt,
        instead="leave it out of `study.prompts` in the block",
    )
    prompts = registry.collect(manager)
    return dict(sorted(prompts.items(), key=lambda item: (item[1].order, item[0])))


def study_kinds(prompts: Iterable[StudyPrompt]) -> dict[str, SampleKind[Any, Any]]:
    """Return the kinds of the rows that prompts of the study give, by name."""
    from structtuning_plugin.samples.kinds.study import kinds_of_prompts

    return kinds_of_prompts(prompts)


def registered_languages(manager: pluggy.PluginManager) -> dict[str, Language]:
    """Return the languages by code.

    Raises:
        PluginError: If two plugins own one code, or an entry is no `Language` or cannot be used.
    """
    return _Registry(
        hook=manager.hook.register_languages,
        kind="language",
        protocol=Language,
        rules=(),
        guard=_check_language,
        instead="uninstall it",
        key="code",
    ).collect(manager)


def _check_language(language: Language, entry: PluginEntry) -> Language:
    # To compile the patterns of all built-in languages takes a third of a second, and most
    # processes need those of one. The tests compile them.
    if any(language is own for own in languages.registered()):
        return language
    fault = languages.fault_of(language)
    if fault:
        raise PluginError(f"{entry.label} cannot be used: {fault}.")
    return language


def template_dirs(manager: pluggy.PluginManager) -> list[Path]:
    """List the template folders, built-in first: later ones win.

    Raises:
        PluginError: If an entry is no folder.
    """
    folders: list[Path] = []
    hook = manager.hook.register_template_dirs
    for impl in hook.get_hookimpls():
        call = _call_of_hook(hook, _owner(manager, impl), "a list of folders as `pathlib.Path`")
        for folder in _entries(impl, call):
            if not isinstance(folder, Path):
                raise call.fault(quote(folder))
            if not folder.is_dir():
                raise call.fault(f"{folder}, which is no folder", "folders that exist")
            folders.append(folder)
    return folders


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


_NAME = FieldRule(name="name", accepts=is_text, expected="a name")
_SUFFIXES = FieldRule(
    name="suffixes",
    accepts=lambda value: (
        is_sequence_of(str)(value)
        and all(suffix.startswith(".") and suffix == suffix.lower() for suffix in value)
    ),
    expected="a tuple of suffixes in lower case, such as `.txt`",
)
_RANK = FieldRule(name="rank", accepts=is_number, expected="a number")
_FIELD_NAMES = FieldRule(
    name="field_names", accepts=is_sequence_of(str), expected="a tuple of names of fields"
)
_FORMAT_FLAGS = tuple(
    FieldRule(name=name, accepts=is_flag, expected="True or False")
    for name in ("keeps_instruction", "standard_metrics", "names_benchmark")
)
_REPLY = FieldRule(
    name="reply",
    accepts=lambda value: value in get_args(StudyReply),
    expected=f"one of {', '.join(get_args(StudyReply))}",
)
_STUDY_SOURCE = FieldRule(
    name="source",
    accepts=lambda value: value in get_args(StudySource),
    expected=f"one of {', '.join(get_args(StudySource))}",
)
_DESCRIPTION = FieldRule(name="description", accepts=is_text, expected="a sentence")
_ORDER = FieldRule(name="order", accepts=is_number, expected="a number")
_FACTS = FieldRule(name="facts", accepts=is_count, expected="a whole number from 0 on")
_LEAST_FIT = FieldRule(name="least_fit", accepts=is_share, expected="a share in 0..1")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Registry:
    """Registry of what one hook returns.

    Args:
        hook: The hook.
        kind: Kind of the objects, for messages.
        protocol: Type of the objects.
        rules: Rules for their attributes.
        optional: Rules for attributes that they may have.
        key: Attribute that names an object.
        guard: Wraps an object so that what its functions return is checked.
        instead: What a user can do about an object that fails.
    """

    hook: Any
    kind: str
    protocol: Any
    rules: tuple[FieldRule, ...]
    guard: Callable[[Any, PluginEntry], Any]
    instead: str
    optional: tuple[FieldRule, ...] = ()
    key: str = "name"

    def collect(self, manager: pluggy.PluginManager) -> dict[str, Any]:
        """Return the guarded objects of all plugins by name.

        Raises:
            PluginError: If two plugins own one name, or an object is not of the type.
        """
        owner_of: dict[str, str] = {}
        guarded: dict[str, Any] = {}
        for impl in self.hook.get_hookimpls():
            owner = _owner(manager, impl)
            call = _call_of_hook(self.hook, owner, f"a list of {self.kind}s ({self._members()})")
            for thing in _entries(impl, call):
                self._check(thing, call)
                entry = self._entry(thing, owner)
                if entry.name in guarded:
                    raise PluginError(
                        f"The {self.kind} `{entry.name}` has two owners: {owner_of[entry.name]} "
                        f"and {owner}. Uninstall one, or rename its entry."
                    )
                owner_of[entry.name] = owner
                guarded[entry.name] = self.guard(thing, entry)
        return dict(sorted(guarded.items()))

    def _check(self, thing: Any, call: PluginCall) -> None:
        with call:
            is_member = isinstance(thing, self.protocol)
        if not is_member or isinstance(thing, type):
            raise call.fault(quote(thing))
        optional = [rule for rule in self.optional if hasattr(thing, rule.name)]
        call.check_fields(thing, (*self.rules, *optional), f"a {self.kind}")

    def _entry(self, thing: Any, owner: str) -> PluginEntry:
        return PluginEntry(
            kind=self.kind,
            name=getattr(thing, self.key),
            plugin=owner,
            hook=str(self.hook.name),
            instead=self.instead,
        )

    def _members(self) -> str:
        if self.protocol in (SampleKind, StudyPrompt, Language):
            return f"`{self.protocol.__name__}`"
        members = {*getattr(self.protocol, "__annotations__", {}), *vars(self.protocol)}
        return ", ".join(f"`{name}`" for name in sorted(members) if not name.startswith("_"))


def _call_of_hook(hook: Any, owner: str, expected: str) -> PluginCall:
    """Return the call of a plugin's hook: one by one, so that an error can name the owner."""
    name = str(hook.name)
    entry = PluginEntry(kind="plugin", name="", plugin=owner, hook=name, instead="uninstall it")
    return entry.call(name, "", expected)


def _entries(impl: pluggy.HookImpl, call: PluginCall) -> list[Any]:
    function: Any = impl.function
    with call:
        entries = function()
    if entries is None:
        return []
    call.check_type(entries, list, tuple)
    return list(entries)


def _owner(manager: pluggy.PluginManager, impl: pluggy.HookImpl) -> str:
    """Name the plugin of a hook: its distribution with the version, its module, or its class."""
    for plugin, distribution in manager.list_plugin_distinfo():
        if plugin is impl.plugin:
            return f"{distribution.project_name} {distribution.version}"
    if impl.plugin_name == str(id(impl.plugin)):
        kind = type(impl.plugin)
        return f"{kind.__module__}.{kind.__qualname__}"
    return str(impl.plugin_name)
