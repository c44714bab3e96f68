"""Database servers of this machine's own: what they keep, and for whom."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts import mariadb, own_server, postgresql


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that the databases' user comes to, too, where root runs the tests: one of pytest's is closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="dts-own-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.long
@pytest.mark.parametrize("kind", [mariadb, postgresql], ids=["mariadb", "postgresql"])
def test_a_folder_keeps_data_and_passwords_for_the_next_time(kind: Any, home: Path) -> None:
    if not kind.installed():
        pytest.skip(kind.lacking())
    with kind.servers(1, home) as (server,):
        server.execute("CREATE DATABASE kept")
        account = server.server.account
        assert stat.S_IMODE(server.login.stat().st_mode) == 0o600  # it holds the password
        assert account.password in server.login.read_text()
    with kind.servers(1, home) as (server,):
        assert server.server.account == account
        with server.connect("kept") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        server.restart()
        server.execute("DROP DATABASE kept")


def test_what_cannot_be_found_is_named_with_what_to_install() -> None:
    assert own_server.lacking("Product", "7", ["there"], lambda name: f"/bin/{name}") == ""
    said = own_server.lacking("Product", "7", ["there", "gone"], {"there": "/bin/there"}.get)
    assert said.startswith("Product's gone cannot be found. On Debian: scripts/install_system_packages.sh")
    assert "install Product 7 or later" in said
