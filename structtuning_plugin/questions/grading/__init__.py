"""Grading of answers by rules, without a model."""
