"""What a worker process is told at its start, as JSON: where things are, and how long to wait."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from agents.registry import Gemini
from agents.sandbox import Mode
from data.s3_requests import BucketConfig

STAGE_TABLE = "jobs.pipeline:stage_table"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Leases(_Part):
    """Whole seconds after which a silent worker is given up, and how often it is looked after."""

    monitoring_s: int = 5
    """A worker renews the lease of its stage this often."""
    heartbeat_s: int = 20
    """A stage whose lease is older than this is given to another worker."""
    maintenance_s: int = 10
    """How often an idle or busy worker looks for what a crash left behind."""
    worker_s: int = 30
    """A worker that is silent for this long is forgotten."""
    grace_s: float = 3.0
    """An odd state of the queue must last this long before it is repaired."""


class Keep(_Part):
    """For how many days each kind of object is kept; 0 keeps it for ever."""

    lectures: int = 0
    """Lectures that nobody has touched: they are deleted then, and can still be brought back."""
    deleted: int = 30
    """Deleted lectures, with their recordings and everything that was made of them."""
    failed: int = 30
    """Uploads of which no run has made anything: they are deleted then, as lectures are."""
    runs: int = 90
    """Earlier runs that nobody has decided anything in."""
    exports: int = 7
    """Reels, podcasts, drafts and other results that no run names."""
    answers: int = 30
    """Answers of outside models."""
    logs: int = 30
    """What the runs that have ended have logged."""
    copies: int = 7
    """Copies on this disk of what a bucket holds, and of the store before a migration."""
    sessions: int = 30
    """Sessions, links and shares that are over."""
    audit: int = 365
    """Lines of the audit."""


class WorkshopConfig(_Part):
    """Everything that a process needs to run stages."""

    state: Path
    """State folder: store, results, media, logs."""
    bucket: BucketConfig | None = None
    """Where uploads and results are kept beside the copies in the state folder."""
    store_url: str = ""
    """PostgreSQL URL or path of a DuckDB file; empty means `lecture.duckdb` in the state folder."""
    redis_url: str = ""
    models: Path | None = None
    download_models: bool = True
    gemini: Gemini | None = None
    logo: Path | None = None
    """Shown in the corner of clips."""
    cores: int = 2
    sandbox: Mode = "auto"
    keep: Keep = Field(default_factory=Keep)
    leases: Leases = Field(default_factory=Leases)
    stages: str = STAGE_TABLE
    """`module:function` that returns the stage table."""

    def to_json(self) -> str:
        """Return the config as JSON, the API key included: for a pipe or an environment only."""
        return self.model_dump_json()

    def model_post_init(self, context: object) -> None:
        """Make the state folder absolute: workers may have another working folder."""
        object.__setattr__(self, "state", self.state.absolute())
