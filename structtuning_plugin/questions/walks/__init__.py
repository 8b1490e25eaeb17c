"""One-hop and multi-hop questions that a language model writes from walks over the tree."""
