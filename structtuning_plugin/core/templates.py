"""The sandboxed Jinja environment, and pools of prompt templates.

A template is a file `<stage>/<language>/<pool>/<name>.jinja`. A hash of the seed and the sample's
id chooses the template of a sample, so no other sample, process or run has an influence on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from structtuning_plugin.core.errors import TemplateError
from structtuning_plugin.core.hooks import hookimpl

FALLBACK_LANGUAGE = "en"
SUFFIX = ".jinja"

_ENVIRONMENT = SandboxedEnvironment(
    undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False
)


def builtin_templates() -> Path:
    """Return our `templates/` folder: next to the package in a checkout, inside it in a wheel.

    Raises:
        TemplateError: If the installation lacks the folder.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_templates", package.parent / "templates"):
        if (folder / "scpt").is_dir():
            return folder
    raise TemplateError(
        f"The templates of structtuning-plugin are not in {package}: install the package again."
    )


@hookimpl
def register_template_dirs() -> list[Path]:
    """Register the built-in templates."""
    return [builtin_templates()]


@dataclass(frozen=True, slots=True)
class Wording:
    """One prompt template; `id` is `language/pool/file`, `origin` its path for error messages."""

    id: str
    origin: str
    template: jinja2.Template

    def render(self, values: Mapping[str, Any]) -> str:
        """Render the template and strip white space at both ends.

        Raises:
            TemplateError: If the template uses an unknown variable, or fails.
        """
        try:
            return self.template.render(values).strip()
        except jinja2.TemplateError as error:
            raise TemplateError(
                f"{self.origin}: {error}. It may use: {', '.join(sorted(values))}."
            ) from None
        except Exception as error:
            raise TemplateError(f"{self.origin}: {type(error).__name__}: {error}") from None


class Wordings:
    """All templates of one stage; later folders override earlier ones.

    A file of the same name replaces an earlier one, an empty file removes it, others are added. A
    template is compiled on first use: there are more than a thousand, and most commands need none.

    Attributes:
        stage: Name of the stage's folder.
        sources: Source text of each template by its id.

    Raises:
        TemplateError: If a file is no text in UTF-8.
    """

    def __init__(self, folders: Sequence[Path], stage: str) -> None:
        self.stage = stage
        self.sources: dict[str, str] = {}
        self._origins: dict[str, Path] = {}
        builtin = builtin_templates()
        for folder in folders:
            files = _read_own(folder, stage) if folder == builtin else _read_folder(folder, stage)
            for key, path, source in files:
                self.sources[key] = source
                self._origins[key] = path
        self._keys: dict[tuple[str, str], list[str]] = {}
        for key, source in sorted(self.sources.items()):
            if source.strip():
                language, pool, _ = key.split("/")
                self._keys.setdefault((language, pool), []).append(key)
        self._pools: dict[tuple[str, str], list[Wording]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without compiled templates, which cannot be copied to a process."""
        return {**self.__dict__, "_pools": {}}

    def check(self, folders: Iterable[Path]) -> None:
        """Compile the templates of these folders.

        Raises:
            TemplateError: If a file is not a valid template.
        """
        for key, origin in self._origins.items():
            if any(origin.is_relative_to(folder) for folder in folders):
                _compile(key, origin, self.sources[key])

    def pool(self, language: str, *pools: str) -> list[Wording]:
        """Return the first pool that exists, in the language or else in English.

        Raises:
            TemplateError: If the pool has no template left.
        """
        for tongue in (language, FALLBACK_LANGUAGE):
            for name in pools:
                if (tongue, name) in self._keys:
                    return self._compiled(tongue, name)
        raise TemplateError(
            f"There is no wording `{pools[-1]}` in {language} or {FALLBACK_LANGUAGE}: add a file "
            f"{self.stage}/{FALLBACK_LANGUAGE}/{pools[-1]}/<name>{SUFFIX} to one of your "
            "`template_dirs`, or do not empty ours."
        )

    def languages(self) -> set[str]:
        """Return the languages that have at least one template."""
        return {language for language, _ in self._keys}

    def _compiled(self, language: str, pool: str) -> list[Wording]:
        place = (language, pool)
        if place not in self._pools:
            self._pools[place] = [
                _compile(key, self._origins[key], self.sources[key]) for key in self._keys[place]
            ]
        return self._pools[place]


def check_folders(folders: Iterable[str], *stages: str) -> list[Path]:
    """Check the user's template folders: each must hold templates of at least one of the stages.

    Raises:
        TemplateError: If a folder does not exist or holds no template at a valid place.
    """
    paths = [Path(folder) for folder in folders]
    for path in paths:
        if not path.is_dir():
            raise TemplateError(f"The template folder {path} does not exist.")
        if not any(file for stage in stages for file in (path / stage).glob(f"*/*/*{SUFFIX}")):
            layouts = " or ".join(f"{stage}/<language>/<pool>/<name>{SUFFIX}" for stage in stages)
            raise TemplateError(f"The template folder {path} holds no {layouts}.")
    return paths


def _read_folder(folder: Path, stage: str) -> list[tuple[str, Path, str]]:
    """Read the templates of a stage: their ids, files and source texts."""
    return [
        (path.relative_to(folder / stage).with_suffix("").as_posix(), path, _read_source(path))
        for path in sorted((folder / stage).glob(f"*/*/*{SUFFIX}"))
    ]


# Two thousand files, which change while a process runs no more than its code does.
_read_own = cache(_read_folder)


def _read_source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise TemplateError(
            f"The template {path} cannot be read: {error}. It must be a text file in UTF-8."
        ) from error


def _compile(key: str, origin: Path, source: str) -> Wording:
    try:
        return Wording(key, str(origin), _ENVIRONMENT.from_string(source))
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"{origin}, line {error.lineno}: {error.message}") from None
