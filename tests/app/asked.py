"""One request of every address that is answered well where somebody may make it."""

import io
import re
import secrets
from datetime import timedelta

from app.api.assets import asset_url
from app.security.identity import OPERATOR, acting_as, principal_of
from app.security.tokens import digest
from data.lectures import create_lecture
from data.lockouts import Lockout, put_lockout
from data.presets import put_preset
from data.purging import purge_lecture
from data.records import now
from data.sessions import add_session
from jobs import queue
from jobs.grids import Axis
from jobs.progress import FINAL
from tests.app.conftest import BASE
from tests.app.people import PASSWORD
from tests.app.tus import metadata, recording

UNKNOWN = {
    **{"lecture": "f" * 32, "job": "e" * 32, "clip": "d" * 32, "upload": "c" * 32},
    **{"sweep": "b" * 16, "preset": "a" * 16, "share": "9" * 16, "key": "8" * 16},
    **{"person": "7" * 16, "family": "6" * 16, "subject": "name:nobody"},
}
"""Ids that name nothing, by what they would name."""
OF_PATH = {
    **{"lectures": "lecture", "share": "lecture", "jobs": "job", "clips": "clip"},
    **{"uploads": "upload", "sweeps": "sweep", "presets": "preset", "keys": "key"},
    "users": "person",
}
"""What the {id} of an address names, by the word before it."""
RECORDING = recording(5_000, salt="asked")
TUS = {"Tus-Resumable": "1.0.0"}
VALUES = {"extract.max_clips": 4}
AXIS = Axis("extract.max_clips", (4, 5))
REGION = {"start": 0, "end": 9, "kind": "screen_only", "screen": [0, 0, 200, 100]}
LAST = (
    *(("POST", "/api/v1/jobs/{id}/edits"), ("POST", "/api/v1/jobs/{id}/retry")),
    *(("POST", "/api/v1/jobs/{id}/cancel"), ("DELETE", "/api/v1/uploads/{id}")),
    *(("DELETE", "/api/v1/lectures/{id}/shares/{share}"), ("DELETE", "/api/v1/lectures/{id}")),
    *(("POST", "/api/v1/lectures/{id}/restore"), ("DELETE", "/api/v1/keys/{id}")),
    *(("DELETE", "/api/v1/sessions/{family}"), ("DELETE", "/api/v1/users/{id}/sessions")),
    *(("POST", "/api/v1/users/{id}/erase"), ("POST", "/api/v1/me/erase")),
)
"""What these do, no other request could go on with; in this order."""


class Names(dict):
    """Ids by what they name; remembers which a request was made of."""

    def __init__(self, *given):
        super().__init__(*given)
        self.used = set()

    def __getitem__(self, name):
        self.used.add(name)
        return super().__getitem__(name)


def in_order(addresses):
    """Return addresses so that each still finds what it asks for."""
    methods = ("OPTIONS", "GET", "PUT", "PATCH", "POST", "DELETE")
    return sorted(
        addresses,
        key=lambda at: (LAST.index(at) if at in LAST else -1, methods.index(at[0]), at[1]),
    )


def request_of(at, names):
    """Return (method, path, options) of the request of an address, made of these ids."""
    method, path = at
    options = REQUESTS.get(at, lambda of: {})(names)
    method, path = options.pop("method", method), options.pop("path", path)
    kind = next((OF_PATH[word] for word in re.findall(r"(\w+)/\{id\}", path)), None)
    extra = re.search(r"/(reel|podcast)\.", path)
    values = {
        "id": lambda: names[kind],
        "index:int": lambda: "0",
        "kind": lambda: "reel" if "lectures" in path else "video",
        "suffix": lambda: {"reel": "mp4", "podcast": "mp3"}.get(extra[1]) if extra else "vtt",
        "token": lambda: "nothing",
        "path:path": lambda: "",
        **{name: (lambda name=name: names[name]) for name in ("job", "share", "family", "subject")},
        "other": lambda: names["job"],
    }
    return method, re.sub(r"\{([^}]+)\}", lambda m: values[m[1]](), path), options


def body(**given):
    return lambda of: {"json": given}


def form(**given):
    return lambda of: {"data": given}


