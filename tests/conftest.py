"""What every test gets: no error may be logged unless the test says that it expects one."""

import logging
import os
import sys

import pytest

from app.security import identity

identity.find_page_principal = lambda: identity.OPERATOR
"""Tests call services as the operator does; those of accounts say who they are."""


MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def main_module():
    """Put the main module back: tests of pages leave a page there, which children would run."""
    sys.modules["__main__"] = MAIN
    yield
    sys.modules["__main__"] = MAIN


@pytest.fixture(autouse=True)
def no_error_logs(caplog, request):
    yield
    loud = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
    assert not loud or request.node.get_closest_marker("logs_errors"), loud


def pytest_xdist_auto_num_workers(config):
    """Run one and a half times as many workers as cores: half of the time a test waits."""
    return -(-3 * (os.cpu_count() or 1) // 2)
