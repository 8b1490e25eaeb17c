"""Closed-book evaluation: what a model answers without any passage, graded by rules, with intervals and paired tests.

tasks (QA files) -> prompts -> answers (transformers | server) -> predictions.jsonl -> scores.json
"""
