"""The static history site."""
