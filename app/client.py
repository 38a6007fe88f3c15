"""A server of Lecture Highlights from Python: upload, follow, fetch.

with Client("http://127.0.0.1:8501") as client:
    job = client.upload(Path("talk.mp4"), title="Entropy")
    client.wait(job.id)
    client.save_all(job.lecture_id, Path("clips"))
"""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self

import httpx2

from app.api.models import JobProgress, JobView, LectureView
from app.calls import Calls
from app.connection import API, ApiConnection, Refused
from app.sending import BucketSender, Sent

BLOCK_BYTES = 8 << 20
"""A piece of an upload; what was sent of it before a cut is kept."""
FINAL = frozenset({"completed", "failed", "cancelled"})
TUS = {"Tus-Resumable": "1.0.0"}

Kind = Literal["video", "srt", "vtt", "poster"]
Way = Literal["tus", "form", "parts"]
"""Through the server, resumed at any byte; or straight to its bucket, by a form or in parts."""


class Client(Calls):
    """An open connection to a server; every method raises LectureError in one sentence."""

    def __init__(self, url: str, *, key: str | None = None, timeout_s: float = 30.0) -> None:
        """Name the server; `key` is an API key where it asks for one."""
        self.connection = ApiConnection(url, key=key, timeout_s=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.http.close()

    # --- lectures and jobs ----------------------------------------------------------------------

    def lectures(self) -> Iterator[LectureView]:
        """Yield every lecture, newest first."""
        return self.connection.pages("/lectures", LectureView)

    def lecture(self, lecture_id: str) -> LectureView:
        """Return a lecture."""
        return LectureView.model_validate(self.connection.json("GET", f"/lectures/{lecture_id}"))

    def jobs(self, lecture_id: str | None = None, status: str | None = None) -> Iterator[JobView]:
        """Yield jobs, newest first."""
        return self.connection.pages("/jobs", JobView, lecture_id=lecture_id, status=status)

    def job(self, job_id: str) -> JobProgress:
        """Return a job with its stages."""
        return JobProgress.model_validate(self.connection.json("GET", f"/jobs/{job_id}"))

    def run(
        self, lecture_id: str, params: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> JobProgress:
        """Run a lecture with other tunables; twice with the same `key` is once."""
        body = {"lecture_id": lecture_id, "params": dict(params or {})}
        headers = {"Idempotency-Key": key} if key else {}
        return JobProgress.model_validate(
            self.connection.json("POST", "/jobs", json=body, headers=headers, again=key is not None)
        )

    def cancel(self, job_id: str) -> JobProgress:
        """Stop a job."""
        return JobProgress.model_validate(self.connection.json("POST", f"/jobs/{job_id}/cancel"))

    def retry(self, job_id: str, from_stage: str | None = None) -> JobProgress:
        """Run a job again that has ended."""
        body = {"from_stage": from_stage}
        return JobProgress.model_validate(
            self.connection.json("POST", f"/jobs/{job_id}/retry", json=body)
        )

    def events(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Yield a job's state, then what happens to it until it ends; a cut line is taken up."""
        last, failures = "", 0
        while True:
            headers = {"Last-Event-ID": last} if last else {}
            try:
                with self.connection.http.stream(
                    "GET", f"{API}/jobs/{job_id}/events", headers=headers
                ) as response:
                    self.connection.check(response)
                    for event in httpx2.EventSource(response):
                        if event.event not in {"snapshot", "event"}:
                            continue
                        last, failures, told = event.id or last, 0, json.loads(event.data)
                        yield told
                        if _ends(told):
                            return
            except httpx2.TransportError as error:
                failures += 1
                self.connection.pause(failures, error)

    def wait(
        self, job_id: str, progress: Callable[[Mapping[str, Any]], None] | None = None
    ) -> JobProgress:
        """Return a job when it has ended; raise Refused with its reason where it failed."""
        for event in self.events(job_id):
            if progress is not None:
                for stage in event.get("stages", (event,)):
                    progress({**stage, "stage": stage.get("stage", stage.get("name"))})
        job = self.job(job_id)
        if job.status != "completed":
            raise Refused(job.error or f"The run is {job.status}.", code=job.error_code or "failed")
        return job

    # --- uploads --------------------------------------------------------------------------------

    def upload(
        self,
        file: Path,
        *,
        captions: Path | None = None,
        title: str = "",
        preset: str = "",
        params: Mapping[str, Any] | None = None,
        sent: Sent | None = None,
        way: Way = "tus",
    ) -> JobProgress:
        """Send a recording and return its job; a connection that breaks is taken up again.

        `params` are tunables by agent, in place of those of the preset.
        """
        if way != "tus":
            about = {"title": title or file.stem, "preset": preset, "params": dict(params or {})}
            sender = BucketSender(self.connection, file, sent)
            upload = sender.begin(way, about)
            self._give_captions(f"/uploads/{upload.id}", captions)
            return self.job(sender.send(upload).job_id)
        size = file.stat().st_size
        given = {"filename": file.name, "title": title or file.stem, "preset": preset}
        if params:
            given["params"] = json.dumps(params)
        headers = {"Upload-Length": str(size), "Upload-Metadata": _metadata(given), **TUS}
        answer = self.connection.request("POST", "/uploads", headers=headers, again=False)
        location = answer.headers["location"].removeprefix(API)
        self._give_captions(location, captions)
        with file.open("rb") as opened:
            return self.job(self._send(opened, size, location, sent))

    def _give_captions(self, location: str, captions: Path | None) -> None:
        if captions is not None:
            self.connection.request(
                "PUT",
                f"{location}/captions",
                content=captions.read_bytes(),
                params={"name": captions.name},
            )

    def _send(self, file: BinaryIO, size: int, location: str, sent: Sent | None) -> str:
        """Send the file's bytes and return the id of the job that the last one made."""
        offset = failures = 0
        while True:
            file.seek(offset)
            headers = {
                "Content-Type": "application/offset+octet-stream",
                "Upload-Offset": str(offset),
                **TUS,
            }
            try:
                answer = self.connection.http.patch(
                    API + location, content=file.read(BLOCK_BYTES), headers=headers
                )
            except httpx2.TransportError as error:
                failures += 1
                self.connection.pause(failures, error)
                answer = self.connection.request("HEAD", location, headers=TUS)
            else:
                self.connection.check(answer)
                failures = 0
            offset = int(answer.headers["upload-offset"])
            if sent is not None:
                sent(offset, size)
            if "job-id" in answer.headers:
                return answer.headers["job-id"]

    # --- files ----------------------------------------------------------------------------------

    def save_clip(self, clip_id: str, path: Path, kind: Kind = "video") -> Path:
        """Write one file of a clip to `path`."""
        self._save(f"/clips/{clip_id}/{kind}", path)
        return path

    def save_all(self, lecture_id: str, folder: Path, job_id: str | None = None) -> list[Path]:
        """Write every clip, and what goes with them, into `folder`; return what was written."""
        folder.mkdir(parents=True, exist_ok=True)
        packed = folder / ".download.zip"
        try:
            query = {"job": job_id} if job_id else {}
            self._save(f"/lectures/{lecture_id}/download.zip", packed, **query)
            with zipfile.ZipFile(packed) as archive:
                # extract() itself leaves out drive letters and parent folders in names
                return [Path(archive.extract(name, folder)) for name in archive.namelist()]
        finally:
            packed.unlink(missing_ok=True)

    def _save(self, path: str, to: Path, **query: str) -> None:
        try:
            with self.connection.http.stream("GET", API + path, params=query) as response:
                self.connection.check(response)
                with to.open("wb") as file:
                    for block in response.iter_bytes(1 << 20):
                        file.write(block)
        except httpx2.TransportError as error:
            to.unlink(missing_ok=True)
            raise self.connection.gone(error) from error


def _metadata(values: Mapping[str, str]) -> str:
    pairs = {name: base64.b64encode(text.encode()).decode() for name, text in values.items()}
    return ",".join(f"{name} {text}" for name, text in pairs.items() if text)


def _ends(event: Mapping[str, Any]) -> bool:
    """Return whether a job has ended with this event."""
    whole = event["type"] == "snapshot" or event.get("stage") in {None, ""}
    return whole and event["status"] in FINAL
