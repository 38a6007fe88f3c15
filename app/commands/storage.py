"""`lecture admin storage`: encryption and lifecycle rules of the S3 bucket."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from agents.errors import TuningError
from app.commands.options import State, settings_with


def storage(
    *,
    noncurrent_days: Annotated[
        int, Parameter(help="Days after which an object's earlier versions go.")
    ] = 30,
    parts_days: Annotated[
        int, Parameter(help="Days after which the parts of a broken upload go.")
    ] = 1,
    state: State = None,
) -> int:
    """Set encryption, lifecycle rules and no public access on the bucket of LECTURE_MEDIA."""
    from data.bucket import Bucket
    from data.bucket_setup import set_up

    settings = settings_with(state=state)
    if settings.bucket is None:
        raise TuningError("LECTURE_MEDIA names no bucket: set it to s3://bucket/prefix first.")
    if min(noncurrent_days, parts_days) < 1:
        raise TuningError("--noncurrent-days and --parts-days are 1 or more.")
    print(settings.media)
    for line in set_up(
        Bucket(settings.bucket), noncurrent_days=noncurrent_days, parts_days=parts_days
    ):
        print(f"  {line}")
    return 0
