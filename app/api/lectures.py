"""What pages and components fetch about a lecture: bundle, waveform, silence, and texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from agents.tuning import tuning_type
from app.api.media import attachment
from app.api.packing import NO_CACHE, AcceptEncoding, IfNoneMatch, sent_kept, told_json
from app.api.queries import OfJob, partial_query
from app.api.views import Bundle, LiveSilence, Peaks
from app.chapters import CHAPTER_FORMATS
from app.exchange import EXCHANGE_FORMATS
from app.formats import FileFormat
from app.services.root import current_services
from app.transcripts import TRANSCRIPT_FORMATS

KEPT_AN_HOUR = "private, max-age=3600"
"""What never changes of a recording; for no longer, since whose it is may change."""
MAX_PEAKS = 6_000
LONGEST_S = 1e9

router = APIRouter(prefix="/lectures/{id}", tags=["lectures"])
texts = APIRouter(prefix="/lectures/{id}", tags=["files"])

Seconds = Annotated[float, Query(ge=0, lt=LONGEST_S, allow_inf_nan=False)]

if TYPE_CHECKING:
    from pydantic import BaseModel as SilenceQuery
else:
    SilenceQuery = partial_query(
        "SilenceQuery", tuning_type().model_fields["silence"].annotation, job=OfJob
    )


@router.get("/bundle", **told_json(Bundle))
def get_bundle(
    id: str,
    job: OfJob = None,
    if_none_match: IfNoneMatch = "",
    accept_encoding: AcceptEncoding = "",
) -> Response:
    """Return everything that was found, or 304 when the client has it already."""
    return sent_kept(current_services().review.encoded(id, job), if_none_match, accept_encoding)


@router.get(
    "/wave",
    response_class=Response,
    responses={200: {"description": "The pairs.", "content": {"application/octet-stream": {}}}},
)
def get_wave(id: str) -> Response:
    """Return the whole waveform, a signed byte each for lowest and highest of every `X-Step` s."""
    step, body = current_services().review.wave(id)
    headers = {"Cache-Control": KEPT_AN_HOUR, "X-Step": repr(step)}
    return Response(body, headers=headers, media_type="application/octet-stream")


@router.get("/peaks", **told_json(Peaks))
def get_peaks(
    id: str,
    start: Annotated[Seconds, Query(alias="from", description="Seconds.")] = 0.0,
    end: Annotated[Seconds | None, Query(alias="to", description="Seconds; else the end.")] = None,
    n: Annotated[int, Query(ge=1, le=MAX_PEAKS, description="How many pairs.")] = 3_000,
    if_none_match: IfNoneMatch = "",
    accept_encoding: AcceptEncoding = "",
) -> Response:
    """Return the waveform as pairs of lowest and highest, -127 to 127."""
    found = current_services().review.peaks(id, start, end, n)
    return sent_kept(found, if_none_match, accept_encoding)


@router.get("/silence", response_class=JSONResponse, responses={200: {"model": LiveSilence}})
def try_silence(id: str, values: Annotated[SilenceQuery, Query()]) -> Response:
    """Return levels and silences under other tunables; nothing is stored."""
    given = values.model_dump(exclude_unset=True)
    body = current_services().review.silence(id, given.pop("job", None), given)
    return JSONResponse(body, headers={"Cache-Control": NO_CACHE})


def _suffix(known: Any) -> Any:  # noqa: ANN401
    return Path(description="What the file is made as.", json_schema_extra={"enum": list(known)})


def _as_file(known: Mapping[str, FileFormat[Any]]) -> dict[int | str, dict[str, Any]]:
    """Return what the document says of a file in these formats: which are JSON, and which text."""
    kinds = {
        one.media_type: "object" if "/json" in one.media_type else "string"
        for one in known.values()
    }
    content = {media_type: {"schema": {"type": kind}} for media_type, kind in kinds.items()}
    return {200: {"description": "The file.", "content": content}}


@texts.get("/transcript.{suffix}", response_class=Response, responses=_as_file(TRANSCRIPT_FORMATS))
def get_transcript_file(
    id: str,
    suffix: Annotated[str, _suffix(TRANSCRIPT_FORMATS)],
    job: OfJob = None,
    if_none_match: IfNoneMatch = "",
    accept_encoding: AcceptEncoding = "",
) -> Response:
    """Return the transcript as the file that the suffix names."""
    name, media_type, found = current_services().review.transcript(id, suffix, job)
    headers = {"Content-Disposition": attachment(name)}
    return sent_kept(found, if_none_match, accept_encoding, media_type, headers)


@texts.get("/chapters.{suffix}", response_class=Response, responses=_as_file(CHAPTER_FORMATS))
def get_chapters_file(
    id: str, suffix: Annotated[str, _suffix(CHAPTER_FORMATS)], job: OfJob = None
) -> Response:
    """Return the chapters as the file that the suffix names; txt is YouTube's list of times."""
    return _saved(*current_services().review.chapters(id, suffix, job))


@texts.get("/cutlist.{suffix}", response_class=Response, responses=_as_file(EXCHANGE_FORMATS))
def get_cutlist_file(
    id: str, suffix: Annotated[str, _suffix(EXCHANGE_FORMATS)], job: OfJob = None
) -> Response:
    """Return where the clips lie as a cut list for a video editor."""
    return _saved(*current_services().exchange.cutlist(id, suffix, job))


def _saved(name: str, media_type: str, text: str) -> Response:
    headers = {"Cache-Control": NO_CACHE, "Content-Disposition": attachment(name)}
    return Response(text, headers=headers, media_type=media_type)
