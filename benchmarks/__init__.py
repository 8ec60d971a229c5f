"""Benchmarks of the whole system through its real services. `python -m benchmarks --help`."""
