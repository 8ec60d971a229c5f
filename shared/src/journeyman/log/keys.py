"""Every key of a partition, in one place. All carry the hash tag `{p}`, so a partition lives in one slot.

The functions receive the fixed keys as KEYS, in the order of :data:`FIXED`. Keys that exist per queue, worker,
caller or hour are a fixed key followed by `:` and that name; they share its hash tag.
"""

from __future__ import annotations

#: name -> what it holds. The order is the order of KEYS.
FIXED: dict[str, str] = {
    "log": "stream: the log; each entry is a commit (field c), a scheduler's also its epoch (e) and cursor (i)",
    "meta": "hash: schema, born (when the log began), shut (only where a valve is), epoch, term (where the"
    " epoch was elected), cursor, the last commit's number and reply, retention",
    "leader": "string with a time to live: who holds the scheduler's lease",
    "bodies": "hash: job id -> where its job.submitted stands in the log, or the event itself; of every open job",
    "held": "hash: job id -> `attempt:worker`, of every job a worker holds; `attempt:` of one whose attempt is over and"
    " that was not released again",
    "void": "set: places in lines that are worth nothing any more",
    "paused": "set: queues that are shut",
    "beats": "sorted set: worker -> time of its last heartbeat; membership is registration",
    "dead": "hash: job id -> [facts, body], of every dead letter",
    "ended": "+ :hour, hash: job id -> how it ended (c + offset of the result; x + [facts, body])",
    "ready": "+ :queue, sorted set: `type` lines that are not empty as `priority:type`, by priority;"
    " + :queue:priority:type, list: the places of that line",
    "queues": "set: queues that have lines that are not empty",
    "idle": "+ :queue, set: workers that want to be rung when work arrives; + :*, those that serve every queue;"
    " + :>, those that wait to be handed places",
    "worker": "+ :worker, hash: queues, types, facts, drain, the last claim and the last finish",
    "stop": "+ :worker, hash: job id -> attempt to interrupt",
    "bell": "+ :worker, sharded channel: the worker's doorbell; + :scheduler, that of whoever leads",
    "idem": "+ :key, string with a time to live: fingerprint, offset and answer of an idempotent request",
    "caller": "+ :caller, string with a time to live: number and reply of the caller's last append",
    "snapshot": "string: where the scheduler's last snapshot is",
    "readers": "hash: reader -> the offset it has read up to; the log is kept from the least of them on;"
    " + :heard, hash: reader -> when it last said so",
    "valves": "hash: type of job that is shut -> `permits:by`, how many may start all the same and who has shut it",
}


#: Whose doorbell the functions ring for what something may follow from.
SCHEDULER = "scheduler"
#: As what whoever hands jobs to SQS takes its turn, and has the log kept.
FORWARDER = "sqs"


class Keys:
    """The keys of one partition in one namespace."""

    def __init__(self, namespace: str, partition: int) -> None:
        self.prefix = f"{namespace}:{{{partition}}}:"
        self.fixed: tuple[str, ...] = tuple(self.prefix + name for name in FIXED)
        self.log = self.prefix + "log"
        self.meta = self.prefix + "meta"
        self.bodies = self.prefix + "bodies"
        self.dead = self.prefix + "dead"
        self.beats = self.prefix + "beats"
        self.snapshot = self.prefix + "snapshot"
        self.readers = self.prefix + "readers"
        self.paused = self.prefix + "paused"
        self.held = self.prefix + "held"
        self.valves = self.prefix + "valves"

    def of(self, name: str, *parts: str | int) -> str:
        """Return the key `name` of FIXED, followed by its parts."""
        return ":".join([self.prefix + name, *map(str, parts)])

    def turn(self, name: str) -> tuple[str, str]:
        """Return the keys of a turn: who has it, a string with a time to live; how far the work has come."""
        return self.prefix + f"turn:{name}", self.prefix + f"turn:{name}:place"

    def everything_derived(self) -> str:
        """Pattern of all keys of the partition; the log itself matches too and is to be left alone."""
        return self.prefix.replace("[", "\\[") + "*"
