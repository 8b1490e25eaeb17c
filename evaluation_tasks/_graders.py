"""What the tasks call, by `!function _graders.NAME`; the work is the plugin's own."""

from structtuning_plugin.evaluation.lm_eval_tasks import (
    dataset,
    likelihood_dataset,
    process_likelihoods,
    process_results,
)

__all__ = ["dataset", "likelihood_dataset", "process_likelihoods", "process_results"]
