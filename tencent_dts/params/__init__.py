"""The forms: the parameters of each kind of run, for the trigger form, manifests and runs by API."""

from tencent_dts.params.migration import MIGRATION

migration_params = MIGRATION.params

__all__ = ["MIGRATION", "migration_params"]
