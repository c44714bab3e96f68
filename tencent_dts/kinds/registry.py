"""Every kind of job. Whatever is done for each of them walks over this list."""

from __future__ import annotations

from tencent_dts.kinds.kind import Kind
from tencent_dts.kinds.migration.kind import MIGRATION
from tencent_dts.kinds.migration_2018.kind import MIGRATION_2018
from tencent_dts.kinds.subscription_2018.kind import SUBSCRIPTION
from tencent_dts.kinds.sync.kind import SYNC

KINDS: tuple[Kind, ...] = (MIGRATION, SYNC, MIGRATION_2018, SUBSCRIPTION)
BY_NAME: dict[str, Kind] = {kind.name: kind for kind in KINDS}
