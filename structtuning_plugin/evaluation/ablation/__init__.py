"""Ablation: the same recipe in several arms, with equal tokens."""
