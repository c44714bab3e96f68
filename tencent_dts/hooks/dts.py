"""The connection type ``tencentcloud``: where and as whom DTS is called.

Login is the SecretId, password the SecretKey, host and port the endpoint. Extra: ``region``, ``more_regions``,
``protocol``, ``token``, ``role_arn``, ``credentials``, ``language``, ``quota_share``. What of it cannot be sent is
refused when the connection is read: it would otherwise look like trouble of the network.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import BaseHook, XComArg

from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.api.connections import Connection, Extra, Findings, extra_of, host, port, region, word
from tencent_dts.api.redaction import hide
from tencent_dts.errors import Denied, DtsError, DtsProblem, InvalidInput, classify, given_in
from tencent_dts.hooks.reading import aread_connection, read_connection
from tencent_dts.sizes import check_choice

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration import DescribeMigrationJobsAnswer, DescribeMigrationJobsRequest


DEFAULT_ENDPOINT = "dts.tencentcloudapi.com"
# The values that a key of the extra may have; the first is the default.
_CHOICES = {"credentials": ("static", "default"), "protocol": ("https", "http"), "language": ("en-US", "zh-CN")}
_KEYS = (*_CHOICES, "region", "more_regions", "token", "role_arn", "quota_share")
_MEANT = {key.replace("_", ""): key for key in _KEYS}


def _missing_permission(error: DtsProblem) -> str:
    refused = (
        isinstance(error, DtsError) and classify(error.code) is Denied and not error.code.startswith("AuthFailure")
    )
    return "; the user needs the permission dts:DescribeMigrationJobs" if refused else ""


def connection_id(given: str | XComArg | None) -> str:
    """The connection that a task was given; ``None``, as from ``default_args``, is none that was.

    :param given: the id, or the output of another task.
    """
    return DtsHook.default_conn_name if given is None else cast("str", given)


class DtsHook(BaseHook):
    """Turns an Airflow connection into the settings of a client.

    :param tencentcloud_conn_id: id of a connection of type ``tencentcloud``.
    :param region: region to call, as ``ap-guangzhou``; default: the connection's.
    """

    conn_name_attr = "tencentcloud_conn_id"
    default_conn_name = "tencentcloud_default"
    conn_type = "tencentcloud"
    hook_name = "Tencent Cloud"

    def __init__(self, tencentcloud_conn_id: str = default_conn_name, region: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tencentcloud_conn_id = tencentcloud_conn_id
        self.region = region

    def resolve(self) -> ClientSettings:
        """Read the connection, in a worker, before any event loop runs.

        :raises InvalidInput: a part of the connection is missing or wrong.
        """
        return self.settings_from(read_connection(self.tencentcloud_conn_id, self.conn_type))

    async def aresolve(self) -> ClientSettings:
        """Read the connection in a trigger."""
        return self.settings_from(await aread_connection(self.tencentcloud_conn_id, self.conn_type))

    def more_regions(self) -> tuple[str, ...]:
        """The regions that the connection names beside those that this package knows.

        :raises InvalidInput: the connection does not exist, or its extra is broken.
        """
        conn = read_connection(self.tencentcloud_conn_id, self.conn_type)
        return more_regions(extra_of(conn), f"connection {self.tencentcloud_conn_id}")

    def get_conn(self) -> DtsClient:
        """A client to open with ``async with``."""
        return DtsClient(self.resolve())

    def test_connection(self) -> tuple[bool, str]:
        """One DescribeMigrationJobs call, for the *Test* button."""
        try:
            count = asyncio.run(self._count_jobs())
        except DtsProblem as error:
            return False, f"{error.what}: {error.cause}{_missing_permission(error)}"
        return True, f"DescribeMigrationJobs answered: {count} migration jobs in this region"

    async def _count_jobs(self) -> int:
        async with self.get_conn() as client:
            request: DescribeMigrationJobsRequest = {"Limit": 1}
            answer: DescribeMigrationJobsAnswer = await client.call("DescribeMigrationJobs", request, until=0)
            return answer["TotalCount"]

    def settings_from(self, conn: Connection) -> ClientSettings:
        """The settings that a connection holds, read by a worker or, from its database, by the API server.

        :raises InvalidInput: a part of the connection is missing or wrong.
        """
        where = f"connection {self.tencentcloud_conn_id}"
        hide(conn.password)
        extra = extra_of(conn)
        findings = Findings()
        values: dict[str, Any] = {}
        for name, read in _PARTS.items():
            with findings.noted(), given_in("connection"):
                values[name] = read(conn, extra, where)
        with findings.noted():
            values["region"] = self._region(extra, where)
        findings.tell()
        return ClientSettings(**values, connection_id=self.tencentcloud_conn_id)

    def _region(self, extra: Extra, where: str) -> str:
        more = more_regions(extra, where)
        if self.region:
            return region(self.region, "region", more)
        with given_in("connection"):
            if not extra.get("region"):
                raise InvalidInput(f"{where}, extra region", "set it, for example to ap-guangzhou")
            return region(extra["region"], f"{where}, extra region", more)


@given_in("connection")
def more_regions(extra: Extra, where: str) -> tuple[str, ...]:
    """The regions that a cloud connection names because this version of the package does not know them yet.

    :param extra: the connection's extra: ``more_regions`` is a list, or a text with commas.
    :raises InvalidInput: it is neither.
    """
    given = extra.get("more_regions") or ()
    named = given.split(",") if isinstance(given, str) else given
    if not isinstance(named, list | tuple) or not all(isinstance(name, str) for name in named):
        raise InvalidInput(
            f"{where}, extra more_regions", "write a list of regions, as ap-guangzhou,ap-shanghai", given
        )
    return tuple(name.strip() for name in named if name.strip())


# --- The parts of the connection: what each is read from, and what it may be ---


def _choice(name: str) -> Callable[[Connection, Extra, str], str]:
    def read(_: Connection, extra: Extra, where: str) -> str:
        allowed = _CHOICES[name]
        value = extra.get(name) or allowed[0]
        check_choice(f"{where}, extra {name}", value, allowed)
        return str(value)

    return read


def _secret_id(conn: Connection, extra: Extra, where: str) -> str:
    _check_keys(extra, where)
    if extra.get("credentials") != "default" and not (conn.login and conn.password):
        raise InvalidInput(
            f"{where}, login and password",
            "set login to the SecretId and password to the SecretKey, "
            "or extra credentials to `default` for the SDK's provider chain",
        )
    return word(conn.login, f"{where}, login", shown=False) if conn.login else ""


def _check_keys(extra: Extra, where: str) -> None:
    """A misspelt key would be left out silently."""
    for key in extra:
        meant = _MEANT.get(key.lower().replace("_", "").replace("-", ""), key)
        if meant != key:
            raise InvalidInput(f"{where}, extra {key}", f"write it {meant}")


def _secret_key(conn: Connection, _: Extra, where: str) -> str:
    return word(conn.password, f"{where}, password", shown=False) if conn.password else ""


def _token(_: Connection, extra: Extra, where: str) -> str | None:
    return word(extra["token"], f"{where}, extra token", shown=False) if extra.get("token") else None


def _role_arn(_: Connection, extra: Extra, where: str) -> str | None:
    return word(extra["role_arn"], f"{where}, extra role_arn") if extra.get("role_arn") else None


def _endpoint(conn: Connection, _: Extra, where: str) -> str:
    """Host and port, as the SDK takes them: an IPv6 address in brackets, a port of its own or behind the host."""
    given = conn.host or DEFAULT_ENDPOINT
    address = given.partition("://")[2] or given
    number = port(conn.port, f"{where}, port")
    if address.startswith("["):
        inner, _bracket, behind = address[1:].partition("]")
        name = f"[{host(inner, f'{where}, host', ipv6=True)}]"
    elif address.count(":") > 1:
        raise InvalidInput(f"{where}, host", "write an IPv6 address in brackets, as [::1]")
    else:
        plain, colon, behind = address.partition(":")
        name, behind = host(plain, f"{where}, host"), colon + behind
    if behind:
        number = _port_behind(behind, number, f"{where}, host")
    return f"{name}:{number}" if number else name


def _port_behind(text: str, number: int, where: str) -> int:
    """The port that stands behind the host."""
    if not text.startswith(":") or not text[1:].isdigit():
        raise InvalidInput(where, "write the host alone, without a path; a port has a field of its own")
    if number and number != int(text[1:]):
        raise InvalidInput(where, "it ends with another port than the field port; leave one out")
    return port(text[1:], where)


def _share(_: Connection, extra: Extra, where: str) -> float:
    value = extra.get("quota_share")
    if value in (None, ""):
        return 0.5
    try:
        share = float(value)
    except (TypeError, ValueError):
        share = 0.0
    if not 0 < share <= 1:
        raise InvalidInput(f"{where}, extra quota_share", "a number above 0 and up to 1", value)
    return share


_PARTS = {
    "secret_id": _secret_id,
    "secret_key": _secret_key,
    "token": _token,
    "role_arn": _role_arn,
    "endpoint": _endpoint,
    "quota_share": _share,
    **{name: _choice(name) for name in _CHOICES},
}
