"""Accounts as one service; each part of it is a module of its own."""

from __future__ import annotations

from app.services.entry_links import EntryLinks
from app.services.own_account import OwnAccount
from app.services.people import People
from app.services.signing import SigningIn


class Accounts(SigningIn, EntryLinks, OwnAccount, People):
    """What the login page, the commands and the admin page do with accounts."""
