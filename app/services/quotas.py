"""What a person may take: room, uploads and runs; asked before an upload or a run begins.

Administrators are not held to quotas, nor is whoever works without accounts (`local`). The owner of
a lecture is the one whose runs count, whoever of those it is shared with starts them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, fields
from datetime import timedelta

from agents.errors import LectureError
from app.security.identity import acting
from app.services.uploads import FORM_S, PART_S, Upload, UploadFolder, Way
from app.settings import Settings
from data.audit import add_line
from data.lectures import get_lecture
from data.people import get_person
from data.quotas import Quota, Taken, find_quota, list_quotas, put_quota, take_turn, taken_by
from data.records import now
from data.store import Connection, Store

DAY = timedelta(hours=24)
ACTIVE_S = 900.0
"""An upload that got no byte for so long is under way no more; what it has stored counts on."""
LINKED_S: Mapping[Way, int] = {"form": FORM_S, "parts": PART_S}
"""The bytes of these do not come here: they are under way while the addresses for them work."""
MOST = 1 << 50


class QuotaReached(LectureError):
    """Somebody has as much as they are allowed."""

    code = "quota"

    def __init__(self, message: str, *, code: str, wait_s: float = 0.0) -> None:
        super().__init__(message, code=code)
        self.headers = {"Retry-After": str(round(wait_s) + 1)} if wait_s else {}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person has taken, and what they are allowed (0 is no limit)."""

    allowed: Quota
    taken: Taken
    size_bytes: int
    """Of recordings and of what uploads have stored, or may store while they are under way."""
    at_once: int
    a_day: int

    @property
    def sentence(self) -> str:
        """Say it to the person."""
        told = f"You use {_of_bytes(self.size_bytes, self.allowed.size_bytes)}"
        told += f", have begun {_of(self.a_day, self.allowed.a_day)} uploads in the last 24 hours"
        return f"{told}, and {_of(self.taken.jobs, self.allowed.jobs)} runs wait or work."


class Quotas:
    """Refuses what would be too much, and says how much there is."""

    def __init__(self, store: Store, uploads: UploadFolder, settings: Settings) -> None:
        self.store = store
        self.uploads = uploads
        self.settings = settings

    # --- before something begins ------------------------------------------------------------------

    @contextmanager
    def beginning(self, name: str, size: int) -> Iterator[None]:
        """Hold the turn to begin an upload, or raise QuotaReached; two at once count as two.

        The store gives the turns, to all processes that use it.
        """
        if self._is_free():
            yield
            return
        with self.store.write() as con:
            take_turn(con, acting().id)
            _check_upload(self._standing(con, acting().id), name, size)
            yield

    def check_jobs(self, lecture_ids: Iterable[str], con: Connection | None = None) -> None:
        """Raise QuotaReached where so many more runs of these lectures are too many.

        In the transaction that adds them, nobody else's can come between.
        """
        if self._is_free():
            return
        with nullcontext(con) if con is not None else self.store.read() as con:
            owners = [get_lecture(con, one).owner for one in lecture_ids]
            for owner in sorted(set(owners)):
                self._check_jobs(con, owner, owners.count(owner))

    def check_sweep(self, con: Connection) -> None:
        """Raise QuotaReached where one more sweep, that a transaction adds, is too much."""
        if not self._is_free():
            self._check_jobs(con, acting().id, 1)

    def _check_jobs(self, con: Connection, owner: str, more: int) -> None:
        take_turn(con, owner)
        limit = self._allowed(find_quota(con, owner)).jobs
        there = taken_by(con, owner, now() - DAY).jobs
        if limit and there + more > limit:
            whose = "yours" if owner == acting().id else "their owner's"
            raise QuotaReached(
                f"{limit} runs may wait or work at a time and {there} of {whose} do already;"
                " start this when some have ended.",
                code="quota_jobs",
            )

    def _is_free(self) -> bool:
        return not self.settings.limits_hold or acting().sees_all

    # --- what there is ----------------------------------------------------------------------------

    def sentence(self) -> str:
        """Say to whoever asks how much they have and may have; "" for those who have no quota."""
        return "" if self._is_free() else self.of(acting().id).sentence

    def of(self, person_id: str) -> Standing:
        """Return what a person has taken and may take."""
        with self.store.read() as con:
            return self._standing(con, person_id)

    def given(self) -> Mapping[str, Quota]:
        """Return what people were given in place of the settings, by their ids."""
        with self.store.read() as con:
            return list_quotas(con)

    def give(self, person_id: str, quota: Quota) -> None:
        """Allow a person something else than the settings do; nothing takes it back."""
        wrong = [n for n, value in asdict(quota).items() if value and not 0 <= value <= MOST]
        if wrong:
            text = f"{wrong[0]}={asdict(quota)[wrong[0]]} must be 0 (no limit) or more."
            raise LectureError(text, code="bad_request")
        with self.store.write() as con:
            get_person(con, person_id)
            put_quota(con, person_id, quota, acting().id)
            add_line(con, "set quota", person=acting().id, object=person_id)

    def _standing(self, con: Connection, person: str) -> Standing:
        given, taken = find_quota(con, person), taken_by(con, person, now() - DAY)
        mine = [one for one in self.uploads.all() if one.owner == person and not one.job_id]
        active = [one for one in mine if self._is_active(one)]
        idle = sum(self._stored(one) for one in mine if one not in active)
        day = time.time() - DAY.total_seconds()
        return Standing(
            allowed=self._allowed(given),
            taken=taken,
            size_bytes=taken.size_bytes + idle + sum(one.size for one in active),
            at_once=len(active),
            a_day=taken.lectures + sum(one.created > day for one in mine),
        )

    def _allowed(self, given: Quota) -> Quota:
        settings = self.settings
        usual = Quota(
            size_bytes=settings.quota_bytes,
            at_once=settings.quota_uploads_at_once,
            a_day=settings.quota_uploads_a_day,
            jobs=settings.quota_jobs,
        )
        own = {field.name: getattr(given, field.name) for field in fields(Quota)}
        return Quota(**{n: getattr(usual, n) if own[n] is None else own[n] for n in own})

    def _is_active(self, upload: Upload) -> bool:
        """Say whether bytes of an upload came, or were let in, a short time ago."""
        return self.uploads.touched(upload) > time.time() - LINKED_S.get(upload.way, ACTIVE_S)

    def _stored(self, upload: Upload) -> int:
        """Return the bytes of an upload; what has come to the bucket may be all of it."""
        return self.uploads.offset(upload) if upload.way == "tus" else upload.size


