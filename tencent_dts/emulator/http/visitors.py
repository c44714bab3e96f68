"""Who may use the emulator: no web page of another place may reach it by a browser.

The admin API asks for no signature, and a page can sign for the API with the keys that the documents print.

A browser says which page sends a request (``Origin``, ``Sec-Fetch-Site``). A page may also have let its own name
point at this machine: then ``Host`` is that name. Programs send what they like, and are stopped by the address that
the emulator listens on alone.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit


def refusal(headers: Mapping[str, str]) -> str:
    """Return why a request may reach neither the API nor the admin API, or "".

    :param headers: by their names in lower case.
    """
    host = headers.get("host", "").lower()
    if not is_local(host):
        return "The Host must be an address, localhost or a name without a dot."
    origin = headers.get("origin")
    if origin is not None and origin.lower().partition("://")[2] != host:
        return "The Origin is another than the Host."
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return "A page of another site may not ask."
    return ""


def is_local(host: str) -> bool:
    """Whether a Host is one that no one on the internet can own: an address, localhost, or a name without a dot."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if "." not in name and ":" not in name:
            return bool(name)
        return name.endswith(".localhost") or ipaddress.ip_address(name) is not None
    except ValueError:
        return False
