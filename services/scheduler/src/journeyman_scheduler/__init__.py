"""Journeyman's scheduler: reads the log, decides, commits."""
