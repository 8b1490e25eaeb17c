"""Command `estimate`."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import click

from structtuning_plugin.build.dry_run import Estimate
from structtuning_plugin.build.pipeline import estimate
from structtuning_plugin.commands.recipe_context import open_recipe
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.progress import Progress

# Seconds that a request takes, if nothing better is known.
_USUAL_SECONDS = 2.0


def estimate_command(config: str, rate: float | None, as_json: bool) -> None:
    """Print what a build would send to the language model.

    Raises:
        ConfigError: If the block has no `llm:`.
    """
    opened = open_recipe(config)
    llm = opened.plan.block.llm
    if llm is None:
        raise ConfigError("The block has no `llm:`, so nothing is asked and nothing is sent.")
    rate = rate or llm.max_concurrency / _USUAL_SECONDS
    costs = estimate(opened.plan, opened.codec, Progress(), opened.chat)
    if as_json:
        click.echo(json.dumps({**asdict(costs), "seconds": costs.requests / rate}, indent=2))
        return
    rows = [
        ("requests to send", f"{costs.requests:,}"),
        ("answered already", f"{costs.answered:,} (kept from earlier runs)"),
        ("input tokens", f"{costs.input_tokens:,} (counted with the recipe's tokenizer)"),
        ("output tokens", f"{costs.output_tokens:,} (answers of a usual length)"),
        ("time", f"{_duration(costs.requests / rate)} at {rate:g} requests a second"),
    ]
    for name, value in rows:
        click.echo(f"{name:<17} {value}")
    for line in _over_budget(costs, llm.budget.requests, llm.budget.tokens):
        click.echo(line)


def _over_budget(costs: Estimate, requests: int | None, tokens: int | None) -> list[str]:
    lines = []
    for key, limit, needed in (
        ("requests", requests, costs.requests),
        ("tokens", tokens, costs.input_tokens + costs.output_tokens),
    ):
        if limit is not None and needed > limit:
            lines.append(
                f"The build would stop: `llm.budget.{key}: {limit:,}` is less than {needed:,}."
            )
    return lines


def _duration(seconds: float) -> str:
    """Format seconds as hours, minutes and seconds, the two largest units.

    >>> [_duration(s) for s in (0, 0.2, 75, 7300)]
    ['0 s', '1 s', '1 min 15 s', '2 h 1 min']
    """
    whole = math.ceil(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
