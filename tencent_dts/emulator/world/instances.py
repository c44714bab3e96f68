"""The database instances of the cloud that the emulator pretends to have (DescribeMigrateDBInstances)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tencent_dts.emulator.world.kernel import World
from tencent_dts.spec import load

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration_types import MigrateDBItem


_PREFIXES = {
    "mysql": "cdb",
    "cynosdbmysql": "cynosdbmysql",
    "mariadb": "tdsql",
    "percona": "tdsql",
    "tdsqlmysql": "tdsqlshard",
    "tdsqlpercona": "tdsqlshard",
    "tdstore": "tdsql3",
    "redis": "crs",
    "tendis": "crs",
    "keewidb": "keewidb",
    "mongodb": "cmgo",
    "postgresql": "postgres",
    "sqlserver": "mssql",
}
_PORTS = {"redis": 6379, "tendis": 6379, "keewidb": 6379, "mongodb": 27017, "postgresql": 5432, "sqlserver": 1433}
_HINT = "The instance is being upgraded."


def fleet(world: World, region: str, database_type: str) -> list[MigrateDBItem]:
    """Return the instances of one type in one region (MigrateDBItem): those seeded, or three made-up ones."""
    seeded = world.store.get("instances", "", "fleet")
    if seeded is not None:
        of_type = [entry for entry in seeded["fleet"] if entry["DatabaseType"] == database_type]
        return [_item(entry) for entry in of_type if entry.get("Region", region) == region]
    prefix, port = _PREFIXES[database_type], _PORTS.get(database_type, 3306)
    return [
        {
            "InstanceId": f"{prefix}-{name}{region.replace('-', '')[:4]}",
            "InstanceName": f"{database_type}-{name}",
            "Vip": f"10.0.{number}.10",
            "Vport": port,
            "Usable": int(name != "busy"),
            "Hint": _HINT if name == "busy" else "",
        }
        for number, name in enumerate(("main", "copy", "busy"))
    ]


def exists(world: World, region: str, database_type: str, instance_id: str) -> bool:
    """Return whether there is such an instance: among those seeded or, where none are, by the first part of its id."""
    if world.store.get("instances", "", "fleet") is None:
        return instance_id.startswith(f"{_PREFIXES[database_type]}-")
    return any(entry["InstanceId"] == instance_id for entry in fleet(world, region, database_type))


def _item(entry: MigrateDBItem) -> MigrateDBItem:
    empty: MigrateDBItem = {"InstanceId": "", "InstanceName": "", "Vip": "", "Vport": 0, "Usable": 1, "Hint": ""}
    return cast("MigrateDBItem", {name: entry.get(name, value) for name, value in empty.items()})


def replace(world: World, fleet_: object) -> None:
    """Put other instances in the place of the made-up ones; a ``ValueError`` says what is wrong with them.

    Each has DatabaseType and InstanceId, and may have Region (every region, when absent) and the other fields of
    MigrateDBItem.
    """
    if not isinstance(fleet_, list) or not all(isinstance(entry, dict) for entry in fleet_):
        raise ValueError("instances are a list of objects")
    known = {*load().types["MigrateDBItem"], "DatabaseType", "Region"}
    for entry in fleet_:
        if not {"DatabaseType", "InstanceId"} <= set(entry) <= known:
            raise ValueError(f"an instance has DatabaseType and InstanceId, and knows {', '.join(sorted(known))}")
    world.store.put("instances", "", "fleet", {"fleet": fleet_})
