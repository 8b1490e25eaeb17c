"""The knowledge taxonomy: its extraction from documents, its files, and queries on the tree."""
