"""Keeps what bulks say of themselves in a file each, so that one that a stop cut off is not forgotten.

Those that had not ended when the process did are marked `interrupted` when the next one begins, which says so.
"""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from journeyman_dashboard.bulk.orders import Bulk

#: Bulks that are remembered, the latest.
KEPT_MAX = 100

_log = logging.getLogger(__name__)
_decode = msgspec.json.Decoder(Bulk).decode


class Ledger:
    """The bulks of one dashboard, in `directory`. Used by one thread at a time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def load(self) -> dict[str, Bulk]:
        """Return all bulks, in the order in which they began; none of them is under way any more."""
        found: dict[str, Bulk] = {}
        for path in sorted(self._directory.glob("b-*.json")):
            try:
                bulk = _decode(path.read_bytes())
            except (OSError, msgspec.MsgspecError) as error:
                _log.warning("cannot read %s: %s", path.name, error)
                continue
            if not bulk.over:
                _log.warning("bulk %s was interrupted: %d of %s jobs were done", bulk.id, bulk.done, bulk.matched)
                bulk.state, bulk.detail = "interrupted", "the dashboard was stopped"
                self.save(bulk)
            found[bulk.id] = bulk
        return found

    def save(self, bulk: Bulk) -> None:
        """Write what a bulk says now, in one step."""
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{bulk.id}.json"
        beside = path.with_suffix(".new")
        beside.write_bytes(msgspec.json.encode(bulk))
        beside.replace(path)

    def forget(self, bulk: Bulk) -> None:
        """Delete a bulk."""
        (self._directory / f"{bulk.id}.json").unlink(missing_ok=True)
