"""Migration jobs, API 2021-12-06."""
