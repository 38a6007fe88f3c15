"""A worker process as a launcher starts it, with its log as JSON lines in a file."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path

from jobs.config import WorkshopConfig
from jobs.worker import worker_main


class JsonLines(logging.Formatter):
    """One JSON object a record, with its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        text = {"level": record.levelname.lower(), "event": super().format(record)}
        known = {key: value for key, value in vars(record).items() if key in ("job_id", "stage")}
        return json.dumps(text | known)


def serve(config: str, log: Path, *, parent: int | None = None, spawn: bool = False) -> None:
    """Work in a session of its own, as the launcher's children do."""
    os.setsid()
    with log.open("ab") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    worker_main(WorkshopConfig.model_validate_json(config), parent=parent, spawn=spawn)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]), parent=os.getppid())
