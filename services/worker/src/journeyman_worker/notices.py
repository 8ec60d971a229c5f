"""What is about to become of an EC2 instance, from what its metadata says: a pure function.

`lifecycle`: its Auto Scaling group takes it away, and a lifecycle hook (if there is one) holds it until somebody says
that it may go. `spot`: EC2 takes it away at a certain time, two minutes from when it said so. `rebalance`: EC2 may
soon take it away; a group that rebalances puts another in its place, and then takes it away.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import msgspec

Kind = Literal["lifecycle", "spot", "rebalance"]

#: Where these three stand in the metadata.
STATE = "autoscaling/target-lifecycle-state"
SPOT = "spot/instance-action"
REBALANCE = "events/recommendations/rebalance"

#: What the group says of an instance that it takes away. Others (Standby, Detached, warm pools) are no end.
TAKEN_AWAY = "Terminated"
#: What a spot notice leaves, where it does not say.
SPOT_WARNING_S = 120.0

IN_WORDS: dict[Kind, str] = {
    "lifecycle": "the Auto Scaling group takes this instance away",
    "spot": "this spot instance is interrupted",
    "rebalance": "EC2 recommends to rebalance: this spot instance may be interrupted soon",
}


class Notice(NamedTuple):
    """What was said. deadline_s: when the instance is gone, in seconds since 1970, where that is known."""

    kind: Kind
    deadline_s: float | None = None


def notice_of(
    state: str | None, spot: str | None, rebalance: str | None, now_s: float, since_s: float
) -> Notice | None:
    """Return the most pressing of what was said; None: nothing.

    since_s: when this worker began. A recommendation of before was heeded by the one before it, and nothing came of it.
    """
    deadline_s = None if spot is None else (_time(spot, "time") or now_s + SPOT_WARNING_S)
    if state is not None and state.strip() == TAKEN_AWAY:
        return Notice("lifecycle", deadline_s)
    if spot is not None:
        return Notice("spot", deadline_s)
    if rebalance is not None and (_time(rebalance, "noticeTime") or now_s) >= since_s:
        return Notice("rebalance")
    return None


def _time(text: str, name: str) -> float | None:
    """Return a time of a JSON object in seconds since 1970; None where it is not what it should be."""
    try:
        told: Any = msgspec.json.decode(text)
        when = datetime.fromisoformat(told[name])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
