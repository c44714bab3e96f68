"""`make bench`: what the provider costs beside Airflow alone, and how fast the emulator is.

Every figure is a mean and a standard deviation over BENCH_RUNS runs (default 3), each in a new process,
with one run before them that does not count. The last line is all of it as JSON.
"""

import ast
import hashlib
import hmac
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.local import LOOPBACK, ROOT, environment

RUNS = int(os.environ.get("BENCH_RUNS", "3"))
REQUEST_SECONDS = 5.0
REQUEST_THREADS = 4
HOME = ROOT / ".airflow" / "bench"

# Run by a process of its own with a DAG file's path; prints the seconds of importing it, Airflow included.
PARSE = """
import runpy, sys, time
started = time.perf_counter()
runpy.run_path(sys.argv[1])
print(time.perf_counter() - started)
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


def measured(command: Sequence[str], dags: Path = ROOT / "dags") -> tuple[float, float]:
    """Run a program to its end: wall seconds, and the peak memory of it and its children in MiB."""
    quiet = {"AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR", "PYTHONWARNINGS": "ignore"}
    settings = environment(HOME, 1) | quiet | {"AIRFLOW__CORE__DAGS_FOLDER": str(dags)}
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - started, usage.ru_maxrss / 1024


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


def repeated(measure: Callable[[], tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Measure once for nothing, then RUNS times; two series."""
    measure()
    series = [measure() for _ in range(RUNS)]
    return [first for first, _ in series], [second for _, second in series]


def lifecycle(empty: Path) -> list[Figure]:
    """Measure the whole demo against the same DAG of empty tasks."""
    subprocess.run(["airflow", "db", "migrate"], env=environment(HOME, 1), check=True, capture_output=True)
    demo = repeated(lambda: measured([sys.executable, "-m", "scripts.demo"]))
    nothing = repeated(lambda: measured([sys.executable, "-W", "ignore", "-c", RUN_EMPTY, str(empty)], empty.parent))
    return [
        figure("make demo, second run", "s", demo[0]),
        figure("the same DAG of EmptyOperators", "s", nothing[0]),
        figure("make demo, peak memory", "MiB", demo[1]),
        figure("EmptyOperators, peak memory", "MiB", nothing[1]),
    ]


def parsing(empty: Path) -> list[Figure]:
    """Measure the import of the DAG file with our operators and without."""
    ours = repeated(lambda: (float(printed(PARSE, ROOT / "dags" / "dts_migrate.py")), 0.0))[0]
    without = repeated(lambda: (float(printed(PARSE, empty)), 0.0))[0]
    return [figure("parsing dts_migrate", "s", ours), figure("parsing EmptyOperators", "s", without)]


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
    ready, rate = repeated(emulator_run)
    return [figure("emulator start", "s", ready), figure("emulator, DescribeMigrationJobs", "requests/s", rate)]


def class_lines() -> list[Figure]:
    """Count the lines of each class that a DAG author uses (bases not), docstring included."""
    classes = [
        node
        for folder in ("operators", "sensors")
        for path in (ROOT / "tencent_dts" / folder).glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
    ]
    bases = {ast.unparse(base) for node in classes for base in node.bases}
    used = [node for node in classes if node.name not in bases and node.name.endswith(("Operator", "Sensor"))]
    lines = [float((node.end_lineno or 0) - node.lineno + 1) for node in used]
    return [
        Figure(f"lines of the {len(lines)} operators and sensors, median", "lines", (), statistics.median(lines), 0.0),
        Figure("lines of the largest", "lines", (), max(lines), 0.0),
    ]


def main() -> int:
    """Measure everything and print it."""
    HOME.mkdir(parents=True, exist_ok=True)
    os.environ["PATH"] = environment(HOME, 1)["PATH"]
    with tempfile.TemporaryDirectory() as folder:
        empty = empty_dag(Path(folder))
        figures = [*class_lines(), *emulator(), *parsing(empty), *lifecycle(empty)]
    for found in figures:
        print(f"{found.name:50} {found.mean:10.2f} ± {found.deviation:.2f} {found.unit}  (n={len(found.runs) or 1})")
    print(json.dumps([asdict(found) for found in figures]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
