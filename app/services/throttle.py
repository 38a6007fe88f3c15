"""Growing delays: how often passwords are looked at for one name and from one address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from data.lockouts import Lockout, clear_lockouts, find_lockouts, put_lockout
from data.records import now
from data.store import Store

LONGEST_S = 60
FREE = {"name": 0, "ip": 9}
"""Failures without a delay: several people may come from one address."""
FORGOTTEN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Throttle:
    """Counts tries before they are made, so that many at once count as many."""

    store: Store

    def begin(self, name: str, ip: str) -> float:
        """Count a try and return 0, or the seconds to wait before another one is looked at."""
        subjects = _subjects(name, ip)
        moment = now()
        with self.store.write() as con:
            known = {one.subject: one for one in find_lockouts(con, subjects)}
            waits = ((one.until - moment).total_seconds() for one in known.values())
            wait = max(waits, default=0.0)
            if wait > 0:
                return wait
            for subject in subjects:
                last = known.get(subject)
                fresh = last is None or moment - last.last > FORGOTTEN
                failures = 1 if fresh or last is None else last.failures + 1
                until = moment + timedelta(seconds=delay_s(subject, failures))
                put_lockout(con, Lockout(subject, failures, moment, until))
        return 0.0

    def succeeded(self, name: str, ip: str) -> None:
        """Forget the failures of a name; its address gets one try back."""
        subject = f"name:{name}"
        with self.store.write() as con:
            clear_lockouts(con, [subject])
            for one in find_lockouts(con, _subjects(name, ip)):
                put_lockout(con, Lockout(one.subject, max(0, one.failures - 1), one.last, now()))


def delay_s(subject: str, failures: int) -> float:
    """Return the seconds after so many failures: 1, 2, 4, ... up to a minute."""
    counted = failures - FREE[subject.partition(":")[0]]
    return 0.0 if counted < 1 else float(min(LONGEST_S, 2 ** min(counted - 1, 10)))


def _subjects(name: str, ip: str) -> list[str]:
    return [f"name:{name[:100]}", f"ip:{ip}"]
