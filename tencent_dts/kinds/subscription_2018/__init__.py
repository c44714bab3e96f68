"""Data subscription, API 2018-03-30."""
