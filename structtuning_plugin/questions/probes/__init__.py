"""Probes of memory: what pre-training left of knowledge points that instruction tuning never speaks of."""
