"""What each call of a service needs: one table, which pages, routes and programs all pass.

A method that is not named here cannot be called from outside the services. Parameters that name a
lecture, run, clip, sweep, upload or preset are checked by their names: see `app.security.guard`.
"""

from __future__ import annotations

from typing import Literal

from app.security.identity import Permission

Need = Permission | Literal["open"]
Needs = dict[str, dict[Need, str]]

RULES: Needs = {
    "jobs": {
        "read": "get list page latest shown snapshot tuning view",
        "write": "cancel compile recompile retry",
        "admin": "submit",
    },
    "lectures": {
        "read": "get list page deleted preset_names preset_params",
        "write": "add_sample delete finish judge recompile rename reserve restore",
        "admin": "add_file",
    },
    "direct": {"write": "begin begin_parts complete drop links stored", "admin": "expire"},
    "links": {"open": "open", "write": "of_clip of_extra"},
    "uploads": {
        "read": "get offset part captions head",
        "write": "append create delete finished in_parts put_captions writing",
        "admin": "all broken_off expire",
    },
    "results": {"read": "captions done intake keys of stamp", "admin": "values"},
    "live": {"read": "decisions describe plan prepare reel scores segments"},
    "silences": {"read": "detect params regions tuning"},
    "clips": {
        "read": "get history list steps",
        "write": "caption create cut delete edit fill lock merge move rate redo rename reorder"
        " resize set_state split undo",
    },
    "fits": {"tune": "propose save"},
    "review": {
        "read": "bundle captions_stamp chapters clips encoded find head job_of peaks sentences"
        " silence standing transcript wave",
    },
    "layouts": {"read": "composed corrected shape tuning view", "write": "render save"},
    "stills": {"read": "draw notice of_clip of_lecture"},
    "search": {"read": "said"},
    "files": {"read": "clip of_clip poster slide small_slide source"},
    "labels": {"read": "marked", "write": "mark unmark"},
    "presets": {"read": "get list", "write": "delete save"},
    "runs": {"read": "compare figures list references render_seconds", "write": "restore"},
    "sweeps": {"read": "estimate grid list", "tune": "cancel create run_here start"},
    "lab": {"read": "notebook plan", "write": "start"},
    "extras": {"read": "file made states", "write": "ask cancel"},
    "accounts": {
        "open": "accept_invitation check_link end_family open_link open_share refresh sign_in"
        " sign_in_program sign_in_subject sign_out",
        "read": "change_password my_keys revoke_key make_key my_sessions end_my_sessions start_totp"
        " confirm_totp drop_totp me confirm_me",
        "admin": "people person make_person set_email mail_link invite reset_link set_role disable"
        " enable end_sessions sessions all_keys lockouts forget_lockout audit first_admin"
        " local_link",
    },
    "personal": {"read": "my_archive erase_me", "admin": "archive erase erasing go_on"},
    "sharing": {
        "read": "shares",
        "write": "share_with share_link take_back",
    },
    "quotas": {
        "read": "sentence",
        "write": "beginning check_jobs check_sweep",
        "admin": "of given give",
    },
    "house": {"admin": "audit storage work"},
    "retention": {"admin": "kinds apply"},
    "exchange": {"read": "archive cutlist downloads"},
}

AUDITED = frozenset(
    {
        "lectures.delete", "lectures.restore", "lectures.finish",
        "exchange.archive", "fits.save", "presets.delete",
    }
)  # fmt: skip
"""Calls that are noted in the audit when they have succeeded; reading and editing are not."""


def needs(service: str) -> dict[str, Need]:
    """Return the permission that each method of a service needs; `open` is for those not yet in."""
    return {
        name: permission for permission, names in RULES[service].items() for name in names.split()
    }
