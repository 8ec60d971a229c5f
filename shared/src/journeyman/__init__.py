"""Journeyman: a distributed job queue for Python that keeps a journal."""

__version__ = "0.1.0"
