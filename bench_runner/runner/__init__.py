"""From commits to runs."""
