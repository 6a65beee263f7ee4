"""Versioned results: asv-valid files with our data under one key."""
