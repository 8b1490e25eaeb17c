"""Extraction of structure by a language model: prompts, windows, and trees from its answers."""
