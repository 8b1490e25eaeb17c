"""How right an answer is, by rules alone: no model, six languages."""
