"""A worker process as a launcher starts it: config on stdin, log as JSON lines on stderr."""

from __future__ import annotations

import json
import logging
import os
import sys

from jobs.config import WorkshopConfig
from jobs.worker import worker_main


class JsonLines(logging.Formatter):
    """One JSON object a record, with its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        text = {"level": record.levelname.lower(), "event": super().format(record)}
        fields = {
            key: str(getattr(record, key)) for key in ("job_id", "stage") if key in vars(record)
        }
        return json.dumps(text | fields)


if __name__ == "__main__":
    parent = os.getppid()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    worker_main(WorkshopConfig.model_validate_json(sys.stdin.read()), parent=parent)
