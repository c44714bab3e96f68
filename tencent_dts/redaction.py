"""Keep secrets out of logs: by field name and by value."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk.log import mask_secret

SECRET_FIELDS = frozenset(
    {"AccessKey", "Password", "NewPassword", "TmpSecretId", "TmpSecretKey", "TmpToken", "SecretKey", "Token"}
)
SDK_LOGGER = "tencentcloud_sdk_common"


def hide(*secrets: str | None) -> None:
    """Tell Airflow's log masker about secrets that were just read."""
    for secret in secrets:
        if secret:
            mask_secret(secret)


def redact(value: Any) -> Any:
    """A copy of a request or answer in which every secret field reads ``***``.

    >>> redact({"Info": [{"User": "root", "Password": "hunter2"}]})
    {'Info': [{'User': 'root', 'Password': '***'}]}
    """
    if isinstance(value, dict):
        return {key: "***" if key in SECRET_FIELDS and item else redact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [redact(item) for item in value]
    return value


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
