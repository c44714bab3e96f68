"""``make chaos``: see :mod:`tests.chaos.figures`."""

from __future__ import annotations

import importlib
import sys

from tests.chaos.environment import prepared

prepared()  # before Airflow is imported, as it reads its settings then
sys.exit(importlib.import_module("tests.chaos.figures").main())
