"""Jobs that ended: dead letters, and the ends that are remembered for a while."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman.codec import UNREADABLE
from journeyman.log import wire
from journeyman.log.audit.look import ENOUGH, Look, ended, pages
from journeyman.verify.life import HOUR_MS, End

#: How long ends are remembered at least, unless the setting says less.
RETENTION_MS = 24 * HOUR_MS


class Ends:
    """The keys `dead` and `ended`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def check_dead_letters(self) -> None:
        """Look at every dead letter, also at what it says."""
        key = self._look.keys.dead
        seen: set[str] = set()
        for page in self._look.scan(key):
            seen |= page.keys()
            odd = [job_id for job_id, value in page.items() if not self._is_dead(job_id, value)]
            if odd and not self._look.all_unknown(odd):
                self._judge_dead(odd)
        all_ended = ((job_id, end) for job_id, end in self._look.book.lives.items() if type(end) is End)
        missing = [job_id for job_id, end in all_ended if end.ends[-1] == "failed" and job_id not in seen]
        for some in pages(missing[:ENOUGH]):
            self._judge_dead(some)

    def _is_dead(self, job_id: str, value: bytes) -> bool:
        end = self._look.book.lives.get(job_id)
        if type(end) is not End or end.ends[-1] != "failed":
            return False
        try:
            dead = wire.dead_letter(job_id.encode(), value)
        except (*UNREADABLE, AssertionError):
            return False
        same = (dead.generation, dead.attempt) == (end.generation, end.attempt)
        return same and dead.body.job_id == job_id and (dead.body.queue, dead.body.type) == end.line

    def _judge_dead(self, job_ids: Sequence[str]) -> None:
        (values,) = self._look.at_once(("HMGET", self._look.keys.dead, *job_ids))
        for job_id, value in zip(job_ids, values, strict=True):
            life = self._look.book.lives.get(job_id)
            is_dead = type(life) is End and life.ends[-1] == "failed"
            if life is None and self._look.partial:
                continue
            if is_dead and value is None:
                self._look.blame(f"dead letter {job_id} is missing from the key {self._look.keys.dead}", "I4")
            elif is_dead and not self._is_dead(job_id, value):
                self._look.blame(
                    f"the key {self._look.keys.dead} says something else of dead letter {job_id} than the log", "I4"
                )
            elif not is_dead and value is not None:
                self._look.blame(
                    f"job {job_id} {ended(life)}, and is a dead letter in the key {self._look.keys.dead}", "I4"
                )

    def check(self) -> None:
        """Look at how jobs ended within the retention, hour by hour; at each of them only where the number differs."""
        book = self._look.book
        retention = self._look.client.hget(self._look.keys.meta, "retention")
        kept_ms = min(int(retention or RETENTION_MS), RETENTION_MS)
        first = (self._look.log.now_ms() - kept_ms) // HOUR_MS + 1
        for hour in sorted(hour for hour in book.ended_in if hour >= first):
            (count,) = self._look.at_once(("HLEN", self._look.keys.of("ended", hour)))
            if count != book.ended_in[hour]:
                self._ends_in(hour)

    def _ends_in(self, hour: int) -> None:
        there: set[str] = set()
        for page in self._look.scan(self._look.keys.of("ended", hour)):
            there |= page.keys()
        lives = self._look.book.lives
        expected = {job_id for job_id, end in lives.items() if type(end) is End and end.hour == hour and _is_kept(end)}
        unknown = there - lives.keys() if self._look.partial else set()
        for some in pages(sorted((expected ^ there) - unknown)):
            self._judge_ends(hour, some)
            if self._look.enough:
                return

    def _judge_ends(self, hour: int, job_ids: Sequence[str]) -> None:
        # An entry may get a later time than the step it is made in, which the key's name says.
        replies = self._look.at_once(
            *(("HMGET", self._look.keys.of("ended", hour + near), *job_ids) for near in (-1, 0, 1))
        )
        for job_id, *values in zip(job_ids, *replies, strict=True):
            end, there = self._look.book.lives.get(job_id), any(value is not None for value in values)
            kept = type(end) is End and _is_kept(end)
            if kept and not there:
                self._look.blame(f"the end of job {job_id} is missing from the key {self._look.keys.of('ended', hour)}")
            elif there and not kept:
                self._look.blame(
                    f"job {job_id} {ended(end)}; the key {self._look.keys.of('ended', hour)} says something else"
                )


def _is_kept(end: End) -> bool:
    """Tell whether a job's end stands with the ends; dead letters stand elsewhere."""
    return end.ends[-1] != "failed"
