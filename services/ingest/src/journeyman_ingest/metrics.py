"""What Prometheus is told. One registry per process of ingest, so that two in one test do not add up."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from journeyman.exposition import method_label, own_registry


class Metrics:
    """The counters and histograms of one ingest. Counting is a call per request and per append, never per job."""

    def __init__(self) -> None:
        self.registry = own_registry("ingest")
        self._requests = Counter(
            "journeyman_ingest_requests",
            "Requests answered, by method, route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._refused = Counter(
            "journeyman_ingest_refused_requests",
            "Requests refused, by the kind of problem they were answered with.",
            ("reason",),
            registry=self.registry,
        )
        self._children: dict[tuple[str, str, int], Counter] = {}
        self.events = Counter(
            "journeyman_ingest_appended_events",
            "Events written to the log. A submission that is released at once is one.",
            registry=self.registry,
        )
        self.group = Histogram(
            "journeyman_ingest_group_commit_proposals",
            "Requests that shared one append.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000),
            registry=self.registry,
        )
        self.append_seconds = Histogram(
            "journeyman_ingest_append_seconds",
            "Time from sending an append to its reply, repetitions included.",
            buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
            registry=self.registry,
        )

    def refused(self, reason: str) -> None:
        """Count one refusal. `reason`: a kind of problem (`problem_kinds.KINDS`), or `fault`."""
        self._refused.labels(reason).inc()

    def answered(self, method: str, route: str, status: int) -> None:
        """Count one answer."""
        key = (method_label(method), route, status)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._requests.labels(key[0], route, str(status))
        child.inc()
