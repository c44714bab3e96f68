"""Data sync, API 2021-12-06."""
