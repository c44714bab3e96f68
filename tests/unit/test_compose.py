"""docker-compose.yml, Dockerfile and .env.example keep their promises (no Docker here: they are read)."""

import json
import re
from pathlib import Path

import pytest

from scripts import local
from tencent_dts.emulator.data import mapping
from tests import compose
from tests.rules import for_every

ROOT = Path(__file__).parent.parent.parent
SECRETS = (
    "AIRFLOW_API_SECRET_KEY",
    "AIRFLOW_FERNET_KEY",
    "AIRFLOW_JWT_SECRET",
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
)
FILLED_IN = {**dict.fromkeys(SECRETS, "0123456789abcdef"), "DTS_DEPLOYMENT": "test"}
DATABASES = {f"{kind}-{side}" for kind in ("mariadb", "postgres") for side in ("source", "target")}
REHEARSAL = DATABASES | {"emulator-of-rows"}
OURS = {"airflow-provider-tencent-dts:local", "airflow-provider-tencent-dts:rehearsal"}
AIRFLOW_SERVICES = {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}


def example_variables() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {name: value.strip("'") for name, value in pairs}


def test_the_topology_has_two_workers_and_two_triggerers_and_the_emulator_only_on_request() -> None:
    services = compose.services(FILLED_IN)
    assert set(services) == AIRFLOW_SERVICES | {"postgres", "redis", "migrate", "emulator"} | REHEARSAL
    replicas = {name: service.replicas for name, service in services.items() if service.replicas > 1}
    assert replicas == {"worker": 2, "triggerer": 2}
    assert {name: service.profiles for name, service in services.items() if service.profiles} == {
        "emulator": ("emulator",),
        **dict.fromkeys(REHEARSAL, ("rehearsal",)),
    }


