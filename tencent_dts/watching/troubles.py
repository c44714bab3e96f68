"""What is wrong with jobs, since when, and who was told: pure data and rules.

A condition that a rule sees becomes a *trouble*; once it has lasted for its limit it is a *finding*, which is told to
each channel once, again after a time, and once more when it is over. What cannot be judged this time stays as it was.

API document: none; see :mod:`tencent_dts.kinds.watching`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field

from tencent_dts.kinds.watching import GONE, Limits, WatchRule
from tencent_dts.orphans.reaping import Row


@dataclass
class Told:
    """One telling.

    :param at: epoch seconds.
    :param run: the run whose success makes it count; "" where it counts at once.
    :param over: likewise, the run that has told the end of it.
    """

    at: float
    run: str = ""
    over: str = ""


@dataclass
class Trouble:
    """Something that is wrong with one job.

    :param since: epoch seconds from which its limit counts.
    :param wrong: what is wrong, as it was last seen.
    :param name: of the job.
    :param due: it has lasted for its limit: it is a finding.
    :param over: when it was seen to be over; 0 while it lasts.
    :param told: by channel, the latest telling.
    """

    since: float
    wrong: str = ""
    name: str = ""
    due: bool = False
    over: float = 0.0
    told: dict[str, Told] = field(default_factory=dict)

    def is_due(self, channel: str, now: float, again: float) -> bool:
        """Whether a channel is to be told that it lasts.

        :param again: seconds after which it is told again; 0: never.
        """
        last = self.told.get(channel)
        return self.due and not self.over and (last is None or bool(again and now - last.at >= again))


def key_of(job_id: str, rule: WatchRule) -> str:
    """The key of a trouble; "" as job id stands for a whole list."""
    return f"{job_id}|{rule.name}"


@dataclass
class Watched:
    """What is remembered of one kind of job in one region.

    :param looked: when its list was last read; 0: never.
    :param jobs: the ids that it showed then.
    :param troubles: by :func:`key_of`.
    :param compared: by job id, when a comparison last found it the same, as far as that was read.
    """

    looked: float = 0.0
    jobs: list[str] = field(default_factory=list)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    compared: dict[str, float] = field(default_factory=dict)

    def saw(
        self, job_id: str, rule: WatchRule, wrong: str, limits: Limits, now: float, *, began: float, name: str = ""
    ) -> bool:
        """Note what a rule says of a job now; returns whether it has lasted for its limit.

        :param wrong: in words; "" where nothing is.
        :param began: epoch seconds at which it may have begun, where it is seen for the first time, or again after it
            was over: its limit starts again then.
        """
        key = key_of(job_id, rule)
        known = self.troubles.get(key)
        if not wrong:
            self._ended(key, now)
            return False
        since = began if rule.since_last_good else now
        if known is None:
            known = self.troubles[key] = Trouble(since)
        elif known.over:  # its end is still owed to a channel, or was told to one by a run that may be red
            known.since, known.due, known.over = since, False, 0.0
        known.wrong, known.name = wrong, name or known.name
        lasts = now - known.since >= rule.limit(limits)
        known.due = known.due and lasts  # its limit may have been raised
        return lasts

    def _ended(self, key: str, now: float) -> None:
        known = self.troubles.get(key)
        if known is not None and known.told:
            known.over = known.over or now
        elif known is not None:
            del self.troubles[key]

    def end_others(self, job_id: str, rules: Iterable[WatchRule], now: float) -> None:
        """What was wrong with a job by any other rule than these is over: it is not looked at for that any more."""
        kept = {key_of(job_id, rule) for rule in rules}
        for key in [key for key in self.troubles if key.startswith(f"{job_id}|") and key not in kept]:
            self._ended(key, now)

    def spare(self, job_id: str) -> None:
        """What is wrong with a job is no finding now, as a run waits for it; for how long it lasts still counts."""
        for key, trouble in self.troubles.items():
            if key.startswith(f"{job_id}|"):
                trouble.due = False

    def gone(self) -> list[str]:
        """The ids of jobs that were found to be gone, and that not everybody has been told of."""
        return [key.partition("|")[0] for key in self.troubles if key.endswith(f"|{GONE.name}")]

    def settle(self, channels: Collection[str]) -> None:
        """Forget what is owed to no channel: what is over, and a job that is gone once everybody was told of it.

        :param channels: those that there are now; a channel that was taken away is owed nothing.
        """
        for key, trouble in list(self.troubles.items()):
            trouble.told = {name: told for name, told in trouble.told.items() if name in channels}
            told_of = trouble.due and all(name in trouble.told for name in channels)
            if (trouble.over and not trouble.told) or (told_of and key.endswith(f"|{GONE.name}")):
                del self.troubles[key]

    def dumps(self) -> str:
        """As an Airflow variable holds it."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def loads(cls, text: str) -> Watched:
        """Read it back.

        :raises ValueError: something else was written there.
        """
        try:
            kept: Row = json.loads(text)
            troubles = {
                str(key): Trouble(**{**given, "told": {name: Told(**told) for name, told in given["told"].items()}})
                for key, given in kept["troubles"].items()
            }
            compared = {str(job): float(at) for job, at in kept["compared"].items()}
            return cls(float(kept["looked"]), [str(job) for job in kept["jobs"]], troubles, compared)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(type(error).__name__) from error
