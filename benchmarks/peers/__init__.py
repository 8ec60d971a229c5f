"""Other job queues measured as ours is, on the same server, machine and jobs. `python -m benchmarks.peers --help`."""
