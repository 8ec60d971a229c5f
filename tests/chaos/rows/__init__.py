"""The matrix: every row in the order of the table. A row's module says what breaks, and what must hold all the same."""

from __future__ import annotations

from chaos.frame import Row
from chaos.rows import (
    damaged_entries,
    deletions,
    failovers,
    failpoints,
    full,
    kills,
    lost_replies,
    partitions,
    pauses,
    poison,
    power_loss,
    server_kills,
    slowness,
    upgrade,
    wall_clock,
)

ROWS: list[Row] = [
    *kills.ROWS,
    *failpoints.ROWS,
    *server_kills.ROWS,
    *power_loss.ROWS,
    *failovers.ROWS,
    *partitions.ROWS,
    *lost_replies.ROWS,
    *pauses.ROWS,
    *slowness.ROWS,
    *full.ROWS,
    *poison.ROWS,
    *wall_clock.ROWS,
    *damaged_entries.ROWS,
    *deletions.ROWS,
    *upgrade.ROWS,
]