def test_a_rehearsal_maps_its_databases_and_no_others_and_has_no_password_of_its_own() -> None:
    services = compose.services({**FILLED_IN, "REHEARSAL_PASSWORD": "given"})
    assert {services[name].environment["REHEARSAL_PASSWORD"] for name in REHEARSAL} == {"given"}
    assert all("REHEARSAL_PASSWORD" not in compose.services(FILLED_IN)[name].environment for name in REHEARSAL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REHEARSAL_PASSWORD", "given")
        mapped = mapping.read(ROOT / "rehearsal.yaml")
    assert {name: (server.host, server.family) for name, server in mapped.items()} == {
        "203.0.113.5:3306": ("mariadb-source", "mysql"),
        "cdb-copyapgu": ("mariadb-target", "mysql"),
        "203.0.113.6:5432": ("postgres-source", "postgresql"),
        "postgres-copyapgu": ("postgres-target", "postgresql"),
    }
    emulator = services["emulator-of-rows"]
    place = emulator.command[emulator.command.index("--data") + 1]
    assert f"./rehearsal.yaml:{place}:ro" in emulator.document["volumes"]
    assert {option for option in services["mariadb-target"].command if "slave" in option} == {"--skip-slave-start"}
    assert services["mariadb-source"].command[1] != services["mariadb-target"].command[1]  # their server ids


@for_every("name", [*SECRETS, "DTS_DEPLOYMENT"])
def test_compose_refuses_to_start_without(name: str) -> None:
    with pytest.raises(compose.MissingVariableError, match=name):
        compose.services({**FILLED_IN, name: ""})


def test_no_password_has_a_default() -> None:
    defaults = re.findall(r"\$\{(\w+):?-", compose.COMPOSE_FILE.read_text())
    assert set(defaults) == {"AIRFLOW_PORT"}
    environment = compose.document()["x-airflow"]["environment"]
    for key, value in environment.items():
        if re.search(r"PASSWORD$|SECRET|FERNET|_KEY$|CONN$|BROKER_URL|RESULT_BACKEND", key):
            assert ":?" in value, f"{key} must come from .env"


def test_the_example_settings_name_every_variable_and_leave_every_secret_empty() -> None:
    named = set(re.findall(r"(?<!\$)\$\{(\w+)", compose.COMPOSE_FILE.read_text()))
    document = compose.document()
    bodies = [document["x-airflow"], *document["services"].values()]
    given = [item for body in bodies for item in (body.get("environment") or {}).items()]
    passed_on = {key for key, value in given if value is None}
    example = example_variables()
    assert set(example) == named | passed_on
    assert {name for name in example if not example[name]} == {*SECRETS, "DTS_DEPLOYMENT", "REHEARSAL_PASSWORD"}


def test_the_example_settings_bring_the_same_connections_as_the_demo() -> None:
    example = {name: json.loads(value) for name, value in example_variables().items() if "_CONN_" in name}
    assert example == {name: json.loads(value) for name, value in local.connections("emulator", 8021).items()}


def test_every_long_running_service_has_a_health_check_and_comes_back_after_a_crash() -> None:
    services = compose.services(FILLED_IN)
    for name in services.keys() - {"migrate"}:
        assert "healthcheck" in services[name].document, name
        assert services[name].document["restart"] == "unless-stopped", name


def test_airflow_waits_for_the_migrated_database() -> None:
    services = compose.services(FILLED_IN)
    assert services["migrate"].document["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in AIRFLOW_SERVICES:
        assert services[name].document["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_the_plugins_folder_is_an_empty_one_of_the_image() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    for name in AIRFLOW_SERVICES:
        service = compose.services(FILLED_IN)[name]
        folder = service.environment["AIRFLOW__CORE__PLUGINS_FOLDER"]
        assert folder in dockerfile
        assert not any(mount.split(":")[1].startswith(folder) for mount in service.document["volumes"])
        assert not any(mount.startswith("./plugins") for mount in service.document["volumes"])


def test_every_image_is_pinned_to_one_release() -> None:
    images = {service.image for service in compose.services(FILLED_IN).values()} - OURS
    images |= set(re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)) - {"airflow"}
    assert images
    pinned = r":\d+\.\d+(\.\d+)?-(bookworm|jammy)$|:3\.11\.\d+-slim"
    assert [image for image in images if not re.search(pinned, image)] == []


def test_the_image_runs_as_an_ordinary_user_and_installs_from_the_lock() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["50000", "root", "50000"]  # the second installs the client programs of a rehearsal
    assert lines[-1] == "FROM airflow"  # what is built unless a rehearsal is
    installs = [line for line in lines if "pip install" in line]
    assert installs
    assert all("--require-hashes" in line or "--no-deps --no-build-isolation" in line for line in installs)


def test_only_the_api_server_is_reachable_from_outside_and_only_from_this_machine() -> None:
    ports = {
        name: service.document["ports"]
        for name, service in compose.services(FILLED_IN).items()
        if "ports" in service.document
    }
    assert ports == {"api-server": ["127.0.0.1:8080:8080"]}


def test_a_filled_in_env_file_is_never_committed() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def test_nothing_is_mounted_or_copied_to_one_place_twice() -> None:
    compose_document = compose.document()
    services = [compose_document["x-airflow"], *compose_document["services"].values()]
    for service in services:
        targets = [volume.split(":")[1] for volume in service.get("volumes", []) if isinstance(volume, str)]
        assert len(targets) == len(set(targets)), targets
    copies = re.findall(r"^COPY .*$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(copies) == len(set(copies)), copies


# What the programs write, as seen by tracing them; of Airflow's home nothing is left but logs and passwords.
WRITTEN = {
    "postgres": {"/var/lib/postgresql/data", "/var/run/postgresql", "/tmp"},
    "redis": {"/data", "/tmp"},
    "emulator": {"/opt/emulator", "/tmp"},
    "emulator-of-rows": {"/opt/emulator", "/tmp"},
    **{name: {"/var/lib/mysql", "/run/mysqld", "/tmp"} for name in DATABASES if name.startswith("mariadb")},
    **{
        name: {"/var/lib/postgresql/data", "/var/run/postgresql", "/tmp"}
        for name in DATABASES
        if name.startswith("postgres")
    },
    "api-server": {"/opt/airflow/logs", "/opt/airflow/auth", "/tmp"},
    **{name: {"/opt/airflow/logs", "/tmp"} for name in ("migrate", *sorted(AIRFLOW_SERVICES - {"api-server"}))},
}


def test_every_container_is_confined_to_its_volumes_and_a_tmp_of_its_own() -> None:
    services = compose.services(FILLED_IN)
    assert set(services) == set(WRITTEN)
    for name, service in services.items():
        document = service.document
        mounts = [mount.split(":") for mount in document["volumes"]]
        writable = {parts[1] for parts in mounts if parts[2:] != ["ro"]} | set(document["tmpfs"])
        assert writable == WRITTEN[name], name
        assert document["read_only"] is True, name
        assert document["cap_drop"] == ["ALL"], name
        assert document["security_opt"] == ["no-new-privileges:true"], name
        assert not {"cap_add", "privileged", "network_mode", "pid", "ipc", "devices"} & set(document), name
        assert not any("docker.sock" in mount for mount in document["volumes"]), name


def test_no_container_runs_as_root() -> None:
    users = {name: service.document.get("user") for name, service in compose.services(FILLED_IN).items()}
    # The others run as the user of the image that this project builds.
    assert {name: user for name, user in users.items() if user} == {
        "postgres": "postgres",
        "redis": "redis",
        **{name: "mysql" if name.startswith("mariadb") else "postgres" for name in DATABASES},
    }
    images = {service.image for name, service in compose.services(FILLED_IN).items() if not users[name]}
    assert images == OURS


def test_every_path_that_is_written_and_configured_lies_where_it_can_be_written() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    owned = re.search(r"mkdir --parents ([^\\]+)", dockerfile)
    assert owned is not None
    for name, service in compose.services(FILLED_IN).items():
        if service.image in OURS:
            # A named volume takes its owner from the folder of the image that it is mounted on.
            assert {path for path in WRITTEN[name] if path != "/tmp"} <= set(owned[1].split()), name
    passwords = compose.services(FILLED_IN)["api-server"].environment[
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
    ]
    assert str(Path(passwords).parent) in WRITTEN["api-server"]
    command = compose.services(FILLED_IN)["emulator"].command
    assert str(Path(command[command.index("--state") + 1]).parent) in WRITTEN["emulator"]


def test_airflow_finds_its_settings_file_and_writes_none_with_the_secrets_of_the_environment() -> None:
    home = re.search(r"AIRFLOW_HOME=(\S+)", (ROOT / "Dockerfile").read_text())
    assert home is not None
    assert re.search(rf"^RUN echo .* > {home[1]}/airflow\.cfg$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
