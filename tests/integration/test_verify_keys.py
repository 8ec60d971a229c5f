"""The keys on a real server against the fold of its log: in one piece they agree, and any of them alone is missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from journeyman import events as e
from journeyman.admission import admit
from journeyman.log.api import Outcome
from journeyman.log.connect import open_log
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Gate, Interrupt, Open, Proposal, Valve, place
from journeyman.settings import Settings
from journeyman.verify import Violation
from journeyman.verifying import Source, verified
from support.driver import QUEUE, TYPE, Driver
from support.servers import TestServer


class Scene:
    """A log in which there is a job of every kind, by name."""

    def __init__(self, log: RedisLog) -> None:
        self.log = log
        self.driver = driver = Driver(log)
        driver.elect()
        driver.join("w")
        self.completed, self.dead, self.failed, self.returned = (driver.submitted() for _ in range(4))
        driver.claim("w", 4)
        key = (1, "w")
        driver.finish(
            "w",
            Outcome(e.JobSucceeded(self.completed, *key)),
            Outcome(e.JobFailed(self.dead, *key, e.Error("Boom"), 0, False)),
            Outcome(e.JobFailed(self.failed, *key, e.Error("Boom"))),
            Outcome(e.JobReturned(self.returned, *key, "interrupted")),
        )
        driver.bury(self.dead)
        self.running = driver.submitted()
        driver.claim("w")
        self.cancelled = driver.submitted(priority=3)
        driver.append(Proposal((e.JobCancelRequested(self.cancelled),), Open(self.cancelled), (Interrupt("x"),)))
        driver.discard(self.cancelled)
        self.ready, self.other = driver.submitted(), driver.submitted(queue="images")
        later = driver.job()
        later = e.JobSubmitted(later.job_id, TYPE, QUEUE, due_ms=log.now_ms() + 3_600_000)
        driver.append(admit([later], log.now_ms()))
        self.scheduled = later.job_id
        driver.append(Proposal((e.QueuePaused("images"),), None, (Gate("images", False),)))
        driver.append(Proposal((e.BreakerOpened("sick", "manual"),), None, (Valve("sick", "manual"),)))

    def found(self) -> list[Violation]:
        return verified(Source(0, self.log)).report.violations

    def line(self, *parts: object) -> str:
        return self.log.keys.of("ready", *map(str, parts))

    def hour(self) -> str:
        return next(str(key, "ascii") for key in self.log.client.scan_iter(match=self.log.keys.of("ended", "*")))


@pytest.fixture
def scene(server: TestServer) -> Iterator[Scene]:
    log = open_log(Settings(redis_url=server.url, durability="memory"))
    yield Scene(log)
    log.close()


def test_keys_that_say_what_the_log_says_are_no_finding(scene: Scene) -> None:
    assert scene.found() == []


#: What is done to the keys, by hand; none of it stands in the log.
DAMAGE: dict[str, Callable[[Scene], object]] = {
    "meta deleted": lambda s: s.log.client.delete(s.log.keys.meta),
    "an epoch taken back": lambda s: s.log.client.hset(s.log.keys.meta, "epoch", 0),
    "all bodies deleted": lambda s: s.log.client.delete(s.log.keys.bodies),
    "a body deleted": lambda s: s.log.client.hdel(s.log.keys.bodies, s.scheduled),
    "a body that leads to another's": lambda s: s.log.client.hset(
        s.log.keys.bodies, s.ready, s.log.client.hget(s.log.keys.bodies, s.other)
    ),
    "a body that leads nowhere": lambda s: s.log.client.hset(s.log.keys.bodies, s.ready, b"\0" * 14),
    "a body that is none": lambda s: s.log.client.hset(s.log.keys.bodies, s.ready, b"\xc1 nothing to be read here"),
    "an open job that has ended": lambda s: s.log.client.hset(
        s.log.keys.bodies, s.completed, s.log.client.hget(s.log.keys.bodies, s.ready)
    ),
    "an open job nobody submitted": lambda s: s.log.client.hset(s.log.keys.bodies, "0" * 24, b"\0" * 14),
    "all holds deleted": lambda s: s.log.client.delete(s.log.keys.held),
    "a hold deleted": lambda s: s.log.client.hdel(s.log.keys.held, s.running),
    "a hold of somebody else": lambda s: s.log.client.hset(s.log.keys.held, s.running, "1:v"),
    "a hold of another attempt": lambda s: s.log.client.hset(s.log.keys.held, s.running, "2:w"),
    "a spent attempt forgotten": lambda s: s.log.client.hdel(s.log.keys.held, s.failed),
    "a returned attempt forgotten": lambda s: s.log.client.hdel(s.log.keys.held, s.returned),
    "a hold on what waits": lambda s: s.log.client.hset(s.log.keys.held, s.ready, "1:w"),
    "a hold on what ended": lambda s: s.log.client.hset(s.log.keys.held, s.completed, "1:w"),
    "all dead letters deleted": lambda s: s.log.client.delete(s.log.keys.dead),
    "a dead letter that says something else": lambda s: s.log.client.hset(s.log.keys.dead, s.dead, b"\x92\x90\x90"),
    "a dead letter nobody buried": lambda s: s.log.client.hset(
        s.log.keys.dead, s.ready, s.log.client.hget(s.log.keys.dead, s.dead)
    ),
    "all ends deleted": lambda s: s.log.client.delete(s.hour()),
    "an end deleted": lambda s: s.log.client.hdel(s.hour(), s.cancelled),
    "an end of what goes on": lambda s: s.log.client.hset(s.hour(), s.ready, b"c1-1/0"),
    "a line deleted": lambda s: s.log.client.delete(s.line(QUEUE, 10, TYPE)),
    "a place taken from a line": lambda s: s.log.client.lrem(s.line(QUEUE, 10, TYPE), 1, place(s.ready, 1)),
    "a place in the wrong line": lambda s: s.log.client.lmove(s.line(QUEUE, 10, TYPE), s.line(QUEUE, 11, TYPE)),
    "a place of what is not due": lambda s: s.log.client.rpush(s.line(QUEUE, 10, TYPE), place(s.scheduled, 1)),
    "the lines of a queue forgotten": lambda s: s.log.client.delete(s.line(QUEUE)),
    "a line forgotten": lambda s: s.log.client.zrem(s.line("images"), f"10:{TYPE}"),
    "the queues forgotten": lambda s: s.log.client.delete(s.log.keys.of("queues")),
    "a queue forgotten": lambda s: s.log.client.srem(s.log.keys.of("queues"), "images"),
    "a paused queue opened": lambda s: s.log.client.delete(s.log.keys.paused),
    "a queue shut": lambda s: s.log.client.sadd(s.log.keys.paused, QUEUE),
    "a breaker closed": lambda s: s.log.client.delete(s.log.keys.valves),
    "a breaker opened": lambda s: s.log.client.hset(s.log.keys.valves, TYPE, "0:manual"),
    "a breaker with permits": lambda s: s.log.client.hset(s.log.keys.valves, "sick", "3:manual"),
    "a worker struck off": lambda s: s.log.client.zrem(s.log.keys.beats, "w"),
    "a worker nobody knows": lambda s: s.log.client.zadd(s.log.keys.beats, {"v": 1}),
    "a worker's record deleted": lambda s: s.log.client.delete(s.log.keys.of("worker", "w")),
}


@pytest.mark.parametrize("what", list(DAMAGE))
def test_whatever_is_done_to_a_key_is_found(what: str, scene: Scene) -> None:
    DAMAGE[what](scene)
    found = scene.found()
    assert found
    assert all(one.detail and one.of == "keys" for one in found)
    assert all(one.offset == scene.log.end() for one in found)


def test_every_key_that_the_log_determines_is_missed(scene: Scene) -> None:
    keys = scene.log.keys
    # Nothing but the place of a job that has been cancelled stands in that line.
    kept = {keys.log, keys.snapshot, keys.readers, keys.of("leader"), scene.line(QUEUE, 3, TYPE)}
    names = {key.decode() for key in scene.log.client.scan_iter(match=keys.everything_derived())} - kept
    determined = {name for name in names if not name.startswith((keys.of("caller"), keys.of("idle"), keys.of("idem")))}
    assert len(determined) >= 12
    for name in sorted(determined):
        value = scene.log.client.dump(name)
        scene.log.client.delete(name)
        assert scene.found(), f"{name} was deleted"
        scene.log.client.restore(name, 0, value)
    assert scene.found() == []


def test_an_entry_deleted_on_the_server_is_found(scene: Scene) -> None:
    first, *_, last = (entry.offset for entry in scene.driver.entries())
    job = scene.driver.submitted("unheard-of")
    assert job
    gone = scene.log.end()
    scene.driver.append(Proposal((e.QueuePaused("x"),), None, (Gate("x", False),)))
    assert first < last < gone
    scene.log.client.xdel(scene.log.keys.log, gone.entry)
    assert gone in [one.offset for one in scene.found() if one.of == "log"]


def test_entries_cut_off_by_hand_are_found(scene: Scene) -> None:
    scene.log.client.xtrim(scene.log.keys.log, maxlen=3, approximate=False)
    assert any("nothing says that it was trimmed" in one.detail for one in scene.found())


def test_of_a_log_that_was_trimmed_what_is_left_is_no_finding(scene: Scene) -> None:
    log, before = scene.log, scene.log.end()
    scene.driver.submitted()
    log.keep([scene.running, scene.failed, scene.returned, scene.ready, scene.other, scene.scheduled])
    gone = log.client.xtrim(log.keys.log, minid=before.entry, approximate=False)
    assert gone > 0
    scene.driver.commit(Proposal((e.LogTrimmed(before.entry, gone),), None, ()))
    assert scene.found() == []
    assert [job.body.job_id for job in scene.driver.claim("w", 1)] == [scene.ready]
    assert scene.found() == []


def test_a_place_that_was_made_void_is_no_finding(scene: Scene) -> None:
    scene.log.client.rpush(scene.line(QUEUE, 10, TYPE), place(scene.scheduled, 1))
    scene.log.client.sadd(scene.log.keys.of("void"), place(scene.scheduled, 1))
    assert scene.found() == []


def test_ends_older_than_the_retention_are_not_looked_for(scene: Scene) -> None:
    scene.log.remember_for(1)
    scene.log.client.delete(scene.hour())
    assert scene.found() == []
