"""Failed assertions of the shared helpers show their values, as those of the tests do."""

import pytest

pytest.register_assert_rewrite("tests.dags.migrations", "tests.dag_runs")
