"""What a task instance remembers over retries and clears: Airflow's task state store.

Nothing secret goes in; JSON only. Keys are ``<JobId>/<name>``, save ``intent`` and ``generation``,
which exist before there is a job.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from airflow.sdk.execution_time.context import NEVER_EXPIRE

from tencent_dts.engine.ledger import Ledger, Mark
from tencent_dts.engine.runs import TaskContext
from tencent_dts.spec.secrecy import redacted

P = TypeVar("P", bound=Exception)


class TaskStore(Protocol):
    """Airflow's store of a task instance, as far as it is used; ``airflow tencent-dts`` has one over REST."""

    def get(self, key: str) -> Any:
        """What was stored, ``None`` where nothing was."""

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        """Store a JSON value."""

    def delete(self, key: str) -> None:
        """Remove what was stored."""


class Memory:
    """The task state store of one task instance, seen from one job.

    :param context: the task's context.
    :param job_id: prefix of the keys; "" before there is a job.
    """

    def __init__(self, context: TaskContext, job_id: str = "") -> None:
        self._store = context["task_state_store"]
        self._ti = context["ti"]
        self._clears = getattr(context.get("dag_run"), "clear_number", None)
        self._retries = getattr(context.get("task"), "retries", None)
        self.job_id = job_id

    def get(self, name: str) -> Any:
        """The remembered value, ``None`` where there is none."""
        return self._store.get(f"{self.job_id}/{name}")

    def set(self, name: str, value: object) -> None:
        """Remember a JSON value for as long as the DAG run exists."""
        self._store.set(f"{self.job_id}/{name}", value, retention=NEVER_EXPIRE)

    def forget(self, name: str) -> None:
        """Forget a value."""
        self._store.delete(f"{self.job_id}/{name}")

    def deadline(self, seconds: float, of: str = "deadline") -> float:
        """The moment this try gives up waiting: fixed at its first leg, so that no later leg starts it again.

        :param of: what is waited for, where that is not all that the task waits for.
        """
        kept = self.get(of)
        if kept and kept["try"] == self._ti.try_number:
            return float(kept["at"])
        at = time.time() + seconds
        self.set(of, {"try": self._ti.try_number, "at": at})
        return at

    # A verdict, once given, stands for the try that gave it and for its automatic retries, until a person clears the
    # task. A task cannot see either. A clear sets max_tries to what the tries so far and the retries of the task
    # come to, and counts in the run; an automatic retry does neither. Where the retries of the task have changed, a
    # clear can leave max_tries as it was, or lower: what might be a clear is taken for one.

    def mark(self) -> Mark:
        """This try, as :meth:`was_cleared_since` knows it again."""
        return {"try": self._ti.try_number, "max_tries": self._ti.max_tries, "clears": self._clears}

    def was_cleared_since(self, mark: Mark) -> bool:
        """Whether the task was, or may have been, cleared since a try; false in it and in its automatic retries."""
        if self._ti.try_number == mark.get("try"):
            return False
        unlike = self._ti.max_tries != mark["max_tries"] or self._clears != mark.get("clears", self._clears)
        # The same number can be what a clear of that try has come to, where there are fewer retries now than then.
        as_cleared = self._retries is not None and self._ti.max_tries == mark.get("try", 0) + self._retries
        return unlike or as_cleared

    def report(self, problem: P) -> P:
        """Remember a negative verdict.

        :param problem: its error, which the caller is about to raise.
        :returns: the same.
        """
        self.set("reported", {"verdict": str(problem), **self.mark()})
        return problem

    def reported(self) -> str | None:
        """A negative verdict that still stands; ``None`` where there is none or the task was cleared since."""
        kept = self.get("reported")
        return str(kept["verdict"]) if kept and not self.was_cleared_since(kept) else None

    def has_verdict(self) -> bool:
        """Whether a negative verdict was reported that has not been acted on."""
        return self.get("reported") is not None

    def was_cleared_after_report(self) -> bool:
        """Whether a negative verdict was reported, and the task cleared since."""
        return self._was_cleared_after("reported")

    def forget_report(self) -> None:
        """The verdict has been acted on."""
        self.forget("reported")

    def note_called(self) -> None:
        """The call was accepted: neither a trigger that breaks nor an automatic retry comes to tell that."""
        self.set("called", self.mark())

    def was_called(self) -> bool:
        """Whether the call was accepted, and the task not cleared since."""
        kept = self.get("called")
        return bool(kept) and not self.was_cleared_since(kept)

    def prove(self, evidence: Mapping[str, object]) -> None:
        """Remember a positive verdict: it, too, stands until a person clears the task."""
        self.set("evidence", dict(evidence))
        self.set("proven", self.mark())

    def was_cleared_after_evidence(self) -> bool:
        """Whether a positive verdict was remembered, and the task cleared since."""
        return self._was_cleared_after("proven")

    def forget_evidence(self) -> None:
        """A new verdict has been ordered; the old one proves nothing any more."""
        self.forget("evidence")
        self.forget("proven")

    def _was_cleared_after(self, name: str) -> bool:
        kept = self.get(name)
        return bool(kept) and self.was_cleared_since(kept)

    # The ledger of a purchase.

    def ledger(self, of: str = "") -> Ledger:
        """The ledger of what this task buys, or creates of its job.

        :param of: the name of what is created, where a task creates several things one after the other.
        """
        key = "/".join(filter(None, [self.job_id, "intent", of]))
        return Ledger(_Shelf(self._store, key), self.mark, self.was_cleared_since)

    def announced(self) -> bool:
        """Whether a purchase was ever announced that was not refused."""
        return self.ledger().announced()

    def pending_since(self) -> float | None:
        """Epoch seconds of an announced purchase whose outcome was never learned, ``None`` where there is none."""
        return self.ledger().pending_since()

    def generation(self) -> int:
        """The least generation to buy: raised by a fresh start."""
        return int(self._store.get("generation") or 0)

    def raise_generation(self, generation: int) -> None:
        """Keep the least generation to buy."""
        self._store.set("generation", generation, retention=NEVER_EXPIRE)

    def forget_purchase(self) -> None:
        """Make room for another purchase: neither the job's id nor the announcement leads back to the old one."""
        self._store.delete("job_id")
        self.ledger().forget()

    def place(self) -> dict[str, str] | None:
        """Where the purchase was announced, ``None`` where none was."""
        return dict(kept) if (kept := self._store.get("place")) else None

    def remember_place(self, place: Mapping[str, str]) -> None:
        """Keep where the purchase is about to be made: before there is a job, nothing else shows it."""
        self._store.set("place", dict(place), retention=NEVER_EXPIRE)

    def remember_purchase(self, job_id: str) -> None:
        """Keep the id of the job that lives; from here on keys are prefixed with it."""
        self._store.set("job_id", job_id, retention=NEVER_EXPIRE)
        self.job_id = job_id

    def purchased(self) -> str | None:
        """The id of the job bought before, if any."""
        kept = self._store.get("job_id")
        return str(kept) if kept else None


@dataclass(frozen=True)
class _Shelf:
    """One key of the store."""

    store: TaskStore
    key: str

    def read(self) -> Any:
        return self.store.get(self.key)

    def write(self, value: object) -> None:
        if value is None:
            self.store.delete(self.key)
        else:
            self.store.set(self.key, value, retention=NEVER_EXPIRE)


def digest_of(key: str, request: Mapping[str, object]) -> str:
    """A digest by which a request is known again; "" where it could not be kept safely.

    One that holds a secret is digested with a key. One that holds none is not: it is known again when the key of the
    connection has been rotated meanwhile.

    :param key: the SecretKey of the connection; "" where it has none.
    """
    if redacted(request) == request:
        return keyed_digest("", request)
    return keyed_digest(key, request) if key else ""


def keyed_digest(key: str, request: Mapping[str, object]) -> str:
    """A digest of a request that reveals nothing of the passwords in it without the key."""
    text = json.dumps(request, sort_keys=True, ensure_ascii=False)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
