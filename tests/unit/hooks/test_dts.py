"""The connection type: its forms, its mistakes, its Test button, and what Airflow is told of it."""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
import traceback
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse
from airflow.sdk.log import redact  # type: ignore[attr-defined]  # as below
from airflow.sdk.module_loading import import_string  # type: ignore[attr-defined]  # Airflow does not list it

from tencent_dts import operators, sensors
from tencent_dts.api.client import ClientSettings
from tencent_dts.errors import InvalidInput
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.operators.migration import DtsDescribeMigrationJobsOperator
from tencent_dts.provider import get_provider_info
from tests.drive import Task
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud


def resolved(monkeypatch: pytest.MonkeyPatch, region: str | None = None, **parts: Any) -> ClientSettings:
    extra = parts.pop("extra", {})
    extra = extra if isinstance(extra, str) else {"region": "ap-guangzhou"} | extra
    value = {"conn_type": "tencentcloud", "login": "AKID", "password": "a-secret-key", "extra": extra} | parts
    monkeypatch.setenv("AIRFLOW_CONN_CLOUD", json.dumps(value))
    return DtsHook("cloud", region).resolve()


def test_the_least_is_a_key_pair_and_a_region(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = resolved(monkeypatch)
    assert (settings.secret_id, settings.secret_key, settings.region) == ("AKID", "a-secret-key", "ap-guangzhou")
    assert (settings.endpoint, settings.protocol, settings.language) == ("dts.tencentcloudapi.com", "https", "en-US")
    assert "a-secret-key" not in repr(settings)


@for_every(
    "parts, endpoint",
    [
        ({"host": "dts.intl.tencentcloudapi.com"}, "dts.intl.tencentcloudapi.com"),
        ({"host": "127.0.0.1", "port": 8021}, "127.0.0.1:8021"),
        ({"host": "http://127.0.0.1", "port": 8021}, "127.0.0.1:8021"),
        ({"host": ""}, "dts.tencentcloudapi.com"),
    ],
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
    assert redact("the connection tencentcloud_default, a-token") == "the connection tencentcloud_default, ***"


@for_every(
    "parts, named",
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
)
def test_a_wrong_part_is_named(parts: dict[str, Any], named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match=f"connection cloud.*{named}") as raised:
        resolved(monkeypatch, **parts)
    assert "a-secret-key" not in str(raised.value)


UNSENDABLE: dict[str, tuple[dict[str, Any], str]] = {
    "a SecretId outside ASCII": ({"login": "AKIDü-of-the-account"}, "login"),
    "a SecretId with a blank": ({"login": "AKID of-the-account"}, "login"),
    "a SecretKey with a line break": ({"password": "a-secret-key\n"}, "password"),
    "a token with a line break": ({"extra": {"token": "t0ken-of-mine\r\n"}}, "extra token"),
    "a token with a tab within": ({"extra": {"token": "t0ken\tof-mine"}}, "extra token"),
    "a token that is a number": ({"extra": {"token": 1234567}}, "extra token"),
    "a role with a blank": ({"extra": {"role_arn": "qcs::cam::uin/1 :roleName/dts"}}, "extra role_arn"),
    "an endpoint with a line break": ({"host": "dts.tencentcloudapi.com\n"}, "host"),
    "an endpoint with a path": ({"host": "dts.tencentcloudapi.com/t0ken-of-mine"}, "host"),
    "an endpoint with a scheme and a path": ({"host": "https://dts.tencentcloudapi.com/"}, "host"),
    "an endpoint with user and password": ({"host": "https://me:t0ken-of-mine@dts.tencentcloudapi.com"}, "host"),
    "an endpoint with parameters": ({"host": "dts.tencentcloudapi.com?x=t0ken-of-mine"}, "host"),
    "an endpoint outside ASCII": ({"host": "dts.tencentclöudapi.com"}, "host"),
    "an endpoint with two ports": ({"host": "127.0.0.1:8021", "port": 8022}, "host"),
    "an endpoint whose port is none": ({"host": "127.0.0.1:dts"}, "host"),
    "an IPv6 endpoint without brackets": ({"host": "::1"}, "host"),
    "an IPv4 endpoint in brackets": ({"host": "[127.0.0.1]"}, "host"),
    "a port that is none": ({"port": 70000}, "port"),
    "a region with a blank": ({"extra": {"region": "ap-guangzhou "}}, "extra region"),
    "a region with a letter less": ({"extra": {"region": "ap-guangzou"}}, "extra region"),
    "a region without its area": ({"extra": {"region": "guangzhou"}}, "extra region"),
    "a region that is a list": ({"extra": {"region": ["ap-guangzhou"]}}, "extra region"),
    "a language that DTS does not speak": ({"extra": {"language": "chinese"}}, "extra language"),
    "a misspelt key": ({"extra": {"roleArn": "qcs::cam::uin/1:roleName/dts"}}, "extra roleArn.*write it role_arn"),
    "more regions that are none": ({"extra": {"more_regions": {"ap-new": 1}}}, "extra more_regions"),
    "an extra that is a list": ({"extra": '["ap-guangzhou"]'}, "extra.*a JSON object.*a list"),
    "an extra that is broken": ({"extra": '{"region": "ap-guangzhou", "token": "t0ken-of-mine",,}'}, "extra.*no JSON"),
}


@for_every("case", UNSENDABLE)
def test_what_cannot_be_sent_is_told_by_its_place_and_without_a_secret(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, named = UNSENDABLE[case]
    with pytest.raises(InvalidInput, match=f"connection cloud, {named}") as raised:
        resolved(monkeypatch, **parts)
    shown = "".join(traceback.format_exception(raised.value))
    for secret in ("a-secret-key", "t0ken", "of-mine", "of-the-account"):
        assert secret not in str(raised.value)
        assert secret not in shown


def test_a_task_s_region_is_named_as_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match=r"^region is 'ap-guangzou': no such region is known \(there are ap-"):
        resolved(monkeypatch, "ap-guangzou")


@for_every("more", ["ap-newtown", "ap-elsewhere, ap-newtown", ["ap-newtown"]], ids=str)
def test_a_region_that_the_package_does_not_know_yet_is_one_where_the_connection_says_so(
    more: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert resolved(monkeypatch, "ap-newtown", extra={"more_regions": more}).region == "ap-newtown"
    assert resolved(monkeypatch, extra={"region": "ap-newtown", "more_regions": more}).region == "ap-newtown"


def test_everything_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"region": "ap-guangzou", "token": "t0ken-of-mine\n", "language": "fr"}
    with pytest.raises(InvalidInput) as raised:
        resolved(monkeypatch, host="dts.tencentcloudapi.com/v2", extra=extra)
    for place in ("host", "extra region", "extra token", "extra language"):
        assert f"connection cloud, {place}" in str(raised.value)


def test_a_connection_that_does_not_exist_is_told_at_once_and_how_to_make_it() -> None:
    with pytest.raises(InvalidInput, match=r"connection nowhere: it is not defined; .*AIRFLOW_CONN_NOWHERE") as raised:
        DtsHook("nowhere").resolve()
    assert isinstance(raised.value, AirflowFailException)
    with pytest.raises(InvalidInput, match="connection nowhere: it is not defined"):
        asyncio.run(DtsHook("nowhere").aresolve())


def test_a_variable_that_holds_no_connection_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CLOUD", '{"conn_type": "tencentcloud", "port": "t0ken"}')
    with pytest.raises(InvalidInput, match="AIRFLOW_CONN_CLOUD is set, but"):
        DtsHook("cloud").resolve()


@pytest.mark.parametrize("detail", [{"status_code": 503}, {"status_code": 500}], ids=str)
def test_an_outage_of_airflow_is_not_taken_for_a_connection_that_does_not_exist(
    detail: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow reports both as an absence; the one must be retried, and the other must not."""

    class Comms:
        error = ErrorType.API_SERVER_ERROR

        def send(self, message: Any) -> Any:
            return ErrorResponse(error=self.error, detail=detail)

    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", Comms(), raising=False)
    with pytest.raises(AirflowNotFoundException) as raised:
        DtsHook("nowhere").resolve()
    assert not isinstance(raised.value, AirflowFailException)
    monkeypatch.setattr(Comms, "error", ErrorType.CONNECTION_NOT_FOUND)
    with pytest.raises(InvalidInput, match="not defined"):
        DtsHook("nowhere").resolve()


UNOPENABLE = {
    "a proxy of another kind": {"ALL_PROXY": "socks://me:t0ken@127.0.0.1:7890"},
    "a proxy without its package": {"ALL_PROXY": "socks5://me:t0ken@127.0.0.1:7890"},
    "a list of exceptions that breaks": {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "[::1],127.0.0.1"},
    "certificates that are nowhere": {"SSL_CERT_FILE": "/nowhere/ca.pem"},
}


@pytest.fixture(params=UNOPENABLE)
def unopenable(airflow_connections: Any, monkeypatch: pytest.MonkeyPatch, request: Any) -> str:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    variables = UNOPENABLE[request.param]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return list(variables)[-1]


def test_a_client_that_cannot_be_opened_names_what_of_the_environment_it_reads(unopenable: str) -> None:
    ok, message = DtsHook().test_connection()
    assert not ok
    assert "connection tencentcloud_default, or " in message
    assert unopenable in message
    assert "t0ken" not in message
    with pytest.raises(InvalidInput, match=unopenable) as raised:
        Task(DtsDescribeMigrationJobsOperator(task_id="list")).run()
    assert "t0ken" not in "".join(traceback.format_exception(raised.value))


@for_every("share, expected", [("", 0.5), (None, 0.5), ("0.25", 0.25), (1, 1.0)])
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

    @for_every("case", UNSENDABLE, anew="cloud")
    def test_what_cannot_be_sent_is_told_without_its_value(
        self, case: str, cloud: Cloud, airflow_connections: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        right, (parts, _) = airflow_connections["tencentcloud_default"], UNSENDABLE[case]
        extra = parts.get("extra", {})
        more = {**right["extra"], **extra} if isinstance(extra, dict) else extra
        value = {**right, **parts, "extra": more}
        monkeypatch.setenv("AIRFLOW_CONN_TENCENTCLOUD_DEFAULT", json.dumps(value))
        ok, message = DtsHook().test_connection()
        assert not ok
        assert message.startswith("connection tencentcloud_default, ")
        assert not [word for word in ("a-secret-key", "t0ken", "of-mine", "of-the-account") if word in message]
        assert cloud.emulator.journal() == []

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

    @pytest.mark.parametrize("package", [operators, sensors], ids=["operators", "sensors"])
    def test_it_names_every_module_of_operators_and_sensors(self, package: Any) -> None:
        kind = package.__name__.rpartition(".")[2]
        (entry,) = get_provider_info()[kind]
        there = {f"{package.__name__}.{module.name}" for module in pkgutil.iter_modules(package.__path__)}
        assert set(entry["python-modules"]) == there

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
