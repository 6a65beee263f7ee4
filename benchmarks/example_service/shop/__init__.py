"""The shop's own code, which knows nothing of HTTP nor of being measured."""
