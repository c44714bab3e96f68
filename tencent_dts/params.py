"""The forms: the parameters of each kind of run, for the trigger form, manifests and runs by API."""

from tencent_dts.kinds.form import Form
from tencent_dts.kinds.migration.form import MIGRATION
from tencent_dts.kinds.migration_2018.form import MIGRATE_2018
from tencent_dts.kinds.registry import KINDS
from tencent_dts.kinds.subscription_2018.form import SUBSCRIBE, UNSUBSCRIBE
from tencent_dts.kinds.sync.form import MODIFY_SYNC, RETIRE_SYNC, SYNC
from tencent_dts.orphans.form import REAP
from tencent_dts.watching.form import WATCH

FORMS = (*(form for kind in KINDS for form in kind.forms), REAP, WATCH)

migration_params = MIGRATION.params
sync_params = SYNC.params
modify_sync_params = MODIFY_SYNC.params
retire_sync_params = RETIRE_SYNC.params
migrate_2018_params = MIGRATE_2018.params
subscribe_params = SUBSCRIBE.params
unsubscribe_params = UNSUBSCRIBE.params
reap_params = REAP.params
watch_params = WATCH.params

__all__ = [
    "FORMS",
    "MIGRATE_2018",
    "MIGRATION",
    "MODIFY_SYNC",
    "REAP",
    "RETIRE_SYNC",
    "SUBSCRIBE",
    "SYNC",
    "UNSUBSCRIBE",
    "WATCH",
    "Form",
    "migrate_2018_params",
    "migration_params",
    "modify_sync_params",
    "reap_params",
    "retire_sync_params",
    "subscribe_params",
    "sync_params",
    "unsubscribe_params",
    "watch_params",
]
