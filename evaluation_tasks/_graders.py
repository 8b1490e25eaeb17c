"""What the tasks call, by `!function _graders.NAME`; the work is the plugin's own."""

from structtuning_plugin.evaluation.lm_eval_tasks import dataset, process_results

__all__ = ["dataset", "process_results"]
