"""Journeyman's read model: projects the log into SQLite and serves it."""
