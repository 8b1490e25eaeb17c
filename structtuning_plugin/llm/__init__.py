"""Requests to any language model: clients, retries, cache, budget. Independent of the domain."""
