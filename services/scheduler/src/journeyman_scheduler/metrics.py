"""What the scheduler counts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

ENTRIES = Counter("journeyman_scheduler_entries", "Log entries folded.")
DECISIONS = Counter("journeyman_scheduler_proposals", "Decisions proposed to the log.", ["verdict"])
COMMIT_SECONDS = Histogram(
    "journeyman_scheduler_round_seconds",
    "Time to decide and commit one round.",
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3),
)
COMMIT_DECISIONS = Histogram(
    "journeyman_scheduler_commit_decisions",
    "Decisions accepted in one commit.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000),
)
LEADER = Gauge("journeyman_scheduler_leader", "1 while this scheduler leads.")
EPOCH = Gauge("journeyman_scheduler_epoch", "The epoch this scheduler leads, or last led, in.")
UNFINISHED = Gauge("journeyman_scheduler_unfinished_jobs", "Jobs that have not ended.")
AGENDA = Gauge("journeyman_scheduler_agenda_jobs", "Jobs about which something is to be decided.")
SNAPSHOTS = Counter("journeyman_scheduler_snapshots", "Snapshots taken.")
ARCHIVED = Counter("journeyman_scheduler_archived_entries", "Log entries archived.")
ARCHIVED_BYTES = Counter("journeyman_scheduler_archived_bytes", "Size of the archived segments, compressed.")
ARCHIVE_TROUBLE = Gauge("journeyman_scheduler_archive_trouble", "1 while the archive cannot be written.")
READERS_EXPIRED = Counter("journeyman_scheduler_readers_expired", "Readers struck off because they fell silent.")
HALTED = Gauge(
    "journeyman_scheduler_halted", "1 while this scheduler does not lead because the log is not the archived one."
)
HANDED = Counter("journeyman_scheduler_handed_places", "Places sent to SQS: released, or once more.", ["why"])
SQS_TROUBLE = Gauge("journeyman_scheduler_sqs_trouble", "1 while released jobs cannot be handed to SQS.")
SQS_DEAD = Counter(
    "journeyman_scheduler_sqs_dead_messages", "Messages found in the dead-letter queue of SQS.", ["what_became_of_it"]
)
