"""Kinds of training samples, one file for one or a few that are alike; each enters by the hook."""
