"""`make bench`: what the provider costs beside Airflow alone, and how fast the emulator is.

Every figure is a mean and a standard deviation over BENCH_RUNS runs (default 3), each in a new process,
with one run before them that does not count. What compares with and without is a ratio of two means of
the same session. The last line is all of it as JSON, with every single run.
"""

import ast
import hashlib
import hmac
import http.client
import json
import math
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from scripts.local import LOOPBACK, ROOT, environment

T = TypeVar("T")
U = TypeVar("U")

RUNS = int(os.environ.get("BENCH_RUNS", "3"))
REQUEST_SECONDS = 5.0
REQUEST_THREADS = 4
HOME = ROOT / ".airflow" / "bench"

# Run by a process of its own with a DAG file's path; prints the seconds of importing it with all of Airflow
# that it needs, and of importing it where Airflow is there already, as in a DAG processor.
PARSE = """
import runpy, sys, time
started = time.perf_counter()
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG
loaded = time.perf_counter()
runpy.run_path(sys.argv[1])
ended = time.perf_counter()
print(ended - started, ended - loaded)
"""
# Likewise; runs the DAG as `make demo` does.
RUN_EMPTY = """
import runpy, sys
sys.exit(str(runpy.run_path(sys.argv[1])["dag"].test().state) != "success")
"""
# Prints the tasks of the lifecycle and what follows each, in JSON.
SHAPE = """
import json, runpy, sys
dag = runpy.run_path(sys.argv[1])["dag"]
print(json.dumps({task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks}))
"""


@dataclass(frozen=True)
class Figure:
    """One measurement: ``mean`` and ``deviation`` of the ``runs``, in ``unit``."""

    name: str
    unit: str
    runs: tuple[float, ...]
    mean: float
    deviation: float


def figure(name: str, unit: str, runs: Sequence[float]) -> Figure:
    """Sum up a few runs."""
    deviation = statistics.stdev(runs) if len(runs) > 1 else 0.0
    return Figure(
        name, unit, tuple(round(run, 3) for run in runs), round(statistics.mean(runs), 3), round(deviation, 3)
    )


def ratio(name: str, ours: Figure, without: Figure) -> Figure:
    """How many times the one mean is of the other; the deviation follows from both."""
    times = ours.mean / without.mean
    relative = math.hypot(ours.deviation / ours.mean, without.deviation / without.mean)
    return Figure(name, "times", (), round(times, 3), round(times * relative, 3))


def measured(command: Sequence[str], dags: Path = ROOT / "dags") -> tuple[float, float, str]:
    """Run a program to its end: wall seconds, its peak memory (or its children's) in MiB, and its last line."""
    quiet = {"AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR", "PYTHONWARNINGS": "ignore"}
    settings = environment(HOME, 1) | quiet | {"AIRFLOW__CORE__DAGS_FOLDER": str(dags)}
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True)
    printed_lines = process.stdout.read().splitlines() if process.stdout is not None else []
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed with {os.waitstatus_to_exitcode(status)}")
    last = printed_lines[-1] if printed_lines else ""
    return time.monotonic() - started, usage.ru_maxrss / 1024, last


def printed(program: str, path: Path) -> str:
    """Run a small Python program with one argument and return the last line that it prints."""
    command = [sys.executable, "-W", "ignore", "-c", program, str(path)]
    output = subprocess.run(command, cwd=ROOT, env=environment(HOME, 1), check=True, capture_output=True, text=True)
    return output.stdout.splitlines()[-1]


def empty_dag(folder: Path) -> Path:
    """Write the lifecycle's DAG once more with tasks that do nothing."""
    shape: dict[str, list[str]] = json.loads(printed(SHAPE, ROOT / "dags" / "dts_migrate.py"))
    lines = [
        "from airflow.providers.standard.operators.empty import EmptyOperator",
        "from airflow.sdk import DAG",
        'with DAG("empty", schedule=None) as dag:',
        *(f"    t{number} = EmptyOperator(task_id={task!r})" for number, task in enumerate(shape)),
    ]
    numbers = {task: number for number, task in enumerate(shape)}
    lines += [f"    t{numbers[task]} >> t{numbers[follower]}" for task in shape for follower in shape[task]]
    path = folder / "empty.py"
    path.write_text("\n".join(lines) + "\n")
    return path


def repeated(measure: Callable[[], T]) -> list[T]:
    """Measure once for nothing, then RUNS times."""
    measure()
    return [measure() for _ in range(RUNS)]


def lifecycle(empty: Path) -> list[Figure]:
    """Measure the whole demo against the same DAG of empty tasks."""
    subprocess.run(["airflow", "db", "migrate"], env=environment(HOME, 1), check=True, capture_output=True)
    demo = repeated(lambda: measured([sys.executable, "-m", "scripts.demo"]))
    nothing = repeated(lambda: measured([sys.executable, "-W", "ignore", "-c", RUN_EMPTY, str(empty)], empty.parent))
    wall, wall_empty = (figure(name, "s", [run[0] for run in runs]) for name, runs in _named(demo, nothing, ""))
    memory, memory_empty = (
        figure(name, "MiB", [run[1] for run in runs]) for name, runs in _named(demo, nothing, ", peak memory")
    )
    calls = [float(json.loads(run[2])["api_calls"]) for run in demo]
    return [
        wall,
        wall_empty,
        ratio("demo / empty tasks, wall time", wall, wall_empty),
        memory,
        memory_empty,
        ratio("demo / empty tasks, peak memory", memory, memory_empty),
        figure("API calls of one lifecycle", "calls", calls),
    ]


