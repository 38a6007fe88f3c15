"""Sharing: an owner shows a lecture to a person, or to whoever has a link for a while."""

from __future__ import annotations

import secrets
from datetime import timedelta

from agents.errors import AccessDenied, LectureError, NotFound
from app.security.audit import note
from app.security.identity import acting
from app.security.tokens import digest, new_secret
from app.services.core import Core
from data.lectures import get_lecture
from data.people import find_person
from data.records import now
from data.shares import May, Share, add_share, end_share, open_shares
from data.store import Connection

LONGEST_DAYS = 365


class Sharing:
    """What the owner of a lecture, or an administrator, lets others see."""

    def __init__(self, core: Core) -> None:
        self.core = core

    def shares(self, lecture_id: str) -> list[Share]:
        """Return the shares of a lecture."""
        with self.core.store.read() as con:
            self._check_owner(con, lecture_id)
            return open_shares(con, lecture_id)

    def share_with(self, lecture_id: str, name: str, may: May = "view") -> str:
        """Show a lecture to a person; return the id of the share."""
        id = secrets.token_hex(8)
        with self.core.store.write() as con:
            self._check_owner(con, lecture_id)
            person = find_person(con, name.strip().lower())
            if person is None or person.disabled is not None:
                raise NotFound(f"Nobody is called {name[:64]!r} here.")
            for share in open_shares(con, lecture_id):
                if share.person == person.id:
                    end_share(con, share.id)
            author = acting().id
            add_share(con, id=id, lecture_id=lecture_id, author=author, person=person.id, may=may)
            note(con, "share lecture", object=f"{lecture_id} {person.id}")
        self.core.directory.changed()
        return id

    def share_link(self, lecture_id: str, days: int = 14) -> tuple[str, str]:
        """Return (secret of a link that shows a lecture for some days, id of the share)."""
        if not 1 <= days <= LONGEST_DAYS:
            raise LectureError(f"days={days} must lie in 1 to {LONGEST_DAYS}.", code="bad_request")
        id, secret = secrets.token_hex(8), new_secret()
        with self.core.store.write() as con:
            self._check_owner(con, lecture_id)
            add_share(
                con,
                id=id,
                lecture_id=lecture_id,
                author=acting().id,
                hash=digest(secret),
                expires=now() + timedelta(days=days),
            )
            note(con, "share lecture", object=f"{lecture_id} {id}")
        self.core.directory.changed()
        return secret, id

    def take_back(self, lecture_id: str, share_id: str) -> None:
        """End a share; who has it open is shut out within a second."""
        with self.core.store.write() as con:
            self._check_owner(con, lecture_id)
            if share_id not in [share.id for share in open_shares(con, lecture_id)]:
                raise NotFound(f"There is no share {share_id[:40]!r}.")
            end_share(con, share_id)
            note(con, "take share back", object=f"{lecture_id} {share_id}")
        self.core.directory.changed()

    def _check_owner(self, con: Connection, lecture_id: str) -> None:
        """Refuse whoever the lecture was only shared with."""
        lecture = get_lecture(con, lecture_id)
        if not acting().sees_all and lecture.owner != acting().id:
            raise AccessDenied("Only who brought a lecture in shares it with others.")
