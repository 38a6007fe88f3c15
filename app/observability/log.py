"""The log on stderr: text for people or one JSON object per line, with all extra fields."""

from __future__ import annotations

import logging
import sys

import structlog

from app.settings import Settings

WIRES = ("botocore", "boto3", "s3transfer", "urllib3", "httpx", "httpx2", "httpcore", "httpcore2")
"""These would tell of each request with what it was signed by, cookies and tokens, at `DEBUG`."""


def set_up_logging(settings: Settings) -> None:
    """Render every record of the standard library's loggers through structlog."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    as_json = settings.log_format == "json"
    # No local variables in tracebacks: they hold keys and what people said.
    plain = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    final = [
        structlog.processors.ExceptionRenderer(plain),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    text = [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(final if as_json else text),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for noisy in ("uvicorn.error", "rq.worker", "watchdog", *WIRES):
        logging.getLogger(noisy).setLevel(logging.WARNING)
