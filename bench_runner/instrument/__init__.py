"""Programs built to be measured: standard library only, safe in production, importable from every layer."""