def _check_upload(standing: Standing, name: str, size: int) -> None:
    allowed = standing.allowed
    if allowed.size_bytes and standing.size_bytes + size > allowed.size_bytes:
        there = _of_bytes(standing.size_bytes, allowed.size_bytes)
        raise QuotaReached(
            f"{name!r} has {size / 1e9:.1f} GB and you use {there}; delete a lecture, or ask an"
            " administrator for more (what is deleted counts until it is gone for good).",
            code="quota_bytes",
        )
    _check_room_in_queue(standing)
    if allowed.at_once and standing.at_once >= allowed.at_once:
        text = f"{standing.at_once} uploads of yours are under way, as many as may be at once;"
        raise QuotaReached(f"{text} begin this one when one has ended.", code="quota_at_once")
    if allowed.a_day and standing.a_day >= allowed.a_day:
        first = standing.taken.first
        wait_s = (first + DAY - now()).total_seconds() if first else DAY.total_seconds()
        text = f"You have begun {standing.a_day} uploads in the last 24 hours, as many as may be;"
        text += f" the next may begin in {_hours(wait_s)}."
        raise QuotaReached(text, code="quota_uploads", wait_s=wait_s)


def _check_room_in_queue(standing: Standing) -> None:
    """Refuse an upload whose run would be one too many: it is promised before a byte is sent."""
    limit, there = standing.allowed.jobs, standing.taken.jobs + standing.at_once
    if limit and there >= limit:
        raise QuotaReached(
            f"{limit} runs of yours may wait or work at a time, uploads under way included; begin"
            " this one when some have ended.",
            code="quota_jobs",
        )


def _of(there: int, limit: int | None) -> str:
    return f"{there} of {limit}" if limit else str(there)


def _of_bytes(there: int, limit: int | None) -> str:
    return f"{there / 1e9:.1f} of {limit / 1e9:.1f} GB" if limit else f"{there / 1e9:.1f} GB"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.0f} h" if seconds > 5400 else f"{max(1, round(seconds / 60))} min"
