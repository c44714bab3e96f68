"""`make contract`: the documented examples and one smallest job, on the emulator or, with REAL=1, on a real account.

A real account is that of TENCENTCLOUD_SECRET_ID, _SECRET_KEY and, where there is one, _TOKEN; TENCENTCLOUD_REGION and
TENCENTCLOUD_ENDPOINT say where. Exit code: 0 all is as documented; 1 something is not, and nothing costs any more;
2 nothing was done; 3 something may still cost.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tencent_dts.emulator import Emulator
from tests.contract import documented
from tests.contract.lifecycle import CLASS, TAG, Lifecycle, guarded
from tests.contract.service import Refusal, Service
from tests.unit.emulator.cloud import configuration
from tests.unit.emulator.raw import REGION, SECRET_ID, SECRET_KEY

SIDES = ("SrcInfo", "DstInfo", "MigrateOption")


class NotDone(Exception):
    """Nothing was sent, for this reason."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        given = _configuration(options.configuration)
        with _service(options) as service:
            if options.real:
                _confirm(service, buys=options.buy)
            return _run(service, given if options.real else given or _whole(), options.settle)
    except NotDone as reason:
        say(f"Nothing was done: {reason}")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make contract", description=__doc__)
    parser.add_argument("--real", action="store_true", help="a real account instead of the emulator")
    parser.add_argument("--buy", action="store_true", help="buy one job without asking (with --real)")
    parser.add_argument("--configuration", type=Path, help=f"JSON file with {', '.join(SIDES)} of databases of yours")
    parser.add_argument("--settle", type=float, default=60.0, help="seconds to look for a purchase without an answer")
    parser.add_argument("--interval", type=float, default=10.0, help="seconds between two looks at a job")
    return parser


def _configuration(path: Path | None) -> dict[str, Any] | None:
    """The databases to migrate between; what stands in the file is never shown, as it holds passwords."""
    if path is None:
        return None
    try:
        given = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise NotDone(f"{path} cannot be read as JSON.") from None
    if not isinstance(given, dict) or set(given) != set(SIDES):
        raise NotDone(f"{path} must hold an object with {', '.join(SIDES)}, as ModifyMigrationJob takes them.")
    return given


def _whole() -> dict[str, Any]:
    """A configuration whose check the emulator passes."""
    made = configuration()
    return {name: made[name] for name in SIDES}


@contextmanager
def _service(options: argparse.Namespace) -> Iterator[Service]:
    if options.real:
        yield _real(os.environ, options.interval)
        return
    with Emulator(speed=0, rate_limit=False) as emulator:
        keys = (SECRET_ID, SECRET_KEY)
        yield Service(emulator.endpoint, "http", REGION, *keys, interval=options.interval, pause=emulator.advance)


def _real(given: Mapping[str, str], interval: float) -> Service:
    values = {name: given.get(f"TENCENTCLOUD_{name}", "") for name in ("SECRET_ID", "SECRET_KEY", "REGION")}
    absent = [f"TENCENTCLOUD_{name}" for name, value in values.items() if not value]
    if absent:
        raise NotDone(f"{', '.join(absent)} must be set in the environment.")
    protocol, _, endpoint = given.get("TENCENTCLOUD_ENDPOINT", "https://dts.tencentcloudapi.com").rpartition("://")
    return Service(
        endpoint=endpoint,
        protocol=protocol or "https",
        region=values["REGION"],
        secret_id=values["SECRET_ID"],
        secret_key=values["SECRET_KEY"],
        token=given.get("TENCENTCLOUD_TOKEN", ""),
        interval=interval,
    )


def _confirm(service: Service, *, buys: bool) -> None:
    """Ask before anything is sent to a real account."""
    say(
        f"This sends requests to {service.endpoint}, region {service.region}, with the key {service.secret_id[:8]}..., "
        f"and buys one migration job of class {CLASS}. An hour's fee is frozen until the job is isolated, which this "
        f"command does at its end, also when it fails or is interrupted. Its tag is {TAG}."
    )
    if buys:
        return
    if not sys.stdin.isatty():
        raise NotDone("there is no terminal to ask at. Say BUY=1 to buy without being asked.")
    if input('Type "buy" to go on: ').strip() != "buy":
        raise NotDone("you did not say buy.")


def _run(service: Service, given: Mapping[str, Any] | None, settle: float) -> int:
    try:
        say(f"{documented.run(service)} documented examples sent")
    except Refusal as refusal:
        raise NotDone(f"the account cannot be read: {refusal}") from None
    lifecycle = Lifecycle(service, given, say, settle)
    say(f"one job, from its purchase to its isolation; tag {TAG}={lifecycle.mark}")
    trouble, left = guarded(lifecycle)
    for finding in service.findings:
        say(f"differs from the documents: {finding}")
    if trouble:
        say(f"did not go to its end: {trouble}")
    if left:
        say(f"Isolate in the console, at once: {', '.join(left)}")
        return 3
    say(f"isolated: {', '.join(sorted(lifecycle.bought)) or 'nothing was bought'}")
    return 1 if trouble or service.findings else 0


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
