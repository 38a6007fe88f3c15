"""The process of one worker of a pool: `python -m jobs`, with its config as JSON on stdin."""

from __future__ import annotations

import os
import sys

from jobs.config import WorkshopConfig
from jobs.logs import log_to_stderr
from jobs.worker import worker_main

if __name__ == "__main__":
    parent = os.getppid()
    log_to_stderr()
    worker_main(WorkshopConfig.model_validate_json(sys.stdin.read()), parent=parent)
