"""The read model as it was at a moment that is over: the tables as they were at a checkpoint, and what came behind it.

Queries are the same as for the present. They are given a connection on which the tables that change are shadowed by
what they were; see `picture`.
"""
