"""Which tests one process of several runs together, and in which order.

Together are those of a file, which share what their fixtures have started. Two folders are otherwise. The tests of
deploy/ are one lot, for its environments are made once a session, which costs more than the tests do. A row of the
chaos matrix and a simulation share nothing, and each takes long: they go singly.

The folders are mixed. Browsers keep a processor busy; breaking things is waiting for what becomes of it. One beside the
other, they take less time than one after the other.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/deploy/",)
SINGLY = ("tests/chaos/test_chaos.py", "tests/simulation/")


class Distribution(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out lots of tests in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return lot(nodeid)


def lot(nodeid: str) -> str:
    """Return the name of the lot to which a test belongs."""
    if nodeid.startswith(SINGLY):
        return nodeid
    return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid.partition("::")[0])


def mixed(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests file by file, with the files of each folder spread over the whole."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    folders: dict[Path, list[Path]] = {}
    for path in files:
        folders.setdefault(path.parent, []).append(path)
    place = {path: index / len(folder) for folder in folders.values() for index, path in enumerate(folder)}
    return [item for path in sorted(files, key=place.__getitem__) for item in files[path]]
