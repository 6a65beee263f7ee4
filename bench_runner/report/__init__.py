"""One finding, many texts."""
