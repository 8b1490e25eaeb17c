"""Settings of a recipe by which Axolotl would drop, repeat or reweight our rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.config import BLOCK
from structtuning_plugin.core.errors import ConfigError

# Share of the rows from which dropping them is refused.
_MOST_DROPPED = 0.5
# Words in the names of settings that change which rows are trained on, and how often.
_ROW_WORDS = re.compile(
    r"balance|curriculum|dedup|mixing|mixture|oversampl|reweight|sample_|_sampl|_rows|row_|shuffl"
    r"|labels|weights"
)
# Settings of the tested Axolotl with such words. What they do to our rows is known.
_KNOWN = frozenset(
    (
        "curriculum_sampling", "dataset_exact_deduplication", "dpo_loss_weights",
        "eval_sample_packing", "generate_samples", "generation_do_sample", "min_sample_len",
        "multipack_real_batches", "num_generation_samples", "num_labels",
        "pad_to_sequence_len", "peft_init_lora_weights", "pretraining_sample_concatenation",
        "reinit_weights", "sample_packing",
        "sample_packing_bin_size", "sample_packing_drop_attention_mask",
        "sample_packing_eff_est", "sample_packing_group_size", "sample_packing_mp_start_method",
        "sample_packing_sequentially", "shuffle_before_merging_datasets",
        "shuffle_merged_datasets", "train_on_inputs",
    )
)  # fmt: skip


def check_arguments(arguments: Sequence[str]) -> None:
    """Refuse arguments of a command that name keys of the block: Axolotl drops them in silence.

    Raises:
        ConfigError: If there is such an argument.
    """
    for argument in arguments:
        name = argument.partition("=")[0]
        if name.startswith(f"--{BLOCK}."):
            raise ConfigError(
                f"`{name}` does nothing: Axolotl's commands pass such arguments on to the "
                f"launcher. Write the key into the block `{BLOCK}:` of the recipe, or run `python "
                f"-m axolotl.cli.train RECIPE --{name[2:].replace('.', '__')}=...`."
            )


def check_settings(recipe: Mapping[str, Any], types: Sequence[str]) -> list[str]:
    """Check settings before any work; return notices for people.

    Args:
        recipe: The recipe with its own datasets.
        types: Types of our datasets.

    Raises:
        ConfigError: If a dataset of our types has a weight.
    """
    notices = []
    for entry in recipe.get("datasets") or []:
        if not isinstance(entry, Mapping) or "weight" not in entry:
            continue
        if entry.get("type") in types:
            raise ConfigError(
                f"`weight: {entry['weight']}` of the dataset {entry.get('path')} is refused: each "
                "of our rows is trained on once an epoch, and the shares of the kinds rest on "
                "that. Set `structtuning.scpt.shares` instead, and take `weight` out."
            )
        notices.append(
            f"`weight` of the dataset {entry.get('path')} changes the mixture with our rows, which "
            "have no weight: compare the numbers of rows that Axolotl prints"
        )
    return [*notices, *_unknown_settings(recipe)]


def _unknown_settings(recipe: Mapping[str, Any]) -> Iterator[str]:
    for key, value in recipe.items():
        if not value or key in _KNOWN or not _ROW_WORDS.search(str(key)):
            continue
        if str(key).startswith(("lora_", "optim", "eval_table", "wandb", "hub_")):
            continue
        near = get_close_matches(str(key), _KNOWN, n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        yield (
            f"`{key}: {value!r:.40}` is no setting of the Axolotl that this package is tested "
            f"with: if it drops, repeats or reweights rows, it does so with ours too.{hint}"
        )


def check_lengths(recipe: Mapping[str, Any], plan: Plan) -> list[str]:
    """Check how many of our built rows Axolotl would drop by their length; return notices.

    Raises:
        ConfigError: If it would drop half of the rows of a stage, or all rows to evaluate on.
    """
    shortest = int(recipe.get("min_sample_len") or 0)
    longest = int(recipe.get("eval_sequence_len") or 0)
    notices = []
    for stage in plan.block.stage if shortest > 2 or longest else ():
        eval_dir, prefix = plan.eval_dir(stage), _prefix_of(plan, stage)
        if shortest > 2:
            notices += _check_share(
                f"min_sample_len: {shortest}",
                f"rows of `{stage}` are shorter",
                [
                    prefix + length < shortest
                    for length in artifacts.load_lengths(plan.train_dir(stage))
                ],
                _MOST_DROPPED,
            )
        if eval_dir is not None and 0 < longest < plan.facts.sequence_len:
            notices += _check_share(
                f"eval_sequence_len: {longest}",
                f"held-out rows of `{stage}` are longer",
                [prefix + length > longest for length in artifacts.load_lengths(eval_dir)],
                1.0,
            )
    return notices


def _prefix_of(plan: Plan, stage: str) -> int:
    """Return the tokens in front of each row, such as BOS, that the lengths lack."""
    counts = plan.store.require(stage, plan.keys[stage])["counts"]["train"]
    rows = sum(counts["samples"].values())
    own = counts["prompt_tokens"] + counts["trained_tokens"]
    return int((counts["total_tokens"] - own) // max(1, rows))


def _check_share(setting: str, what: str, is_dropped: Sequence[bool], most: float) -> list[str]:
    count, total = sum(is_dropped), len(is_dropped)
    if not count:
        return []
    words = f"`{setting}` drops {count:,} of {total:,} rows: these {what}"
    if count >= most * total:
        raise ConfigError(f"{words}. Take the setting out, or change it.")
    return [words]
