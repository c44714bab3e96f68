"""Data migration, API 2018-03-30."""
