"""A small real project with known changes, and the whole job on it."""
