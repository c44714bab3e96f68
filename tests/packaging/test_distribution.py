"""What is published: sdist -> wheel -> a clean environment, in which Airflow finds all of it."""

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel built from it."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    built = subprocess.run(command, check=False, capture_output=True, text=True, env=environment(out))
    assert built.returncode == 0, built.stdout + built.stderr
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def python(distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment's interpreter: the locked dependencies (as links, to save time) and the wheel."""
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site_packages,) = folder.glob("lib/python*/site-packages")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if entry.suffix != ".pth" and not entry.name.startswith(("airflow_provider_tencent_dts", "_editable_impl")):
            (site_packages / entry.name).symlink_to(entry)
    command = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install"]
    options = ["--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*command, *options, str(distributions[1])], check=True, capture_output=True)
    return folder / "bin" / "python"


def environment(home: Path) -> dict[str, str]:
    plugins = home / "no-plugins"
    plugins.mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHONPATH"))}
    return {
        **inherited,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }


def ask(python: Path, program: str, home: Path) -> str:
    """Run a program in the clean environment, from an empty folder, and return what it printed last."""
    asked = subprocess.run(
        [str(python), "-c", program], check=False, capture_output=True, text=True, cwd=home, env=environment(home)
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
    return asked.stdout.splitlines()[-1]


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(distributions: tuple[Path, Path]) -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "tencent_dts"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    with zipfile.ZipFile(distributions[1]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == set(listed.stdout.split())


def test_the_sdist_holds_what_the_links_at_the_top_level_point_to_once(distributions: tuple[Path, Path]) -> None:
    with tarfile.open(distributions[0]) as sdist:
        tops = {name.split("/")[1] for name in sdist.getnames() if "/" in name}
    assert {"tencent_dts", "dags", "tests", "pyproject.toml", "LICENSE", "README.md"} <= tops
    assert not tops & {"operators", "sensors", "plugins"}


def test_every_module_imports_from_the_installed_wheel(python: Path, tmp_path: Path) -> None:
    program = """
import importlib, json, pkgutil, tencent_dts
names = [m.name for m in pkgutil.walk_packages(tencent_dts.__path__, "tencent_dts.") if "__main__" not in m.name]
for name in names:
    importlib.import_module(name)
print(json.dumps([tencent_dts.__file__, names]))
"""
    file, names = json.loads(ask(python, program, tmp_path))
    assert Path(file).is_relative_to(python.parent.parent)
    modules = {path.relative_to(ROOT).with_suffix("") for path in (ROOT / "tencent_dts").rglob("*.py")}
    dotted = {".".join(module.parts).removesuffix(".__init__") for module in modules}
    assert set(names) == {name for name in dotted if not name.endswith("__main__")} - {"tencent_dts"}


def test_airflow_loads_the_plugin_once_and_without_an_error(python: Path, tmp_path: Path) -> None:
    program = """
import json
from airflow import plugins_manager
plugins, errors = plugins_manager._get_plugins()
print(json.dumps([[[plugin.name, str(plugin.source)] for plugin in plugins], errors]))
"""
    plugins, errors = json.loads(ask(python, program, tmp_path))
    assert errors == {}
    ours = [source for _, source in plugins if "tencent" in source]
    assert len(ours) == 1
    assert "airflow-provider-tencent-dts" in ours[0]


def test_airflow_lists_the_connection_type_and_the_configuration(python: Path, tmp_path: Path) -> None:
    program = """
import json
from airflow.providers_manager import ProvidersManager
manager = ProvidersManager()
hook = manager.hooks["tencentcloud"]
version = manager.providers["airflow-provider-tencent-dts"].version
print(json.dumps([hook.package_name, hook.hook_class_name, version]))
"""
    package, hook, version = json.loads(ask(python, program, tmp_path))
    assert package == "airflow-provider-tencent-dts"
    assert hook.startswith("tencent_dts.hooks.")
    program = f"import tencent_dts; print(tencent_dts.__version__ == {version!r})"
    assert ask(python, program, tmp_path) == "True"


def test_the_emulator_command_is_installed(python: Path) -> None:
    command = python.parent / "dts-emulator"
    helped = subprocess.run([str(command), "serve", "--help"], check=True, capture_output=True, text=True)
    assert "--state" in helped.stdout


def test_the_declared_dependencies_are_met_by_the_lock(python: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "check"], check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
