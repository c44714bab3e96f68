"""Rehearsals: how a person or a test makes a job go wrong, by seeds or by the names of things.

A rehearsal is a document: ``match`` (which jobs) and what happens to them. Seeds are such documents, put
through the admin API; names (of a database among the migration objects, of the job, or of the tag ``rehearse``)
are read as the same documents. Each effect happens once per job and is fixed afterwards, unless ``always``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypedDict, cast

from tencent_dts.emulator.world import kinds
from tencent_dts.emulator.world.checks import STEP_IDS
from tencent_dts.emulator.world.kernel import Fields, World, require
from tencent_dts.emulator.world.records import LagAtFirst, Record
from tencent_dts.spec import load

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.compare_types import DifferenceItem


class Outcome(TypedDict, total=False):
    """What a rehearsed compare comes to."""

    conclusion: str
    status: str
    message: str
    different_tables: int
    skipped_tables: int
    rows: list[DifferenceItem]


class Rehearsal(TypedDict, total=False):
    """What happens to the jobs that ``match``; an aspect that it does not name goes as ever."""

    id: str
    match: Fields
    checks: dict[str, str]
    check_run: str
    compare: Outcome
    fail_at: str
    status: str
    lag: LagAtFirst
    unknown_status: str
    always: bool
    trade_status: str
    force_status: str


_STEPS_BY_LOWER = {step.lower(): step for step in STEP_IDS}
_OWNER = "airflow-owner"  # the tag by which the client of this project finds its own jobs; of others nothing is known
_WORD = re.compile(r"rehearse_\w+")

CONVENTION: dict[str, tuple[Rehearsal, str]] = {
    "different": ({"compare": {"conclusion": "different", "different_tables": 1}}, "the compare says `different`"),
    "skip_all": ({"compare": {"conclusion": "skipAll"}}, "the compare skips every table: `skipAll`"),
    "skipped": ({"compare": {"skipped_tables": 1}}, "the compare says `same`, with one table skipped"),
    "compare_failed": ({"compare": {"status": "failed"}}, "the compare task itself fails"),
    "error": ({"fail_at": "incremental", "status": "error"}, "status `error` in the incremental step, resumable"),
    "failed": (
        {"fail_at": "incremental", "status": "failed"},
        "status `failed` in the incremental step, for good; a job that its owner buys in its place goes through",
    ),
    "request_failed": ({"fail_at": "request", "status": "failed"}, "a subscription's asynchronous request fails"),
    "lag": (
        {"lag": {"seconds": 30, "megabytes": 12, "drain": 600}},
        "the lag takes 600 virtual seconds to drain, and does",
    ),
    "unknown_status": ({"unknown_status": "upgrading"}, "an undocumented status, `upgrading`, shows for 60 s"),
}
"""What follows ``rehearse_`` in a name, what it does and how docs/emulator.md says so."""

_KEYS: dict[str, type] = {
    "match": dict,
    "checks": dict,
    "check_run": str,
    "compare": dict,
    "fail_at": str,
    "status": str,
    "lag": dict,
    "unknown_status": str,
    "always": bool,
    "trade_status": str,
    "force_status": str,
}
_MATCH = frozenset({"JobId", "JobName", "Tag", "Link", "account", "region", "any"})
_COMPARE = frozenset({"conclusion", "status", "message", "different_tables", "skipped_tables", "rows"})
_COUNTS = ("different_tables", "skipped_tables")
_LARGEST = 10**9
_CHOICES = {
    "check_run": ("failed",),
    "fail_at": ("dumper", "loader", "incremental", "request"),
    "status": ("error", "resumableErr", "failed"),
    "trade_status": ("normal", "notBilled", "isolated", "arrears", "offlined"),
}


def _known(what: str, given: Iterable[str], allowed: Iterable[str]) -> None:
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        raise ValueError(f"{what} has no {', '.join(map(str, unknown))}; it knows {', '.join(sorted(allowed))}")


def validated(given: Fields) -> Rehearsal:
    """Return a seed when it is well formed; a ``ValueError`` names what is wrong with it."""
    _known("a seed", given, _KEYS)
    for key, value in given.items():
        require(isinstance(value, _KEYS[key]), f"{key} is {type(value).__name__}, not {_KEYS[key].__name__}")
        allowed = _CHOICES.get(key, (value,))
        require(value in allowed, f"{key} is {value!r}; allowed: {', '.join(map(str, allowed))}")
    seed = cast("Rehearsal", given)  # its names and types are right
    require(bool(seed.get("match")), 'a seed needs a "match", such as {"JobName": "orders"} or {"any": true}')
    _known("match", seed["match"], _MATCH)
    tag = seed["match"].get("Tag", {})
    require(isinstance(tag, dict), 'the Tag of a match is an object, such as {"team": "shop"}')
    checks = seed.get("checks", {})
    _known("checks", checks, STEP_IDS)
    right = all(result in ("failed", "warning") for result in checks.values())
    require(right, "the result of a check is failed or warning")
    _check_compare(seed.get("compare", {}))
    lag = seed.get("lag", {})
    _known("lag", lag, ("seconds", "megabytes", "drain"))
    for key, value in lag.items():
        require(_is_number(value, int | float), f"{key} of a lag is a number from 0 to {_LARGEST}")
    require(("fail_at" in seed) == ("status" in seed), "fail_at and status go together")
    return seed


def _check_compare(wanted: Outcome) -> None:
    _known("compare", wanted, _COMPARE)
    conclusion, message = wanted.get("conclusion", "same"), wanted.get("message", "")
    require(conclusion in ("same", "different", "skipAll"), "the conclusion of a compare is same, different or skipAll")
    require(isinstance(message, str), "the message of a compare is a text")
    for key in _COUNTS:
        require(_is_number(wanted.get(key, 0), int), f"{key} is a whole number from 0 to {_LARGEST}")
    rows = wanted.get("rows", [])
    require(_are_objects(rows), "the rows of a compare are a list of objects")
    for row in rows:
        _known("a row", row, load().types["DifferenceItem"])
        require(bool(row.get("Db") and row.get("Table")), "a row of a compare names its Db and its Table")
        texts = [value for name, value in row.items() if name != "Chunk"]
        require(all(isinstance(value, str) for value in texts), "the fields of a row are texts, but Chunk")


def _are_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _is_number(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and 0 <= value <= _LARGEST


def add(world: World, seed: Rehearsal) -> str:
    """Keep a seed and return its id."""
    number = len(world.store.all("seed")) + 1
    world.store.put("seed", "", f"seed-{number}", seed | {"id": f"seed-{number}"})
    return f"seed-{number}"


def matches(match: Fields, job: Record) -> bool:
    """Return whether all that ``match`` names is true of the job."""
    facts = {
        "JobId": job["JobId"],
        "JobName": job["JobName"],
        "Link": f"{job['src_type']}2{job['dst_type']}",
        "account": job["account"],
        "region": job["region"],
        "any": True,
    }
    for key, wanted in match.items():
        if key == "Tag":
            if any(tag not in job["tags"] for tag in _tags(wanted)):
                return False
        elif facts[key] != wanted:
            return False
    return True


def _tags(wanted: dict[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in wanted.items()]


def from_word(word: str) -> Rehearsal | None:
    """Return the rehearsal that a word such as ``rehearse_different_always`` names, or None."""
    name = word.removeprefix("rehearse_")
    always = name.endswith("_always")
    name = name.removesuffix("_always")
    if name in CONVENTION:
        return CONVENTION[name][0] | {"id": word, "always": always}
    step = _STEPS_BY_LOWER.get(name.lower().removeprefix("check_"))
    if name.startswith("check_") and step:
        return {"checks": {step: "failed"}, "id": word, "always": always}
    return None


def _words(job: Record) -> list[str]:
    databases = [item.get("DbName") or "" for item in kinds.of(job).selected(job)]
    words = [name for name in databases if name.startswith("rehearse_")] + _WORD.findall(job["JobName"])
    for tag in job["tags"]:
        if tag.get("TagKey") == "rehearse":
            words += [f"rehearse_{part.strip()}" for part in (tag.get("TagValue") or "").split(",")]
    return list(dict.fromkeys(words))


def of(world: World, job: Record) -> list[Rehearsal]:
    """Return every rehearsal of a job: its seeds, oldest first, then those named by its databases, name and tags."""
    seeds = [seed for seed in world.store.all("seed") if matches(seed["match"], job)]
    return seeds + [found for word in _words(job) if (found := from_word(word))]


def pending(world: World, job: Record, aspect: str) -> list[Rehearsal]:
    """Return the rehearsals of one aspect (``checks``, ``compare``, ``fail_at``, ...) not used up yet."""
    return [item for item in of(world, job) if aspect in item and not _is_used(world, job, item, aspect)]


def _is_used(world: World, job: Record, rehearsal: Rehearsal, aspect: str) -> bool:
    """Whether it has happened to the job; or, by its name, to one that this job was bought in the place of.

    A job that has failed for good cannot go on: what a person rehearses there is that another one is bought for the
    same owner, and that one must be able to end well.
    """
    use_key = f"{rehearsal['id']}:{aspect}"
    if use_key in job["rehearsed"]:
        return True
    owner = next((tag for tag in job["tags"] if tag.get("TagKey") == _OWNER), None)
    if owner is None or rehearsal.get("status") != "failed" or not rehearsal["id"].startswith("rehearse_"):
        return False
    others = world.store.all(kinds.of(job).name)
    return any(owner in other["tags"] and use_key in other["rehearsed"] for other in others)


def use(job: Record, rehearsal: Rehearsal, aspect: str) -> None:
    """Note that the rehearsal has happened to the job; one that happens always is never used up."""
    if not rehearsal.get("always"):
        job["rehearsed"].append(f"{rehearsal['id']}:{aspect}")
