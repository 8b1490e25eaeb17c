"""Questions made from the corpus and its tree by rule alone: no model, the same ones every time."""
