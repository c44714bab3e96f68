"""The purchase of a migration job, exactly once.

API document: CreateMigrationService.
"""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.migration.kind import PURCHASE
from tencent_dts.kinds.migration.plan import INSTANCE_CLASSES, order_request
from tencent_dts.tasks.purchase import PurchaseTask
from tencent_dts.templated import rendered


class DtsCreateMigrationServiceOperator(PurchaseTask):
    """Buy a migration job, exactly once, and return its JobId.

    However often the task is retried, cleared or killed, its run ends with one job: one bought before
    is found by its tags and adopted. A stopped or failed one makes way for a new one; an isolated one
    is never recovered by itself.

    :param src_database_type: as ``mysql``; it cannot be changed after the purchase.
    :param dst_database_type: as ``cynosdbmysql``.
    :param src_region: region of the source, as ``ap-guangzhou``.
    :param dst_region: region of the target; the job is bought there.
    :param instance_class: ``small``, ``medium``, ``large``, ``xlarge`` or ``2xlarge``.

    API document: CreateMigrationService.
    """

    kind = PURCHASE
    adds_fields: ClassVar[tuple[str, ...]] = (
        "src_database_type",
        "dst_database_type",
        "src_region",
        "dst_region",
        "instance_class",
    )

    def __init__(
        self,
        *,
        src_database_type: str | XComArg,
        dst_database_type: str | XComArg,
        src_region: str | XComArg,
        dst_region: str | XComArg,
        instance_class: str | XComArg,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("region", dst_region)  # the request's region must be the target's
        super().__init__(**kwargs)
        self.src_database_type = rendered(src_database_type)
        self.dst_database_type = rendered(dst_database_type)
        self.src_region = rendered(src_region)
        self.dst_region = rendered(dst_region)
        self.instance_class = rendered(instance_class)

    def order(self) -> dict[str, Any]:
        """Databases, regions and class."""
        if self.instance_class not in INSTANCE_CLASSES:
            raise InvalidInput("instance_class", f"allowed: {', '.join(INSTANCE_CLASSES)}", self.instance_class)
        return order_request(vars(self))
