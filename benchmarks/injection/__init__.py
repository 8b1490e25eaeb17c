"""Which kinds of samples put a book's knowledge into a small model: a controlled experiment."""
