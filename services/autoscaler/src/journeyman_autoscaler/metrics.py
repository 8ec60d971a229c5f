"""What the autoscaler tells Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

WANTED = Gauge("journeyman_autoscaler_wanted_workers", "Workers there should be.")
RUNNING = Gauge("journeyman_autoscaler_running_workers", "Workers there are, as the log says.")
LEAST = Gauge("journeyman_autoscaler_min_workers", "Fewest workers it may want.")
MOST = Gauge("journeyman_autoscaler_max_workers", "Most workers it may want.")
BACKLOG = Gauge("journeyman_autoscaler_backlog_jobs", "Jobs in line that some worker may claim.")
ARRIVALS = Gauge("journeyman_autoscaler_arrivals_per_second", "Jobs that come into line, of late.")
DECISIONS = Counter(
    "journeyman_autoscaler_decisions", "Decisions that changed how many workers there should be.", ["direction"]
)
UP, DOWN = "up", "down"
for _direction in (UP, DOWN):
    DECISIONS.labels(_direction)
