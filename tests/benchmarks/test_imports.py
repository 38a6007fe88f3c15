"""Every benchmark can be called: each module loads with what the product has now."""

import importlib
import pkgutil

import pytest

import benchmarks

NAMES = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_loads(name):
    loaded = importlib.import_module(f"benchmarks.{name}")
    assert loaded.__doc__
