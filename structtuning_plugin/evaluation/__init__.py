"""Closed-book evaluation: answers without any passage, rule-based grading, intervals, paired tests.

tasks (QA files) -> prompts -> answers (transformers | server) -> predictions.jsonl -> scores.json
"""
