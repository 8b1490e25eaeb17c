"""Evaluations and ablations as one page of HTML."""
