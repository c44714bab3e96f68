"""The Airflow connections of a walk, which people edit."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

from scripts.local import connections
from tests.chaos.walks.events import EDITS
from tests.chaos.walks.inside import HOST

_NAMES = {"cloud": "TENCENTCLOUD_DEFAULT", "source": "SOURCE_MYSQL", "target": "TARGET_MYSQL"}


class Connections:
    """The example connections, in the environment, where Airflow reads them each time."""

    def __init__(self) -> None:
        self._right = connections(HOST, 8021)

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Have them there for a while."""
        with mock.patch.dict(os.environ, self._right):
            yield

    def edit(self, name: str) -> None:
        """Make one of the known edits."""
        variable = f"AIRFLOW_CONN_{_NAMES[name.partition(':')[0]]}"
        if not EDITS[name]:
            os.environ.pop(variable, None)
            return
        value: dict[str, Any] = json.loads(self._right[variable])
        edit = dict(EDITS[name])
        extra = {**value["extra"], **edit.pop("extra", {})}
        os.environ[variable] = json.dumps({**value, **edit, "extra": extra})

    def correct(self) -> None:
        """Set them right again."""
        os.environ |= self._right
