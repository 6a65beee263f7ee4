"""The nouns: frozen values of the standard library that touch no disk, clock, process or network."""
