"""Traces of jobs, as a projection: when a job has ended, its spans are made from its events, and sent.

`handing.py` takes from the projector which jobs ended, with all that there is to say of those that went straight
through (`plain.py`); `trees.py` reads the events of the others from the read model; `encoding.py` makes a request of
their spans, `projector.py` sends it. Nothing of this is imported where tracing is off.
"""
