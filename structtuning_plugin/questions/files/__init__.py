"""QA files: discovery, their records, the format of these, and what is decided per file."""
