"""A whole lifecycle as one function."""

from tencent_dts.task_groups.migrate import migrate
from tencent_dts.task_groups.migrate_2018 import migrate_2018

__all__ = ["migrate", "migrate_2018"]
