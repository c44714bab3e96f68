"""Where a case is put through: an emulator, a run of the real DAG, and everything that makes it fast and watched."""

from __future__ import annotations

import contextlib
import logging
import os
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

import structlog
from airflow.sdk.bases.operator import ExecutorSafeguard

from scripts.local import connections
from tencent_dts.api import client
from tencent_dts.api.pacing import PACER
from tencent_dts.api.redaction import SDK_LOGGER
from tencent_dts.emulator import Emulator
from tencent_dts.emulator.world.rehearsals import Rehearsal
from tests.chaos.fast_run import FastRun, WorkerKilled
from tests.chaos.faults import Wire
from tests.chaos.invariants import Witness, broken
from tests.chaos.lifecycles import LIFECYCLES, Lifecycle
from tests.chaos.matrix import ALONE, DOWNSTREAM, RETRIES, WHOLE, Call, Case, Outcome, Put, verdict
from tests.chaos.virtual import VirtualClock


class Laboratory:
    """An emulator, and everything between it and a run that makes a case fast and watched.

    Time is virtual, the one thing that costs real time (loading certificates for a client that talks plain HTTP) is
    done once, and time-outs are tenths of seconds. Nothing else of the package is touched.
    """

    def __init__(self) -> None:
        self.emulator = Emulator(speed=0, rate_limit=False).start()
        host, port = self.emulator.endpoint.split(":")
        os.environ |= connections(host, int(port))
        ExecutorSafeguard.test_mode = True
        self._certificates = ssl.create_default_context()

    @contextlib.contextmanager
    def _prepared(self, witness: Witness, wire: Wire, clock: VirtualClock) -> Iterator[None]:
        sdk = logging.getLogger(SDK_LOGGER)
        before = structlog.get_config()
        with contextlib.ExitStack() as stack:
            stack.enter_context(
                mock.patch("httpx._transports.default.create_ssl_context", return_value=self._certificates)
            )
            stack.enter_context(mock.patch.object(client, "_SECONDS_FOR_AN_ANSWER", 0.2))
            stack.enter_context(mock.patch.object(PACER, "_paces", {}))  # what an earlier case has reserved is later
            stack.enter_context(clock.installed())
            stack.enter_context(wire.tapped())
            structlog.configure(processors=[witness.log], cache_logger_on_first_use=False)
            stack.callback(structlog.configure, **before)
            handler = logging.NullHandler()
            handler.addFilter(witness.emit)
            handler.handle = witness.emit  # type: ignore[method-assign]  # a handler that only listens
            sdk.addHandler(handler)
            stack.callback(sdk.removeHandler, handler)
            yield

    def straight(self, lifecycle: Lifecycle) -> list[Call]:
        """Every call of an undisturbed run.

        :raises AssertionError: it is not green, or an invariant does not hold.
        """
        runs, calls, outcome = self._run(lifecycle, None)
        assert not outcome.broken, outcome.broken
        assert [run.state for run in runs] == ["success"] * len(lifecycle.legs), [run.states() for run in runs]
        return calls

    def run(self, case: Case) -> Outcome:
        """Put one case through."""
        return self._run(LIFECYCLES[case.lifecycle], case)[2]

    def put_through(self, cases: list[Case]) -> list[Put]:
        """Put each case through, but not the three ways to recover a run one by one where nothing turned red."""
        found: list[Put] = []
        never_red: dict[tuple[Call, str], Put] = {}
        for case in cases:
            same = (case.call, case.fault.name)
            if case.recovery != RETRIES and same in never_red:
                found.append(replace(never_red[same], case=str(case), needless=True))
                continue
            outcome = self.run(case)
            found.append(Put(str(case), verdict(case, outcome), set(outcome.states) == {"success"}))
            if case.recovery != RETRIES and not outcome.red:
                never_red[same] = found[-1]
        return found

    def rehearse(self, lifecycle: Lifecycle, seed: Rehearsal, conf: dict[str, Any]) -> Outcome:
        """Run it with something going wrong that the emulator can rehearse, and with these parameters."""
        return self._run(lifecycle, None, {"match": {"any": True}, "always": True, **seed}, conf)[2]

    def _run(
        self,
        lifecycle: Lifecycle,
        case: Case | None,
        seed: dict[str, Any] | None = None,
        conf: dict[str, Any] | None = None,
    ) -> tuple[list[FastRun], list[Call], Outcome]:
        self.emulator.reset()
        if seed:
            self.emulator.seed(seed)
        clock, wire, witness = VirtualClock(self.emulator), Wire(), Witness(lifecycle, self.emulator)
        runs: list[FastRun] = []
        made: list[Call] = []
        red = error = kind = ""

        def before(action: str, params: dict[str, Any]) -> None:
            leg, task_id = len(runs) - 1, runs[-1].current
            turn = 1 + sum((call.leg, call.task_id, call.action) == (leg, task_id, action) for call in made)
            made.append(Call(leg, task_id, action, wire.calls.count(action), turn))
            witness.call(action, params)

        wire.before = before
        with self._prepared(witness, wire, clock):
            if case is not None:
                self._arm(case, wire)
            for leg in lifecycle.legs:
                patient = case is None or case.recovery == RETRIES
                runs.append(
                    FastRun(leg.dag, {**leg.conf(runs), **(conf or {})}, clock.sleep, retries=None if patient else 0)
                )
                runs[-1].go()
                if runs[-1].red() and not red:
                    red, (kind, error) = f"{leg.dag_id} / {runs[-1].red()[0]}", _told(runs[-1])
                if case is not None and runs[-1].red():
                    _recover(runs[-1], case.recovery)
                if runs[-1].state != "success":
                    break
            found = broken(lifecycle, runs, self.emulator, witness)
        self.emulator.raise_failures()
        states = tuple(run.state for run in runs)
        return runs, made, Outcome(states, tuple(found), red, error, kind, len(made))

    def _arm(self, case: Case, wire: Wire) -> None:
        call, fault = case.call, case.fault
        if fault.rule:
            struck = [call.nth + number for number in range(fault.repeated)]
            self.emulator.add_fault({"action": call.action, "nth": struck, **fault.rule})
        else:
            wire.way, wire.at = fault.way, (call.action, call.nth)


def _told(run: FastRun) -> tuple[str, str]:
    """The first red task's error, as its log has it: class and text; a worker that was killed says nothing."""
    error = run.boxes[run.red()[0]].error
    return ("", "") if isinstance(error, WorkerKilled) else (type(error).__name__, str(error))


def _recover(run: FastRun, recovery: str) -> None:
    """What a person does about a red task; the fault is gone by then."""
    red = run.red()[0]
    if recovery == ALONE:
        run.clear([red])
        run.go()
        return
    if recovery == DOWNSTREAM:
        run.clear(run.below(red))
        run.go()
    elif recovery == WHOLE:
        run.clear(run.boxes)
        run.go()
