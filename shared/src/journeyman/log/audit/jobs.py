"""Open jobs: that each has a body, which leads to its submission, and is held by whom the log says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from journeyman.codec import UNREADABLE
from journeyman.log import wire
from journeyman.log.audit.look import Look, ended, pages
from journeyman.verify.life import WITHDRAWN, End, Life


class OpenJobs:
    """The keys `bodies` and `held`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def check(self) -> None:
        """Look at every job that has not ended."""
        ids = [job_id for job_id, life in self._look.book.lives.items() if type(life) is Life]
        for page in pages(ids):
            self._jobs(page)
            if self._look.enough:
                return

    def _jobs(self, job_ids: Sequence[str]) -> None:
        bodies, holds = self._look.at_once(
            ("HMGET", self._look.keys.bodies, *job_ids), ("HMGET", self._look.keys.held, *job_ids)
        )
        standing: dict[str, bytes] = {}
        for job_id, body, hold in zip(job_ids, bodies, holds, strict=True):
            life = self._look.book.lives.get(job_id)
            if life is None and self._look.partial:
                continue
            if type(life) is Life:
                if body is None:
                    self._look.blame(f"open job {job_id} is missing from the key {self._look.keys.bodies}")
                else:
                    standing[job_id] = body
            elif body is not None:
                self._look.blame(f"job {job_id} {ended(life)}, and is open in the key {self._look.keys.bodies}")
            self._judge_hold(job_id, life, (hold or b"").decode(errors="replace"))
        self._judge_bodies(standing)

    def _judge_hold(self, job_id: str, life: Life | End | None, hold: str) -> None:
        expected = life.hold() if type(life) is Life else ""
        if hold == expected or (type(life) is Life and life.phase == WITHDRAWN and hold.endswith(":") and not expected):
            return
        if type(life) is Life and life.phase == WITHDRAWN and not hold and expected.endswith(":"):
            return
        says = f"says {hold!r}" if hold else "has nothing"
        self._look.blame(
            f"the key {self._look.keys.held} {says} of job {job_id}; the log says {expected or 'nothing'!r}", "I3"
        )

    def _judge_bodies(self, values: dict[str, bytes]) -> None:
        """Look whether the submission of each job stands where its key says."""
        places = {job_id: place for job_id, value in values.items() if (place := wire.body_place(value)) is not None}
        commits = self._commits({place.entry for place in places.values()})
        missing = []
        for job_id, value in values.items():
            place = places.get(job_id)
            data = place.cut(commits.get(place.entry, b"")) if place else value
            if not self._is_body(job_id, data):
                missing.append(job_id)
        if not missing:
            return
        now = self._look.at_once(("HMGET", self._look.keys.bodies, *missing))[0]
        for job_id, value in zip(missing, now, strict=True):
            if value == values[job_id] and type(self._look.book.lives.get(job_id)) is Life:
                self._look.blame(f"the key {self._look.keys.bodies} does not lead to the submission of job {job_id}")

    def _is_body(self, job_id: str, data: bytes) -> bool:
        try:
            body = wire.body(data)
        except (*UNREADABLE, AssertionError):
            return False
        life = self._look.book.lives[job_id]
        return body.job_id == job_id and (body.queue, body.type) == life.line

    def _commits(self, entries: Iterable[str]) -> dict[str, bytes]:
        pipe = self._look.client.pipeline(transaction=False)
        for entry in sorted(entries):
            pipe.xrange(self._look.keys.log, entry, entry)
        return {found[0][0].decode(): found[0][1].get(b"c", b"") for found in pipe.execute() if found}

    def check_extra(self) -> None:
        """Look for jobs that the keys hold and the log does not, or not any more."""
        lives = self._look.book.lives
        (count,) = self._look.at_once(("HLEN", self._look.keys.bodies))
        keys = (
            [self._look.keys.held]
            if count == self._look.book.unfinished
            else [self._look.keys.held, self._look.keys.bodies]
        )
        for key in keys:
            for page in self._look.scan(key):
                odd = [job_id for job_id in page if type(lives.get(job_id)) is not Life]
                if odd and not self._look.all_unknown(odd):
                    self._jobs(odd)
