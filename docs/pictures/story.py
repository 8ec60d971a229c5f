"""What is submitted while the pictures are taken: traffic that comes in waves, a video's workflow, and some trouble."""

from __future__ import annotations

import math
import random
from typing import Any, NamedTuple

from journeyman.client import Client
from journeyman.client.orders import NewJob

BACKOFF = {"initial_ms": 4_000, "multiplier": 2.0, "max_ms": 30_000, "jitter": False}
#: (jobs a second, how much that rises and falls, over how many seconds)
WAVES = {"charge": (7, 0.6, 40), "thumbnail": (9, 0.5, 27), "index": (16, 0.8, 33), "webhook": (1.2, 0, 1)}


class Shown(NamedTuple):
    """The jobs that have pictures of their own."""

    order: str
    video: str


class Traffic:
    """A shop on a working day. The same seed gives the same day."""

    def __init__(self, client: Client, seed: int = 7) -> None:
        self._client = client
        self._draw = random.Random(seed)
        self._owed = dict.fromkeys(WAVES, 0.0)
        self._orders = 48_100

    def tick(self, at_s: float, for_s: float) -> None:
        """Submit what comes within so many seconds."""
        jobs: list[NewJob] = []
        making = {"charge": self._charge, "thumbnail": self._thumbnail, "index": self._index, "webhook": self._webhook}
        for kind, (rate, swing, period_s) in WAVES.items():
            self._owed[kind] += rate * for_s * (1 + swing * math.sin(2 * math.pi * at_s / period_s))
            while self._owed[kind] >= 1:
                self._owed[kind] -= 1
                jobs.append(making[kind]())
        if jobs:
            self._client.submit_many(jobs)

    def _charge(self) -> NewJob:
        self._orders += 1
        draw = self._draw
        payload = {
            "order": f"A-{self._orders}",
            "amount_cents": draw.randrange(900, 24_000),
            "currency": draw.choice(("EUR", "EUR", "USD", "SEK")),
            "card": "•••• 0002" if draw.random() < 0.012 else f"•••• {draw.randrange(1000, 9999)}",
        }
        customer = draw.choice(("acme", "globex", "initech", "umbrella", "hooli"))
        return NewJob(
            type="order.charge",
            queue="orders",
            priority=draw.choice((10, 10, 10, 15, 20)),
            payload=payload,
            tags={"customer": customer, "region": draw.choice(("eu", "us"))},
        )

    def _thumbnail(self) -> NewJob:
        draw = self._draw
        name = draw.choice(("harbour", "kitchen", "ada", "bridge", "forest", "lamp", "violin"))
        ending = "heic" if draw.random() < 0.015 else draw.choice(("jpg", "jpg", "png", "webp"))
        path = f"uploads/{draw.randrange(16**6):06x}-{name}.{ending}"
        return NewJob(
            type="image.thumbnail",
            queue="images",
            priority=5,
            payload={"path": path, "width": draw.choice((240, 480, 960))},
            tags={"region": draw.choice(("eu", "us"))},
        )

    def _index(self) -> NewJob:
        product = f"SKU-{self._draw.randrange(90_000):05d}"
        return NewJob(type="search.index", queue="search", payload={"product": product})

    def _webhook(self) -> NewJob:
        payload = {"url": "https://hooks.initech.example/v2/orders", "event": "order.paid"}
        return NewJob(type="webhook.deliver", queue="webhooks", payload=payload, tags={"customer": "initech"})


def prologue(client: Client) -> None:
    """Say what waits from the beginning: for its time, and for a person."""
    client.pause("mail")
    client.submit_many(
        [
            *(
                NewJob(
                    type="mail.send",
                    queue="mail",
                    priority=5 if number % 3 else 15,
                    payload={"to": f"reader{number}@example.org", "subject": "Your order is on its way"},
                )
                for number in range(46)
            ),
            *(
                NewJob(type="report.daily", queue="reports", delay=f"{hours}h", payload={"day": f"2026-03-{hours:02d}"})
                for hours in range(1, 9)
            ),
        ]
    )


def climax(client: Client) -> Shown:
    """Submit, shortly before the pictures are taken, the jobs that they are of."""
    parent = client.submit("report.daily", {"day": "2026-03-14"}, queue="reports", priority="high")
    order = client.submit(
        "order.ship",
        {"order": "A-48213", "carrier": "postnord", "fails": 2},
        queue="orders",
        priority="high",
        max_attempts=5,
        backoff=BACKOFF,
        depends_on=[parent],
        tags={"customer": "acme", "region": "eu", "campaign": "spring"},
    )
    return Shown(order.id, _video(client))


def _video(client: Client) -> str:
    """Submit a video's way from the upload to those who watch it; one of its branches will break."""
    sizes = {"360p": 7.0, "720p": 16.0, "1080p": 26.0, "1440p": 70.0, "2160p": 22.0}
    jobs = [
        _step("upload.receive", "upload", 2),
        _step("video.probe", "probe", 3, "upload"),
        _step("audio.encode", "audio", 6, "probe"),
        _step("subtitles.render", "subtitles", 9, "probe"),
        _step("stills.extract", "stills", 4, "probe"),
        _step("poster.render", "poster", 5, "stills"),
    ]
    for size, takes_s in sizes.items():
        codec: dict[str, Any] = {"codec": "av1", "broken": True} if size == "2160p" else {"codec": "h264"}
        jobs.append(_step("video.transcode", size, takes_s, "probe", **codec))
        jobs.append(_step("video.package", f"package-{size}", 8, size, "audio"))
    packages = [f"package-{size}" for size in sizes if size != "2160p"]
    jobs += [
        _step("playlist.write", "playlist", 3, *packages, "subtitles"),
        _step("cdn.push", "frankfurt", 5, "playlist"),
        _step("cdn.push", "virginia", 5, "playlist"),
        _step("site.publish", "publish", 2, "frankfurt", "virginia", "poster"),
        _step("cinema.master", "master", 5, "package-2160p"),
        _step("archive.store", "archive", 5, "master"),
    ]
    return client.submit_many(jobs)[1].id


def _step(type_: str, name: str, takes_s: float, *after: str, **more: Any) -> NewJob:
    return NewJob(
        type=type_,
        queue="video",
        priority="high",
        ref=name,
        payload={"title": f"how-it-is-made/{name}.mp4", "takes_s": takes_s, **more},
        depends_on=[f"ref:{one}" for one in after],
        tags={"step": name, "video": "how-it-is-made"},
        max_attempts=1,
    )
