"""Implementation of the subcommands, loaded when they run."""
