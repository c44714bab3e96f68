"""The documented examples that can be sent to any account: they read, or are about a job that does not exist."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tencent_dts.spec import VERSION_2018, VERSION_2021, load
from tests.contract.scenes import EXAMPLES, configure_request, plausible, sync_configure_request
from tests.contract.service import Refusal, Service

EXAMPLES_2018: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "examples" / "2018-03-30.json").read_text("utf-8")
)
READS: dict[tuple[str, str], dict[str, Any]] = {
    (VERSION_2021, "DescribeMigrationJobs"): {"Limit": 1},
    (VERSION_2021, "DescribeSyncJobs"): {"Limit": 1},
    (VERSION_2021, "DescribeMigrateDBInstances"): {"DatabaseType": "mysql", "Limit": 1},
    (VERSION_2018, "DescribeMigrateJobs"): {"Limit": 1},
    (VERSION_2018, "DescribeSubscribes"): {"Limit": 1},
}
"""Lists, which ask for no job."""

NOBODY = {"JobId": "dts-00000000", "SubscribeId": "subs-0000000000", "CompareTaskId": "dts-00000000-cmp-00000000"}
LISTS = frozenset({"DescribeMigrationJobs", "DescribeSyncJobs", "DescribeMigrateJobs", "DescribeSubscribes"})
"""To these a job that does not exist is an empty list, no error."""

OWN = {"ModifyMigrationJob": configure_request, "ConfigureSyncJob": sync_configure_request}


def about_nobody() -> dict[tuple[str, str], dict[str, Any]]:
    """The request of each documented example that names a job, with one that does not exist in its place.

    What names no job is left out, and with it everything that buys.
    """
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for action, example in EXAMPLES.items():
        request = OWN[action]() if action in OWN else example["request"]
        made[VERSION_2021, action] = plausible(load().actions[action].request, request)
    for action, examples in EXAMPLES_2018.items():
        if body := examples[0].get("body") or dict(examples[0].get("query", {})):
            made[VERSION_2018, action] = dict(body)
    return {
        key: request | {name: NOBODY[name] for name in NOBODY if name in request}
        for key, request in made.items()
        if key[1] not in LISTS and NOBODY.keys() & request.keys() and _is_complete(key, request)
    }


def _is_complete(key: tuple[str, str], request: dict[str, Any]) -> bool:
    """Whether the request can be sent as JSON: the query strings of 2018 are text throughout."""
    version, action = key
    return not load(version).problems(action, request)


def run(service: Service) -> int:
    """Send them all; return how many there were. Differences are among the service's findings."""
    for (version, action), params in READS.items():
        answer = service.call(action, params, version)
        examples = EXAMPLES[action] if version == VERSION_2021 else EXAMPLES_2018[action][0]
        if answer.get("TotalCount"):  # an account without jobs has nothing to be like
            service.like(action, examples["response"], answer)
    requests = about_nobody()
    for (version, action), params in requests.items():
        try:
            service.call(action, params, version)
        except Refusal as refusal:
            documented = {*load(version).actions[action].errors, "ResourceNotFound"}
            if refusal.code not in documented:
                service.found(action, [f"answers {refusal.code} of a job that does not exist; that is not documented"])
        else:
            service.found(action, ["succeeds for a job that does not exist"])
    return len(READS) + len(requests)
