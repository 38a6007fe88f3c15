"""Mail, where a server is set: links that let people in go to them, and to nobody else's screen."""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from email.message import EmailMessage

from agents.errors import LectureError, ServiceUnavailable
from app.settings import Settings
from data.people import Person

logger = logging.getLogger(__name__)

ADDRESS = re.compile(r"[^\s@<>,;:\"\\()\[\]]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?")
PATIENCE_S = 15.0
TEXTS = {
    "invite": (
        "Your account for Lecture Highlights",
        "You are invited to Lecture Highlights. Make your account here, within 7 days:",
    ),
    "reset": (
        "A new password for Lecture Highlights",
        "Set a new password for Lecture Highlights here, within a day. If you did not ask an"
        " administrator for it, you need do nothing:",
    ),
}
"""Subject and sentence by the kind of the link."""


def checked_address(text: str) -> str | None:
    """Return an e-mail address in small letters, None for nothing, or say that it is none."""
    small = text.strip().lower()
    if not small:
        return None
    if not ADDRESS.fullmatch(small):
        raise LectureError(f"{small[:80]!r} is no e-mail address.", code="bad_request")
    return small


def address_of(person: Person) -> str | None:
    """Return where a person gets mail: their address, or a name that is one."""
    return person.email or (person.name if ADDRESS.fullmatch(person.name) else None)


def send_link(settings: Settings, to: str, kind: str, secret: str) -> bool:
    """Mail a link; False where no server is set. ServiceUnavailable if it did not take it."""
    if settings.smtp_host is None:
        return False
    subject, text = TEXTS[kind]
    message = EmailMessage()
    message["Subject"], message["To"] = subject, to
    message["From"] = settings.smtp_from or ""
    message.set_content(f"{text}\n\n{(settings.public_url or '').rstrip('/')}/{kind}/{secret}\n")
    try:
        _send(settings, message)
    except (OSError, smtplib.SMTPException) as error:
        reason = type(error).__name__
        logger.warning("mail not sent", extra={"reason": reason, "server": settings.smtp_host})
        raise ServiceUnavailable(
            f"The mail server {settings.smtp_host} did not take it ({reason}).", code="mail"
        ) from error
    return True


def _send(settings: Settings, message: EmailMessage) -> None:
    where = (settings.smtp_host or "", settings.smtp_port)
    context = ssl.create_default_context()
    if settings.smtp_security == "tls":
        server = smtplib.SMTP_SSL(*where, timeout=PATIENCE_S, context=context)
    else:
        server = smtplib.SMTP(*where, timeout=PATIENCE_S)
    with server:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user is not None:
            password = settings.smtp_password
            server.login(settings.smtp_user, password.get_secret_value() if password else "")
        server.send_message(message)
