"""A whole lifecycle as one function."""

from tencent_dts.task_groups.migrate import migrate

__all__ = ["migrate"]
