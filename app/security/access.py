"""Whose a lecture is, and what follows for its runs and clips."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Literal

from agents.errors import AccessDenied, NotFound
from app.security.directory import Directory
from app.security.identity import Permission, Principal, acting
from data.lectures import Visible
from data.store import Store

Right = Literal["view", "edit"]
KEPT = 20_000


class Access:
    """Decides what a person may do with one lecture."""

    def __init__(self, store: Store, directory: Directory) -> None:
        self.store = store
        self.directory = directory
        self._owners: dict[str, tuple[Hashable, str]] = {}
        self._lectures: dict[str, str] = {}

    def visible(self, principal: Principal) -> Visible | None:
        """Return what lists are held to, None for those who see everything."""
        if principal.sees_all:
            return None
        if principal.lecture is not None:
            return Visible(principal.id, [principal.lecture])
        return Visible(principal.id, list(self.directory.shared(principal.id)))

    def right(self, principal: Principal, lecture_id: str) -> Right | None:
        """Return what somebody may do with a lecture, None where they do not even see it."""
        if principal.sees_all:
            return "edit"
        if principal.lecture is not None:
            return "view" if lecture_id == principal.lecture else None
        owner = self._owner(lecture_id)
        if owner is not None and owner == principal.id:
            return "edit"
        may = self.directory.shared(principal.id).get(lecture_id) if owner is not None else None
        return None if may is None else "edit" if may == "edit" else "view"

    def may_change(self, lecture_id: str) -> bool:
        """Return whether whoever acts may change a lecture, for pages to offer it or not."""
        who = acting()
        return who.may("write") and self.right(who, lecture_id) == "edit"

    def check_lecture(self, lecture_id: str, permission: Permission) -> None:
        """Raise NotFound for a foreign lecture as for one that is not there."""
        principal = acting()
        if principal.sees_all:
            return
        right = self.right(principal, lecture_id)
        if right is None:
            raise NotFound(f"There is no lecture {lecture_id[:40]!r}.")
        _check_right(right, permission)

    def check_job(self, job_id: str, permission: Permission) -> None:
        """Raise NotFound for a run of a foreign lecture as for one that is not there."""
        self._check_part(job_id, f"There is no run {job_id[:40]!r}.", permission)

    def check_clip(self, clip_id: str, permission: Permission) -> None:
        """Raise NotFound for a clip of a foreign lecture as for one that is not there."""
        self._check_part(clip_id, f"There is no clip {clip_id[:60]!r}.", permission)

    def _check_part(self, id: str, unknown: str, permission: Permission) -> None:
        principal = acting()
        if principal.sees_all:
            return
        lecture_id = self._lecture_of(id)
        right = self.right(principal, lecture_id) if lecture_id else None
        if right is None:
            raise NotFound(unknown)
        _check_right(right, permission)

    def _lecture_of(self, id: str) -> str | None:
        """Return the lecture of a run or clip, which never changes."""
        if id not in self._lectures:
            with self.store.read() as con:
                row = con.row(
                    "select lecture_id from job where id = $1 union all select job.lecture_id"
                    " from clip join job on job.id = clip.job_id where clip.id = $1",
                    id,
                )
            if row is None:
                return None
            if len(self._lectures) >= KEPT:
                self._lectures.clear()
            self._lectures[id] = row["lecture_id"]
        return self._lectures[id]

    def _owner(self, lecture_id: str) -> str | None:
        version = self.store.version()
        known = self._owners.get(lecture_id)
        if known is not None and known[0] == version:
            return known[1]
        with self.store.read() as con:
            row = con.row("select owner from lecture where id = $1", lecture_id)
        if row is None:
            return None
        if len(self._owners) >= KEPT:
            self._owners.clear()
        self._owners[lecture_id] = (version, row["owner"])
        return row["owner"]


def _check_right(right: Right, permission: Permission) -> None:
    if permission == "write" and right != "edit":
        raise AccessDenied("This lecture was shared with you to look at, not to change.")


def visible_now(access: Access) -> Visible | None:
    """Return what the lists of whoever acts are held to."""
    return access.visible(acting())
