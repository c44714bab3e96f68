"""Ids as DTS gives them."""

from __future__ import annotations

import secrets
import string


def new_id(prefix: str, length: int = 8) -> str:
    """Return an id as DTS gives: the prefix and some characters."""
    return prefix + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))
