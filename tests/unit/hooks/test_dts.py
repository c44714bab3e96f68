"""The connection type: its forms, its mistakes, its Test button, and what Airflow is told of it."""

from __future__ import annotations

import importlib
import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from airflow.sdk.module_loading import import_string  # type: ignore[attr-defined]  # Airflow does not list it

from tencent_dts.client import ClientSettings
from tencent_dts.errors import InvalidInput
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.provider import get_provider_info
from tests.unit.emulator.cloud import Cloud


def resolved(monkeypatch: pytest.MonkeyPatch, region: str | None = None, **parts: Any) -> ClientSettings:
    extra = {"region": "ap-guangzhou"} | parts.pop("extra", {})
    value = {"conn_type": "tencentcloud", "login": "AKID", "password": "a-secret-key", "extra": extra} | parts
    monkeypatch.setenv("AIRFLOW_CONN_CLOUD", json.dumps(value))
    return DtsHook("cloud", region).resolve()


def test_the_least_is_a_key_pair_and_a_region(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = resolved(monkeypatch)
    assert (settings.secret_id, settings.secret_key, settings.region) == ("AKID", "a-secret-key", "ap-guangzhou")
    assert (settings.endpoint, settings.protocol, settings.language) == ("dts.tencentcloudapi.com", "https", "en-US")
    assert "a-secret-key" not in repr(settings)


@pytest.mark.parametrize(
    ("parts", "endpoint"),
    [
        ({"host": "dts.intl.tencentcloudapi.com"}, "dts.intl.tencentcloudapi.com"),
        ({"host": "127.0.0.1", "port": 8021}, "127.0.0.1:8021"),
        ({"host": "http://127.0.0.1", "port": 8021}, "127.0.0.1:8021"),
        ({"host": ""}, "dts.tencentcloudapi.com"),
    ],
    ids=str,
)
def test_host_and_port_are_the_endpoint(parts: dict[str, Any], endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolved(monkeypatch, **parts).endpoint == endpoint


def test_a_task_s_region_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolved(monkeypatch, "ap-singapore").region == "ap-singapore"


def test_roles_tokens_and_the_default_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = resolved(monkeypatch, extra={"role_arn": "qcs::cam::uin/1:roleName/dts", "token": "a-token"})
    assert (settings.role_arn, settings.token) == ("qcs::cam::uin/1:roleName/dts", "a-token")
    chain = resolved(monkeypatch, login=None, password=None, extra={"credentials": "default"})
    assert chain.credentials == "default"


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ({"login": None}, "login and password"),
        ({"password": None}, "login and password"),
        ({"extra": {"region": None}}, "extra region"),
        ({"extra": {"protocol": "ftp"}}, "extra protocol"),
        ({"extra": {"credentials": "magic"}}, "extra credentials"),
        ({"extra": {"quota_share": 0}}, "extra quota_share"),
        ({"extra": {"quota_share": 1.5}}, "extra quota_share"),
        ({"extra": {"quota_share": "half"}}, "extra quota_share"),
    ],
    ids=str,
)
def test_a_wrong_part_is_named(parts: dict[str, Any], named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match=f"connection cloud.*{named}") as raised:
        resolved(monkeypatch, **parts)
    assert "a-secret-key" not in str(raised.value)


@pytest.mark.parametrize(("share", "expected"), [("", 0.5), (None, 0.5), ("0.25", 0.25), (1, 1.0)])
def test_the_share_of_the_quota(share: Any, expected: float, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolved(monkeypatch, extra={"quota_share": share}).quota_share == expected


@pytest.mark.usefixtures("airflow_connections")
class TestTheButton:
    """*Test* makes one call, and says what came of it."""

    def test_success_counts_the_jobs(self, cloud: Cloud) -> None:
        cloud.buy()
        ok, message = DtsHook().test_connection()
        assert ok
        assert "1 migration jobs" in message
        assert [call["action"] for call in cloud.emulator.journal()][1:] == ["DescribeMigrationJobs"]

    def test_a_missing_permission_is_named(self, cloud: Cloud) -> None:
        cloud.emulator.add_fault({"action": "*", "code": "UnauthorizedOperation", "message": "not authorized"})
        ok, message = DtsHook().test_connection()
        assert not ok
        assert "dts:DescribeMigrationJobs" in message

    def test_a_wrong_key_is_told_apart_from_a_missing_permission(
        self, cloud: Cloud, airflow_connections: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        value = {**airflow_connections["tencentcloud_default"], "password": "not-the-key"}
        monkeypatch.setenv("AIRFLOW_CONN_TENCENTCLOUD_DEFAULT", json.dumps(value))
        ok, message = DtsHook().test_connection()
        assert not ok
        assert "AuthFailure.SignatureFailure" in message
        assert "permission" not in message
        assert "not-the-key" not in message

    @pytest.mark.parametrize("fault", [{"status": 502}, {"drop": "before"}, {"code": "RequestLimitExceeded"}], ids=str)
    def test_trouble_is_told_at_once(self, fault: dict[str, Any], cloud: Cloud) -> None:
        cloud.emulator.add_fault({"action": "*", **fault})
        ok, message = DtsHook().test_connection()
        assert not ok
        assert message
        assert len(cloud.emulator.journal()) == 1

    def test_a_wrong_connection_is_no_crash(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_TENCENTCLOUD_DEFAULT", '{"conn_type": "tencentcloud"}')
        ok, message = DtsHook().test_connection()
        assert not ok
        assert "login and password" in message


class TestProvider:
    """What Airflow is told of this package."""

    def test_it_follows_airflow_s_schema(self) -> None:
        schema = json.loads(files("airflow").joinpath("provider_info.schema.json").read_text())
        jsonschema.validate(get_provider_info(), schema)

    def test_everything_it_names_exists(self) -> None:
        info = get_provider_info()
        for kind in ("operators", "sensors", "hooks", "triggers"):
            for entry in info[kind]:
                for module in entry["python-modules"]:
                    importlib.import_module(module)
        for connection in info["connection-types"]:
            assert import_string(connection["hook-class-name"]).conn_type == connection["connection-type"]
        for link in info["extra-links"]:
            assert import_string(link)

    def test_the_form_hides_what_is_secret_and_explains_every_field(self) -> None:
        (connection,) = get_provider_info()["connection-types"]
        fields = connection["conn-fields"]
        assert fields["token"]["schema"]["format"] == "password"
        assert all(field["label"] and field["description"] for field in fields.values())

    def test_each_option_has_a_default_that_reads(self) -> None:
        from tencent_dts import settings

        (section,) = get_provider_info()["config"].values()
        for name, option in section["options"].items():
            assert option["description"], name
            assert callable(getattr(settings, name)), name
