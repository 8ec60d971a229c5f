"""Journeyman's worker: claims jobs and runs them as dramatiq actors."""
