"""What the emulator keeps of a job: one document of plain JSON each, in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NotRequired, TypedDict, TypeVar

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.common import CompareOptions, TagItem
    from tencent_dts.spec.shapes.compare_types import CompareObject, DifferenceItem, SkippedItem
    from tencent_dts.spec.shapes.migration_types import CheckStep
    from tencent_dts.spec.shapes.subscription_types_2018 import SubscribeObject
    from tencent_dts.spec.shapes.sync_types import DynamicOptions, Objects

Configuration = Any
"""What a job was configured with, as the requests of its kind have it, without secrets; ``None`` before that."""

_Thing = TypeVar("_Thing")


class Entry(TypedDict):
    """Something that will happen to a job: at a moment or, held, after the seconds that it still had."""

    at: float
    axis: str
    event: str
    argument: str


Trade = TypedDict(
    "Trade",
    {
        "state": str,
        "class": str,
        "new_class": str,
        "deal": str,
        "last_deal": str,
        "frozen": bool,
        "free": bool,
        "months": int,
        "expires": float | None,
        "auto_renew": bool,
        "isolated": float | None,
        "offline": float | None,
        "isolate_reason": str,
        "offline_reason": str,
        "metered": dict[str, float],
        "metering": float | None,
    },
)
"""The billing part of a job; times in epoch seconds, ``metered`` in seconds by instance class."""


class Step(TypedDict):
    """A step of a job's run; ``different``: it has compared data, and they differ."""

    id: str
    started: float
    ended: float | None
    seconds: float
    different: NotRequired[bool]


class LagAtFirst(TypedDict):
    """How far a job is behind its source when its incremental step begins, and in how many seconds that drains."""

    seconds: float
    megabytes: float
    drain: float


class Lag(LagAtFirst):
    """The same, and since when."""

    since: float


class Check(TypedDict):
    """A check of a job or of a change, with all that it will find."""

    started: float
    ended: float | None
    status: str
    flag: str
    steps: list[CheckStep]


class Rows(TypedDict, total=False):
    """What a job that is mapped to real servers keeps of its engine's answers.

    ``position``: where in the source its copy was taken; ``following``: its replication has been started; ``lag``:
    megabytes and seconds of the look at the real moment ``looked``; ``silent``: since when a server has not answered;
    ``percent`` of the copy; ``words``: the error that stopped it, in the server's words.
    """

    position: str
    following: bool
    lag: list[int]
    looked: float
    silent: float
    percent: int
    words: str


class Report(TypedDict):
    """What a compare task has found; ``rows`` of source and target where they were really counted."""

    rows: NotRequired[list[int]]
    total: int
    different: int
    differences: list[DifferenceItem]
    skipped: list[SkippedItem]


class Task(TypedDict):
    """A compare task."""

    id: str
    name: str
    state: str
    automatic: bool
    created: float
    started: float | None
    finished: float | None
    config: CompareObject
    options: CompareOptions
    conclusion: str
    message: str
    report: Report | None


class Change(TypedDict):
    """A change of a running sync job."""

    state: str
    objects: Objects | None
    options: DynamicOptions | None
    check: Check | None


class Asked(TypedDict):
    """An asynchronous request of a subscription."""

    id: str
    status: str
    info: str


class Subscribed(TypedDict):
    """What a subscription subscribes to; ``databases`` as other kinds of jobs have them."""

    SubscribeObjectType: int
    Objects: list[SubscribeObject]
    databases: list[dict[str, str]]


class History(TypedDict):
    """What a job has come to; times in epoch seconds."""

    started: float | None
    ended: float | None
    configuration: Configuration
    retry_minutes: int
    check: Check | None
    skips: list[str]
    foreign_keys: str
    steps: list[Step]
    lag: Lag | None
    faulted: float | None
    suspended: float | None
    rates: dict[str, int]
    compares: list[Task]
    modification: Change | None
    rehearsed: list[str]
    agenda: list[Entry]
    held: list[Entry]


class Record(History):
    """A job of any kind; ``tags`` as the API has them, ``history`` as (moment, axis, state).

    ``pay_mode`` and ``specification`` are of sync jobs, ``requests`` and ``changes`` of subscriptions, ``rows`` of jobs
    that are mapped to real servers.
    """

    kind: str
    account: str
    region: str
    scope: str
    JobId: str
    JobName: str
    src_type: str
    dst_type: str
    src_region: str
    dst_region: str
    family: str
    tags: list[TagItem]
    created: float
    updated: float
    visible: float
    deleted: float | None
    state: str
    overlay: str
    trade: Trade
    history: list[tuple[float, str, str]]
    pay_mode: NotRequired[str]
    specification: NotRequired[str]
    requests: NotRequired[list[Asked]]
    changes: NotRequired[Subscribed]
    rows: NotRequired[Rows]


class Side(NamedTuple):
    """What a job was bought for on one side."""

    database_type: str
    region: str


def side_of(job: Record, side: Literal["src", "dst"]) -> Side:
    """The source or the target that a job was bought for."""
    if side == "src":
        return Side(job["src_type"], job["src_region"])
    return Side(job["dst_type"], job["dst_region"])


def present(thing: _Thing | None) -> _Thing:
    """What a job must have where this is asked, such as the check that has just ended."""
    if thing is None:
        raise ValueError("a job lacks what its state says that it has")
    return thing
