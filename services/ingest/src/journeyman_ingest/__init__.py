"""Journeyman's way in: validates commands over HTTP and appends them to the log."""
