"""Guard of the kinds of samples: what a plugin's kind drafts is checked, draft by draft.

The registry gives every kind that guard. Drafts stay lazy: a form of a completion or a structure is
made, and checked, only when the builder tries it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, get_args

from structtuning_plugin.config.stages import PRESETS, STAGES
from structtuning_plugin.core.errors import PluginError, nearest
from structtuning_plugin.core.plugin_calls import (
    FieldRule,
    PluginCall,
    PluginEntry,
    is_count,
    is_flag,
    is_language,
    is_number,
    is_sequence_in,
    is_sequence_of,
    is_string,
    is_text,
    quote,
)
from structtuning_plugin.core.types import Dropped, Message, Topic
from structtuning_plugin.hookspecs import (
    SOURCES,
    OnHeldOut,
    SampleKind,
    ScptDraft,
    SsftDraft,
    Use,
)
from structtuning_plugin.taxonomy.tree import Tree

Rules = tuple[FieldRule, ...]

_DRAFTS: Mapping[str, type] = {"scpt": ScptDraft, "ssft": SsftDraft}
_ROLES = ("system", "user", "assistant")
_END = object()


def guard_kind(kind: SampleKind[Any, Any], entry: PluginEntry) -> SampleKind[Any, Any]:
    """Return the kind with functions whose results are checked.

    Raises:
        PluginError: If a property of the kind cannot work.
    """
    fault = fault_of_kind(kind)
    if fault:
        raise PluginError(
            f"{entry.label} cannot be used: {fault}. Report this to the plugin's authors, or "
            "uninstall it."
        )
    guard = _Guard(kind=kind, entry=entry)
    return replace(kind, draft=guard.draft, applies=guard.applies)


def fault_of_kind(kind: SampleKind[Any, Any]) -> str:
    """Say what is wrong with the properties of a kind; empty if nothing is."""
    if not isinstance(kind.stage, str) or kind.stage not in STAGES:
        return f"its stage is {kind.stage!r}.{nearest(str(kind.stage), STAGES)}".rstrip(".")
    if kind.source not in SOURCES[kind.stage]:
        allowed = ", ".join(SOURCES[kind.stage])
        return f"its source is {kind.source!r}; sources of {kind.stage} are: {allowed}"
    if kind.share is not None and not (is_number(kind.share) and 0 < kind.share < 1):
        return f"its share is {kind.share!r}, but must be between 0 and 1, both excluded"
    for rule in _KIND:
        content = getattr(kind, rule.name)
        if not rule.accepts(content):
            return f"its {rule.name} is {quote(content)}, but must be {rule.expected}"
    unknown = [name for name in kind.presets if name not in PRESETS]
    if unknown:
        return f"it names the preset {unknown[0]!r}.{nearest(unknown[0], PRESETS)}".rstrip(".")
    return ""


_POLICIES = get_args(OnHeldOut)
_KIND: Rules = (
    FieldRule(name="draft", accepts=callable, expected="a function"),
    FieldRule(name="applies", accepts=callable, expected="a function"),
    FieldRule(name="order", accepts=is_number, expected="a number"),
    FieldRule(name="description", accepts=is_text, expected="a sentence"),
    FieldRule(name="setting", accepts=is_string, expected="the name of a key, or empty"),
    FieldRule(name="presets", accepts=is_sequence_of(str), expected="a tuple of names"),
    FieldRule(
        name="on_held_out",
        accepts=lambda value: value in _POLICIES,
        expected=f"one of {', '.join(_POLICIES)}",
    ),
    *(
        FieldRule(name=name, accepts=is_flag, expected="True or False")
        for name in ("required", "needs_llm", "keeps_first", "excludes_probes")
    ),
    FieldRule(
        name="use",
        accepts=lambda value: value in get_args(Use),
        expected="one of told, recited, asked, or empty",
    ),
)


def _is_forms(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


def _has_topics_of(tree: Tree) -> Callable[[Any], bool]:
    def accepts(value: Any) -> bool:
        return is_sequence_of(Topic)(value) and all(topic.id in tree.topics for topic in value)

    return accepts


def _rules_of_drafts(tree: Tree) -> dict[str, Rules]:
    """Return the rules for the drafts of each stage; chunks and topics must be the tree's."""
    common: Rules = (
        FieldRule(name="id", accepts=is_text, expected="a text"),
        FieldRule(
            name="chunk_ids",
            accepts=is_sequence_in(tree.chunk_ids),
            expected="a tuple of ids of the corpus' chunks",
        ),
        FieldRule(name="turn", accepts=is_count, expected="a whole number from 0 on"),
    )
    scpt: Rules = (
        FieldRule(
            name="topic_id",
            accepts=lambda value: isinstance(value, str) and value in tree.topics,
            expected="the id of a topic of the tree",
        ),
        FieldRule(name="prompt", accepts=is_string, expected="a string"),
        FieldRule(name="template", accepts=is_string, expected="a string"),
        FieldRule(name="completions", accepts=_is_forms, expected="an iterable of strings"),
        FieldRule(name="eos", accepts=is_flag, expected="True or False"),
        FieldRule(
            name="tokens",
            accepts=lambda value: value is None or is_count(value),
            expected="a number of tokens or None",
        ),
    )
    ssft: Rules = (
        FieldRule(name="language", accepts=is_language, expected="a language's code, such as `en`"),
        FieldRule(
            name="topics", accepts=_has_topics_of(tree), expected="a tuple of topics of the tree"
        ),
        FieldRule(name="build", accepts=callable, expected="a function"),
        FieldRule(
            name="structures",
            accepts=lambda value: value is None or _is_forms(value),
            expected="an iterable of strings or None",
        ),
        *(
            FieldRule(name=name, accepts=is_string, expected="a string")
            for name in ("qa_id", "request", "model", "verdict")
        ),
    )
    return {"scpt": (*common, *scpt), "ssft": (*common, *ssft)}