REQUESTS = {
    ("POST", "/login"): form(name="anna", password=PASSWORD),
    ("POST", "/logout"): lambda of: {
        "headers": {"Cookie": f"lh_session={of['spare']}", "Origin": BASE}
    },
    **{
        (method, "/_stcore/upload_file/{path:path}"): lambda of: {
            "path": "/_stcore/upload_file/nobody/nothing"
        }
        for method in ("PUT", "DELETE")
    },
    ("OPTIONS", "/api/{path:path}"): lambda of: {"path": "/api/v1/uploads"},
    ("POST", "/account"): form(do="key", name="mine", scope="read"),
    ("POST", "/share/{id}"): lambda of: {"data": {"do": "person", "name": of["named"]}},
    ("GET", "/assets/{name}"): lambda of: {"path": asset_url("deck.js")},
    ("POST", "/api/v1/auth/login"): body(name="anna", password=PASSWORD),
    ("POST", "/api/v1/auth/refresh"): body(refresh_token="nothing"),
    ("POST", "/api/v1/auth/logout"): body(refresh_token="nothing"),
    ("POST", "/api/v1/keys"): body(name="Nightly", scopes=["read"]),
    ("POST", "/api/v1/users"): lambda of: {"json": {"name": f"new.{secrets.token_hex(4)}"}},
    ("PATCH", "/api/v1/users/{id}"): body(role="viewer"),
    ("POST", "/api/v1/users/{id}/erase"): lambda of: {"json": {"name": of["named"]}},
    ("POST", "/api/v1/me/erase"): body(name="nobody"),
    ("POST", "/api/v1/invitations"): body(role="viewer"),
    ("POST", "/api/v1/uploads"): lambda of: {
        "headers": {"Upload-Length": "9", "Upload-Metadata": metadata(filename="a.mp4"), **TUS}
    },
    ("GET", "/api/v1/uploads/{id}"): lambda of: {"method": "HEAD", "headers": TUS},
    ("PATCH", "/api/v1/uploads/{id}"): lambda of: {
        "content": RECORDING[:100],
        "headers": {
            **TUS,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": "0",
        },
    },
    ("PUT", "/api/v1/uploads/{id}/captions"): lambda of: {
        "params": {"name": "a.vtt"},
        "content": b"WEBVTT\n",
    },
    ("POST", "/api/v1/uploads/form"): body(name="a.mp4", size=9),
    ("POST", "/api/v1/uploads/parts"): body(name="a.mp4", size=9),
    ("POST", "/api/v1/uploads/{id}/parts"): body(numbers=[1]),
    ("PATCH", "/api/v1/lectures/{id}"): body(title="Entropy"),
    ("POST", "/api/v1/lectures/{id}/shares"): lambda of: {"json": {"name": of["named"]}},
    ("PUT", "/api/v1/lectures/{id}/layout"): lambda of: {
        "params": {"job": of["job"]},
        "json": {"version": of["version"], "regions": []},
    },
    ("POST", "/api/v1/lectures/{id}/layout/composed"): lambda of: {
        "params": {"job": of["job"]},
        "json": {"region": REGION},
    },
    ("POST", "/api/v1/lectures/{id}/layout/render"): lambda of: {"json": {"job": of["job"]}},
    ("POST", "/api/v1/lectures/{id}/layout/still.jpg"): lambda of: {
        "params": {"job": of["job"]},
        "json": {"regions": []},
    },
    ("POST", "/api/v1/lectures/{id}/plan"): lambda of: {
        "json": {"job": of["job"], "values": VALUES}
    },
    ("POST", "/api/v1/lectures/{id}/lab/run"): lambda of: {
        "json": {"job": of["job"], "values": VALUES}
    },
    ("POST", "/api/v1/lectures/{id}/marks"): body(start=20, end=40),
    ("DELETE", "/api/v1/lectures/{id}/marks"): body(start=20, end=40),
    ("POST", "/api/v1/jobs"): lambda of: {"json": {"lecture_id": of["lecture"]}},
    ("POST", "/api/v1/jobs/{id}/retry"): body(from_stage="compile"),
    ("POST", "/api/v1/jobs/{id}/edits"): lambda of: {
        "json": {"op": "rename", "clip_id": of["clip"], "title": "Better", "revision": None}
    },
    ("GET", "/api/v1/search"): lambda of: {"params": {"q": "sentence"}},
    ("GET", "/api/v1/jobs"): lambda of: {"params": {"lecture_id": of["lecture"]}},
    ("POST", "/api/v1/sweeps"): lambda of: {
        "json": {
            "axes": [{"name": "extract.max_clips", "values": [4, 5]}],
            "lectures": [of["lecture"]],
        }
    },
    ("POST", "/api/v1/tuning/toml"): body(values=VALUES),
    ("PUT", "/api/v1/tuning/toml"): lambda of: {
        "content": "[extract]\nmax_clips = 4\n",
        "headers": {"Content-Type": "application/toml"},
    },
    ("GET", "/api/v1/fit"): lambda of: {"params": {"lecture": of["lecture"]}},
    ("POST", "/api/v1/fit"): lambda of: {
        "json": {"name": f"Fit {secrets.token_hex(4)}", "weights": {"novelty": 0.1}}
    },
    ("POST", "/api/v1/presets"): lambda of: {
        "json": {"name": f"Few {secrets.token_hex(4)}", "values": VALUES}
    },
    **{
        ("GET", f"/api/v1/lectures/{{id}}/{what}"): lambda of: {"params": {"job": of["job"]}}
        for what in (
            *("bundle", "transcript.{suffix}", "chapters.{suffix}", "layout", "lab"),
            *("downloads", "extras", "download.zip", "still.jpg"),
            *("reel.{suffix}", "podcast.{suffix}"),
        )
    },
    ("GET", "/api/v1/lectures/{id}/cutlist.{suffix}"): lambda of: {
        "path": "/api/v1/lectures/{id}/cutlist.edl",
        "params": {"job": of["job"]},
    },
    ("POST", "/api/v1/lectures/{id}/links/{kind}.{suffix}"): lambda of: {
        "path": "/api/v1/lectures/{id}/links/reel.mp4",
        "params": {"job": of["job"]},
    },
}
"""What beside the ids of its path a request consists of."""


