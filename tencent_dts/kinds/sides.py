"""Source and target of a job for people: the Airflow connection, and user and address as the job has them.

API document: DescribeMigrationDetail, DescribeSyncJobs, DescribeMigrateJobs: SrcInfo, DstInfo, SrcInfos, DstInfos.
"""

from __future__ import annotations

from collections.abc import Iterable

from tencent_dts.model.answers import Item, dig

_FIELDS = {"source": "Src", "target": "Dst"}
SIDES = tuple(_FIELDS)
# Where an address stands, whatever the kind of job and the way to the database; the first that is reported counts.
_HOSTS = ("Host", "Ip", "InstanceId", "CvmInstanceId")


def sides_of(steps: Iterable[str]) -> list[str]:
    """The sides that steps of a check concern, by their ids; both where an id names neither.

    >>> sides_of(["SrcPrivilegeCheck"]), sides_of(["ConnectDBCheck"])
    (['source'], ['source', 'target'])
    """
    ids = list(steps)
    named = {side for side, prefix in _FIELDS.items() if any(step.startswith(prefix) for step in ids)}
    apart = all(step.startswith(tuple(_FIELDS.values())) for step in ids)
    return [side for side in _FIELDS if side in named or not apart or not ids]


def shown_side(side: str, configuration: Item, job: Item) -> str:
    """One side in a line: where its values come from, and what DTS was given.

    :param configuration: the plan of the run.
    :param job: the job as its kind's own reading shows it.
    """
    prefix = _FIELDS[side]
    several = dig(job, f"{prefix}Info.Info") or dig(job, f"{prefix}Infos.Info")
    nodes: list[Item] = several or [job.get(f"{prefix}Info") or {}]
    connection = (configuration.get(side) or {}).get("connection")
    users = dict.fromkeys(str(node["User"]) for node in nodes if node.get("User"))
    parts = [
        f"Airflow connection `{connection}`" if connection else "",
        f"user `{', '.join(users)}`" if users else "",
        f"host `{', '.join(filter(None, map(_address, nodes)))}`" if any(map(_address, nodes)) else "",
    ]
    return f"{side}: {', '.join(filter(None, parts)) or 'not reported'}"


def _address(node: Item) -> str:
    host = next((str(node[name]) for name in _HOSTS if node.get(name)), "")
    return f"{host}:{node['Port']}" if host and node.get("Port") else host
