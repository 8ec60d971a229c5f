"""Lines of ready jobs: that every job stands where the log says, and can be found there."""

from __future__ import annotations

from typing import NamedTuple

from journeyman.log.audit.look import ENOUGH, Look
from journeyman.verify.life import Life

#: Lines up to this length are read in one step.
LINE_AT_ONCE = 50_000


class Line(NamedTuple):
    """One line of ready jobs."""

    queue: str
    priority: int
    type: str


class Lines:
    """The keys `ready`, `queues` and `void`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def check(self) -> None:
        """Look at every line that the log or the keys know."""
        expected: dict[Line, list[str]] = {}
        for job_id, life in self._look.book.lives.items():
            if type(life) is Life and life.stands:
                expected.setdefault(Line(life.line[0], life.placed, life.line[1]), []).append(job_id)
        for line in {**expected, **dict.fromkeys(self._known_lines())}:
            self._line(line, expected.get(line, []))
            if self._look.enough:
                return

    def _known_lines(self) -> list[Line]:
        found = []
        for queue in sorted(self._look.client.smembers(self._look.keys.of("queues"))):
            for line in self._look.client.zrange(self._look.keys.of("ready", queue.decode()), 0, -1):
                priority, _, type_ = line.decode().partition(":")
                if priority.isdigit():
                    found.append(Line(queue.decode(), int(priority), type_))
        return found

    def _line(self, line: Line, job_ids: list[str]) -> None:
        """Look at one line. A long one first in parts, and only then, if something seems wrong, in one step."""
        key = self._look.keys.of("ready", *map(str, line))
        length = int(self._look.client.llen(key))
        if length > LINE_AT_ONCE and self._seems_right(key, length, line, job_ids):
            return
        index = self._look.keys.of("ready", line.queue)
        places, void, indexed, known = self._look.at_once(
            ("LRANGE", key, 0, -1),
            ("SMEMBERS", self._look.keys.of("void")),
            ("ZSCORE", index, f"{line.priority}:{line.type}"),
            ("SISMEMBER", self._look.keys.of("queues"), line.queue),
        )
        there = {place.decode(errors="replace") for place in places}
        if there and (indexed is None or not known):
            name = index if indexed is None else self._look.keys.of("queues")
            self._look.blame(f"line {key} is missing from the key {name}, so nobody finds it")
        lives, standing = self._look.book.lives, set()
        for job_id in {*job_ids, *(place[:24] for place in there)}:
            life = lives.get(job_id)
            if (
                type(life) is Life
                and life.stands
                and (*life.line, life.placed) == (line.queue, line.type, line.priority)
            ):
                standing.add(life.place(job_id))
        for place in sorted(standing - there)[:ENOUGH]:
            self._look.blame(
                f"job {place[:24]} stands in line, and its place {place} is missing from the key {key}", "I8"
            )
        for place in sorted(there - standing - {place.decode(errors="replace") for place in void})[:ENOUGH]:
            life = lives.get(place[:24])
            if type(life) is Life and not life.hold():
                what = f"place {place} stands in the key {key}, and the log did not put that job there"
                self._look.blame(what, "I8")

    def _seems_right(self, key: str, length: int, line: Line, job_ids: list[str]) -> bool:
        """Tell whether a line read in parts holds every job that stood in it. Parts overlap, for its head moves."""
        there: set[str] = set()
        for first in range(0, length, LINE_AT_ONCE // 2):
            part = self._look.client.lrange(key, first, first + LINE_AT_ONCE - 1)
            there.update(place.decode(errors="replace") for place in part)
        self._look.at_once()
        lives = self._look.book.lives
        for job_id in job_ids:
            life = lives.get(job_id)
            if type(life) is Life and life.stands and life.placed == line.priority and life.place(job_id) not in there:
                return False
        extra = there - {life.place(one) for one in job_ids if type(life := lives.get(one)) is Life and life.stands}
        return not any(type(lives.get(place[:24])) is Life and not self._stands_at(place) for place in extra)

    def _stands_at(self, place: str) -> bool:
        life = self._look.book.lives[place[:24]]
        return type(life) is Life and (bool(life.hold()) or (life.stands and life.place(place[:24]) == place))
