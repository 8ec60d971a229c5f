"""Stores snapshots beside the loop, one at a time: a store that does not answer keeps nobody from renewing the lease.

The state is packed on the loop's thread, since only there does it stand still. Storing it, and dropping the former
one, may take as long as a store that hangs; that is on a thread of its own, which nobody waits for at the process's
end. Where the snapshot is, is said on the loop's thread again, by who still leads in the epoch in which it was taken: a
former leader must not put an older snapshot in the place of a newer one. What was stored in vain stays, and harms
nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from journeyman import failpoints
from journeyman.blobs import BlobStore
from journeyman.events import Blob, Offset
from journeyman.log.redis_log import RedisLog
from journeyman.partition import Partition
from journeyman_scheduler import snapshots


@dataclass
class _Pending:
    """A snapshot that is being stored. `offset`: up to where it reaches. `epoch`: in which it was taken."""

    offset: Offset
    epoch: int
    blob: Blob | None = None
    error: Exception | None = None


class Storing:
    """The snapshots of one log. Used by the loop's thread alone."""

    def __init__(self, log: RedisLog, blobs: BlobStore) -> None:
        self._log = log
        self._blobs = blobs
        self._pending: _Pending | None = None
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether the store is being waited for."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, partition: Partition, epoch: int) -> None:
        """Begin to store a snapshot. Not while busy."""
        failpoints.hit("scheduler.before_snapshot")
        data = snapshots.to_bytes(partition)
        pending = self._pending = _Pending(partition.offset, epoch)

        def store() -> None:
            try:
                pending.blob = self._blobs.put(data, "snapshots")
            except Exception as error:  # noqa: BLE001 - raised again on the loop's thread
                pending.error = error

        self._beside(store)

    def place(self, epoch: int) -> Offset | None:
        """Say where a snapshot is that has been stored, and return up to where it reaches; None where there is none.

        Raises what storing it raised, and ServerUnavailableError.
        """
        pending = self._pending
        if pending is None or (pending.blob is None and pending.error is None):
            return None
        self._pending = None
        if pending.error is not None:
            raise pending.error
        if pending.blob is None or pending.epoch != epoch:
            return None
        former = snapshots.place(self._log, pending.blob, pending.offset)
        if former is not None:
            discarded = former
            self._beside(lambda: snapshots.discard(self._blobs, discarded))
        return pending.offset

    def forget(self) -> None:
        """Say nothing of the snapshot under way: it is of another log."""
        self._pending = None

    def _beside(self, work: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=work, name="snapshots", daemon=True)
        self._thread.start()
