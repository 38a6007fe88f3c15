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


@pytest.fixture(scope="session")
def services(tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    with Broker(state) as broker:
        settings = Settings(state=state, redis_url=broker.url, max_upload_bytes=3_000_000)
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


@pytest.fixture
def lecture(tus, services):
    """Return the id of a new lecture whose job is completed."""
    body = recording(5_000, salt=next(_numbers))
    done = tus.upload("talk.mp4", body, title="Heat & mass")
    job_id = done.headers["job-id"]
    run_job_here(services.workshop, job_id, lambda event: None)
    return done.headers["lecture-id"]
