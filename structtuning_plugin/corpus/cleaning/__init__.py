"""Removal of what is no text, of repeated lines, and of duplicates, after a file was read."""
