"""Subscriptions, API 2018-03-30."""
