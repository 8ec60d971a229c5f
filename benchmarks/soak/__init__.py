"""The whole system at half its speed for long: does anything grow, is anything lost? `python -m benchmarks.soak`."""
