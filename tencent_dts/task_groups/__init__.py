"""A whole lifecycle as one function."""

from tencent_dts.task_groups.fleet import migrate_fleet
from tencent_dts.task_groups.migrate import migrate
from tencent_dts.task_groups.migrate_2018 import migrate_2018
from tencent_dts.task_groups.subscribe import subscribe, unsubscribe
from tencent_dts.task_groups.sync import modify_sync, retire_sync, sync

__all__ = [
    "migrate",
    "migrate_2018",
    "migrate_fleet",
    "modify_sync",
    "retire_sync",
    "subscribe",
    "sync",
    "unsubscribe",
]
