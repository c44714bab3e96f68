"""The file that maps what jobs name to real servers: what it says, and what it must not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tencent_dts.emulator.cli import main
from tencent_dts.emulator.data import mapping

ENTRY = {"names": ["203.0.113.5:3306", "cdb-a"], "address": "127.0.0.1:3307", "user": "dts", "password": "secret"}


def written(folder: Path, *entries: Any) -> Path:
    path = folder / "engines.yaml"
    path.write_text(yaml.safe_dump({"servers": list(entries)}))
    return path


def test_each_name_stands_for_its_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_TARGET", "from the environment")
    other = {"names": ["cdb-b"], "address": "[::1]:3308", "user": "u", "password_env": "OF_TARGET"}
    found = mapping.read(written(tmp_path, ENTRY, other))
    assert found["cdb-a"] is found["203.0.113.5:3306"]
    assert (found["cdb-a"].host, found["cdb-a"].port) == ("127.0.0.1", 3307)
    assert (found["cdb-b"].host, found["cdb-b"].account.password) == ("::1", "from the environment")
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"address": "10.0.0.7:3306"}, "say allow: true"),
        ({"address": "db.example.com:3306"}, "say allow: true"),
        ({"address": "127.0.0.1.example.com:3306"}, "say allow: true"),
        ({"address": "10.0.0.7:3306", "allow": "yes"}, "say allow: true"),
        ({"address": "127.0.0.1"}, "must be host:port"),
        ({"password_env": "OF_NOBODY"}, "needs one of password and password_env"),
        ({"password": 123}, "must be text"),
        ({"names": []}, "names must be a list"),
        ({"family": "oracle"}, "family is 'oracle'; it must be one of mysql, postgresql"),
        ({"passwort": "x"}, "knows address, allow, family, names, password, password_env, user only"),
    ],
    ids=[
        "private",
        "name",
        "lookalike",
        "allowed by text",
        "no port",
        "two passwords",
        "number",
        "nameless",
        "family",
        "unknown",
    ],
)
def test_a_wrong_entry_is_refused(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"servers\.0") as refused:
        mapping.read(written(tmp_path, ENTRY | changes))
    assert said in str(refused.value)
    assert "secret" not in str(refused.value)


def test_an_address_of_another_machine_is_taken_when_it_is_allowed(tmp_path: Path) -> None:
    path = written(tmp_path, ENTRY | {"address": "10.0.0.7:3306", "allow": True})
    assert mapping.read(path)["cdb-a"].host == "10.0.0.7"


def test_the_command_says_what_is_wrong_with_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "0", "--data", str(written(tmp_path, ENTRY, ENTRY))]) == 1
    assert "servers.1.names: 203.0.113.5:3306 stands for another server already" in capsys.readouterr().err
    assert main(["serve", "--port", "0", "--data", str(tmp_path / "absent.yaml")]) == 1
