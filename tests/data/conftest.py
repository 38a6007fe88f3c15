"""Every test that takes `store` runs on a DuckDB file and on a PostgreSQL server."""

import pytest

from data.store import open_store
from tests.engines import postgres_schema, postgres_server


@pytest.fixture(scope="session")
def postgres_url():
    with postgres_server() as url:
        yield url


@pytest.fixture
def duck_path(tmp_path):
    return tmp_path / "state" / "lecture.duckdb"


@pytest.fixture(params=["duckdb", "postgres"])
def empty_url(request, duck_path):
    """The address of a store that has no tables yet."""
    if request.param == "duckdb":
        yield str(duck_path)
        return
    with postgres_schema(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
def store_url(empty_url):
    open_store(empty_url).migrate()
    return empty_url


@pytest.fixture
def store(store_url):
    return open_store(store_url)


@pytest.fixture
def con(store):
    """One open transaction."""
    with store.write() as con:
        yield con


@pytest.fixture
def duck(duck_path):
    store = open_store(duck_path)
    store.migrate()
    return store
