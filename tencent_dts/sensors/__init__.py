"""Waits for an outcome."""
