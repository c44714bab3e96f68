"""What happens to one call: identified, admitted, struck by a fault, checked, carried out, written down."""

from __future__ import annotations

import http
import importlib
import logging
import time
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from tencent_dts import spec
from tencent_dts.emulator.http import signatures, visitors, wire
from tencent_dts.emulator.http.faults import HARMLESS, Faults, Rule
from tencent_dts.emulator.http.journal import HIDDEN, NOT_EXECUTED, Call, Journal, job_ids
from tencent_dts.emulator.http.limits import RateLimits
from tencent_dts.emulator.http.signatures import Key
from tencent_dts.emulator.http.wire import Decoded, Request
from tencent_dts.emulator.world import jobs, rows
from tencent_dts.emulator.world.kernel import HANDLERS, ApiError, Caller, Handler, World
from tencent_dts.spec.regions import REGIONS

HANDLING = (
    *("areas.migration.actions", "areas.migration.reads", "areas.migration_2018.actions"),
    *("areas.subscription_2018.actions", "areas.compare.actions"),
    *("areas.sync.actions", "areas.sync.changes", "areas.sync.reads"),
    *("world.billing", "world.rehearsals", "world.seeding"),
)
"""The modules whose functions answer; importing them registers these."""

VERSIONS = (spec.VERSION_2021, spec.VERSION_2018)

JSON = "application/json"
"""Exactly this: with ``; charset=utf-8`` behind it the Python SDK takes an error for a result full of None."""

CLOCK = ("clock", "emulator", "clock")
"""Where the store keeps the time that the clock was advanced to."""

PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>\n"

logger = logging.getLogger(__name__)


def load_areas() -> None:
    """Register what answers; further calls do nothing."""
    for area in HANDLING:
        importlib.import_module(f"tencent_dts.emulator.{area}")


@dataclass(frozen=True)
class Answer:
    """What goes back, and how: ``cut`` is "drop" (nothing arrives) or "truncate" (half does); ``delay`` in seconds."""

    call: Call
    body: bytes = b""
    status: int = 200
    content_type: str = JSON
    cut: str = ""
    delay: float = 0.0


