"""One read of one job: all that the page shows of it.

API document: DescribeMigrationDetail, DescribeSyncJobs, DescribeMigrateJobs, DescribeSubscribeConf; of their checks,
as DescribeMigrationCheckJob; of their compare tasks, DescribeCompareTasks and DescribeCompareReport.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.api.redaction import spellings
from tencent_dts.engine.records import Place
from tencent_dts.errors import DtsProblem, NotFound
from tencent_dts.kinds.compare import CompareFamily
from tencent_dts.kinds.page import CheckView, View
from tencent_dts.model.answers import Item, text_at
from tencent_dts.spec import VERSION_2021, Field, Spec, load
from tencent_dts.spec.secrecy import redacted

SECONDS_FOR_A_READ = 10.0
_SECONDS_OF_TRYING = 1.0  # the page comes back by itself, so it need not try for long
_SHOWN = 100
_LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Trouble:
    """Something that could not be read, in words.

    :param what: what happened; ``cause`` as the service says it.
    :param request_id: of the call concerned, for the cloud's support.
    """

    what: str
    cause: str = ""
    request_id: str = ""


@dataclass(frozen=True)
class Snapshot:
    """A job as it was at one moment. Answers hold only documented fields, of the documented types.

    :param detail: ``None`` where the job could not be read.
    :param gone: the place where DTS knows no such job; ``None`` where it does, or cannot be asked.
    :param checks: by the action that reads it.
    :param compares: the job's compare tasks, the latest first.
    :param report: of the latest compare task, once it has ended.
    """

    read_at: datetime
    detail: Item | None = None
    gone: Place | None = None
    checks: Mapping[str, Item] = field(default_factory=dict)
    compares: Sequence[Item] = ()
    report: Item | None = None
    troubles: tuple[Trouble, ...] = ()


async def read_job(
    kind: View,
    job_id: str,
    resolve: Callable[[], ClientSettings],
    before: Snapshot | None,
    *,
    seconds: float = SECONDS_FOR_A_READ,
) -> Snapshot:
    """Read a job; what goes wrong is part of the snapshot, beside what was read before.

    :param resolve: reads the connection; called in a thread.
    :param before: the last snapshot, shown on where the job cannot be read now.
    :param seconds: to wait for the connection, and then for all answers together.
    """
    now = datetime.now(UTC)
    try:
        async with asyncio.timeout(seconds):
            account = await asyncio.to_thread(resolve)
    except DtsProblem as problem:
        return _kept(before, now, trouble_of(problem))
    except TimeoutError:
        return _kept(before, now, Trouble(f"The connection could not be read within {seconds:g} s"))
    secrets = [text for secret in (account.secret_key, account.token) if secret for text in spellings(secret)]
    secrets.sort(key=len, reverse=True)  # the longer ones first: what is left of one would still show it
    try:
        async with asyncio.timeout(seconds), DtsClient(account, kind.resource.version) as client:
            return await _Reader(client, kind, secrets, job_id).snapshot(now)
    except DtsProblem as problem:
        return _kept(before, now, trouble_of(problem, secrets))
    except TimeoutError:
        return _kept(before, now, Trouble(f"DTS has not answered within {seconds:g} s"))


def _kept(before: Snapshot | None, now: datetime, trouble: Trouble) -> Snapshot:
    """What was read before, with its time, beside what is wrong now."""
    kept = before if before is not None and before.detail is not None else Snapshot(now)
    return replace(kept, troubles=(trouble,))


def trouble_of(problem: DtsProblem, secrets: list[str] | None = None) -> Trouble:
    """A problem in words. The next step it names is one for tasks; the page tries again by itself."""
    texts = [_text(text or "", secrets or []) for text in (problem.what, problem.cause, problem.request_id)]
    return Trouble(*texts)


class _Reader:
    """The calls of one read."""

    def __init__(self, client: DtsClient, kind: View, secrets: list[str], job_id: str) -> None:
        self._client = client
        self._kind = kind
        self._secrets = secrets
        self._job_id = job_id
        self._until = time.monotonic() + _SECONDS_OF_TRYING
        self._troubles: list[Trouble] = []

    async def snapshot(self, now: datetime) -> Snapshot:
        """The job first: where it cannot be read, nothing else is asked."""
        detail = await self._job()
        if detail is None:
            return Snapshot(now, gone=Place.of(self._client.account))
        wanted = [check for check in self._kind.checks if not check.of or text_at(detail, check.of)]
        (compares, report), found = await asyncio.gather(
            self._compared(), asyncio.gather(*(self._check(check) for check in wanted))
        )
        checks = {check.goal.resource.read: answer for check, answer in zip(wanted, found, strict=True) if answer}
        return Snapshot(now, detail, None, checks, compares, report, tuple(self._troubles))

    async def _job(self) -> Item | None:
        """The job, by itself or out of the list that it is alone in; ``None`` where there is none."""
        resource = self._kind.resource
        try:
            answer = await self._call(resource.read)
        except NotFound:
            return None
        if not resource.items:
            return answer
        return next((item for item in answer[resource.items] if item.get(resource.key) == self._job_id), None)

    async def _check(self, check: CheckView) -> Item | None:
        return await self._part(self._call(check.goal.resource.read))

    async def _compared(self) -> tuple[Sequence[Item], Item | None]:
        """The compare tasks, the latest first, and its report."""
        family = self._kind.compares
        if family is None:
            return [], None
        tasks = await self._part(self._call(family.task.read, Limit=_SHOWN)) or {}
        found = sorted(tasks.get(family.task.items, ()), key=lambda task: task.get("CreatedAt", ""), reverse=True)
        return found, await self._report(family, found[0]) if found else None

    async def _report(self, family: CompareFamily, task: Item) -> Item | None:
        if family.task.axis.of(task) not in family.compared.reached or not task.get("CompareTaskId"):
            return None
        wanted = {"CompareTaskId": task["CompareTaskId"], "DifferenceLimit": _SHOWN, "SkippedLimit": _SHOWN}
        return await self._part(self._call(family.report, **wanted))

    async def _part(self, call: Awaitable[Item]) -> Item | None:
        """A part of the page: the others are shown without it."""
        try:
            return await call
        except DtsProblem as problem:
            self._troubles.append(trouble_of(problem, self._secrets))
            return None

    async def _call(self, action: str, **params: object) -> Item:
        resource = self._kind.resource
        answer = await self._client.call(action, {resource.key: self._job_id, **params}, until=self._until)
        return shaped(action, redacted(answer), self._secrets, resource.version)


def shaped(action: str, answer: object, secrets: list[str] | None = None, version: str = VERSION_2021) -> Item:
    """The documented fields of an answer, as far as they have the documented types.

    Everything else is left out, nulls among it, a list is there even where it is not reported, and long texts
    are cut: later readers need to expect absent fields only.

    :param secrets: values that are masked everywhere.
    """
    spec = load(version)
    return _object(spec, spec.actions[action].response, answer, secrets or [])


def _object(spec: Spec, shape: Mapping[str, Field], value: object, secrets: list[str]) -> Item:
    given = value if isinstance(value, Mapping) else {}
    found: dict[str, object] = {}
    for name, rule in shape.items():
        item = given.get(name)
        if rule.array:
            items = item if isinstance(item, list) else []
            found[name] = [kept for each in items if (kept := _value(spec, rule, each, secrets)) is not None]
        elif (kept := _value(spec, rule, item, secrets)) is not None:
            found[name] = kept
    return found


def _value(spec: Spec, rule: Field, value: object, secrets: list[str]) -> object:
    """The value where it has the field's type, else ``None``."""
    if rule.type in spec.types:
        return _object(spec, spec.types[rule.type], value, secrets) if isinstance(value, Mapping) else None
    if rule.type == "String":
        return _text(value, secrets) if isinstance(value, str) else None
    if rule.type == "Boolean":
        return value if isinstance(value, bool) else None
    kinds = int if rule.type == "Integer" else int | float
    return value if isinstance(value, kinds) and not isinstance(value, bool) else None


def _text(value: str, secrets: list[str]) -> str:
    for secret in secrets:
        value = value.replace(secret, "***")
    return value if len(value) <= _LONGEST_TEXT else f"{value[:_LONGEST_TEXT]}…"
