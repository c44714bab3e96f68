"""The routes of the page; each is a GET behind Airflow's own access checks."""

from __future__ import annotations

from fastapi import FastAPI


def build() -> FastAPI:
    """The application that Airflow mounts."""
    return FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