def _named(demo: U, nothing: U, what: str) -> Iterator[tuple[str, U]]:
    yield f"make demo, second run{what}", demo
    yield f"the same DAG of EmptyOperators{what}", nothing


def parsing(empty: Path) -> list[Figure]:
    """Measure the import of the DAG file with our operators and without."""
    figures = []
    ours = _parsed(ROOT / "dags" / "dts_migrate.py")
    without = _parsed(empty)
    for index, what in enumerate(("parsing with Airflow's import", "parsing alone")):
        one = figure(f"{what}, dts_migrate", "s", [run[index] for run in ours])
        other = figure(f"{what}, EmptyOperators", "s", [run[index] for run in without])
        figures += [one, other, ratio(f"{what}, ratio", one, other)]
    return figures


def _parsed(path: Path) -> list[list[float]]:
    return repeated(lambda: [float(seconds) for seconds in printed(PARSE, path).split()])


def signed(host: str) -> tuple[str, dict[str, str]]:
    """One DescribeMigrationJobs request with its TC3-HMAC-SHA256 headers, good for five minutes."""
    body, now, service = json.dumps({"Limit": 1}), int(time.time()), "dts"
    date = time.strftime("%Y-%m-%d", time.gmtime(now))

    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    names = "content-type;host"
    canonical = f"POST\n/\n\ncontent-type:application/json\nhost:{host}\n\n{names}\n{digest(body)}"
    scope = f"{date}/{service}/tc3_request"
    key = b"TC3emulator-secret"
    for part in (date, service, "tc3_request", f"TC3-HMAC-SHA256\n{now}\n{scope}\n{digest(canonical)}"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    credential = f"TC3-HMAC-SHA256 Credential=AKIDemulator/{scope}"
    return body, {
        "Authorization": f"{credential}, SignedHeaders={names}, Signature={key.hex()}",
        "Content-Type": "application/json",
        "Host": host,
        "X-TC-Action": "DescribeMigrationJobs",
        "X-TC-Version": "2021-12-06",
        "X-TC-Region": "ap-guangzhou",
        "X-TC-Timestamp": str(now),
    }


def requests(port: int) -> int:
    """Ask as often as one connection can for some seconds; returns how many answers came."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
    body, headers = signed(f"{LOOPBACK}:{port}")
    answers, until = 0, time.monotonic() + REQUEST_SECONDS
    while time.monotonic() < until:
        connection.request("POST", "/", body, headers)
        answer = json.loads(connection.getresponse().read())["Response"]
        if "Error" in answer:
            raise SystemExit(f"the emulator refuses: {answer['Error']}")
        answers += 1
    connection.close()
    return answers


def emulator_run() -> tuple[float, float]:
    """Start the emulator as a process; seconds until it listens, and requests per second."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "tencent_dts.emulator", "serve", "--port", str(port), "--no-rate-limit"]
    started = time.monotonic()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            if process.stdout is None or not process.stdout.readline():
                raise SystemExit("the emulator did not start")
            ready = time.monotonic() - started
            with ThreadPoolExecutor(REQUEST_THREADS) as threads:
                answers = sum(threads.map(requests, [port] * REQUEST_THREADS))
        finally:
            process.terminate()
    return ready, answers / REQUEST_SECONDS


def emulator() -> list[Figure]:
    """Measure the emulator's start and its answers."""
    runs = repeated(emulator_run)
    return [
        figure("emulator start", "s", [ready for ready, _ in runs]),
        figure("emulator, DescribeMigrationJobs", "requests/s", [rate for _, rate in runs]),
    ]


def class_lines() -> list[Figure]:
    """Count the lines of each operator's and sensor's class, docstring included."""
    lines = []
    for folder in ("operators", "sensors"):
        for path in (ROOT / "tencent_dts" / folder).glob("*.py"):
            classes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
            # Those that name their API document are what people use; the others are their bases.
            used = [node for node in classes if "API document: " in (ast.get_docstring(node) or "")]
            lines += [float((node.end_lineno or 0) - node.lineno + 1) for node in used]
    median, largest = statistics.median(lines), max(lines)
    return [
        Figure(f"lines of a class, median of {len(lines)}", "lines", (), median, 0.0),
        Figure("lines of a class, largest", "lines", (), largest, 0.0),
    ]


def main() -> int:
    """Measure everything and print it."""
    HOME.mkdir(parents=True, exist_ok=True)
    os.environ["PATH"] = environment(HOME, 1)["PATH"]
    with tempfile.TemporaryDirectory() as folder:
        empty = empty_dag(Path(folder))
        figures = [*class_lines(), *emulator(), *parsing(empty), *lifecycle(empty)]
    for found in figures:
        spread = f" ± {found.deviation:.2f}" if found.deviation else ""
        count = f"  (n={len(found.runs)})" if found.runs else ""
        print(f"{found.name:50} {found.mean:10.2f}{spread} {found.unit}{count}")
    print(json.dumps([asdict(found) for found in figures]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
