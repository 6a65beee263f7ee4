"""Ten benchmarks, of the kinds that suites have."""
