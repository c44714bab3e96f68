"""The connection type ``tencentcloud``: where and as whom DTS is called.

Login is the SecretId, password the SecretKey, host and port the endpoint. Extra: ``region``,
``protocol``, ``token``, ``role_arn``, ``credentials``, ``language``, ``quota_share``.
"""

from __future__ import annotations

import asyncio
from typing import Any

from airflow.sdk import BaseHook

from tencent_dts.client import ClientSettings, DtsClient
from tencent_dts.errors import Denied, DtsError, DtsProblem, InvalidInput, classify
from tencent_dts.redaction import hide

DEFAULT_ENDPOINT = "dts.tencentcloudapi.com"


def _missing_permission(error: DtsProblem) -> str:
    refused = (
        isinstance(error, DtsError) and classify(error.code) is Denied and not error.code.startswith("AuthFailure")
    )
    return "; the user needs the permission dts:DescribeMigrationJobs" if refused else ""


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
        return self.settings_from(self.get_connection(self.tencentcloud_conn_id))

    async def aresolve(self) -> ClientSettings:
        """Read the connection in a trigger."""
        return self.settings_from(await self.aget_connection(self.tencentcloud_conn_id))

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
            answer = await client.call("DescribeMigrationJobs", {"Limit": 1}, until=0)
            return int(answer["TotalCount"])

    def settings_from(self, conn: Any) -> ClientSettings:
        """The settings that a connection holds, wherever it was read: also by the API server, from its database.

        :raises InvalidInput: a part of the connection is missing or wrong.
        """
        extra: dict[str, Any] = conn.extra_dejson
        hide(conn.password, extra.get("token"))
        where = f"connection {self.tencentcloud_conn_id}"
        credentials: Any = extra.get("credentials") or "static"
        if credentials not in ("static", "default"):
            raise InvalidInput(f"{where}, extra credentials", "allowed: static, default", credentials)
        if credentials == "static" and not (conn.login and conn.password):
            raise InvalidInput(
                f"{where}, login and password",
                "set login to the SecretId and password to the SecretKey, "
                "or extra credentials to `default` for the SDK's provider chain",
            )
        region = self.region or extra.get("region")
        if not region:
            raise InvalidInput(f"{where}, extra region", "set it, for example to ap-guangzhou")
        protocol: Any = extra.get("protocol") or "https"
        if protocol not in ("https", "http"):
            raise InvalidInput(f"{where}, extra protocol", "allowed: https, http", protocol)
        host = (conn.host or DEFAULT_ENDPOINT).partition("://")[2] or conn.host or DEFAULT_ENDPOINT
        return ClientSettings(
            region=region,
            endpoint=f"{host}:{conn.port}" if conn.port else host,
            protocol=protocol,
            secret_id=conn.login or "",
            secret_key=conn.password or "",
            token=extra.get("token") or None,
            role_arn=extra.get("role_arn") or None,
            credentials=credentials,
            language=extra.get("language") or "en-US",
            quota_share=self._share(extra.get("quota_share"), where),
            connection_id=self.tencentcloud_conn_id,
        )

    @staticmethod
    def _share(value: Any, where: str) -> float:
        if value in (None, ""):
            return 0.5
        try:
            share = float(value)
        except (TypeError, ValueError):
            share = 0.0
        if not 0 < share <= 1:
            raise InvalidInput(f"{where}, extra quota_share", "a number above 0 and up to 1", value)
        return share
