"""Messages that carry nothing smuggled, and a real conversation with a real mail server."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman_worker.samples import mail
from journeyman_worker.samples.errors import UnusableInputError
from journeyman_worker.samples.mail import Attachment, Server
from journeyman_worker.samples.mailbox import Mailbox

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def composed(**fields: Any) -> EmailMessage:
    message = {"to": ["ann@example.org"], "subject": "s", "body": "b", "sender": "Job <job@example.net>", **fields}
    return mail.compose(job_id="01abc", sent_at=NOON, **message)


def received(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=default)


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with Mailbox(tmp_path / "mail") as box:
        yield box


def server_of(box: Mailbox) -> Server:
    return mail.server(f"smtp://127.0.0.1:{box.port}")


def test_a_message_arrives_whole(mailbox: Mailbox) -> None:
    message = composed(
        to=["Ann <ann@example.org>", "bob@example.org"],
        subject="Grüße",
        body="Hello\n.\nthere\n",
        attachments=[Attachment("report.html", b"<p>hi</p>"), Attachment("data.bin", bytes(range(256)))],
    )

    delivery = mail.deliver(message, server_of(mailbox))

    assert delivery == (["ann@example.org", "bob@example.org"], {})
    (path,) = mailbox.messages()
    arrived = received(path)
    assert arrived["Subject"] == "Grüße"
    assert arrived["Message-ID"] == "<01abc@example.net>"
    body = arrived.get_body()
    assert body is not None
    assert body.get_content().splitlines() == ["Hello", ".", "there"]
    one, other = arrived.iter_attachments()
    assert (one.get_filename(), one.get_content_type(), one.get_content()) == ("report.html", "text/html", "<p>hi</p>")
    assert (other.get_filename(), other.get_content()) == ("data.bin", bytes(range(256)))


def test_a_second_attempt_can_be_told_by_its_message_id(mailbox: Mailbox) -> None:
    for _ in range(2):
        mail.deliver(composed(), server_of(mailbox))

    assert [received(path)["Message-ID"] for path in mailbox.messages()] == ["<01abc@example.net>"] * 2


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("field", ["subject", "sender", "to"])
def test_a_line_break_cannot_smuggle_a_header(field: str, break_: str) -> None:
    value = f"job@example.net{break_}Bcc: victim@example.com"

    with pytest.raises(UnusableInputError):
        composed(**{field: [value] if field == "to" else value})


@settings(deadline=None)
@given(st.text(), st.text())
def test_whatever_is_written_there_are_no_other_headers_and_recipients(subject: str, address: str) -> None:
    try:
        content = composed(subject=subject, to=[address]).as_bytes()
    except (UnusableInputError, UnicodeEncodeError):
        return

    arrived = message_from_bytes(content, policy=default)
    expected = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"}
    assert set(arrived.keys()) - {"Content-Type", "Content-Transfer-Encoding"} == expected
    assert len(arrived["To"].addresses) == 1


@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@", "@example.org", "<>", "a@b.org, c@d.org", "a b@c.org", "a@b@c", "a@[", "nobody:;", "a@b.c\0"],
)
def test_what_is_not_one_address_is_refused(address: str) -> None:
    with pytest.raises(UnusableInputError, match=r"to: .* is not one address"):
        composed(to=[address])


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost:1025", Server("smtp", "localhost", 1025, "", "")),
        ("smtp://mail.example.org", Server("smtp", "mail.example.org", 25, "", "")),
        ("smtps://me:s%40cret@mail.example.org", Server("smtps", "mail.example.org", 465, "me", "s@cret")),
        ("smtp+starttls://me:pw@[::1]", Server("smtp+starttls", "::1", 587, "me", "pw")),
        ("smtp://me:pw@127.0.0.1:2525", Server("smtp", "127.0.0.1", 2525, "me", "pw")),
    ],
)
def test_a_server_is_read_from_its_url(url: str, server: Server) -> None:
    assert mail.server(url) == server


@pytest.mark.parametrize(
    "url", ["", "localhost:25", "http://me:secret@host", "smtp://", "smtp://host:99999", "smtp://[::"]
)
def test_what_is_no_server_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UnusableInputError) as refusal:
        mail.server(url)

    assert "secret" not in str(refusal.value)


def test_a_password_does_not_travel_in_the_clear() -> None:
    with pytest.raises(UnusableInputError, match="in the clear"):
        mail.server("smtp://me:secret@mail.example.org")


def test_a_server_that_is_not_there_is_worth_another_attempt() -> None:
    with closing(socket.socket()) as reserved:
        reserved.bind(("127.0.0.1", 0))

        with pytest.raises(ConnectionRefusedError):
            mail.deliver(composed(), mail.server(f"smtp://127.0.0.1:{reserved.getsockname()[1]}"))


class Scripted:
    """A server that says its lines, one connection long: what it answers to RCPT and to the message's end."""

    def __init__(self, *rcpt: str, data: str = "250 taken") -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._answers = iter(rcpt)
        self._data = data
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()
        self.server = mail.server(f"smtp://127.0.0.1:{self._listener.getsockname()[1]}")

    def _talk(self) -> None:
        connection, _ = self._listener.accept()
        with self._listener, connection, connection.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 scripted\r\n")
            for line in stream:
                stream.write(self._answer(line, stream).encode() + b"\r\n")
                if line.startswith(b"QUIT"):
                    return

    def _answer(self, line: bytes, stream: Any) -> str:
        match line[:4].upper():
            case b"RCPT":
                return next(self._answers)
            case b"DATA":
                stream.write(b"354 go on\r\n")
                while stream.readline() != b".\r\n":
                    pass
                return self._data
            case _:
                return "250 fine"

    def __enter__(self) -> Server:
        return self.server

    def __exit__(self, *_: object) -> None:
        self._thread.join(10)
        assert not self._thread.is_alive()


TWO = ["ann@example.org", "bob@example.org"]


def test_a_recipient_refused_for_good_fails_for_good() -> None:
    with Scripted("550 unknown", "551 moved") as server, pytest.raises(UnusableInputError, match="550 unknown"):
        mail.deliver(composed(to=TWO), server)


def test_a_recipient_put_off_is_worth_another_attempt() -> None:
    with Scripted("550 unknown", "450 later") as server, pytest.raises(smtplib.SMTPRecipientsRefused):
        mail.deliver(composed(to=TWO), server)


def test_what_some_recipients_got_is_not_sent_again_for_the_others() -> None:
    with Scripted("250 fine", "450 later") as server:
        delivery = mail.deliver(composed(to=TWO), server)

    assert delivery == (["ann@example.org"], {"bob@example.org": "450 later"})


def test_a_message_refused_for_good_fails_for_good() -> None:
    with Scripted("250 fine", data="554 spam") as server, pytest.raises(UnusableInputError, match="refused: 554 spam"):
        mail.deliver(composed(), server)


def test_a_message_put_off_is_worth_another_attempt() -> None:
    with Scripted("250 fine", data="451 full") as server, pytest.raises(smtplib.SMTPDataError):
        mail.deliver(composed(), server)


def test_a_mailbox_that_cannot_store_asks_to_try_again(mailbox: Mailbox) -> None:
    mailbox.directory.rmdir()
    mailbox.directory.write_text("not a folder")

    with pytest.raises(smtplib.SMTPDataError) as refusal:
        mail.deliver(composed(), server_of(mailbox))

    assert refusal.value.smtp_code == 451


def test_a_second_mailbox_on_the_same_port_says_so(mailbox: Mailbox, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="address already in use"):
        Mailbox(tmp_path / "other", mailbox.port).start()
