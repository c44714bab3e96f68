"""The purchase of a migration job, exactly once.

API document: CreateMigrationService.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tencent_dts.kinds.migration.kind import PURCHASE
from tencent_dts.kinds.migration.plan import INSTANCE_CLASSES, order_request
from tencent_dts.tasks.purchase import LinkPurchaseTask

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration import CreateMigrationServiceRequest


class DtsCreateMigrationServiceOperator(LinkPurchaseTask):
    """Buy a migration job, exactly once, and return its JobId.

    However often the task is retried, cleared or killed, its run ends with one job: one bought before
    is found by its tags and adopted. A stopped or failed one makes way for a new one; an isolated one
    is never recovered by itself.

    :param instance_class: ``small``, ``medium``, ``large``, ``xlarge`` or ``2xlarge``.

    API document: CreateMigrationService.
    """

    kind = PURCHASE
    instance_classes = INSTANCE_CLASSES

    def order(self) -> CreateMigrationServiceRequest:
        """Databases, regions and class."""
        return order_request(self.link())
