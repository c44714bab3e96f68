"""How a job of a kind is held against the plan of its run: where it shows its configuration, and what is to be done.

API document: DescribeMigrationDetail, DescribeSyncJobs, DescribeMigrateJobs, DescribeSubscribeConf.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tencent_dts.kinds.shown import Shown, fingerprint
from tencent_dts.kinds.sides import SIDES
from tencent_dts.model.answers import Item, dig
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Statuses

# Settled once a job has started: when it was to start, and as whom it logged in (users are rotated, like passwords).
_UNTIL_STARTED = frozenset({"RunMode", "ExpectRunTime", "ExpectTime", "User"})
_CONNECTION = "Where a connection of the plan names another database than it should, correct it and clear this task."
_HAS_ENDED = (
    "Otherwise this run's job was for something else, and has ended: look at what it did to its target, end it "
    "(isolate it, or delete one of 2018), and trigger a new run for what the plan says now."
)
RECONFIGURE = "Clear `configure` with its downstream: it sends the configuration of the plan, and checks it."


@dataclass(frozen=True)
class Planned:
    """How a kind of job is held against a plan.

    :param shown: where it shows its configuration.
    :param request: the configuring request of a plan: of an id, the plan, and the connections of its sides.
    :param configure: the operation that configures it.
    :param checking: statuses in which it is being checked, and takes no configuration for a while.
    :param over: statuses in which it takes no further step: what was found to be as planned before need not be now.
    :param while_open: what to do while it can be configured.
    :param once_started: what to do when it cannot be any more.
    :param bought: where it shows what it was bought for; ``None`` where ``shown`` says so, too.
    :param follows: whether the run configures an adopted job that has not been checked yet.
    :param sides: the sides of a plan that are Airflow connections.
    """

    shown: Shown
    request: Callable[..., Mapping[str, object]]
    configure: Operation
    checking: Statuses
    over: Statuses
    while_open: str
    once_started: str
    bought: Shown | None = None
    follows: bool = True
    sides: tuple[str, ...] = SIDES

    def is_open(self, item: Item) -> bool:
        """Whether the job can be configured, or will be able to when it has been made."""
        return self.configure.axis.of(item) in self.configure.needs | self.configure.passes

    def differences(self, asked: Mapping[str, object], item: Item) -> list[str]:
        """Where the job does not show what is asked for."""
        if not self.shown.is_configured(item):
            return ["it shows no configuration"]
        started = not self.is_open(item) and self.configure.axis.of(item) not in self.checking
        return self.shown.differences(asked, item, without=_UNTIL_STARTED if started else frozenset())

    def mark(self, asked: Mapping[str, object], plan: Mapping[str, object]) -> str:
        """A digest of what a plan asks for, by which a task knows whether it is still the plan that its job was for.

        Of a side it holds which connection that is, and nothing that the connection says: hosts, users and passwords
        are corrected and rotated, and given up once a job has ended.
        """
        own = [path for path in self.shown.places if not path.startswith(("Src", "Dst"))]
        sides = {side: plan[side] for side in self.sides if side in plan}
        return fingerprint({**{path: dig(asked, path) for path in own}, **sides}, without=_UNTIL_STARTED)

    def next_step(self, item: Item) -> str:
        """The way on for a job that does something else."""
        if self.is_open(item):
            return f"{self.while_open} {_CONNECTION}"
        if self.configure.axis.of(item) in self.checking:
            return f"When its check has ended: {self.while_open[0].lower()}{self.while_open[1:]} {_CONNECTION}"
        if self.configure.axis.of(item) in self.over:
            return f"{_CONNECTION} {_HAS_ENDED}"
        return f"{_CONNECTION} Otherwise {self.once_started}"
