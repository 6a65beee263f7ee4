"""The faults that are switched on in this process, by name; none in a healthy shop."""

FAULTS = set()
