"""How long things are kept: what is due, by kind, and clearing it away now."""

from __future__ import annotations

from dataclasses import dataclass

from app.configuration import variable
from app.services.core import Core
from app.services.direct import DirectUploads
from data.disk import size_of
from data.records import as_utc
from data.retained import Due
from jobs.retention import RULES, apply_rules, find_due

SETTINGS = {"sessions": "session_kept_days", "audit": "audit_days"}
"""Settings that are not called after the rule, `keep_..._days`."""
UPLOADS = "uploads"
ROUNDS = 10_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object, how long it is kept, and what of it is due."""

    name: str
    title: str
    days: float
    """0 keeps it for ever."""
    variable: str
    """The setting that says so."""
    due: tuple[Due, ...]

    @property
    def size_bytes(self) -> int:
        """Return the room that is due, as far as it is known."""
        return sum(one.size_bytes for one in self.due)


class Retention:
    """What an administrator asks and does about what is kept."""

    def __init__(self, core: Core, direct: DirectUploads) -> None:
        self.core = core
        self.uploads = core.uploads
        self.direct = direct

    def kinds(self) -> list[Kind]:
        """Return every kind with what of it is due now; nothing is removed."""
        shop = self.core.workshop
        found = [
            Kind(
                rule.name,
                rule.title,
                rule.days(shop.keep),
                variable(SETTINGS.get(rule.name, f"keep_{rule.name}_days")),
                tuple(find_due(shop, rule)),
            )
            for rule in RULES
        ]
        days = self.core.settings.upload_expiry_s / 86_400
        title, named = "Uploads that were broken off", variable("upload_expiry_s")
        return [*found, Kind(UPLOADS, title, days, named, tuple(self._broken_off()))]

    def apply(self) -> dict[str, int]:
        """Remove all that is due; return how much by kind."""
        broken = self.direct.expire(self.core.settings.upload_expiry_s)
        gone: dict[str, int] = {}
        for _ in range(ROUNDS):
            round_ = apply_rules(self.core.workshop)
            gone = {name: gone.get(name, 0) + count for name, count in round_.items()}
            if not any(round_.values()):
                break
        self.core.directory.changed()
        return {**gone, UPLOADS: broken}

    def _broken_off(self) -> list[Due]:
        """Return the uploads that nobody has gone on with for so long."""
        found = self.direct.broken_off(self.core.settings.upload_expiry_s)
        names = {upload.id: upload.name for upload in self.uploads.all()}
        return [
            Due(id, names.get(id, id), as_utc(touched), size_of(self.uploads.root / id))
            for id, touched in found.items()
        ]
