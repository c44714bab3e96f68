"""Keep secrets out of logs: by field name and by value."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk.log import mask_secret

SDK_LOGGER = "tencentcloud_sdk_common"


def hide(*secrets: str | None) -> None:
    """Tell Airflow's log masker about secrets that were just read."""
    for secret in secrets:
        if secret:
            mask_secret(secret)


class _BodyFilter(logging.Filter):
    """Replaces the SDK's DEBUG records, which print whole bodies, by a line that names the action."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = next((getattr(arg, "_req", None) for arg in _arguments(record)), None)
        headers = getattr(request, "headers", {})
        kind = "request" if request is not None else "answer"
        record.msg = f"DTS {kind} {headers.get('X-TC-Action', '')} (headers and body withheld)"
        record.args = ()
        return True


def _arguments(record: logging.LogRecord) -> tuple[Any, ...]:
    return record.args if isinstance(record.args, tuple) else ()


def silence_bodies() -> None:
    """Install the filter on the SDK's logger; more than once is harmless."""
    logger = logging.getLogger(SDK_LOGGER)
    if not any(isinstance(item, _BodyFilter) for item in logger.filters):
        logger.addFilter(_BodyFilter())
