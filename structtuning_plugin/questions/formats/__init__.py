"""QA formats, one file each."""
