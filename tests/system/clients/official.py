"""Clients of the API that Tencent Cloud makes in other languages, as `make test-clients` installs them."""

from __future__ import annotations

import json
import os
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from tencent_dts.spec import VERSION_2018, load
from tests.unit.emulator.raw import REGION, SECRET_ID, SECRET_KEY

ROOT = Path(__file__).parent.parent.parent.parent
NODE_SDK = ROOT / ".build" / "node-client" / "node_modules" / "tencentcloud-sdk-nodejs"
TCCLI = ROOT / ".build" / "tccli" / "bin" / "tccli"
BRIDGE = Path(__file__).parent / "bridge.js"
SECONDS = 30


class Refusal(AssertionError):
    """The API refused a call, with this code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Official(ABC):
    """One client of an emulator at ``endpoint`` (``host:port``); ``home`` is an empty folder of its own."""

    installed: ClassVar[Path]
    process: subprocess.Popen[str] | None = None

    def __init__(self, endpoint: str, home: Path, *, secret_key: str = SECRET_KEY) -> None:
        assert self.installed.exists(), "run: make test-clients"
        self.endpoint = endpoint
        keys = {"TENCENTCLOUD_SECRET_ID": SECRET_ID, "TENCENTCLOUD_SECRET_KEY": secret_key}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TENCENTCLOUD")}
        self.environment = {**kept, **keys, "TENCENTCLOUD_REGION": REGION, "HOME": str(home)}

    @abstractmethod
    def call(self, version: str, action: str, params: dict[str, Any]) -> dict[str, Any]:
        """Make a call and return what it answers.

        :raises Refusal: the API refused it.
        """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the client's process, where it has one."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()


class NodeClient(Official):
    """The Node.js SDK, in a process that takes one call after another."""

    installed = NODE_SDK

    def __init__(
        self, endpoint: str, home: Path, *, signing: str = "TC3-HMAC-SHA256", verb: str = "POST", **keys: str
    ) -> None:
        super().__init__(endpoint, home, **keys)
        self._profile = {"signing": signing, "verb": verb}
        command = ["node", str(BRIDGE), str(NODE_SDK), endpoint, REGION]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environment
        )

    def call(self, version: str, action: str, params: dict[str, Any]) -> dict[str, Any]:
        """Make a call through the SDK's own method of the action."""
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"version": version, "action": action, "params": params, **self._profile}
        self.process.stdin.write(f"{json.dumps(asked)}\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        if "answer" not in told:
            raise Refusal(told["code"], told["message"])
        answer: dict[str, Any] = told["answer"]
        return answer


class CommandLine(Official):
    """The command line tool ``tccli``, a process for each call."""

    installed = TCCLI

    def call(self, version: str, action: str, params: dict[str, Any]) -> dict[str, Any]:
        """Make a call as a person at a terminal does."""
        given = Path(self.environment["HOME"]) / "input.json"
        given.write_text(json.dumps(params), "utf-8")
        command = [str(TCCLI), "dts", action, "--version", version, "--endpoint", f"http://{self.endpoint}"]
        options = ["--cli-input-json", f"file://{given}", "--warning"]
        ran = subprocess.run(
            [*command, *options], capture_output=True, text=True, env=self.environment, timeout=SECONDS, check=False
        )
        if ran.returncode:
            _, _, code = (ran.stdout + ran.stderr).partition("code:")
            raise Refusal(code.split(" ", 1)[0].strip(), ran.stdout + ran.stderr)
        answer: dict[str, Any] = json.loads(ran.stdout)
        return answer


CLIENTS: dict[str, type[Official]] = {"Node.js": NodeClient, "tccli": CommandLine}


class Through:
    """A person at the API whose calls go through an official client; mixed into the ``Cloud`` classes."""

    client: Official
    version = load().version

    def call(self, action: str, **params: Any) -> dict[str, Any]:
        """Make a call that must succeed."""
        return self.client.call(self.version, action, params)

    def refused(self, action: str, **params: Any) -> str:
        """Make a call that must fail, and return its code."""
        try:
            answer = self.call(action, **params)
        except Refusal as refusal:
            return refusal.code
        raise AssertionError(f"{action} succeeded: {answer}")


class Through2018(Through):
    """The same at the API of 2018."""

    version = VERSION_2018
