"""One app per process: services on a real store and broker, and a client that stays open."""

import itertools

import pytest
from starlette.testclient import TestClient

from app.services.core import workshop_config
from app.services.root import Services, use_services
from app.settings import Settings
from jobs.broker import Broker
from jobs.local import run_job_here
from tests.app.tus import TusClient, recording

BASE = "http://127.0.0.1:8501"
WS = "ws://127.0.0.1:8501"


@pytest.fixture(scope="session")
def services(tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    with Broker(state) as broker:
        settings = Settings(
            state=state, redis_url=broker.url, max_upload_bytes=3_000_000, local_link=False
        )
        config = workshop_config(settings).model_copy(
            update={"stages": "tests.app.small_stages:stages"}
        )
        services = Services(settings, config)
        use_services(services)
        yield services
        use_services(None)


@pytest.fixture(scope="session")
def client(services):
    from app.main import app

    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def tus(client):
    return TusClient(client)


_numbers = itertools.count()


def finish(services, job_id):
    """Run a job to its end in this process, in one thread's turn after another."""
    run_job_here(services.workshop, job_id, lambda event: None)


@pytest.fixture
def lecture(tus, services):
    """Return the id of a new lecture whose job is completed, for tests that change something."""
    return make_lecture(tus, services)


@pytest.fixture(scope="session")
def finished(tus, services):
    """Return the id of a lecture whose job is completed, for tests that only look."""
    return make_lecture(tus, services)


def make_lecture(tus, services):
    body = recording(5_000, salt=next(_numbers))
    done = tus.upload("talk.mp4", body, title="Heat & mass")
    finish(services, done.headers["job-id"])
    return done.headers["lecture-id"]
