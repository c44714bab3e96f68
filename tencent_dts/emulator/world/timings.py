"""How long each thing takes in the emulator, in virtual seconds."""

from __future__ import annotations

from dataclasses import dataclass

DAY = 86400.0


@dataclass(frozen=True)
class Timings:
    """Virtual seconds of every asynchronous step of a migration or sync job, a compare task, a subscription.

    The defaults of a job's way to ``readyComplete`` are those of the example in the API documents
    (DescribeMigrationDetail, 2022-07-11 17:18:57 to 17:23:26); the others are assumed, except the days, which
    are documented. ``catching_up`` is the time from the start of the incremental step to ``readyComplete``,
    ``draining`` the time until the lag is 0; ``fault`` the time a rehearsed fault strikes after its step began;
    ``overlay`` how long a rehearsed unknown status shows; ``modifying`` the time until changed objects and options
    of a running sync job hold; ``pause_limit`` the time after which a paused sync job fails; ``month`` what a prepaid
    sync job is bought for.
    """

    creating: float = 2
    checking: float = 28
    ready_run: float = 63
    schema_init: float = 10
    dumper: float = 44
    loader: float = 43
    consistency: float = 45
    catching_up: float = 15
    draining: float = 20
    completing: float = 10
    stopping: float = 10
    pausing: float = 5
    resuming: float = 5
    auto_retry: float = 60
    fault: float = 10
    overlay: float = 60
    isolating: float = 5
    recovering: float = 5
    offlining: float = 5
    resizing: float = 240
    compare_ready: float = 2
    compare_running: float = 45
    compare_stopping: float = 5
    modifying: float = 30
    resetting: float = 10
    activating: float = 60
    pause_limit: float = 7 * DAY
    month: float = 30 * DAY
    retention: float = 7 * DAY
    abandonment: float = 14 * DAY