class Service:
    """Answers API requests.

    ``keys``: SecretIds and what belongs to them. ``failures`` collects the tracebacks of handlers that broke,
    which the caller saw as an InternalError: a test must not pass over them.
    """

    def __init__(self, world: World, keys: Mapping[str, Key], rate_limit: bool = True) -> None:
        load_areas()
        self.world = world
        self.keys = dict(keys)
        self.limits = RateLimits(rate_limit)
        self.faults = Faults()
        self.journal = Journal(world.store)
        self.failures: list[str] = []
        world.clock.advance_to(max(self.journal.last_time(), (world.store.get(*CLOCK) or {}).get("now", 0.0)))

    def answer(self, request: Request) -> Answer:
        """Answer one request; it takes effect whole or not at all."""
        call = Call(time=self.world.clock.now(), real_time=time.time(), request_id=str(uuid.uuid4()))
        rule = HARMLESS
        try:
            action, handler = self._identify(call, request)
            params = wire.decode(request, spec.load(call.version), action)
            _describe(call, params)
            rule = self.faults.strike(call.account, call.action, call.job_id.split(","))
            if rule.early:
                return self._instead(call, rule)
            self._check(call, action, params)
            return self._carry_out(call, rule, handler, params)
        except ApiError as error:
            call.code, call.message = error.code, error.message
            return self._finish(call, rule, wire.encode_error(error.code, error.message, call.request_id))

    def refuse_size(self, request: Request) -> Answer:
        """Answer a request whose body is too large to be read."""
        call = Call(time=self.world.clock.now(), real_time=time.time(), request_id=str(uuid.uuid4()))
        call.code, call.message = "RequestSizeLimitExceeded", "The request is too large."
        call.action = request.headers.get("x-tc-action", "")[:100]
        return self._finish(call, HARMLESS, wire.encode_error(call.code, call.message, call.request_id))

    def advance(self, seconds: float) -> None:
        """Jump forward in virtual time, for good: the time survives a restart on the same state."""
        self.world.clock.advance(seconds)
        self.world.store.put(*CLOCK, {"now": self.world.clock.now()})

    def reset(self) -> None:
        """Forget jobs, calls, faults and failures, and set the clock to the real time."""
        rows.make_engines(self.world)
        with self.world.store.transaction():
            self.world.store.clear()
            self.journal.clear()
        if self.world.data is not None:
            self.world.data.reset()
        self.world.clock.reset()
        self.faults.clear()
        self.limits.reset()
        self.failures.clear()

    def tend(self) -> None:
        """Let the jobs of real servers go on, also while nobody asks for them: their engines work in real time."""
        if self.world.data is None:
            return
        try:
            with self.world.store.transaction():
                jobs.every(self.world)
        except Exception:  # a bug in what happens to a job is of any class, and must not end the server
            # It is kept in `failures`, which fails the test or the session that meets it.
            self.failures.append(traceback.format_exc())
            logger.exception("What happens to a job by itself broke")

    def _identify(self, call: Call, request: Request) -> tuple[spec.Action, Handler]:
        if request.method not in ("GET", "POST"):
            raise ApiError("UnsupportedProtocol", "Only GET and POST requests are supported.")
        call.action = request.common("Action")[:100]
        call.version = request.common("Version")[:100]
        call.region = request.common("Region")[:100]
        call.account = signatures.authenticate(request, self.keys, time.time())
        # A page that knows a key could sign a simple GET, which a browser sends without asking the server first.
        reason = visitors.refusal(request.headers)
        if reason:
            raise ApiError("UnauthorizedOperation", reason)
        for name, value in (("Action", call.action), ("Version", call.version), ("Region", call.region)):
            if not value:
                raise ApiError("MissingParameter", f"The common parameter {name} is missing.")
        if call.version not in VERSIONS:
            raise ApiError(
                "NoSuchVersion", f"There is no version {call.version!r}; there are {' and '.join(VERSIONS)}."
            )
        action = spec.load(call.version).actions.get(call.action)
        registered = HANDLERS.get((call.version, call.action))
        if action is None or registered is None:
            known = "not emulated" if action else "unknown"
            raise ApiError("InvalidAction", f"The action {call.action!r} is {known} in version {call.version}.")
        if call.region not in REGIONS:
            raise ApiError("UnsupportedRegion", f"The region {call.region!r} is not supported.")
        self.limits.admit(call.account, call.version, action)
        return action, registered.handler

    def _check(self, call: Call, action: spec.Action, params: Decoded) -> None:
        problems = spec.load(call.version).problems(call.action, params)
        if problems:
            # A field that is not what it should be may hold a secret where no rule looks for one.
            wrong = {problem.path.partition(".")[0] for problem in problems}
            call.parameters = {name: HIDDEN if name in wrong else value for name, value in params.items()}
            wire.refuse_problems(action, problems)

    def _carry_out(self, call: Call, rule: Rule, handler: Handler, params: Decoded) -> Answer:
        caller = Caller(call.account, call.region, call.version)
        settings = self.world.settings
        usual_delay = settings.visibility_delay
        settings.visibility_delay = rule.visibility_delay or usual_delay
        try:
            with self.world.store.transaction():
                result = handler(self.world, caller, params)
                body = wire.encode(result, call.request_id)
                call.job_id = call.job_id or ",".join(job_ids(result))
                return self._finish(call, rule, body)
        except ApiError:
            raise
        except Exception:  # a bug in a handler is of any class: answered as the real service answers one of its own
            # It is kept in `failures`, which fails the test or the session that meets it.
            self.failures.append(traceback.format_exc())
            logger.exception("The handler of %s broke", call.action)
            raise ApiError("InternalError.InternalErrorError", "The emulator is broken: see its failures.") from None
        finally:
            settings.visibility_delay = usual_delay

    def _instead(self, call: Call, rule: Rule) -> Answer:
        call.code = rule.code if rule.early == "code" else NOT_EXECUTED
        call.message = rule.message if rule.early == "code" else ""
        return self._finish(call, rule, b"", rule.early)

    def _finish(self, call: Call, rule: Rule, body: bytes, effect: str | None = None) -> Answer:
        """Write the call down and make its answer, as the rule wants it."""
        effect = rule.late if effect is None else effect
        status, content_type = 200, JSON
        if effect == "code":
            body = wire.encode_error(rule.code, rule.message, call.request_id)
        elif effect == "status":
            status, content_type, body = rule.status, "text/html", PAGE.format(_title(rule.status)).encode()
        if rule is not HARMLESS:
            call.fault = f"{rule.id}: {effect or ('latency' if rule.latency else 'visibility_delay')}"
        cut = effect if effect in ("drop", "truncate") else ""
        # Whether a late answer arrives is known only when it leaves.
        call.answered = not cut and not rule.latency
        with self.world.store.transaction():
            self.journal.add(call)
        return Answer(call, body, status, content_type, cut, rule.latency)


def _describe(call: Call, params: Decoded) -> None:
    call.parameters = dict(params)
    call.job_id = ",".join(job_ids(params))


def _title(status: int) -> str:
    known = {member.value: member.phrase for member in http.HTTPStatus}
    return f"{status} {known.get(status, '')}"
