"""Keep secrets out of logs: by field name and by value."""

from __future__ import annotations

import base64
import html
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from airflow.sdk.log import mask_secret

SDK_LOGGER = "tencentcloud_sdk_common"
_SHORTEST = 5  # Airflow's masker takes no shorter one, and says so in every log
_SHORTEST_IN_BASE64 = 8  # fewer letters stand in many a text by chance


def hide(*secrets: str | None) -> None:
    """Have Airflow's log masker hide secrets that were just read, in every spelling that a log can show.

    One that is too short to mask is left to the redaction by field name: masked by value, half of a log would go.
    """
    spelt = sorted({text for secret in secrets if secret for text in spellings(secret) if len(text) >= _SHORTEST})
    if spelt:
        mask_secret([*spelt])


def spellings(secret: str) -> set[str]:
    """A secret as it is, as JSON, Python, an address or a page write it, and within a text in base64.

    >>> sorted(spellings("p&s/1"))
    ['p%26s%2F1', 'p%26s/1', 'p&amp;s/1', 'p&s/1']
    """
    if len(secret) < _SHORTEST:
        return {secret}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    nested = {json.dumps(text)[1:-1] for text in escaped}
    addresses = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    pages = {html.escape(secret), html.escape(secret, quote=False)}
    python = {repr(secret)[1:-1], repr(secret.encode())[2:-1]}
    return {secret, *escaped, *nested, *addresses, *pages, *python, *_in_base64(secret.encode())}


def _in_base64(raw: bytes) -> Iterator[str]:
    """What a text in base64 shows of a secret in its middle: the letters that depend on nothing else."""
    for shift in range(3):  # how many bytes before it share its first letters
        first, last = -(-shift * 8 // 6), (shift + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            letters = encode(bytes(shift) + raw).decode()[first:last]
            if len(letters) >= _SHORTEST_IN_BASE64:
                yield letters


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
