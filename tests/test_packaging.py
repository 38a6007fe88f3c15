"""The installed names are ours alone, and what is pinned is what is installed."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distributions, packages_distributions, requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("agents", "app", "data", "jobs", "pages")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PINS = [Requirement(pin) for pin in PROJECT["tool"]["uv"]["constraint-dependencies"]]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_our_package(package):
    owners = set(packages_distributions().get(package, []))
    assert owners <= {"lecture-highlights"}


def test_no_file_in_app_hides_a_module_for_streamlit():
    stems = {path.stem for path in (ROOT / "app").iterdir() if path.stem != "__init__"}
    taken = set(sys.stdlib_module_names) | set(packages_distributions())
    assert not stems & taken


def test_every_installed_version_is_the_pinned_one():
    pinned = {normal(pin.name): pin for pin in PINS if not pin.marker or pin.marker.evaluate()}
    loose = {
        f"{dist.name}=={dist.version}"
        for dist in distributions()
        if normal(dist.name) in pinned
        and not pinned[normal(dist.name)].specifier.contains(dist.version)
    }
    assert not loose


def test_lock_and_constraints_name_the_same_versions():
    lock = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert len(lock) > 80
    pins = {(normal(pin.name), str(pin.specifier).removeprefix("==")) for pin in PINS}
    assert {(normal(name), number) for name, number in lock} <= pins


def test_lock_holds_every_direct_dependency():
    lock = (ROOT / "requirements.lock").read_text()
    direct = [Requirement(line) for line in requires("lecture-highlights") or []]
    assert not [r.name for r in direct if not re.search(rf"(?m)^{normal(r.name)}(\[|==)", lock)]


def test_version_stands_in_the_project_file_alone():
    assert version("lecture-highlights") == PROJECT["project"]["version"]


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory):
    """Return the paths in a wheel that is built from this tree."""
    uv, folder = os.environ.get("UV") or shutil.which("uv"), tmp_path_factory.mktemp("wheel")
    if uv is None:
        pytest.skip("uv builds the wheel, and it is not on the PATH")
    command = [uv, "build", "--wheel", "--offline", "--quiet", "--out-dir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_wheel_holds_every_file_of_our_packages(wheel_names):
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    wanted = {path.relative_to(ROOT).as_posix() for path in files if path.suffix != ".pyc"}
    wanted = {name for name in wanted if not name.startswith("data/local/")}
    assert len(wanted) > 150
    assert wanted <= wheel_names


@pytest.mark.parametrize(
    "name",
    [
        "data/schema/0001_first.sql",
        "data/schema/0002_spending.sql",
        "data/schema/0003_runs.sql",
        "data/schema/0004_edits.sql",
        "data/samples/sample.mp4",
        "data/samples/sample.vtt",
        "agents/content/prompts/v1.md",
        "agents/content/prices.json",
        "agents/content/function_words.txt",
        "agents/compile/fonts/DejaVuSans-Bold.ttf",
        "agents/compile/fonts/DejaVuSans.ttf",
        "agents/compile/fonts/LICENSE-DejaVu.txt",
        "app/assets/deck.js",
        "app/ui.py",
        "pages/library.py",
        ".streamlit/config.toml",
    ],
)
def test_wheel_holds_what_is_read_at_run_time(wheel_names, name):
    assert name in wheel_names


def test_wheel_holds_nothing_beside_our_packages(wheel_names):
    folders = {name.partition("/")[0] for name in wheel_names}
    about = {folder for folder in folders if folder.endswith(".dist-info")}
    assert folders - about == {*PACKAGES, ".streamlit"}
    assert not any(name.startswith("data/local/") for name in wheel_names)
