"""The log: one line per record with its fields, and no secret from a traceback."""

import io
import json
import logging
from urllib.parse import parse_qs, urlsplit

import pytest

from app.observability.log import set_up_logging
from app.settings import Settings
from tests.data.buckets import KEYS, open_bucket


@pytest.fixture
def root(monkeypatch):
    """Give the root logger back as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield root
    root.handlers = handlers
    root.setLevel(level)


@pytest.fixture(params=["text", "json"])
def kind(request):
    return request.param


def logged(kind, monkeypatch, act, level="INFO"):
    """Return what is written to stderr while `act` logs."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    set_up_logging(Settings(log_format=kind, log_level=level))
    act(logging.getLogger("app.test"))
    return stream.getvalue()


def test_fields_are_written_with_the_phrase(root, kind, monkeypatch):
    text = logged(
        kind, monkeypatch, lambda logger: logger.info("stage finished", extra={"seconds": 3.2})
    )
    if kind == "json":
        line = json.loads(text)
        assert (line["event"], line["seconds"], line["level"]) == ("stage finished", 3.2, "info")
    else:
        assert "stage finished" in text
        assert "seconds=3.2" in text


def test_a_traceback_shows_no_local_variables(root, kind, monkeypatch):
    def fail(logger):
        secret_key = "AIza-very-secret"
        try:
            len(secret_key) / 0
        except ZeroDivisionError:
            logger.exception("request failed")

    text = logged(kind, monkeypatch, fail)
    assert "ZeroDivisionError" in text
    assert "AIza-very-secret" not in text


def test_what_a_link_into_the_bucket_is_signed_with_is_not_logged(root, kind, monkeypatch):
    """Neither its address nor its parts: who reads the log could make it again."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    signed = []

    def sign(logger):
        bucket = open_bucket("http://127.0.0.1:9")
        signed.append(bucket.link("a", expires_s=60, save_as="a.mp4", media_type="video/mp4"))
        logging.getLogger("httpcore2.http11").debug("set-cookie: told")
        logger.debug("signed")

    text = logged(kind, monkeypatch, sign, "DEBUG")
    assert "signed" in text
    (signature,) = parse_qs(urlsplit(signed[0]).query)["X-Amz-Signature"]
    assert signature not in text
    assert "told" not in text
