"""From a change to the commit that made it."""
