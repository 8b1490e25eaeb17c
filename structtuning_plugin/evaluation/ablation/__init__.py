"""Which part of the method is worth what: the same recipe in several arms, with equal tokens."""
