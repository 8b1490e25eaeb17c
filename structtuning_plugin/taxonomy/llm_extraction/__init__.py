"""A language model is asked for structure: the questions, their windows, and what is made of the answers."""
