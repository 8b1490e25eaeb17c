"""Readers, one module a format. Each implements the hook `register_readers`, as plugins do."""
