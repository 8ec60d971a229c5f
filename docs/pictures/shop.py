"""The jobs of a shop and of its videos, for the pictures of the dashboard. They only wait, and fail on cue."""

from __future__ import annotations

import random
import time
from typing import Annotated, Literal

from msgspec import Meta

import journeyman_worker as jm

Text = Annotated[str, Meta(min_length=1, max_length=200)]
Cents = Annotated[int, Meta(ge=1, le=10_000_00)]

#: What becomes of a video, one type each.
STEPS = (
    "upload.receive",
    "video.probe",
    "video.transcode",
    "video.package",
    "audio.encode",
    "subtitles.render",
    "stills.extract",
    "poster.render",
    "playlist.write",
    "cdn.push",
    "site.publish",
    "cinema.master",
    "archive.store",
)


class CardDeclinedError(jm.Permanent):
    """The bank said no."""


class UnsupportedFormatError(jm.Permanent):
    """Nobody can read that."""


class GatewayTimeoutError(Exception):
    """The payment gateway took too long."""


class CarrierUnavailableError(Exception):
    """The carrier answered with something else than a label."""


def _work(least_ms: float, most_ms: float) -> None:
    time.sleep(random.uniform(least_ms, most_ms) / 1000)


@jm.job("order.charge", queue="orders", timeout="30s")
def charge(
    order: Text, amount_cents: Cents, currency: Literal["EUR", "USD", "SEK"] = "EUR", card: Text = "4242"
) -> dict[str, str]:
    """Charge a card. Declined cards are not tried again."""
    _work(60, 340)
    if card.endswith("0002"):
        raise CardDeclinedError(f"the card ending in {card[-4:]} was declined: expired")
    if random.random() < 0.03:
        raise GatewayTimeoutError("no answer from the gateway within 10 s")
    return {"receipt": f"R-{order}", "charged": f"{amount_cents / 100:.2f} {currency}"}


@jm.job("order.ship", queue="orders")
def ship(order: Text, carrier: Text, fails: int = 0) -> dict[str, str]:
    """Ask a carrier for a label. `fails`: how many attempts find it asleep."""
    jm.progress(20, f"asking {carrier} for a label")
    _work(600, 1_400)
    jm.progress(60, "waiting for the tracking number")
    _work(700, 1_600)
    if jm.current().attempt <= fails:
        reason = ("503 Service Unavailable", "the label came without a tracking number")[jm.current().attempt % 2]
        raise CarrierUnavailableError(f"{carrier}: {reason}")
    for parcel in range(1, 31):
        jm.progress(60 + parcel, f"weighing parcel {parcel} of 30")
        _work(900, 1_100)
    return {"tracking": f"{carrier[:2].upper()}{order.removeprefix('A-')}EU", "label": f"labels/{order}.pdf"}


@jm.job("image.thumbnail", queue="images")
def thumbnail(path: Text, width: Annotated[int, Meta(ge=16, le=4096)] = 480) -> dict[str, str | int]:
    """Make a picture small."""
    _work(120, 700)
    if path.endswith(".heic"):
        raise UnsupportedFormatError(f"cannot read {path.rpartition('/')[2]}: HEIC is not supported")
    return {"path": path.replace("uploads", f"thumbnails/{width}"), "bytes": random.randrange(9_000, 48_000)}


@jm.job("search.index", queue="search")
def index(product: Text) -> dict[str, int]:
    """Put a product where it is found."""
    _work(15, 90)
    return {"terms": random.randrange(20, 400)}


@jm.job("webhook.deliver", queue="webhooks", max_attempts=4)
def deliver(url: Text, event: Text) -> None:
    """Tell another system. This one is down."""
    _work(30, 120)
    raise ConnectionRefusedError(f"[Errno 111] {url} refused the connection")


@jm.job("mail.send", queue="mail", max_attempts=5)
def send(to: Text, subject: Text) -> None:
    """Send a mail."""
    _work(80, 260)


@jm.job("report.daily", queue="reports")
def report(day: Text) -> dict[str, str]:
    """Add everything up."""
    for percent in range(0, 100, 5):
        jm.progress(percent, f"adding up {('orders', 'returns', 'stock', 'visits')[percent // 25]}")
        _work(350, 500)
    return {"path": f"reports/{day}.pdf"}


def step(
    title: Text, takes_s: Annotated[float, Meta(gt=0, le=600)] = 2, codec: Text = "", broken: bool = False
) -> dict[str, str]:
    """Do one of the things that become of a video before people see it."""
    for number in range(20):
        jm.progress(number * 5, f"frame {number * 431:,} of 8,620")
        time.sleep(takes_s / 20)
        if broken and number == 7:
            raise UnsupportedFormatError(f"{codec}: no encoder for 10-bit 4:4:4 input")
    return {"path": f"videos/{title}"}


for _type in STEPS:
    jm.job(_type, queue="video", timeout="10m")(step)
