"""The moments that were asked for of late, kept for the next question about them: a screen asks several at once."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journeyman_dashboard.past.moments import AsOf, Cut, cut_at
from journeyman_dashboard.past.picture import PastPicture

#: Moments kept, those asked for last; each holds some megabytes.
KEPT_MAX = 6


class Pasts:
    """The moments of the read model in the file at `path`. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._kept: dict[Cut, PastPicture] = {}

    @contextmanager
    def at(self, connection: sqlite3.Connection, as_of: AsOf) -> Iterator[PastPicture]:
        """Hold the picture of a moment; nobody else asks it meanwhile. connection: one of the present.

        Raises TooLongAgoError.
        """
        cut = cut_at(connection, as_of)
        picture = self._hold(cut)
        try:
            yield picture
        except BaseException:
            # It may be half painted.
            self._drop(cut, picture)
            raise
        finally:
            if picture.dropped:
                picture.close()
            picture.lock.release()

    def _hold(self, cut: Cut) -> PastPicture:
        """Return the picture of a cut, and its lock with it. One that was let go of meanwhile is another's to close."""
        while True:
            picture = self._kept_for(cut)
            picture.lock.acquire()
            if not picture.dropped:
                return picture
            picture.lock.release()

    def _kept_for(self, cut: Cut) -> PastPicture:
        with self._lock:
            picture = self._kept.pop(cut, None) or PastPicture(self._path, cut)
            self._kept[cut] = picture
            while len(self._kept) > KEPT_MAX:
                _let_go(self._kept.pop(next(iter(self._kept))))
            return picture

    def _drop(self, cut: Cut, picture: PastPicture) -> None:
        with self._lock:
            picture.dropped = True
            if self._kept.get(cut) is picture:
                del self._kept[cut]

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for picture in self._kept.values():
                picture.close()
            self._kept.clear()


def _let_go(picture: PastPicture) -> None:
    """Close a picture; where somebody looks at it, they will."""
    picture.dropped = True
    if picture.lock.acquire(blocking=False):
        try:
            picture.close()
        finally:
            picture.lock.release()
