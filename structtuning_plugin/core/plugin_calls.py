"""Calls of plugins: any failure becomes one message that names the plugin.

call = entry.call("read", "notes.txt", "a `ReadResult`")
with call:                      # an exception of the plugin becomes a `PluginError`
    result = reader.read(request)
if not isinstance(result, ReadResult):
    raise call.fault(quote(result))

The reader `wiki` (plugin my-wiki 0.1.0, hook `register_readers`) returned None from `read` for
notes.txt. Expected: a `ReadResult`. Report this to the plugin's authors, or name another reader
in `corpus[].format`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from types import TracebackType
from typing import Any

from structtuning_plugin.core.errors import PluginError, StructTuningError

# Characters of a returned value, and of an exception's text, that a message shows.
_QUOTED, _QUOTED_ERROR = 200, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """Rule for one field of a returned value.

    Args:
        name: Name of the field.
        accepts: Returns whether a value of the field is allowed.
        expected: What is allowed, for the message.
    """

    name: str
    accepts: Callable[[Any], bool]
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginEntry:
    """One object that a plugin registered, or the plugin itself if `name` is empty.

    Args:
        kind: Kind of the object: "reader", "extractor", ...
        name: Name of the object.
        plugin: Distribution with its version, or module, that registered it.
        hook: Hook that returned it.
        instead: What a user can do: "name another reader in `corpus[].format`".
    """

    kind: str
    name: str
    plugin: str
    hook: str
    instead: str

    @property
    def label(self) -> str:
        """The subject of a message."""
        if not self.name:
            return f"The plugin {self.plugin}"
        return f"The {self.kind} `{self.name}` (plugin {self.plugin}, hook `{self.hook}`)"

    def call(
        self,
        function: str,
        subject: object,
        expected: str,
        passing: tuple[type[BaseException], ...] = (),
    ) -> PluginCall:
        """Return the call of one function of the object.

        Args:
            function: Name of the function.
            subject: What it is called for: a document's id, a topic, a question's id.
            expected: What it may return, for the message.
            passing: Exceptions that it may raise.
        """
        return PluginCall(self, function, subject, expected, passing)


class PluginCall:
    """One call of a plugin's function, as a context manager around it; it may be entered again."""

    __slots__ = ("_entry", "_expected", "_function", "_passing", "_subject")

    def __init__(
        self,
        entry: PluginEntry,
        function: str,
        subject: object,
        expected: str,
        passing: tuple[type[BaseException], ...],
    ) -> None:
        self._entry = entry
        self._function = function
        self._subject = subject
        self._expected = expected
        self._passing = passing

    def __enter__(self) -> PluginCall:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Raise a `PluginError` for an exception of the plugin.

        Our own errors, those in `passing`, KeyboardInterrupt and cancellation pass through.

        Raises:
            PluginError: If the plugin raised any other exception.
        """
        if error is None or isinstance(error, (StructTuningError, *self._passing)):
            return
        if isinstance(error, (Exception, SystemExit)):
            raise self._error(f"raised {describe_error(error)} in", self._expected) from error

    def fault(self, returned: str, expected: str = "") -> PluginError:
        """Return the error about a returned value.

        Args:
            returned: What was returned; `quote` formats a value.
            expected: What is allowed, if it is more special than what the call expects.
        """
        return self._error(f"returned {returned} from", expected or self._expected)

    def check_type(self, value: object, *types: type) -> None:
        """Check the type of a returned value.

        Raises:
            PluginError: If it has none of the types.
        """
        if not isinstance(value, types):
            raise self.fault(quote(value))

    def check_fields(self, value: object, rules: Sequence[FieldRule], what: str = "") -> None:
        """Check the fields of a returned value; `what` names it, by default its type does.

        Raises:
            PluginError: If a field is not as its rule says.
        """
        for rule in rules:
            content = getattr(value, rule.name)
            if not rule.accepts(content):
                name = what or f"a `{type(value).__name__}`"
                raise self.fault(
                    f"{name} whose `{rule.name}` is {quote(content)}",
                    f"`{rule.name}` is {rule.expected}",
                )

    def _error(self, event: str, expected: str) -> PluginError:
        subject = _describe_subject(self._subject)
        where = f" for {subject}" if subject else ""
        return PluginError(
            f"{self._entry.label} {event} `{self._function}`{where}. Expected: {expected}. "
            f"Report this to the plugin's authors, or {self._entry.instead}."
        )


def quote(value: object) -> str:
    """Format a returned value for a message: one line of 200 characters at most.

    >>> quote(["a", None])
    "['a', None]"
    """
    try:
        text = repr(value)
    except Exception:  # the plugin's own `__repr__`
        text = f"a {type(value).__name__}"
    return _shorten(text, _QUOTED)


def describe_error(error: BaseException) -> str:
    """Format an exception for a message: its class, and its text in one line."""
    try:
        text = str(error)
    except Exception:  # the plugin's own `__str__`
        text = ""
    shown = _shorten(text, _QUOTED_ERROR).rstrip(". ")
    name = type(error).__name__
    return f"{name} ({shown})" if shown else name


def _describe_subject(subject: object) -> str:
    """Name what a function was called for: a text, a value with an id, or a list of these."""
    if isinstance(subject, str):
        return subject
    if isinstance(subject, Sequence):
        first = _describe_subject(subject[0]) if subject else ""
        return f"{first} and {len(subject) - 1} others" if len(subject) > 1 else first
    value = getattr(subject, "pair", subject)  # of a question with its links or its topics
    title = getattr(value, "title", "")
    parts = [type(value).__name__, getattr(value, "id", ""), f"({title})" if title else ""]
    return " ".join(str(part) for part in parts if part)


def _shorten(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 3] + "..."


# What fields may hold.


def is_string(value: object) -> bool:
    r"""Return whether a value is a string that a file can hold: no half of a surrogate pair.

    >>> is_string("é"), is_string("\ud800"), is_string(None)
    (True, False, False)
    """
    if not isinstance(value, str):
        return False
    try:
        value.isascii() or value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_text(value: object) -> bool:
    """Return whether a value is a string that is not blank."""
    return isinstance(value, str) and is_string(value) and bool(value.strip())


def is_language(value: object) -> bool:
    """Return whether a value can be a language's code: letters, digits and hyphens.

    >>> is_language("en"), is_language("zh-CN"), is_language(""), is_language("old norse")
    (True, True, False, False)
    """
    return isinstance(value, str) and value.isascii() and value.replace("-", "").isalnum()


def is_count(value: object) -> bool:
    """Return whether a value is a whole number from 0 on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_number(value: object) -> bool:
    """Return whether a value is a number: not NaN, not infinite."""
    return isinstance(value, Real) and isfinite(value)


def is_share(value: object) -> bool:
    """Return whether a value is a number in 0..1."""
    return isinstance(value, Real) and 0.0 <= float(value) <= 1.0


def is_flag(value: object) -> bool:
    """Return whether a value is True or False."""
    return isinstance(value, bool)


def is_sequence_of(*types: type) -> Callable[[Any], bool]:
    """Return a function that says whether a value is a tuple or a list of these types only."""

    def accepts(value: object) -> bool:
        return isinstance(value, (tuple, list)) and all(isinstance(item, types) for item in value)

    return accepts


def is_sequence_in(names: Collection[str]) -> Callable[[Any], bool]:
    """Return a function that says whether a value is a tuple or a list of known names only."""

    def accepts(value: object) -> bool:
        return isinstance(value, (tuple, list)) and all(
            isinstance(item, str) and item in names for item in value
        )

    return accepts
