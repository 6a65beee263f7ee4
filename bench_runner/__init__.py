"""Benchmark history as plain files: measure commits, find what changed, show it, bisect it."""

__version__ = "0.1.0"
