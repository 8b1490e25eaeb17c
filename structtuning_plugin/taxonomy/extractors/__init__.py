"""Extractors, one module each. Each implements `register_taxonomy_extractors`, as plugins do."""
