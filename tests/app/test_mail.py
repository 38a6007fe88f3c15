"""Links are mailed where a server takes them, and else shown."""

import re
import socketserver
import threading
from contextlib import contextmanager

import pytest

from agents.errors import LectureError, ServiceUnavailable
from app.security.identity import OPERATOR, acting_as
from app.settings import Settings
from data.audit import AuditFilter, search_audit
from tests.app.people import PASSWORD, town

BASE = "https://lectures.example"


class Postbox(socketserver.ThreadingTCPServer):
    """A mail server of this machine that speaks as much SMTP as `smtplib` asks for."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, refuses=""):
        super().__init__(("127.0.0.1", 0), Letter)
        self.refuses, self.letters, self.recipients = refuses, [], []


class Letter(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self):
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == self.server.refuses:
                self.say("550 no")
            elif word == "DATA":
                self.say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.letters.append(text.decode())
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                if word == "RCPT":
                    self.server.recipients.append(re.search("<(.*)>", line)[1])
                self.say("250 ok")


@contextmanager
def postbox(**given):
    with Postbox(**given) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def place(services):
    services.store.migrate()
    with pytest.MonkeyPatch.context() as monkeypatch:
        given = {"public_url": BASE, "smtp_from": "lectures@uni.example", "smtp_security": "none"}
        with town(services, monkeypatch, **given) as place:
            yield place


@contextmanager
def mailing(place, server):
    services, before = place.services, place.services.settings
    port = server.server_address[1]
    services.settings = before.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": port})
    try:
        with acting_as(OPERATOR):
            yield services.accounts
    finally:
        services.settings = before


def test_an_invitation_is_mailed_and_the_account_gets_the_address(place):
    with postbox() as server, mailing(place, server) as accounts:
        secret = accounts.invite("viewer", " New.Person@Mail.example ")
        assert accounts.mail_link(secret) == "new.person@mail.example"
        (letter,) = server.letters
        assert server.recipients == ["new.person@mail.example"]
        assert f"{BASE}/invite/{secret}" in letter
        assert "From: lectures@uni.example" in letter
        accounts.accept_invitation(secret, name="newcomer", password=PASSWORD)
        person = accounts.person("NEW.person@mail.example")
        assert (person.name, person.email) == ("newcomer", "new.person@mail.example")
        reset = accounts.reset_link(person.id)
        assert accounts.mail_link(reset) == person.email
        assert f"{BASE}/reset/{reset}" in server.letters[1]
        with place.services.store.read() as con:
            lines = [line.action for line in search_audit(con, AuditFilter("mail"))]
        assert lines[:2] == ["mail reset link", "mail invite link"]


def test_without_a_server_or_an_address_the_link_is_shown(place):
    with acting_as(OPERATOR):
        accounts = place.services.accounts
        assert accounts.mail_link(accounts.invite("viewer", "a@mail.example")) is None
    with postbox() as server, mailing(place, server) as accounts:
        assert accounts.mail_link(accounts.invite("viewer")) is None
        assert accounts.mail_link(accounts.reset_link(place.people["otto"].id)) is None
        assert server.letters == []


def test_a_server_that_refuses_leaves_a_link_that_works(place):
    with postbox(refuses="RCPT") as server, mailing(place, server) as accounts:
        secret = accounts.invite("viewer", "a@mail.example")
        with pytest.raises(ServiceUnavailable, match=r"did not take it \(SMTPRecipientsRefused\)"):
            accounts.mail_link(secret)
        assert accounts.check_link(secret).role == "viewer"


@pytest.mark.parametrize("email", ["nobody", "a@b\nBcc: x@y.example", "a b@c.example", "<a@b.c>"])
def test_what_is_no_address_gets_no_mail(place, email):
    with acting_as(OPERATOR), pytest.raises(LectureError, match="no e-mail address"):
        place.services.accounts.invite("viewer", email)


def test_a_mail_server_needs_an_address_of_the_app():
    with pytest.raises(ValueError, match="LECTURE_PUBLIC_URL and LECTURE_SMTP_FROM"):
        Settings(smtp_host="mail.example")
