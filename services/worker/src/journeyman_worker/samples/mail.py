"""Messages and their delivery: the work of `email-sending`.

`compose` is pure and refuses what would smuggle a header or a recipient. `deliver` speaks SMTP and tells apart
what another attempt may mend (no connection, a greylisting 4xx) from what it cannot (a 5xx).
"""

from __future__ import annotations

import contextlib
import mimetypes
import smtplib
import ssl
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from journeyman_worker.samples.errors import UnusableInputError

ATTACHMENTS_BYTES_MAX = 20 << 20
#: Longest silence of the server, in any step of the conversation.
SILENCE_S = 30

_CONTEXTS = {"smtp": False, "smtp+starttls": True, "smtps": True}


class Attachment(NamedTuple):
    """A file to send along."""

    name: str
    content: bytes


class Server(NamedTuple):
    """Where to deliver, as a URL says it. Scheme: smtp (plain), smtp+starttls or smtps (both verified)."""

    scheme: str
    host: str
    port: int
    user: str
    password: str


class Delivery(NamedTuple):
    """Which recipients the server took, and what it said about the others."""

    accepted: list[str]
    refused: dict[str, str]


def compose(
    *,
    to: Sequence[str],
    subject: str,
    body: str,
    sender: str,
    job_id: str,
    sent_at: datetime,
    attachments: Sequence[Attachment] = (),
) -> EmailMessage:
    """Write a message whose Message-ID follows from the job, so that a second copy after a retry can be told.

    Raises UnusableInputError for addresses that are none and for line breaks in headers.
    """
    message = EmailMessage(policy=SMTP)
    (author,) = _addresses([sender], "from")
    try:
        message["From"] = author
        message["To"] = _addresses(to, "to")
        message["Subject"] = subject
        message["Date"] = sent_at
        message["Message-ID"] = f"<{job_id}@{author.domain}>"
        message["Auto-Submitted"] = "auto-generated"
    except ValueError as error:
        raise UnusableInputError(f"not fit for a header: {error}") from error
    message.set_content(body)
    for name, content in attachments:
        kind, encoding = mimetypes.guess_type(name)
        maintype, _, subtype = ("application/octet-stream" if encoding or not kind else kind).partition("/")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return message


def _addresses(texts: Sequence[str], field: str) -> list[Address]:
    """Read addresses (`a@b` or `Name <a@b>`), exactly one a text."""
    addresses: list[Address] = []
    for text in texts:
        try:
            header = SMTP.header_factory("To", text)
            (address,) = header.addresses
            sound = not header.defects and address.username and address.domain
        except (AttributeError, IndexError, ValueError):  # the first for `a@[`: the library trips over its own defect
            sound = False
        if not sound:
            raise UnusableInputError(f"{field}: {text[:120]!r} is not one address")
        addresses.append(address)
    return addresses


def server(url: str) -> Server:
    """Read an SMTP URL. Raises UnusableInputError, without repeating the URL, which may hold a password."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in _CONTEXTS or not parts.hostname:
            raise UnusableInputError("JOURNEYMAN_SMTP_URL is not smtp://, smtp+starttls:// or smtps:// with a host")
        port = parts.port or {"smtp": 25, "smtp+starttls": 587, "smtps": 465}[parts.scheme]
    except ValueError:
        raise UnusableInputError("JOURNEYMAN_SMTP_URL is not a URL") from None
    if parts.password and parts.scheme == "smtp" and not _is_loopback(parts):
        raise UnusableInputError("JOURNEYMAN_SMTP_URL would send a password in the clear: use smtps or smtp+starttls")
    return Server(parts.scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))


def _is_loopback(parts: SplitResult) -> bool:
    if parts.hostname == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ip_address(parts.hostname or "").is_loopback
    return False


def deliver(message: EmailMessage, to: Server) -> Delivery:
    """Hand the message over. OSError and smtplib's errors mean: try again; UnusableInputError: do not.

    Where the server takes some recipients and refuses others the message is on its way, and a second attempt
    would send it twice: the refused ones are reported instead.
    """
    try:
        with contextlib.closing(_connection(to)) as connection:
            refused = connection.send_message(message)
            with contextlib.suppress(OSError, smtplib.SMTPException):  # it has the message, however it takes leave
                connection.quit()
    except smtplib.SMTPRecipientsRefused as error:
        if all(_is_final(code) for code, _ in error.recipients.values()):
            raise UnusableInputError(f"every recipient was refused: {_in_words(error.recipients)}") from error
        raise
    except smtplib.SMTPNotSupportedError as error:
        raise UnusableInputError(str(error)) from error
    except smtplib.SMTPResponseException as error:
        if _is_final(error.smtp_code):
            raise UnusableInputError(f"refused: {error.smtp_code} {_text(error.smtp_error)}") from error
        raise
    recipients = [address.addr_spec for address in message["To"].addresses]
    return Delivery([each for each in recipients if each not in refused], _in_words(refused))


def _connection(to: Server) -> smtplib.SMTP:
    context = ssl.create_default_context() if _CONTEXTS[to.scheme] else None
    if to.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(to.host, to.port, timeout=SILENCE_S, context=context)
    else:
        connection = smtplib.SMTP(to.host, to.port, timeout=SILENCE_S)
    try:
        if to.scheme == "smtp+starttls":
            connection.starttls(context=context)
        if to.user:
            connection.login(to.user, to.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_final(code: int) -> bool:
    return 500 <= code < 600


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


def _in_words(answers: dict[str, tuple[int, bytes]]) -> dict[str, str]:
    return {address: f"{code} {_text(answer)}" for address, (code, answer) in answers.items()}
