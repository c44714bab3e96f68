"""Waits for an outcome that somebody will act upon."""
