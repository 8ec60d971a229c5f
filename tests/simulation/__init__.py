"""Deterministic simulation: the real services over a simulated server, clock and network, in one thread, from one seed.

`python -m simulation --help`, with `tests/` on the path. docs/simulation.md says what is simulated and what is real.
"""
