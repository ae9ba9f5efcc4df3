"""Send mail by the shop's own server: only what a visitor asked for, only to whom they named."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Literal

import structlog

from db.base import now

log = structlog.get_logger()

Security = Literal["starttls", "tls", "none"]


class MailFailed(Exception):
    """The server did not take it; `refused`: because of the receiver's address."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class MailServer:
    """How mail leaves the shop."""

    host: str
    port: int
    security: Security
    user: str
    password: str
    sender: str  # "Toko Laras <halo@toko.example>"
    timeout_s: float = 20.0


class Mailer:
    """Sends one mail at a time, each over a connection of its own."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._turn = asyncio.Semaphore(2)

    async def send(self, to: str, subject: str, text: str, html: str) -> None:
        """Send a mail to one address. Raises MailFailed."""
        mail = _mail(self._server.sender, to, subject, text, html)
        async with self._turn:
            try:
                await asyncio.to_thread(self._deliver, mail)
            except smtplib.SMTPRecipientsRefused as error:
                raise MailFailed("receiver refused", refused=True) from error
            except (OSError, smtplib.SMTPException) as error:
                log.warning("mail failed", error=type(error).__name__)
                raise MailFailed(type(error).__name__) from error

    def _deliver(self, mail: EmailMessage) -> None:
        server = self._server
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.timeout_s,
                context=ssl.create_default_context(),
            )  # fmt: skip
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
        with connection:
            if server.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(mail)


def _mail(sender: str, to: str, subject: str, text: str, html: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip("> ") or "localhost")
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to it
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail
