"""The model that `evaluate` asks: on this machine or behind a server, loaded on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from structtuning_plugin import plugins
from structtuning_plugin.commands.recipe_context import RecipeContext, standard_output_is_ours
from structtuning_plugin.config import LLMConfig
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.corpus.discovery import HashCache
from structtuning_plugin.evaluation import backends as serving
from structtuning_plugin.evaluation import model_identity as identity
from structtuning_plugin.evaluation.likelihood import LikelihoodScorer
from structtuning_plugin.evaluation.types import Answerer
from structtuning_plugin.questions.prompts import Style

# Names for `--measures`.
MEASURES = ("generate", "likelihood")
# New tokens of an answer, by style.
_MOST = {"brief": 128, "reason": 1024, "explain": 1024}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of the command line.

    `perplexity` lists files, possibly with `texts.HELD_OUT`; `measures` names of `MEASURES`.
    """

    model: str | None = None
    adapter: str | None = None
    tasks: tuple[str, ...] = ()
    limit: int | None = None
    server: str | None = None
    served_model: str | None = None
    against: str | None = None
    style: Style = "brief"
    output: str | None = None
    batch_size: int = 8
    max_new_tokens: int | None = None
    perplexity: tuple[str, ...] = ()
    measures: tuple[str, ...] = MEASURES[:1]

    @property
    def generates(self) -> bool:
        """True if answers are generated."""
        return "generate" in self.measures

    @property
    def scores_likelihoods(self) -> bool:
        """True if likelihoods of answers are measured."""
        return "likelihood" in self.measures

    @property
    def most(self) -> int:
        """Greatest number of tokens of an answer."""
        return self.max_new_tokens or _MOST[self.style]


@dataclass
class ModelUnderTest:
    """The model that is asked, loaded on demand."""

    opened: RecipeContext
    options: Options
    progress: Progress

    @cached_property
    def choice(self) -> identity.ModelChoice:
        """Model and adapter by the command line or the recipe."""
        return identity.choose(self.opened.recipe, self.options.model, self.options.adapter)

    @cached_property
    def server(self) -> LLMConfig | None:
        """Server by the command line; None for a local model.

        Raises:
            ConfigError: If the options contradict each other.
        """
        options = self.options
        if not options.server:
            return None
        try:
            return serving.config_for(
                options.server, str(options.served_model), options.most, self.opened.plan.block.llm
            )
        except ValueError as error:
            raise ConfigError(f"`--server {options.server}`: {error}") from None

    @property
    def names(self) -> dict[str, Any]:
        """Names of model and adapter for the scores file."""
        if self.server is not None:
            return {"model": self.server.model, "adapter": None, "server": self.server.base_url}
        return {"model": self.choice.model, "adapter": self.choice.adapter or None, "server": None}

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Return what decides the answers besides the questions."""
        if self.server is not None:
            return dict(serving.identity(self.server))
        cache = HashCache(Path(self.opened.plan.block.work_dir) / "cache" / "hashes.json")
        facts = identity.identity(self.choice, cache.sha256)
        cache.save()
        return {
            **facts,
            "chat": self.opened.plan.facts.chat,
            "format": self.opened.plan.block.ssft.format,
        }

    @cached_property
    def answerer(self) -> Answerer:
        """Return the answerer of the questions."""
        plan = self.opened.plan
        if self.server is not None:
            factory = plugins.find(
                plugins.llm_clients(plugins.build_plugin_manager()), "openai", "client"
            )
            return serving.ServerAnswerer(factory, self.server, plan.seed, self.progress)
        from structtuning_plugin.axolotl_bridge.generation import LocalAnswerer

        plain = plan.block.ssft.format == "plain"
        with standard_output_is_ours():
            return LocalAnswerer(
                self.loaded,
                self.opened.recipe,
                plan.wordings["qa"],
                plain,
                self.options.batch_size,
                self.options.most,
            )

    @cached_property
    def scorer(self) -> LikelihoodScorer:
        """Return the scorer of likelihoods; a server has none."""
        from structtuning_plugin.axolotl_bridge.likelihood import LocalScorer

        plan = self.opened.plan
        plain = plan.block.ssft.format == "plain"
        with standard_output_is_ours():
            return LocalScorer(
                self.loaded,
                self.opened.recipe,
                plan.wordings["qa"],
                plain,
                self.options.batch_size,
            )

    @cached_property
    def loaded(self) -> Any:
        """The loaded model."""
        from structtuning_plugin.axolotl_bridge.models import load_model

        self.progress.say(
            "loading "
            f"{self.choice.model}{' with ' + self.choice.adapter if self.choice.adapter else ''}"
        )
        with standard_output_is_ours():
            return load_model(self.choice.model, self.choice.adapter)

    def perplexities(self, passages: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Compute the perplexity of each set of passages."""
        from structtuning_plugin.axolotl_bridge.likelihood import perplexity

        window = min(
            self.opened.plan.facts.sequence_len,
            self.loaded.limit or self.opened.plan.facts.sequence_len,
        )
        results: dict[str, Any] = {}
        for name, texts in passages.items():
            with self.progress.stage(f"perplexity of {name}", len(texts)) as step:
                results[name] = {
                    **asdict(perplexity(self.loaded, texts, window, done=step)),
                    "window": window,
                }
        return results
