"""Functions and the sampler that the tasks name by `!function _graders.NAME`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lm_eval.api.samplers import ContextSampler

from structtuning_plugin.evaluation.lm_eval_tasks import (
    dataset,
    likelihood_dataset,
    process_likelihoods,
    process_results,
)

__all__ = [
    "EarlierTurns",
    "dataset",
    "likelihood_dataset",
    "process_likelihoods",
    "process_results",
]


class EarlierTurns(ContextSampler):
    """Sampler whose examples are the earlier turns of the conversation that ends in the question."""

    def sample(
        self, n: int, eval_doc: Mapping[str, Any] | None = None, df: Any = None, **kwargs: Any
    ) -> Sequence[dict[str, Any]]:
        """Return questions and answers before the question, in order; `n` does not limit them."""
        return list(eval_doc["earlier"]) if eval_doc else []
