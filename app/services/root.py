"""One object that holds every service, and the one that this process uses."""

from __future__ import annotations

from threading import Lock

from app.security.doors import close_doors
from app.services.accounts import Accounts
from app.services.clips import Clips
from app.services.core import Core
from app.services.direct import DirectUploads
from app.services.exchange import Exchange
from app.services.extras import Extras
from app.services.files import Files
from app.services.fitting import Fits
from app.services.house import House
from app.services.jobs import Jobs
from app.services.lab import Lab
from app.services.labels import Labels
from app.services.layouts import Layouts
from app.services.lectures import Lectures
from app.services.links import Links
from app.services.live import LivePlans, LiveSilences
from app.services.personal import Personal
from app.services.presets import Presets
from app.services.results import Results
from app.services.retention import Retention
from app.services.review import Review
from app.services.runs import Runs
from app.services.search import Search
from app.services.sharing import Sharing
from app.services.stills import Stills
from app.services.sweeps import Sweeps
from app.settings import Settings, load_settings
from jobs.config import WorkshopConfig


class Services(Core):
    """The composition root: every service, made once, each behind its guard.

    The services call each other freely; whoever calls from outside passes `app.security.guard`.
    """

    def __init__(self, settings: Settings, config: WorkshopConfig | None = None) -> None:
        super().__init__(settings, config)
        self.jobs = Jobs(self)
        self.lectures = Lectures(self, self.jobs)
        self.direct = DirectUploads(self, self.lectures)
        self.results = Results(self)
        self.live = LivePlans(self.jobs, self.results)
        self.silences = LiveSilences(self.jobs, self.results)
        self.clips = Clips(self, self.live)
        self.fits = Fits(self, self.results)
        self.review = Review(self, self.jobs, self.results, self.live, self.silences, self.clips)
        self.layouts = Layouts(self.jobs, self.results, self.review, self.clips)
        self.stills = Stills(self.jobs, self.results, self.clips)
        self.search = Search(self)
        self.files = Files(self, self.clips, self.review)
        self.labels = Labels(self)
        self.presets = Presets(self)
        self.runs = Runs(self, self.jobs, self.results, self.live)
        self.sweeps = Sweeps(self, self.results)
        self.lab = Lab(self, self.review, self.silences, self.runs)
        self.extras = Extras(self, self.review, self.results)
        self.links = Links(self, self.files, self.extras)
        self.exchange = Exchange(self.clips, self.review, self.files, self.extras)
        self.accounts = Accounts(self)
        self.personal = Personal(self, self.accounts)
        self.sharing = Sharing(self)
        self.house = House(self)
        self.retention = Retention(self, self.direct)
        close_doors(self)


_current: Services | None = None
_lock = Lock()


def current_services() -> Services:
    """Return the services of this process, made from the environment on first use."""
    global _current
    with _lock:
        if _current is None:
            _current = Services(load_settings())
        return _current


def use_services(services: Services | None) -> None:
    """Make `services` those of this process; None has them made again on next use."""
    global _current
    with _lock:
        if _current is not None and _current is not services:
            _current.close()
        _current = services
