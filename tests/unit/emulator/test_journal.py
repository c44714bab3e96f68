"""The journal: every call, no secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.http import journal
from tencent_dts.emulator.http.journal import Journal, redacted
from tencent_dts.emulator.world.store import Store
from tests.unit.emulator.raw import Raw, call, client, refusal

LIST = "DescribeMigrationJobs"
Seen = list[dict[str, Any]]


def test_every_call_is_written_down_in_order(emulator: Emulator, seen: Seen) -> None:
    sdk = client(emulator)
    answer = call(sdk, LIST, {"JobId": "dts-1", "Limit": 5})
    refusal(sdk, "ModifyMigrationJob", {"JobId": "dts-2"})
    refusal(client(emulator, ("AKIDunknown", "key")), LIST)
    first, second, third = emulator.journal()
    assert first["sequence"] < second["sequence"] < third["sequence"]
    assert first["request_id"] == answer["RequestId"]
    assert (first["action"], first["region"], first["version"]) == (LIST, "ap-guangzhou", "2021-12-06")
    assert (first["job_id"], first["parameters"]) == ("dts-1", {"JobId": "dts-1", "Limit": 5})
    assert (first["code"], first["fault"], first["answered"]) == ("", "", True)
    assert (second["job_id"], second["code"]) == ("dts-2", "MissingParameter.MissingParameterError")
    assert "RunMode is required" in second["message"]
    assert (third["account"], third["code"]) == ("", "AuthFailure.SecretIdNotFound")
    assert first["account"] == second["account"] != ""


def test_entries_are_filtered_by_action_and_sequence(emulator: Emulator, seen: Seen) -> None:
    sdk = client(emulator)
    call(sdk, LIST)
    refusal(sdk, "ModifyMigrationJob")
    call(sdk, LIST)
    assert [entry["action"] for entry in emulator.journal(LIST)] == [LIST, LIST]
    after = emulator.journal()[1]["sequence"]
    assert [entry["sequence"] for entry in emulator.journal(after=after)] == [after + 1]


def test_purchase_names_the_jobs_it_bought(emulator: Emulator, stub: Any) -> None:
    stub("CreateMigrationService", lambda world, caller, params: {"JobIds": ["dts-1", "dts-2"]})
    params = {
        "SrcDatabaseType": "mysql",
        "DstDatabaseType": "mysql",
        "SrcRegion": "ap-guangzhou",
        "DstRegion": "ap-guangzhou",
        "InstanceClass": "small",
    }
    call(client(emulator), "CreateMigrationService", params)
    assert emulator.journal()[0]["job_id"] == "dts-1,dts-2"


def test_secrets_are_not_written_down(emulator: Emulator, seen: Seen, tmp_path: Path) -> None:
    secret = "correct-horse-battery"
    info = {"User": "root", "Password": secret, "TmpSecretId": secret, "TmpSecretKey": secret, "TmpToken": secret}
    endpoint = {
        "Region": "ap-guangzhou",
        "AccessType": "extranet",
        "DatabaseType": "mysql",
        "NodeType": "simple",
        "Info": [info],
        "ExtraAttr": [{"Key": "SslPassword", "Value": secret}],
    }
    option = {"DatabaseTable": {"ObjectMode": "all"}}
    params = {"JobId": "dts-1", "RunMode": "immediate", "MigrateOption": option}
    sdk = client(emulator)
    call(sdk, "ModifyMigrationJob", {**params, "SrcInfo": endpoint, "DstInfo": endpoint})
    refusal(sdk, "ModifyMigrationJob", {**params, "SrcInfo": f"mysql://root:{secret}@host", "DstInfo": endpoint})
    refusal(sdk, "ModifyMigrationJob", {**params, "SrcInfo": endpoint, "DstInfo": endpoint, "Pwd": secret})
    raw = Raw(emulator.endpoint, body=f'{{"Password": "{secret}'.encode()).sign("ModifyMigrationJob")
    assert raw.code() == "InvalidParameter"
    written = json.dumps(emulator.journal())
    assert secret not in written
    assert '"User": "root"' in written
    assert len(emulator.journal()) == 4


def test_redaction_leaves_empty_and_harmless_values() -> None:
    assert redacted({"Password": "", "User": "root", "Info": [{"NewPassword": "x"}], "Key": "Name", "Value": 1}) == {
        "Password": "",
        "User": "root",
        "Info": [{"NewPassword": "******"}],
        "Key": "Name",
        "Value": 1,
    }


def test_journal_and_virtual_time_survive_a_restart(tmp_path: Path, seen: Seen) -> None:
    state = tmp_path / "state.db"
    with Emulator(state=state, speed=0) as emulator:
        emulator.advance(86_400)
        call(client(emulator), LIST)
        before = emulator.clock()["now"]
        (entry,) = emulator.journal()
    with Emulator(state=state, speed=0) as emulator:
        assert emulator.journal() == [entry]
        assert emulator.clock()["now"] >= before
        call(client(emulator), LIST)
        assert emulator.journal()[1]["sequence"] > entry["sequence"]


def test_time_of_the_last_call_is_kept_even_when_nothing_was_advanced(tmp_path: Path, seen: Seen) -> None:
    state = tmp_path / "state.db"
    with Emulator(state=state, speed=100_000) as emulator:
        call(client(emulator), LIST)
        call(client(emulator), LIST)
        last = emulator.journal()[-1]["time"]
    with Emulator(state=state, speed=0) as emulator:
        assert emulator.clock()["now"] >= last


def test_old_entries_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "KEPT", 100)
    store = Store()
    written = Journal(store)
    with store.transaction():
        for _ in range(2000):
            written.add(journal.Call(time=0, real_time=0, request_id=""))
    assert 100 <= len(written.entries()) <= 1100
    assert written.entries()[-1]["sequence"] == 2000


def test_entry_of_a_failed_transaction_is_not_kept() -> None:
    store = Store()
    written = Journal(store)

    def spoil() -> None:
        with store.transaction():
            written.add(journal.Call(time=0, real_time=0, request_id=""))
            raise KeyError

    with pytest.raises(KeyError):
        spoil()
    assert written.entries() == []
