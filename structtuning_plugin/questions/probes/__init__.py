"""Probes: questions on points that pre-training has and instruction tuning excludes."""
