"""What each commit changes, so that each has to be built."""

EDITION = 0
