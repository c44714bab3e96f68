"""Data migration, API 2021-12-06."""
