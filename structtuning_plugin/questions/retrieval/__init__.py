"""Retrievers: from a question to the passages about its subject, by words, vectors or both."""
