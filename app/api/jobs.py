"""Jobs for programs: start, list, look at, cancel, run again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from app.api.models import JobProgress, JobView, LogLine, NewJob, Page, Retry
from app.api.paging import Cursor, Limit, make_page, read_cursor
from app.api.queries import IdempotencyKey
from app.services.root import current_services
from data.records import JobStatus

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.post("", status_code=201, response_model=JobProgress)
def create_job(
    new: NewJob, response: Response, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Run a lecture with these tunables; stages whose inputs did not change are done at once."""
    jobs = current_services().jobs
    job = jobs.recompile(new.lecture_id, new.params, idempotency_key=idempotency_key)
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return _progress(job.id)


@router.get("", response_model=Page[JobView])
def list_jobs(
    lecture_id: Annotated[str | None, Query(max_length=100)] = None,
    status: JobStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """List jobs, newest first."""
    jobs = current_services().jobs
    rows = jobs.page(lecture_id, status, after=read_cursor(cursor), limit=limit + 1)
    return make_page(rows, limit)


@router.get("/{id}", response_model=JobProgress)
def get_job(id: str) -> dict[str, Any]:
    """Show a job: its stages, how far they are, and what failed."""
    return _progress(id)


@router.get("/{id}/log", response_model=list[LogLine])
def get_log(id: str) -> list[Any]:
    """Return what happened to a job, oldest first."""
    return list(current_services().jobs.view(id).log)


@router.post("/{id}/cancel", response_model=JobProgress)
def cancel_job(id: str) -> dict[str, Any]:
    """Stop a job and the processes that work on it; one that has ended stays as it is."""
    current_services().jobs.cancel(id)
    return _progress(id)


@router.post("/{id}/retry", response_model=JobProgress)
def retry_job(id: str, retry: Retry | None = None) -> dict[str, Any]:
    """Run a failed, cancelled or completed job again."""
    current_services().jobs.retry(id, retry.from_stage if retry else None)
    return _progress(id)


def _progress(job_id: str) -> dict[str, Any]:
    view = current_services().jobs.view(job_id)
    return {
        **JobView.model_validate(view.job).model_dump(),
        "percent": view.percent,
        "eta_s": view.eta_s,
        "event_id": view.event_id,
        "stages": view.stages,
    }
