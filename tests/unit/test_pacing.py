"""The pace of calls: of one process, and of all processes of a host."""

from __future__ import annotations

import math
import os
import resource
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from tencent_dts import settings
from tencent_dts.api import pacing
from tencent_dts.api.pacing import Pacer
from tencent_dts.errors import InvalidInput

RATE = 50.0
OPTION = "AIRFLOW__TENCENT_DTS__PACE_FOLDER"
SLOW = 0.1  # so that no slot passes by itself while a busy machine starts the processes
OF_A_PROCESS = f"""
import sys
from pathlib import Path
from tencent_dts.api.pacing import Pacer
pacer = Pacer(lambda: Path(sys.argv[1]))
for _ in range(100):
    pacer.reserve("account", "action", {SLOW})
"""


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes in this process."""
    now = time.monotonic()
    monkeypatch.setattr(pacing, "time", SimpleNamespace(monotonic=lambda: now, sleep=time.sleep))


def shared(folder: Path) -> Pacer:
    return Pacer(lambda: folder)


def kept(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_processes_of_a_host_take_turns(tmp_path: Path) -> None:
    began = time.monotonic()
    command = [sys.executable, "-c", OF_A_PROCESS, str(tmp_path)]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    moment, _ = struct.unpack("<dd", kept(tmp_path).read_bytes())
    assert moment >= began + 300 / SLOW  # none of the slots was given twice


def gap(pacer: Pacer) -> float:
    """Seconds between two slots."""
    first = pacer.reserve("account", "action", RATE)
    return pacer.reserve("account", "action", RATE) - first


def test_a_refusal_halves_the_pace_of_all_and_what_passes_brings_it_back(tmp_path: Path) -> None:
    one, other = shared(tmp_path), shared(tmp_path)
    assert one.reserve("account", "action", RATE) == 0
    for _ in range(3):
        one.refused("account", "action")
    assert other.reserve("account", "action", RATE) == pytest.approx(1)  # none is begun for a second
    assert other.reserve("account", "another", RATE) == 0
    for _ in range(50):  # who merely waits for a turn has not been let through
        other.reserve("account", "action", RATE)
    assert gap(other) == pytest.approx(8 / RATE)
    for _ in range(25):
        other.passed("account", "action")
    assert gap(one) == pytest.approx(1 / RATE / (1 / 8 + 0.5))
    for _ in range(25):
        other.passed("account", "action")
    assert gap(one) == pytest.approx(1 / RATE)


def test_refusals_without_end_leave_a_sixteenth() -> None:
    pacer = Pacer()
    for _ in range(50):
        pacer.refused("account", "action")
    assert gap(pacer) == pytest.approx(16 / RATE)


@pytest.mark.parametrize(
    "content",
    [b"", b"short", struct.pack("<dd", 1e18, 1.0), struct.pack("<dd", math.nan, 1.0), struct.pack("<dd", 0.0, 0.0)],
)
def test_a_file_that_holds_no_pace_holds_no_one_up(content: bytes, tmp_path: Path) -> None:
    shared(tmp_path).reserve("account", "action", RATE)
    kept(tmp_path).write_bytes(content)
    assert shared(tmp_path).reserve("account", "action", RATE) == 0
    assert shared(tmp_path).reserve("account", "action", RATE) > 0


def test_a_process_that_stopped_with_the_file_in_its_hand_holds_no_one_up(tmp_path: Path) -> None:
    import fcntl

    pacer = shared(tmp_path)
    pacer.reserve("account", "action", RATE)
    with kept(tmp_path).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        began = time.monotonic()
        delays = [pacer.reserve("account", "action", RATE) for _ in range(3)]
        assert time.monotonic() - began < 30
    assert delays == sorted(delays)  # it goes on by what it knows itself
    assert delays[-1] > 0


def test_what_cannot_be_opened_holds_no_one_up(tmp_path: Path) -> None:
    pacer = shared(tmp_path / "not there")
    assert pacer.reserve("account", "action", RATE) == 0
    assert pacer.reserve("account", "action", RATE) > 0


@contextmanager
def full_disk() -> Iterator[None]:
    """Nothing can be written to any file: the system refuses it, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("before", [0, 3])
def test_on_a_full_disk_each_process_keeps_a_pace_of_its_own(before: int, tmp_path: Path) -> None:
    pacer = shared(tmp_path)
    for _ in range(before):  # what the file holds from then on is older and older
        pacer.reserve("account", "action", RATE)
    with full_disk():
        delays = [pacer.reserve("account", "action", RATE) for _ in range(3)]
        assert delays == pytest.approx([(before + turn) / RATE for turn in range(3)])
        pacer.refused("account", "action")
        assert gap(pacer) == pytest.approx(2 / RATE)
    assert gap(pacer) == pytest.approx(2 / RATE)
    assert gap(shared(tmp_path)) == pytest.approx(2 / RATE)  # and once there is room, it is that of all again


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    folder, target = tmp_path / "pace", tmp_path / "precious"
    folder.mkdir()
    shared(folder).reserve("account", "action", RATE)
    target.write_text("precious")
    file = kept(folder)
    file.unlink()
    file.symlink_to(target)
    shared(folder).reserve("account", "action", RATE)
    assert target.read_text() == "precious"


def test_no_account_is_named(tmp_path: Path) -> None:
    shared(tmp_path).reserve("AKIDprivate", "DescribeSyncJobs", RATE)
    assert "AKID" not in kept(tmp_path).name
    assert b"AKID" not in kept(tmp_path).read_bytes()
    assert kept(tmp_path).stat().st_mode & 0o077 == 0


def test_the_folder_is_this_user_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPTION, str(tmp_path))
    folder = settings.pace_folder()
    assert folder is not None
    assert folder.parent == tmp_path
    assert settings.pace_folder() == folder
    folder.chmod(0o777)
    assert settings.pace_folder() is None
    folder.chmod(0o700)
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    (tmp_path / folder.name.replace(f"-{folder.stat().st_uid}-", f"-{os.getuid()}-")).mkdir()
    assert settings.pace_folder() is None  # another user has made it


def test_what_is_no_folder_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(OPTION, "pace")
    with pytest.raises(InvalidInput, match=r"pace_folder is 'pace': give an absolute path, or none"):
        settings.pace_folder()
    monkeypatch.setenv(OPTION, "none")
    assert settings.pace_folder() is None
    monkeypatch.setenv(OPTION, str(tmp_path / "not there"))
    assert settings.pace_folder() is None
