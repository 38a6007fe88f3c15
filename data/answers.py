"""Answers of outside models that were paid for: never asked for twice within their time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data.records import now
from data.store import Store


class StoredAnswers:
    """The answers in the store; each is kept in a short transaction as soon as it is there."""

    def __init__(self, store: Store, lecture_id: str | None = None) -> None:
        self.store = store
        self.lecture_id = lecture_id
        """Whose words the questions hold: answers go when it is removed."""

    def find(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the answers that are known, by the hash of what was asked."""
        with self.store.read() as con:
            rows = con.rows("select asked, body from answer where asked = any($1)", list(keys))
        return {row["asked"]: row["body"] for row in rows}

    def keep(self, key: str, text: str) -> None:
        """Remember an answer in place of whatever was there."""
        with self.store.write() as con:
            con.run(
                "insert into answer (asked, body, created, lecture_id) values ($1, $2, $3, $4)"
                " on conflict (asked) do update set body = excluded.body,"
                " created = excluded.created, lecture_id = excluded.lecture_id",
                *(key, text, now(), self.lecture_id),
            )
