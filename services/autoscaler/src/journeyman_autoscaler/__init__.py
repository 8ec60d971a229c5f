"""Journeyman's autoscaler: keeps as many workers as the backlog needs."""
