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
from typing import Any

from airflow.sdk.execution_time.context import NEVER_EXPIRE

from tencent_dts.ledger import Ledger


class Memory:
    """The task state store of one task instance, seen from one job.

    :param context: the task's context.
    :param job_id: prefix of the keys; "" before there is a job.
    """

    def __init__(self, context: Mapping[str, Any], job_id: str = "") -> None:
        self._store = context["task_state_store"]
        self._ti = context["ti"]
        self.job_id = job_id

    def get(self, name: str) -> Any:
        """The remembered value, ``None`` where there is none."""
        return self._store.get(f"{self.job_id}/{name}")

    def set(self, name: str, value: Any) -> None:
        """Remember a JSON value for as long as the DAG run exists."""
        self._store.set(f"{self.job_id}/{name}", value, retention=NEVER_EXPIRE)

    def deadline(self, seconds: float) -> float:
        """The moment this try gives up waiting: fixed at its first leg, so that no later leg starts it again."""
        kept = self.get("deadline")
        if kept and kept["try"] == self._ti.try_number:
            return float(kept["at"])
        at = time.time() + seconds
        self.set("deadline", {"try": self._ti.try_number, "at": at})
        return at

    # A negative verdict, once reported, stands until somebody clears the task: that raises max_tries,
    # which an automatic retry does not.

    def report(self, verdict: str) -> None:
        """Remember a negative verdict that is about to be raised."""
        self.set("reported", {"verdict": verdict, "max_tries": self._ti.max_tries})

    def reported(self) -> str | None:
        """A negative verdict that still stands; ``None`` where there is none or the task was cleared since."""
        kept = self.get("reported")
        return str(kept["verdict"]) if kept and self._ti.max_tries <= kept["max_tries"] else None

    def was_cleared_after_report(self) -> bool:
        """Whether a negative verdict was reported, and the task cleared since."""
        return self._was_cleared_after("reported")

    def forget_report(self) -> None:
        """The verdict has been acted upon."""
        self._store.delete(f"{self.job_id}/reported")

    def prove(self, evidence: Mapping[str, Any]) -> None:
        """Remember a positive verdict: it stands until somebody clears the task, too."""
        self.set("evidence", dict(evidence))
        self.set("proven", {"max_tries": self._ti.max_tries})

    def was_cleared_after_proof(self) -> bool:
        """Whether a positive verdict was remembered, and the task cleared since."""
        return self._was_cleared_after("proven")

    def forget_proof(self) -> None:
        """A new verdict has been ordered; the old one proves nothing any more."""
        self._store.delete(f"{self.job_id}/evidence")
        self._store.delete(f"{self.job_id}/proven")

    def _was_cleared_after(self, name: str) -> bool:
        kept = self.get(name)
        return bool(kept) and self._ti.max_tries > kept["max_tries"]

    # The ledger of a purchase.

    def ledger(self, of: str = "") -> Ledger:
        """The ledger of what this task buys, or creates of its job.

        :param of: the name of what is created, where a task creates several things one after the other.
        """
        key = "/".join(filter(None, [self.job_id, "intent", of]))
        return Ledger(_Shelf(self._store, key), self.clear_sign, self.was_cleared_since)

    def clear_sign(self) -> Any:
        """What tells a later clear of this task from an automatic retry, see :meth:`was_cleared_since`."""
        return self._ti.max_tries

    def was_cleared_since(self, sign: Any) -> bool:
        """Whether somebody has cleared this task since :meth:`clear_sign` gave that sign."""
        return bool(self._ti.max_tries > sign)

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

    store: Any
    key: str

    def read(self) -> Any:
        return self.store.get(self.key)

    def write(self, value: Any) -> None:
        if value is None:
            self.store.delete(self.key)
        else:
            self.store.set(self.key, value, retention=NEVER_EXPIRE)


def keyed_digest(key: str, request: Mapping[str, Any]) -> str:
    """A digest of a request that tells nothing of the passwords in it to whom lacks the key."""
    text = json.dumps(request, sort_keys=True, ensure_ascii=False)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
