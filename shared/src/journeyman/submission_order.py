"""The order in which the jobs of a batch enter the log: parents before children; and what a cycle looks like."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from journeyman.submission_checks import InvalidSubmissionError, invalid


def ordered(parents: Sequence[Sequence[int]]) -> list[int]:
    """Return the indexes so that parents come first (Kahn's algorithm, the lowest index first).

    `parents[i]` are the indexes, without repetition, that `i` waits for. Raises InvalidSubmissionError for a cycle.
    """
    if not any(parents):
        return list(range(len(parents)))
    missing = [len(needed) for needed in parents]
    children: list[list[int]] = [[] for _ in parents]
    for child, needed in enumerate(parents):
        for parent in needed:
            children[parent].append(child)
    ready = [index for index, count in enumerate(missing) if not count]
    heapify(ready)
    order = []
    while ready:
        index = heappop(ready)
        order.append(index)
        for child in children[index]:
            missing[child] -= 1
            if not missing[child]:
                heappush(ready, child)
    if len(order) < len(parents):
        raise _cycle(parents, set(order))
    return order


def _cycle(parents: Sequence[Sequence[int]], ordered: set[int]) -> InvalidSubmissionError:
    """Name one cycle: from any job left over, going to parents left over, something comes round."""
    at = next(index for index in range(len(parents)) if index not in ordered)
    seen: dict[int, int] = {}
    while at not in seen:
        seen[at] = len(seen)
        at = next(parent for parent in parents[at] if parent not in ordered)
    circle = [index for index, position in seen.items() if position >= seen[at]]
    shown = " -> ".join(f"jobs[{index}]" for index in [*circle[:10], at])
    return invalid(f"$.jobs[{at}].depends_on", f"A cycle: {shown}")
