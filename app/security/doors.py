"""Closes the doors of the services: what a call names must belong to whoever acts."""

from __future__ import annotations

from agents.errors import NotFound
from app.security import audit
from app.security.access import Access
from app.security.guard import Check, guarded
from app.security.identity import Permission, acting
from app.security.rules import RULES
from app.services.core import Core
from app.services.uploads import Upload
from data.presets import get_preset
from data.records import ClipRow, Job
from data.sweeps import get_sweep


def close_doors(core: Core) -> None:
    """Put every service of `core` behind its guard."""
    checks = {**_checks(core.access), **_own_checks(core)}

    def note(action: str, object: str) -> None:
        """Keep in the audit what was done."""
        with core.store.write() as con:
            audit.note(con, action, object=object)

    for name in RULES:
        own = {"id": _preset_check(core)} if name == "presets" else {}
        setattr(core, name, guarded(name, getattr(core, name), {**checks, **own}, note))


def _checks(access: Access) -> dict[str, Check]:
    """Return the checks of parameters that name a lecture or a part of one."""

    def job(value: Job, permission: Permission) -> None:
        access.check_lecture(value.lecture_id, permission)

    def clip(value: object, permission: Permission) -> None:
        if isinstance(value, ClipRow):
            access.check_job(value.job_id, permission)

    lectures = dict.fromkeys(("lecture_id", "lecture_ids", "lectures"), access.check_lecture)
    jobs = dict.fromkeys(("job_id", "job_ids", "a", "b"), access.check_job)
    clips = dict.fromkeys(("clip_id", "other_id"), access.check_clip)
    return {**lectures, **jobs, **clips, "job": job, "clip": clip}


def _own_checks(core: Core) -> dict[str, Check]:
    """Return the checks of what belongs to a person and to no lecture."""
    folder = core.uploads

    def sweep_id(value: str, _: Permission) -> None:
        if acting().sees_all:
            return
        with core.store.read() as con:
            if get_sweep(con, value).owner != acting().id:
                raise NotFound(f"There is no sweep {value[:40]}.")

    def upload(value: Upload, _: Permission) -> None:
        if not acting().sees_all and value.owner != acting().id:
            raise NotFound(f"There is no upload {value.id[:40]!r}.")

    def upload_id(value: str, permission: Permission) -> None:
        if not acting().sees_all:
            upload(folder.get(value), permission)

    return {"sweep_id": sweep_id, "upload": upload, "upload_id": upload_id}


def _preset_check(core: Core) -> Check:
    def id(value: str, permission: Permission) -> None:
        if acting().sees_all:
            return
        with core.store.read() as con:
            preset = get_preset(con, value)
        if preset.owner != acting().id and (permission == "write" or not preset.shared):
            raise NotFound(f"There is no preset {value}.")

    return id
