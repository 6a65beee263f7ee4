"""From runs to change points."""
