"""``airflow tencent-dts``, as Airflow's own command line takes it: provider key ``cli``.

Airflow reads this for each of its commands, so that nothing but its own classes is imported here.
"""

from __future__ import annotations

from airflow.cli.cli_config import ActionCommand, Arg, CLICommand, GroupCommand, lazy_load_command

_LOGIN = """\
Run it on a machine of this Airflow: it reads connections and [tencent_dts] deployment as tasks do.
The login to Airflow's API comes from the environment: AIRFLOW_TOKEN, or AIRFLOW_USERNAME and AIRFLOW_PASSWORD.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage. After a failure run the same command again.
"""
_URL = Arg(("--airflow-url",), metavar="URL", help="address of Airflow's API server (default: [api] base_url)")
_DAG = Arg(("--dag",), required=True, metavar="DAG_ID", help="the DAG")

_PLAN = ActionCommand(
    name="plan",
    help="print what the runs of a file would buy; buys nothing",
    description="Check a file of migrations/ as the task plan would, connections included, and print what would be "
    "bought, each call with the states that it is sent in, and the least time that the quota allows. Calls nothing.",
    func=lazy_load_command("tencent_dts.commands.cli.plan"),
    args=(Arg(("file",), metavar="FILE", help="the file, as migrations/shops.yaml"),),
)
_JOBS = ActionCommand(
    name="jobs",
    help="list the living jobs of this deployment",
    description="List the jobs of this deployment that cost or will, with their states and the runs that bought them.",
    func=lazy_load_command("tencent_dts.commands.cli.jobs"),
    args=(
        Arg(("--connection",), metavar="CONN_ID", default="tencentcloud_default", help="the cloud connection"),
        Arg(("--region",), metavar="REGION", help="as ap-guangzhou (default: the connection's)"),
    ),
)
_WHY = ActionCommand(
    name="why",
    help="say what is red in a run, and what to do next",
    description="Name the red tasks of a run with the next step that each error gives.",
    epilog=_LOGIN,
    func=lazy_load_command("tencent_dts.commands.cli.why"),
    args=(Arg(("run",), metavar="RUN", help="the run's id"), _DAG, _URL),
)
_FORGET = ActionCommand(
    name="forget",
    help="let a task buy a new job at its next clear",
    description="A fresh start for one purchase task: isolate (2018: delete) the job that it has bought and forget it, "
    "so that the next clear of the task buys another, once. Shows what it will do, and asks.",
    epilog=_LOGIN,
    func=lazy_load_command("tencent_dts.commands.cli.forget"),
    args=(
        _DAG,
        Arg(("--run",), required=True, metavar="RUN_ID", help="the run"),
        Arg(("--task",), required=True, metavar="TASK_ID", help="the task that buys, as purchase or create"),
        Arg(("--map-index",), type=int, default=-1, metavar="N", help="which one, where the task is mapped"),
        Arg(("--yes",), action="store_true", help="do not ask"),
        Arg(("--even-if-running",), action="store_true", help="end a job that is at work, too, where DTS does so"),
        Arg(
            ("--although-not-found",),
            action="store_true",
            help="pass over a job that is not found: it has been deleted",
        ),
        _URL,
    ),
)


def get_commands() -> list[CLICommand]:
    """The commands of this package, for Airflow."""
    return [
        GroupCommand(
            name="tencent-dts",
            help="Tencent Cloud DTS: what a file would buy, what lives, why a run is red, a fresh start",
            subcommands=(_PLAN, _JOBS, _WHY, _FORGET),
        )
    ]
