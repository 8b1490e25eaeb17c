"""Entry point of `python -m structtuning_plugin`: the CLI without Axolotl's."""

from structtuning_plugin.cli import structtuning

structtuning(prog_name="python -m structtuning_plugin")
