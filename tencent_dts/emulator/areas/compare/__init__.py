"""Comparisons of migration and sync jobs, API 2021-12-06."""
