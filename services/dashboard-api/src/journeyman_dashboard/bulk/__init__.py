"""Changes of many jobs at once, as resources: what was asked for, how far it is, what was refused and why.

The read model says which jobs are meant; each is changed through the log, whose guards decide. Nothing is all or
nothing, and nothing goes on unseen: a bulk that is aborted, fails or is interrupted says so, and how far it had come.
"""
