"""Extends the archive by what the log has gained, on a thread beside the loop, while this scheduler leads.

Where the archive ends is what the archive says, never what somebody remembers: a new leader, or one that comes back,
goes on from there. Who leads is asked once more before a segment appears; and where two write all the same, one of them
finds the number taken and looks again.

The last archived entry must stand in the log. It always does, since trimming leaves it there. Where it does not, the
server has lost the end of its log, and the archive goes on from the last entry that both have; or somebody trimmed by
hand, and the next segment says that something is missing before it; or this is another log, and nothing is written.

When the archive cannot be written, nothing is: `up_to` stays where it is, so nothing more is trimmed; a log line and a
metric say so; everything else goes on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from journeyman import failpoints
from journeyman.archive import Chain
from journeyman.archive_segments import Segment
from journeyman.archive_standing import Standing, standing
from journeyman.entries import Offset
from journeyman.errors import (
    ArchiveAheadError,
    ArchiveDamagedError,
    ArchiveUnavailableError,
    EpochPassedError,
    OtherLogError,
    ServerRefusedError,
    ServerUnavailableError,
)
from journeyman.log.raw_entries import RawLog
from journeyman_scheduler import metrics

_log = logging.getLogger(__name__)

#: What a server may lose in a crash or a failover stays out of the archive: entries are archived when they are so old.
SETTLED_MS = 2_000
#: How soon to try again after trouble, at most.
AGAIN_S = 5.0


class Archiver:
    """Archives one partition. `leads`: returns the epoch of this scheduler while it leads."""

    def __init__(self, raw: RawLog, chain: Chain, every_ms: int, leads: Callable[[], int | None]) -> None:
        self._raw = raw
        self._chain = chain
        self._every_s = every_ms / 1_000
        self._leads = leads
        self._due = 0.0
        self._end: tuple[Offset, int] | None = None
        self._checked: tuple[float, str] = (float("-inf"), "")
        #: Why this log must not be led on, as far as the thread has seen; empty where nothing speaks against it.
        self.refusal = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="archiver", daemon=True)
        #: What keeps the archive from being extended, in words; empty while nothing does.
        self.trouble = ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Let it end, behind the segment under way."""
        self._stop.set()

    def stopped(self) -> bool:
        """Tell whether it has ended, or never began."""
        return not self._thread.is_alive()

    def stop(self) -> None:
        """End, behind the segment under way."""
        self.ask_to_stop()
        if not self.stopped():
            self._thread.join()

    def up_to(self) -> tuple[Offset, int] | None:
        """Return the last archived entry, and the number of its segment; None as long as this leader does not know."""
        return self._end

    def refuses(self) -> str:
        """Say why this log must not be led: it is not the one that is archived. Empty where nothing speaks against it.

        Asked before a term begins: a log that was emptied would go on with the epochs of the old one. An archive that
        cannot be read speaks against a log without entries alone. Within a term it is the thread that looks, see
        `refusal`: an archive that does not answer must not cost the lease.
        """
        at, said = self._checked
        if time.monotonic() - at > AGAIN_S:
            said = self._why_not()
            self._checked = time.monotonic(), said
        return said

    def forget(self) -> None:
        """Look again at the next question: the log is another one than before."""
        self._checked = (float("-inf"), "")
        self.refusal = ""
        self._end = None

    def _why_not(self) -> str:
        try:
            standing(self._raw, self._chain)
        except (ArchiveUnavailableError, ArchiveDamagedError, OtherLogError) as error:
            return self._speaks_against(error)
        return ""

    def _speaks_against(self, error: Exception) -> str:
        """Return why the log must not be led, where what was met at the archive says so."""
        if isinstance(error, OtherLogError):
            return str(error)
        return "" if self._raw.extent().added else f"the log is empty, and whether it should be: {error}"

    # --- the thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        epoch = None
        while not self._stop.wait(min(0.2, self._every_s / 4)):
            leading = self._leads()
            if leading != epoch:
                epoch, self._end, self._due, self.refusal = leading, None, 0.0, ""
            if epoch is None or time.monotonic() < self._due:
                continue
            try:
                self._turn(epoch)
            except (ServerUnavailableError, ServerRefusedError, EpochPassedError, ArchiveAheadError) as error:
                _log.info("archiving later: %s", error)
                self._due = time.monotonic() + min(self._every_s, 1.0)
            except Exception:  # noqa: BLE001 - the loop's runner: whatever it is, say so and go on trying
                self._end = None
                _log.exception("archiving failed; trying again")
                self._tell("archiving failed; see the log")
                self._due = time.monotonic() + AGAIN_S

    def _turn(self, epoch: int) -> None:
        """Extend the archive, or say what keeps it from being extended, and whether that speaks against leading."""
        try:
            self._extend(epoch)
        except (ArchiveUnavailableError, ArchiveDamagedError, OtherLogError) as error:
            self._end = None
            self._tell(str(error))
            self.refusal = self._speaks_against(error)
            self._due = time.monotonic() + min(self._every_s, AGAIN_S)
        else:
            self._tell("")
            self.refusal = ""
            self._due = time.monotonic() + self._every_s

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            _log.error("%s. Nothing is archived and nothing is trimmed until then", trouble)
        elif self.trouble and not trouble:
            _log.info("archiving again")
        self.trouble = trouble
        metrics.ARCHIVE_TROUBLE.set(bool(trouble))

    def _extend(self, epoch: int) -> None:
        """Write segments until there is nothing left that is old enough."""
        now_ms = self._raw.log.now_ms()
        before_ms = now_ms - SETTLED_MS
        place = standing(self._raw, self._chain)
        _warn(place)
        full = True
        while full and not self._stop.is_set():
            self._end = (place.after, place.number) if place.last else None
            entries = self._raw.entries(place.after, until_ms=before_ms)
            plan = _plan(self._chain.partition, place, now_ms)
            failpoints.hit("scheduler.before_archive")
            written = self._chain.extend(entries, plan, before=lambda: self._see_that_we_lead(epoch))
            if written is None:
                return
            failpoints.hit("scheduler.after_archive")
            segment, full = written
            metrics.ARCHIVED.inc(segment.entries)
            metrics.ARCHIVED_BYTES.inc(segment.bytes)
            place = Standing(segment, segment.span[2], position=segment.end_position)
        self._end = (place.after, place.number) if place.last else None

    def _see_that_we_lead(self, epoch: int) -> None:
        failpoints.hit("scheduler.within_archive")
        current = self._raw.log.epoch()
        if current != epoch:
            raise EpochPassedError(epoch, current)


def _warn(place: Standing) -> None:
    if place.gap and place.last is None:
        _log.warning("the archive begins with entry number %d: the log was trimmed before", place.position + 1)
    elif place.gap and place.last is not None:
        _log.error(
            "the log was trimmed beyond the archive: %d entries after %s are in neither",
            place.position - place.last.end_position,
            place.last.last,
        )
    elif place.last is not None and place.after != place.last.span[2]:
        _log.error(
            "the server has lost what stood behind %s, which had been archived up to %s", place.after, place.last.last
        )


def _plan(partition: int, place: Standing, now_ms: int) -> Segment:
    """Return what is known of the next segment before it is written."""
    return Segment(
        partition=partition,
        number=place.number + 1,
        after=place.after.entry,
        first="",
        last="",
        entries=0,
        position=place.position,
        gap=place.gap,
        object="",
        bytes=0,
        sha256="",
        raw_bytes=0,
        last_sha256="",
        written_ms=now_ms,
    )
