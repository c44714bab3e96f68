"""What Airflow needs to know about this package: connection type, links, configuration section.

Entry point ``apache_airflow_provider``. The plugin has an entry point of its own, ``airflow.plugins``.
"""

from __future__ import annotations

from typing import Any

from tencent_dts import __version__
from tencent_dts.spec.regions import REGIONS

Info = dict[str, Any]
"""A part of what Airflow is told of a provider, by its own schema."""

_CONNECTION_FIELDS: Info = {
    "region": {
        "label": "Region",
        "description": "Region to call where a task does not name one.",
        "schema": {"type": ["string", "null"], "examples": [*REGIONS]},
    },
    "more_regions": {
        "label": "More regions",
        "description": "Regions that this package does not know yet, with commas; any other unknown one is refused.",
        "schema": {"type": ["string", "null"]},
    },
    "protocol": {
        "label": "Protocol",
        "description": "https, or http for an emulator.",
        "schema": {"type": ["string", "null"], "enum": ["https", "http", None], "default": "https"},
    },
    "credentials": {
        "label": "Credentials",
        "description": "static: the keys above; default: the SDK's provider chain (environment, profile, CVM, TKE).",
        "schema": {"type": ["string", "null"], "enum": ["static", "default", None], "default": "static"},
    },
    "role_arn": {
        "label": "Role ARN",
        "description": "Assume this CAM role (STS) with the keys above.",
        "schema": {"type": ["string", "null"]},
    },
    "token": {
        "label": "Token",
        "description": "Session token of temporary keys.",
        "schema": {"type": ["string", "null"], "format": "password"},
    },
    "language": {
        "label": "Language",
        "description": "Language of the service's messages.",
        "schema": {"type": ["string", "null"], "enum": ["en-US", "zh-CN", None], "default": "en-US"},
    },
    "quota_share": {
        "label": "Quota share",
        "description": "Part of the published rate (20 requests/s per action) that one host may use.",
        "schema": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1, "default": 0.5},
    },
}

_CONNECTION_TYPE: Info = {
    "connection-type": "tencentcloud",
    "hook-class-name": "tencent_dts.hooks.dts.DtsHook",
    "hook-name": "Tencent Cloud",
    "ui-field-behaviour": {
        "hidden-fields": ["schema"],
        "relabeling": {"login": "SecretId", "password": "SecretKey", "host": "Endpoint"},
        "placeholders": {"host": "dts.tencentcloudapi.com", "login": "AKID..."},
    },
    "conn-fields": _CONNECTION_FIELDS,
}


def _option(description: str, kind: str, default: str, example: str | None = None) -> Info:
    return {"description": description, "type": kind, "default": default, "example": example, "version_added": "0.1.0"}


_OPTIONS: Info = {
    "deployment": _option(
        "Name of this Airflow on the cloud account. Jobs are tagged with it, so that two Airflows on one "
        "account never touch each other's jobs. There is no default: purchases are refused while it is not set.",
        "string",
        "",
        "production",
    ),
    "error_width": _option(
        "Characters of a line of an error. Airflow's log view cuts longer lines at the edge of the window; 0 never "
        "wraps.",
        "integer",
        "76",
    ),
    "poll_interval": _option("Seconds between two looks of a wait.", "float", "15"),
    "first_look": _option(
        "Seconds before a trigger may wake its task. Below about 10 a live scheduler can mistake the early "
        "event for a failure.",
        "float",
        "10",
    ),
    "settle_time": _option(
        "Seconds during which a purchase whose answer was lost is looked up before another is made.", "float", "60"
    ),
    "visible_within": _option(
        "Seconds after which an order whose answer was lost, and that no list shows, counts as not carried out. "
        "Until then what it may have bought is looked for: by the task that ends the job, or, where the job outlives "
        "its run (a link, a subscription), by the purchase itself, which waits. A job that was bought and is not shown "
        "yet is waited for, too.",
        "float",
        "3600",
    ),
    "call_timeout": _option(
        "Seconds a leg of a task tries one call through throttling and outages; a wait begins another leg after them.",
        "float",
        "300",
    ),
    "wait_timeout": _option("Seconds a wait lasts at most where its task does not say.", "float", "86400"),
    "pace_folder": _option(
        "Absolute path of the folder in which the processes of one host share the pace of their calls, so that all of "
        "them together keep to the connection's `quota_share`. Empty: the temporary folder of the machine. `none`: "
        "each process keeps its own pace.",
        "string",
        "",
    ),
    "runbook_url": _option(
        "Web address of your copy of docs/runbook.md, to which the *DTS* tab links each red task. Empty: no links.",
        "string",
        "",
        "https://git.example.com/platform/dts/docs/runbook.md",
    ),
    "migrations_folder": _option(
        "Absolute path of the folder of migration manifests (*.yaml), each of which becomes a DAG. "
        "Empty: the folder `migrations` beside the DAGs folder.",
        "string",
        "",
        "/opt/airflow/migrations",
    ),
}

_OPERATORS = [
    "tencent_dts.operators.purchase_migration",
    "tencent_dts.operators.migration",
    "tencent_dts.operators.compare",
    "tencent_dts.operators.sync",
    "tencent_dts.operators.sync_compare",
    "tencent_dts.operators.sync_change",
    "tencent_dts.operators.migration_2018",
    "tencent_dts.operators.subscription",
    "tencent_dts.operators.plan_migration",
    "tencent_dts.operators.plan_sync",
    "tencent_dts.operators.plan_migration_2018",
    "tencent_dts.operators.plan_subscription",
    "tencent_dts.operators.approve",
    "tencent_dts.operators.fleet",
    "tencent_dts.operators.reap",
    "tencent_dts.operators.watch",
]
_TRIGGERS = [
    "tencent_dts.triggers.answer",
    "tencent_dts.triggers.line",
    "tencent_dts.triggers.pause",
    "tencent_dts.triggers.wait",
]
_SENSORS = [
    "tencent_dts.sensors.migration",
    "tencent_dts.sensors.compare",
    "tencent_dts.sensors.subscription",
    "tencent_dts.sensors.sync",
    "tencent_dts.sensors.sync_change",
    "tencent_dts.sensors.migration_2018",
    "tencent_dts.sensors.watch",
]


def get_provider_info() -> Info:
    """The provider's description in the form of Airflow's ``provider_info.schema.json``."""
    integration = "Tencent Cloud DTS"
    return {
        "package-name": "airflow-provider-tencent-dts",
        "name": integration,
        "description": "Database migrations on Tencent Cloud Data Transfer Service (DTS).",
        "versions": [__version__],
        "integrations": [
            {
                "integration-name": integration,
                "external-doc-url": "https://www.tencentcloud.com/products/dts",
                "tags": ["service"],
            }
        ],
        "operators": [{"integration-name": integration, "python-modules": _OPERATORS}],
        "sensors": [{"integration-name": integration, "python-modules": _SENSORS}],
        "hooks": [{"integration-name": integration, "python-modules": ["tencent_dts.hooks.dts"]}],
        "triggers": [
            {
                "integration-name": integration,
                "python-modules": _TRIGGERS,
            }
        ],
        "cli": ["tencent_dts.commands.definition.get_commands"],
        "connection-types": [_CONNECTION_TYPE],
        "extra-links": ["tencent_dts.tasks.links.DtsConsoleLink"],
        "config": {"tencent_dts": {"description": "Tencent Cloud Data Transfer Service (DTS).", "options": _OPTIONS}},
    }
