"""One person's data: handed out whole, or erased for good."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from redis.exceptions import RedisError

from agents.errors import AccessDenied, LectureError, NotFound
from app.exports import clip_name, slug
from app.security.audit import note
from app.security.identity import LOCAL, PERMISSIONS, acting
from app.services.accounts import Accounts
from app.services.core import Core
from app.services.people import keep_one_admin
from app.zips import stream_zip
from data.clearing import remove_leftovers
from data.clips import list_clips
from data.erasure import (
    Erasure,
    begin_erasure,
    end_erasure,
    forget_person,
    hand_over,
    lecture_rows,
    list_erasures,
    personal_rows,
)
from data.jobs import list_jobs
from data.lectures import Visible, delete_lecture, list_lectures
from data.media import Kind
from data.people import Person, get_person, update_person
from data.purging import purge_lecture
from data.records import ClipRow, Lecture, now
from data.sessions import end_keys_of, end_sessions
from data.store import Connection
from jobs import queue
from jobs.progress import FINAL, state_key, stream_key

logger = logging.getLogger(__name__)

ABOUT = """All that this installation of Lecture Highlights keeps about one person.

account.json           the account; passwords and keys are kept as hashes and are not in here
*.json                 sessions, keys, shares, presets, marks, edits and lines of the audit
lectures/NAME/         each lecture: the recording, captions, rendered clips, and lecture.json
                       with its runs, clips, edits, marks and transcript