@dataclass(slots=True, kw_only=True)
class _Guard:
    kind: SampleKind[Any, Any]
    entry: PluginEntry
    tree: Tree | None = None
    rules: Rules = ()

    def applies(self, topic: Topic, tree: Any) -> bool:
        call = self.entry.call("applies", topic, "True or False")
        with call:
            applies = self.kind.applies(topic, tree)
        call.check_type(applies, bool)
        return applies

    def draft(self, unit: Any, context: Any) -> Iterator[Any]:
        names = f"`{_DRAFTS[self.kind.stage].__name__}` and `Dropped`"
        call = self.entry.call("draft", unit, f"an iterable of {names}")
        with call:
            drafts = self.kind.draft(unit, context)
        if not _is_forms(drafts):
            raise call.fault(quote(drafts))
        if self.tree is not context.tree:
            self.tree = context.tree
            self.rules = _rules_of_drafts(context.tree)[self.kind.stage]
        return self._checked(drafts, call)

    def _checked(self, drafts: Iterable[Any], call: PluginCall) -> Iterator[Any]:
        for draft in _iterate(drafts, call):
            if isinstance(draft, Dropped):
                yield draft
                continue
            if not isinstance(draft, _DRAFTS[self.kind.stage]):
                raise call.fault(quote(draft))
            call.check_fields(draft, self.rules)
            yield self._guarded(draft)

    def _guarded(self, draft: Any) -> Any:
        if isinstance(draft, ScptDraft):
            call = self.entry.call("completions", draft.id, "strings, at least one")
            return replace(draft, completions=_Forms(draft.completions, call))
        expected = "a tuple of `Message`s, and the ids of their wordings"
        build = partial(_build_messages, draft.build, self.entry.call("build", draft.id, expected))
        if draft.structures is None:
            return replace(draft, build=build)
        call = self.entry.call("structures", draft.id, "strings, at least one")
        return replace(draft, build=build, structures=_Forms(draft.structures, call))


def _iterate(values: Iterable[Any], call: PluginCall) -> Iterator[Any]:
    """Yield the values; an exception of the plugin while it makes one is converted."""
    with call:
        iterator = iter(values)
    while True:
        with call:
            value = next(iterator, _END)
        if value is _END:
            return
        yield value


class _Forms:
    """Forms of a text, made when they are needed and kept for the next iteration."""

    def __init__(self, forms: Iterable[Any], call: PluginCall) -> None:
        self._rest = _iterate(forms, call)
        self._forms: list[str] = []
        self._call = call

    def __iter__(self) -> Iterator[str]:
        yield from self._forms
        for form in self._rest:
            if not is_string(form):
                raise self._call.fault(quote(form))
            self._forms.append(form)
            yield form
        if not self._forms:
            raise self._call.fault("nothing")


def _build_messages(
    build: Callable[[str], Any], call: PluginCall, structure: str
) -> tuple[tuple[Message, ...], str]:
    with call:
        built = build(structure)
    if not isinstance(built, tuple) or len(built) != 2:
        raise call.fault(quote(built))
    messages, template = built
    if not (_is_conversation(messages) and is_string(template)):
        raise call.fault(quote(built))
    return tuple(messages), template


def _is_conversation(messages: Any) -> bool:
    return (
        is_sequence_of(Message)(messages)
        and bool(messages)
        and all(message.role in _ROLES and is_string(message.content) for message in messages)
    )
