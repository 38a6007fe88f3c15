"""What a stage is run with: store, results, media and a way to report."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agents.registry import Resources
from agents.sandbox import use_sandbox
from data.answers import StoredAnswers
from data.artifacts import Artifacts
from data.bucket import Bucket
from data.decisions import read_decisions
from data.media import FolderStore, MediaStore
from data.records import Lecture
from data.s3_media import S3Artifacts, S3Store
from data.store import Store, open_store
from jobs.config import STAGE_TABLE, Keep, WorkshopConfig
from jobs.pipeline import StageTable, stage_table
from jobs.progress import Event


@dataclass(frozen=True, slots=True)
class Workshop:
    """Everything that running a stage needs."""

    store: Store
    artifacts: Artifacts
    media: MediaStore
    resources_for: Callable[[Lecture], Resources]
    emit: Callable[[str, Event], None]
    """Takes a job id and an event; must not raise."""
    table: StageTable = field(default_factory=stage_table)
    keep: Keep = field(default_factory=Keep)
    """How long things are kept."""

    def resources_with(self, lecture: Lecture, params: Mapping[str, Any]) -> Resources:
        """Return the resources of a lecture with the decisions that bind a job of these params."""
        return replace(self.resources_for(lecture), decisions=read_decisions(params))


def open_workshop(config: WorkshopConfig, emit: Callable[[str, Event], None]) -> Workshop:
    """Return the workshop that a config describes; the store is expected to be migrated."""
    use_sandbox(config.sandbox)
    media, artifacts = _open_media(config)
    store = open_store(config.store_url or config.state / "lecture.duckdb")
    return Workshop(
        store=store,
        artifacts=artifacts,
        media=media,
        resources_for=lambda lecture: resources_of(config, store, media, lecture),
        emit=emit,
        table=_load_table(config.stages),
        keep=config.keep,
    )


def _open_media(config: WorkshopConfig) -> tuple[MediaStore, Artifacts]:
    """Return where uploads and results are kept: folders, or a bucket with copies in them."""
    media, results = config.state / "media", config.state / "results"
    if config.bucket is None:
        return FolderStore(media), Artifacts(results)
    bucket = Bucket(config.bucket)
    return S3Store(bucket, media), S3Artifacts(bucket, results)


def resources_of(
    config: WorkshopConfig, store: Store, media: MediaStore, lecture: Lecture
) -> Resources:
    """Return what lies outside upload and tuning for one lecture."""
    return Resources(
        upload_name=Path(lecture.media).name,
        title=lecture.title,
        captions=media.path(lecture.id, "captions") if lecture.captions else None,
        captions_name=lecture.captions_name,
        models=config.models,
        download_models=config.download_models,
        lecture_title=lecture.title,
        logo=config.logo,
        cores=config.cores,
        gemini=config.gemini,
        answers=StoredAnswers(store, lecture.id),
    )


def _load_table(where: str) -> StageTable:
    if where == STAGE_TABLE:
        return stage_table()
    module, _, function = where.partition(":")
    return getattr(importlib.import_module(module), function)()
