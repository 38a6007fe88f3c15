"""The installed names are ours alone, and what is pinned is what is installed."""

import re
import sys
import tomllib
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
