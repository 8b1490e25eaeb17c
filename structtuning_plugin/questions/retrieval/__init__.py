"""Ways from a question to the passages that it is about: by words, by vectors, by both."""
