"""Gives each Airflow process a host name of its own, as its container would.

Airflow calls this instead of asking the machine, where all processes of the system test would have one name.
"""

import os


def host_name() -> str:
    """The name that the stack gave this process, such as ``worker-1``."""
    return os.environ["HOSTNAME"]
