"""The command ``dts-emulator``."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tencent_dts.emulator.data import mapping
from tencent_dts.emulator.http.signatures import Key
from tencent_dts.emulator.library import DEFAULT_ACCOUNTS, Emulator, EmulatorBroken
from tencent_dts.emulator.world.kernel import Settings

DEFAULT_PORT = 8021


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 after a stop by signal, 1 when it could not start or broke."""
    options = _parser().parse_args(arguments)
    accounts = dict(options.account) if options.account else DEFAULT_ACCOUNTS
    try:
        emulator = Emulator(
            speed=options.speed,
            state=options.state,
            accounts=accounts,
            rate_limit=options.rate_limit,
            host=options.host,
            port=options.port,
            max_unused_jobs=options.max_unused_jobs,
            international=accounts if options.international else (),
            servers=mapping.read(options.data) if options.data else None,
        )
        server = emulator.prepare(lambda: _say(f"DTS emulator ready at http://{emulator.endpoint}", sys.stdout))
    except sqlite3.Error as error:
        _say(f"dts-emulator: {options.state}: {error}", sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        _say(f"dts-emulator: {error}", sys.stderr)
        return 1
    server.serve_until_stopped()
    try:
        emulator.stop()
    except EmulatorBroken:
        return 1  # what broke has been logged
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dts-emulator", description="A Tencent Cloud DTS to run against.")
    serve = parser.add_subparsers(required=True, metavar="COMMAND").add_parser("serve", help="serve until stopped")
    add = serve.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=DEFAULT_PORT, help="port to listen on, 0 for a free one (default: %(default)s)")
    add("--state", type=Path, help="file that keeps jobs and journal (default: in memory)")
    add("--speed", type=float, default=1.0, help="virtual seconds per real second (default: %(default)s)")
    add(
        "--account",
        type=_account,
        action="append",
        metavar="ID:KEY[:TOKEN]",
        help="a SecretId and its SecretKey, with a token for a temporary key; repeatable (default: {}:{})".format(
            *next(iter(DEFAULT_ACCOUNTS.items()))
        ),
    )
    add("--data", type=Path, help="file that maps what jobs name to real servers, between which rows then move")
    add("--no-rate-limit", dest="rate_limit", action="store_false", help="admit any number of requests per second")
    add("--international", action="store_true", help="be the international site, where DTS is free of charge")
    add(
        "--max-unused-jobs",
        type=int,
        default=Settings.max_unused_jobs,
        help="how many jobs may be idle before LimitExceeded.MaxUnusedJobs (default: %(default)s)",
    )
    return parser


def _account(text: str) -> tuple[str, Key]:
    secret_id, _, rest = text.partition(":")
    secret_key, _, token = rest.partition(":")
    if not secret_id or not secret_key:
        raise argparse.ArgumentTypeError("must be ID:KEY or ID:KEY:TOKEN")
    return secret_id, Key(secret_key, token)


def _say(text: str, stream: TextIO) -> None:
    stream.write(f"{text}\n")
    stream.flush()
