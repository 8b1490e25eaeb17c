"""The one Jinja environment, and the pools of wordings that it renders.

A wording is a file `<stage>/<language>/<pool>/<name>.jinja`. Which one a sample gets is decided by a hash of the seed and
the sample's id, so that no other sample, process or run has a say in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    """Our `templates/`: beside the package in a checkout, inside it in a wheel.

    Raises:
        TemplateError: the installation lacks them.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_templates", package.parent / "templates"):
        if (folder / "scpt").is_dir():
            return folder
    raise TemplateError(
        f"The wordings of structtuning-plugin are not beside {package}; install the package again."
    )


@hookimpl
def register_template_dirs() -> list[Path]:
    return [builtin_templates()]


@dataclass(frozen=True, slots=True)
class Wording:
    """One template: `id` is `language/pool/file`, `origin` its path for error messages."""

    id: str
    origin: str
    template: jinja2.Template

    def render(self, values: Mapping[str, Any]) -> str:
        """The text, without blanks around it.

        Raises:
            TemplateError: the template uses a name that it is not given, or fails.
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
    """All wordings of one stage, later folders over earlier ones.

    A file of the same name replaces an earlier one, an empty file removes it, others are added. A template is compiled
    when it is first used: there are more than a thousand, and most commands need none.
    """

    def __init__(self, folders: Sequence[Path], stage: str) -> None:
        self.stage = stage
        self.sources: dict[str, str] = {}
        self._origins: dict[str, Path] = {}
        for folder in folders:
            for path in sorted((folder / stage).glob(f"*/*/*{SUFFIX}")):
                key = path.relative_to(folder / stage).with_suffix("").as_posix()
                self.sources[key] = path.read_text(encoding="utf-8")
                self._origins[key] = path
        self._keys: dict[tuple[str, str], list[str]] = {}
        for key, source in sorted(self.sources.items()):
            if source.strip():
                language, pool, _ = key.split("/")
                self._keys.setdefault((language, pool), []).append(key)
        self._pools: dict[tuple[str, str], list[Wording]] = {}

    def check(self, folders: Iterable[Path]) -> None:
        """Compiles the wordings of these folders.

        Raises:
            TemplateError: one is no template.
        """
        for key, origin in self._origins.items():
            if any(origin.is_relative_to(folder) for folder in folders):
                _compile(key, origin, self.sources[key])

    def pool(self, language: str, *pools: str) -> list[Wording]:
        """The first of the pools that exists, in the language or else in English.

        Raises:
            TemplateError: every wording of the pool was taken away.
        """
        for tongue in (language, FALLBACK_LANGUAGE):
            for name in pools:
                if (tongue, name) in self._keys:
                    return self._compiled(tongue, name)
        raise TemplateError(
            f"There is no wording `{pools[-1]}` in {language} or {FALLBACK_LANGUAGE}: add a file "
            f"{self.stage}/{FALLBACK_LANGUAGE}/{pools[-1]}/<name>{SUFFIX} to one of your `template_dirs`, or do not empty ours."
        )

    def languages(self) -> set[str]:
        """Languages that have any wording."""
        return {language for language, _ in self._keys}

    def _compiled(self, language: str, pool: str) -> list[Wording]:
        place = (language, pool)
        if place not in self._pools:
            self._pools[place] = [
                _compile(key, self._origins[key], self.sources[key]) for key in self._keys[place]
            ]
        return self._pools[place]


def check_folders(folders: Iterable[str], *stages: str) -> list[Path]:
    """The user's template folders, each with wordings of one of the stages.

    Raises:
        TemplateError: one does not exist, or holds no wording where one would be looked for.
    """
    paths = [Path(folder) for folder in folders]
    for path in paths:
        if not path.is_dir():
            raise TemplateError(f"The template folder {path} does not exist.")
        if not any(file for stage in stages for file in (path / stage).glob(f"*/*/*{SUFFIX}")):
            layouts = " or ".join(f"{stage}/<language>/<pool>/<name>{SUFFIX}" for stage in stages)
            raise TemplateError(f"The template folder {path} holds no {layouts}.")
    return paths


def _compile(key: str, origin: Path, source: str) -> Wording:
    try:
        return Wording(key, str(origin), _ENVIRONMENT.from_string(source))
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"{origin}, line {error.lineno}: {error.message}") from None
