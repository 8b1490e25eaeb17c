"""The shapes of questions, one file each."""
