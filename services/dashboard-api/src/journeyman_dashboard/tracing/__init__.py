"""Traces of jobs, as a projection: when a job has ended, its spans are made from its events, and sent.

`handing.py` takes from the projector which jobs ended; `trees.py` reads their events from the read model, `readable.py`
makes them what the exporter takes, `projector.py` sends them. Nothing of this is imported where tracing is off.
"""
