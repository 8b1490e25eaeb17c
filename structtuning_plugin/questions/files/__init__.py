"""QA files: which there are, their records, the shape of these, and what is said once."""
