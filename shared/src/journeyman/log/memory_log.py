"""The log in this process's memory: the same calls, the same promises, nothing kept.

A real implementation that passes the conformance suite, for tests, for the in-process testing helper, and as the
readable statement of what the Lua functions do. Safe to share between threads; every call is one step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

from journeyman import events as e
from journeyman.codec import Cutter, decode_commit, encode_commit, encode_event, width
from journeyman.errors import EpochPassedError, HistoryLostError
from journeyman.log.api import (
    Appended,
    DeadLetter,
    Election,
    StoredOutcome,
    Verdict,
    WorkerBeat,
)
from journeyman.log.memory_workers import MemoryWorkers
from journeyman.log.redis_log import Health
from journeyman.proposals import Proposal


class MemoryLog(MemoryWorkers):
    """One partition in memory. `now_ms` is its clock (milliseconds since 1970)."""

    def __init__(self, now_ms: Callable[[], int] | None = None, partition: int = 0) -> None:
        self.partition = partition
        self._clock = now_ms or (lambda: time.time_ns() // 1_000_000)
        super().__init__()
        self._entries: list[tuple[e.Offset, bytes, int | None, str | None]] = []
        #: key -> fingerprint, offset, answer, until when it is remembered
        self._idem: dict[str, tuple[str, e.Offset | None, str, int]] = {}
        self._leader: tuple[str, int] | None = None
        self._epoch = 0
        #: Where the election of the present term stands.
        self._term = e.BEGINNING
        self._retention_ms = 86_400_000

    def close(self) -> None:
        """Nothing to close."""

    # --- writing ---------------------------------------------------------------------------------------

    def append(self, proposals: Sequence[Proposal], *, caller: str, number: int) -> Appended:
        """See `api.Log.append`."""
        with self._changed:
            return self._once(("append", caller), number, lambda: self._apply(proposals, None, None))

    def commit(self, proposals: Sequence[Proposal], *, epoch: int, number: int, cursor: e.Offset) -> Appended:
        """See `api.Log.commit`."""
        with self._changed:
            if epoch != self._epoch:
                raise EpochPassedError(epoch, self._epoch)
            is_of_this_term = cursor[:2] >= self._term[:2] or cursor[:2] == e.BEGINNING[:2]
            if not is_of_this_term or not self._holds(cursor):
                raise HistoryLostError("the log does not hold what this was decided on")
            return self._once(("commit", str(epoch)), number, lambda: self._apply(proposals, epoch, cursor.entry))

    def _apply(self, proposals: Sequence[Proposal], epoch: int | None, cursor: str | None) -> Appended:
        now = self._now()
        verdicts: list[Verdict] = []
        accepted: list[Sequence[e.Event]] = []
        last_event: list[tuple[int, int]] = []
        first_with_key: dict[str, int] = {}
        for index, proposal in enumerate(proposals):
            verdict = self._judge(proposal, first_with_key, proposals, now)
            verdicts.append(verdict)
            if not verdict.accepted or verdict.replayed is not None:
                continue
            if proposal.events:
                accepted.append(proposal.events)
                last_event.append((index, sum(map(len, accepted)) - 1))
            for effect in proposal.effects:
                self.derived.effect(effect, proposal.events, now)
            if proposal.idempotency:
                first_with_key[proposal.idempotency.key] = index
        places = self._add(*accepted, epoch=epoch, cursor=cursor)
        for index, position in last_event:
            verdicts[index] = Verdict(True, places[position])
        self._remember_keys(proposals, verdicts, first_with_key, now)
        self._bring()
        return Appended(now, verdicts)

    def _judge(
        self, proposal: Proposal, first_with_key: dict[str, int], proposals: Sequence[Proposal], now: int
    ) -> Verdict:
        idem = proposal.idempotency
        if idem is not None:
            stored = self._idem.get(idem.key)
            if stored is not None and stored[3] <= now:
                stored = None
            if idem.key in first_with_key:
                first = proposals[first_with_key[idem.key]].idempotency
                assert first is not None
                stored = (first.fingerprint, None, first.answer, now)
            if stored is not None:
                same = stored[0] == idem.fingerprint
                return Verdict(True, stored[1], "", stored[2]) if same else Verdict(False, None, "key_reused")
        why = self.derived.guard(proposal.guard) if proposal.guard is not None else None
        return Verdict(False, None, why) if why else Verdict(True)

    def _remember_keys(
        self, proposals: Sequence[Proposal], verdicts: list[Verdict], first_with_key: dict[str, int], now: int
    ) -> None:
        for key, index in first_with_key.items():
            idem = proposals[index].idempotency
            assert idem is not None
            self._idem[key] = (idem.fingerprint, verdicts[index].offset, idem.answer, now + idem.kept_ms)
        for index, verdict in enumerate(verdicts):
            idem = proposals[index].idempotency
            if verdict.replayed is not None and idem is not None and idem.key in first_with_key:
                verdicts[index] = verdict._replace(offset=verdicts[first_with_key[idem.key]].offset)

    def _add(self, *proposed: Sequence[e.Event], epoch: int | None = None, cursor: str | None = None) -> list[e.Offset]:
        """Append written events, cut into commits as a server's are; return where the last one stands each is for."""
        places: list[e.Offset] = []
        commit: list[e.Event] = []

        now = self._now()

        def flush() -> None:
            if commit:
                offset = self._next_offset(now)
                self._entries.append((offset, encode_commit(commit), epoch, cursor))
                places.extend(offset._replace(index=behind - 1) for behind in accumulate(map(width, commit)))
                commit.clear()

        cutter = Cutter()
        for events in proposed:
            cuts = set(cutter.cuts([width(event) for event in events], [len(encode_event(event)) for event in events]))
            for index, event in enumerate(events):
                if index in cuts:
                    flush()
                commit.append(event)
        flush()
        if places:
            self._changed.notify_all()
        return places

    def write_raw(self, data: bytes) -> e.Offset:
        """Append an entry as it is, whatever it holds. For tests of what readers make of damage."""
        with self._changed:
            offset = self._next_offset(self._now())
            self._entries.append((offset, data, None, None))
            self._changed.notify_all()
            return offset

    def _next_offset(self, now: int) -> e.Offset:
        if self._entries:
            last = self._entries[-1][0]
            if now <= last.ms:
                return e.Offset(last.ms, last.seq + 1)
        return e.Offset(now, 0)

    def elect(self, scheduler: str, *, lease_ms: int, epoch_floor: int = 0) -> Election:
        """See `api.Log.elect`."""
        with self._changed:
            now = self._now()
            if self._leader is not None and self._leader[0] != scheduler and self._leader[1] > now:
                return Election(now, None, self._leader[1] - now)
            renewed = self._leader is not None and self._leader[0] == scheduler and self._leader[1] > now
            self._leader = (scheduler, now + lease_ms)
            if not renewed:
                self._epoch = max(self._epoch, epoch_floor) + 1
                [self._term] = self._add([e.SchedulerElected(self._epoch, scheduler)], epoch=self._epoch, cursor="")
            return Election(now, self._epoch, lease_ms)

    def resign(self, scheduler: str) -> None:
        """Give the lease back."""
        with self._changed:
            if self._leader is not None and self._leader[0] == scheduler:
                self._leader = None

    def lose_lease(self) -> None:
        """Forget who leads, as if the key had been deleted. For tests of what two schedulers make of it."""
        with self._changed:
            self._leader = None

    # --- reading ---------------------------------------------------------------------------------------

    def read(self, after: e.Offset, *, count: int = 100, block_ms: int | None = None) -> list[e.Entry]:
        """See `api.Log.read`."""
        with self._changed:
            if block_ms is not None:
                self._changed.wait_for(
                    lambda: bool(self._entries) and self._entries[-1][0] > after._replace(index=0), block_ms / 1000
                )
            start = self._after(after)
            found = self._entries[start : start + count]
        return [decode_commit(data, offset, epoch=epoch, cursor=cursor) for offset, data, epoch, cursor in found]

    def _after(self, after: e.Offset) -> int:
        low, high = 0, len(self._entries)
        while low < high:
            middle = (low + high) // 2
            if self._entries[middle][0][:2] <= after[:2]:
                low = middle + 1
            else:
                high = middle
        return low

    def _holds(self, offset: e.Offset) -> bool:
        after = self._after(offset)
        is_there = after > 0 and self._entries[after - 1][0][:2] == offset[:2]
        return is_there or offset[:2] == e.BEGINNING[:2]

    def read_on(self, after: e.Offset, *, count: int = 100) -> list[e.Entry]:
        """See `api.Log.read_on`."""
        with self._changed:
            if not self._holds(after):
                raise HistoryLostError(f"the log has no entry {after.entry} any more")
            return self.read(after, count=count)

    def end(self) -> e.Offset:
        """See `api.Log.end`."""
        with self._changed:
            return self._entries[-1][0] if self._entries else e.BEGINNING

    def at(self, offset: e.Offset) -> e.Event | None:
        """See `api.Log.at`."""
        before = offset._replace(seq=offset.seq - 1) if offset.seq else offset._replace(ms=offset.ms - 1, seq=1 << 62)
        found = self.read(before, count=1)
        if not found or found[0].offset[:2] != offset[:2] or offset.index >= len(found[0].events):
            return None
        return found[0].events[offset.index]

    # --- looking things up -----------------------------------------------------------------------------

    def _now(self) -> int:
        return self._clock()

    def now_ms(self) -> int:
        """See `api.Log.now_ms`."""
        return self._clock()

    def bodies(self, job_ids: Sequence[str]) -> dict[str, e.JobSubmitted]:
        """See `api.Log.bodies`."""
        with self._changed:
            return {job_id: self.derived.bodies[job_id] for job_id in job_ids if job_id in self.derived.bodies}

    def outcomes(self, job_ids: Iterable[str]) -> dict[str, StoredOutcome]:
        """See `api.Log.outcomes`."""
        with self._changed:
            found = ((job_id, self.derived.outcome(job_id)) for job_id in job_ids)
            return {job_id: outcome for job_id, outcome in found if outcome is not None}

    def dead_letters(self) -> Iterable[DeadLetter]:
        """See `api.Log.dead_letters`."""
        with self._changed:
            return list(self.derived.dead.values())

    def silent(self, since_ms: int) -> list[str]:
        """See `api.Log.silent`."""
        with self._changed:
            return self.derived.silent(since_ms)

    def beats(self) -> list[WorkerBeat]:
        """See `api.Log.beats`."""
        with self._changed:
            return self.derived.worker_beats()

    def health(self) -> Health:
        """See `RedisLog.health`."""
        with self._changed:
            return Health(0, 0, len(self.derived.bodies), True, "")

    def keep(self, job_ids: Iterable[str]) -> int:
        """See `RedisLog.keep`. Bodies are kept beside the log here."""
        return sum(job_id in self.derived.bodies for job_id in job_ids)

    def trim(self, before: e.Offset) -> int:
        """See `RedisLog.trim`."""
        with self._changed:
            kept = [entry for entry in self._entries if entry[0][:2] >= before[:2]]
            gone = len(self._entries) - len(kept)
            self._entries = kept
            return gone

    def remember_for(self, retention_ms: int) -> None:
        """See `RedisLog.remember_for`. Nothing is forgotten here: the process ends before."""
        self._retention_ms = retention_ms
