"""Questions of one hop and of several, written by a language model from walks over the tree."""