Times are UTC.
"""


class Personal:
    """What people may ask for about themselves, and administrators for anybody."""

    def __init__(self, core: Core, accounts: Accounts) -> None:
        self.core = core
        self.accounts = accounts
        self.uploads = core.uploads  # as it is before its door is closed: others' are asked for

    # --- handing out ------------------------------------------------------------------------------

    def my_archive(self) -> tuple[str, Iterator[bytes]]:
        """Return a name and the bytes of a zip with all that is known of whoever asks."""
        who = acting()
        if who.via == "link":
            raise AccessDenied("This is for people who have signed in with an account.")
        return self._archive(who.id, who.name)

    def archive(self, person_id: str) -> tuple[str, Iterator[bytes]]:
        """Return a name and the bytes of a zip with all that is known of a person."""
        name = LOCAL.name if person_id == LOCAL.id else self.accounts.person(person_id).name
        return self._archive(person_id, name)

    def _archive(self, person_id: str, name: str) -> tuple[str, Iterator[bytes]]:
        with self.core.store.write() as con:
            note(con, "export person", object=person_id)
        return f"{slug(name) or 'person'}-data.zip", stream_zip(self._entries(person_id))

    def _entries(self, person_id: str) -> Iterator[tuple[str, Path | str]]:
        """Yield (name in the zip, file or text); nothing is kept open between two of them."""
        yield "about.txt", ABOUT
        with self.core.store.read() as con:
            known = personal_rows(con, person_id)
            lectures = _owned(con, person_id)
        known["unfinished_uploads"] = [
            {"name": one.name, "title": one.title, "size_bytes": one.size}
            for one in self.uploads.all()
            if one.owner == person_id and not one.job_id
        ]
        for subject, rows in known.items():
            yield f"{subject}.json", _json(rows)
        for lecture in lectures:
            folder = f"lectures/{slug(lecture.title) or 'lecture'}-{lecture.id[:12]}"
            for name, content in self._of_lecture(lecture):
                yield f"{folder}/{name}", content

    def _of_lecture(self, lecture: Lecture) -> Iterator[tuple[str, Path | str]]:
        with self.core.store.read() as con:
            rows = lecture_rows(con, lecture.id)
            clips = [
                clip
                for job in list_jobs(con, lecture.id)
                for clip in list_clips(con, job.id)
                if clip.media_key
            ]
        yield "lecture.json", _json(rows)
        named: dict[Kind, str] = {"upload": lecture.media, "captions": lecture.captions_name}
        for kind, name in named.items():
            with suppress(NotFound):  # there were no captions, or the recording is gone
                stem = "recording" if kind == "upload" else "captions"
                yield f"{stem}{Path(name).suffix.lower()}", self.core.media.path(lecture.id, kind)
        given = set[str]()
        for clip in clips:
            for name, path in self._of_clip(clip):
                if name not in given:  # runs share the clips that did not change
                    given.add(name)
                    yield name, path

    def _of_clip(self, clip: ClipRow) -> Iterator[tuple[str, Path]]:
        folder = self.core.artifacts.folder(clip.media_key or "")
        for file in (clip.media, clip.subtitles):
            if folder is not None and file and (folder / file).is_file():
                stem = f"{clip_name(clip.idx, clip.title)}-{(clip.media_key or '')[:8]}"
                yield f"clips/{stem}{Path(file).suffix}", folder / file

    # --- erasing ----------------------------------------------------------------------------------

    def erase_me(self, name: str, password: str = "", heir: str = "") -> None:
        """Erase the account of whoever asks, who types their name and, if they have one, password.

        `heir` names who gets the lectures; without one they are erased too.
        """
        person = self.accounts.confirm_me(password)
        if name.strip().lower() != person.name:
            raise LectureError(f"Type {person.name!r} to erase this account.", code="bad_request")
        self._erase(person, self.accounts.person(heir.strip()).id if heir.strip() else None)

    def erase(self, person_id: str, heir_id: str | None = None) -> None:
        """Erase a person's account and data; their lectures go too, or to another person.

        Killed, it goes on when the app starts again, within the hour, or when it is called again.
        """
        self._erase(self.accounts.person(person_id), heir_id)

    def erasing(self) -> list[Erasure]:
        """Return the erases that have begun and not ended."""
        with self.core.store.read() as con:
            return list_erasures(con)

    def go_on(self) -> int:
        """Bring every erase that was interrupted to its end; return how many there were."""
        found = self.erasing()
        for erasure in found:
            self._go_on(erasure)
        return len(found)

    def _erase(self, person: Person, heir_id: str | None) -> None:
        keep_one_admin(self.core, person.id)
        with self.core.store.write() as con:
            if heir_id is not None:
                _check_heir(get_person(con, heir_id), person)
            begin_erasure(con, person.id, f"erased-{secrets.token_hex(4)}", heir_id)
            erasure = next(one for one in list_erasures(con) if one.person == person.id)
            update_person(con, person.id, disabled=now())
            end_sessions(con, person=person.id)
            end_keys_of(con, person.id)
            note(con, "erase person", object=erasure.pseudonym)
        self.core.directory.changed()
        self._go_on(erasure)

    def _go_on(self, erasure: Erasure) -> None:
        """Do what is left of an erase; each step may be done again."""
        if erasure.person != erasure.pseudonym:
            while not self._forgotten(erasure):
                self._part_with_lectures(erasure)
        core = self.core
        remove_leftovers(core.store, core.artifacts, core.media)
        core.store.rewrite()
        with suppress(RedisError):
            core.redis.bgrewriteaof()
        with core.store.write() as con:
            end_erasure(con, erasure.pseudonym)
        core.directory.changed()
        logger.info("person erased", extra={"pseudonym": erasure.pseudonym})

    def _forgotten(self, erasure: Erasure) -> bool:
        """Put the pseudonym in the person's place, once they own nothing any more."""
        with self.core.store.write() as con:
            if _owned(con, erasure.person) or self._uploads(erasure.person):
                return False
            forget_person(con, erasure)
            return True

    def _part_with_lectures(self, erasure: Erasure) -> None:
        for upload_id in self._uploads(erasure.person):
            self.uploads.delete(upload_id)
        with self.core.store.write() as con:
            lectures = _owned(con, erasure.person)
            if erasure.heir is not None:
                hand_over(con, erasure.person, erasure.heir)
        for lecture in lectures:
            if erasure.heir is None:
                self._erase_lecture(lecture)

    def _uploads(self, person_id: str) -> list[str]:
        return [one.id for one in self.uploads.all() if one.owner == person_id]

    def _erase_lecture(self, lecture: Lecture) -> None:
        core = self.core
        with core.store.write() as con:
            delete_lecture(con, lecture.id)
            runs = list_jobs(con, lecture.id)
        try:
            for job in runs:
                if job.status not in FINAL:
                    queue.cancel(core.redis, core.store, job.id)
                core.redis.delete(stream_key(job.id), state_key(job.id))
        except RedisError:  # workers that know nothing of the row any more store nothing
            logger.warning("runs of an erased lecture could not be told")
        with core.store.write() as con:
            purge_lecture(con, lecture.id)


def _owned(con: Connection, person_id: str) -> list[Lecture]:
    visible = Visible(person_id, [])
    return [
        lecture
        for deleted in (False, True)
        for lecture in list_lectures(con, deleted=deleted, visible=visible)
    ]


def _check_heir(heir: Person, person: Person) -> None:
    if heir.id == person.id or heir.disabled is not None:
        raise LectureError(f"{heir.name!r} cannot take the lectures over.", code="bad_request")
    if "write" not in PERMISSIONS[heir.role]:
        raise LectureError(
            f"{heir.name!r} is a {heir.role} and owns no lectures; make them an instructor first.",
            code="bad_request",
        )


def _json(rows: object) -> str:
    return json.dumps(rows, indent=1, ensure_ascii=False, default=_text)


def _text(value: object) -> str:
    return value.isoformat(timespec="seconds") + "Z" if isinstance(value, datetime) else str(value)