def make_things(place, who, like):
    """Return ids of things that belong to a person: a finished lecture, and one of all else."""
    services, person = place.services, place.people[who]
    lecture = secrets.token_hex(16)
    services.media.put(lecture, io.BytesIO(RECORDING))
    names = {
        **{"lecture": lecture, "preset": f"p-{lecture[:8]}", "subject": f"name:{lecture}"},
        **{"family": f"family-{lecture}", "spare": f"spare-{lecture}"},
    }
    with services.store.write() as con:
        create_lecture(
            con, id=lecture, title="Heat", media="a.mp4", owner=person.id, size_bytes=5_000,
            sha256=like.sha256, captions_name="",
        )  # fmt: skip
        put_preset(con, id=names["preset"], name=lecture, params={}, owner=person.id)
        put_lockout(con, Lockout(names["subject"], 2, now(), now()))
        for name in (names["family"], names["spare"]):
            add_session(
                con, id=digest(name), kind="browser", person=person.id, family=name,
                expires=now() + timedelta(hours=1),
            )  # fmt: skip
    with acting_as(principal_of(person)):
        secret = services.accounts.make_key(lecture, ["read"])
        keys = {one.hash: one.id for one in services.accounts.my_keys()}
    with acting_as(OPERATOR):
        return {**names, "key": keys[digest(secret)], **_analysed(services, lecture, person)}


def _analysed(services, lecture, person):
    """Have a lecture analysed, judged and shared; return the ids of what it has then."""
    job = services.jobs.submit(lecture, {})
    first, second = services.clips.list(job.id)
    services.clips.set_state(first.id, "accepted")
    services.clips.set_state(second.id, "rejected")
    sweep = services.sweeps.create([AXIS], [lecture])
    with services.store.write() as con:
        con.run("update sweep set owner = $2 where id = $1", sweep.id, person.id)
    leaver = services.accounts.make_person(f"leaver.{lecture[:8]}", "viewer")
    upload = services.uploads.create(name="a.mp4", size=len(RECORDING), owner=person.id)
    return {
        **{"job": job.id, "clip": first.id, "sweep": sweep.id, "upload": upload.id},
        **{"person": leaver.id, "named": leaver.name},
        "share": services.sharing.share_link(lecture)[1],
        "version": services.layouts.view(lecture, job.id)["version"],
    }


def forget_lectures(services, owners):
    """Remove the lectures of people with their runs, whether those have ended or not."""
    with services.store.write() as con:
        rows = con.rows(
            "select job.id, lecture_id, status from lecture left join job"
            " on lecture_id = lecture.id where owner = any($1)",
            list(owners),
        )
    for row in rows:
        if row["status"] not in FINAL:
            queue.cancel(services.redis, services.store, row["id"])
    with services.store.write() as con:
        for lecture in {row["lecture_id"] for row in rows}:
            purge_lecture(con, lecture)
