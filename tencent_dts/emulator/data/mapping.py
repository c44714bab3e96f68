"""Which server stands for what a job names: the file of ``dts-emulator serve --data``.

.. code-block:: yaml

    servers:
      - names: ["203.0.113.5:3306", cdb-copyapgu]   # host and port, or instance ids, as jobs have them
        address: 127.0.0.1:33061
        user: dts
        password_env: SOURCE_PASSWORD               # or password: ...
        family: mysql                               # or postgresql: jobs of the other family are refused then
        allow: false                                # true: an address that is not loopback may be written to
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tencent_dts.emulator.data.model import Account, Server

Entry = Mapping[str, Any]
"""An entry of the file, as it was written."""

_KEYS = frozenset({"names", "address", "user", "password", "password_env", "family", "allow"})
FAMILIES = ("mysql", "postgresql")


def read(path: Path) -> dict[str, Server]:
    """Return the servers by the names that jobs have for them. Raises ``ValueError`` naming field, value and fix."""
    given = yaml.safe_load(path.read_text())
    entries = given.get("servers") if isinstance(given, dict) else None
    if not entries or not isinstance(entries, list):
        raise ValueError(f"{path} has no list of servers: give it servers: [{{names: [...], address: host:port, ...}}]")
    found: dict[str, Server] = {}
    for index, entry in enumerate(entries):
        where = f"{path}: servers.{index}"
        problems = list(_problems(entry))
        if problems:
            raise ValueError(f"{where}{'; '.join(problems)}")
        twice = sorted(set(map(str, entry["names"])) & found.keys())
        if twice:
            raise ValueError(f"{where}.names: {twice[0]} stands for another server already")
        found |= dict.fromkeys(map(str, entry["names"]), _server(entry))
    return found


def _server(entry: Entry) -> Server:
    host, _, port = entry["address"].rpartition(":")
    password = os.environ[entry["password_env"]] if "password_env" in entry else entry["password"]
    return Server(host.strip("[]"), int(port), Account(entry["user"], password), entry.get("family", ""))


def _problems(entry: object) -> Iterator[str]:
    if not isinstance(entry, dict) or set(entry) - _KEYS:
        yield f" knows {', '.join(sorted(_KEYS))} only"
        return
    if not isinstance(entry.get("names"), list) or not entry["names"]:
        yield ".names must be a list of host:port or instance ids, as jobs name them"
    if not isinstance(entry.get("user"), str):
        yield ".user must be the account by which the emulator works on the server"
    yield from _password_problems(entry)
    if entry.get("family", FAMILIES[0]) not in FAMILIES:
        yield f".family is {entry['family']!r}; it must be one of {', '.join(FAMILIES)}"
    host, _, port = str(entry.get("address", "")).rpartition(":")
    if not host or not port.isdecimal():
        yield f".address is {entry.get('address')!r}; it must be host:port"
    elif not is_loopback(host.strip("[]")) and entry.get("allow") is not True:
        yield f".address is {entry['address']}, which is not on this machine: it would be written to; say allow: true"


def _password_problems(entry: Entry) -> Iterator[str]:
    if ("password" in entry) == ("password_env" in entry):
        yield " needs one of password and password_env"
    elif "password" in entry and not isinstance(entry["password"], str):
        yield ".password must be text, in quotes where it looks like a number"
    elif "password_env" in entry and str(entry["password_env"]) not in os.environ:
        yield f".password_env names {entry['password_env']}, which is not in the environment"


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine by its own address; any other name could lead anywhere."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
