"""Children that live in other partitions: which job they wait for, and who is still owed an answer. Pure.

A part of the fold (`partition.py`). The protocol that brings watchers here and answers them is docs/adr/0009.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

#: In place of a status: the parent has not ended.
WAITS = ""
#: In place of a status: the parent was not known when the watch came; it may have ended before.
UNSURE = "?"


class Edge(NamedTuple):
    """A dependency between partitions."""

    child: str
    parent: str


class Watchers:
    """Read its attributes freely; `owed` is a note of what may have become decidable, the rest is state."""

    def __init__(self) -> None:
        #: parent -> child -> how the parent ended, or WAITS, or UNSURE.
        self.of: dict[str, dict[str, str]] = {}
        #: Who is to be told. A dict, for its order.
        self.owed: dict[Edge, None] = {}

    def add(self, parent: str, child: str, *, known: bool) -> None:
        """Let a child watch, unless it does already. `known`: the parent is there and has not ended."""
        children = self.of.setdefault(parent, {})
        if child not in children:
            children[child] = WAITS if known else UNSURE
            if not known:
                self.owed[Edge(child, parent)] = None

    def ended(self, parent: str, status: str) -> None:
        """Owe an answer to everybody who watches. The first end is the one that counts."""
        children = self.of.get(parent, {})
        for child, before in children.items():
            if before in (WAITS, UNSURE):
                children[child] = status
                self.owed[Edge(child, parent)] = None

    def answered(self, parent: str, child: str) -> None:
        """Forget a watcher that was told."""
        children = self.of.get(parent)
        if children is None:
            return
        children.pop(child, None)
        self.owed.pop(Edge(child, parent), None)
        if not children:
            del self.of[parent]

    def status(self, edge: Edge) -> str | None:
        """Return what stands beside a watcher; None where there is none."""
        return self.of.get(edge.parent, {}).get(edge.child)

    def snapshot(self) -> dict[str, dict[str, str]]:
        """Return the state, as a copy."""
        return {parent: dict(children) for parent, children in self.of.items()}

    @classmethod
    def restore(cls, of: Mapping[str, Mapping[str, str]]) -> Watchers:
        """Return the watchers of a snapshot, with everything that is owed noted."""
        self = cls()
        self.of = {parent: dict(children) for parent, children in of.items()}
        self.owe_all()
        return self

    def owe_all(self) -> None:
        """Note everybody who may be owed an answer."""
        for parent, children in self.of.items():
            for child, status in children.items():
                if status != WAITS:
                    self.owed[Edge(child, parent)] = None
