"""Airflow connections -> DTS."""
