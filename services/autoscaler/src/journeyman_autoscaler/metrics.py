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

#: In which way a call of AWS ended. failed: in an error that is nobody's answer.
CALLS = (
    "complete_lifecycle_action",
    "describe_auto_scaling_groups",
    "put_metric_data",
    "set_desired_capacity",
    "set_instance_protection",
)
ENDED = ("done", "unavailable", "refused", "failed")
CLOUD_CALLS = Counter("journeyman_autoscaler_cloud_calls", "Calls of AWS, by how they ended.", ["call", "ended"])
for _call in CALLS:
    for _ended in ENDED:
        CLOUD_CALLS.labels(_call, _ended)
ASKED = Gauge("journeyman_autoscaler_asked_instances", "Instances the Auto Scaling group was last asked for.")
INSTANCES = Gauge("journeyman_autoscaler_group_instances", "Instances of the Auto Scaling group.", ["state"])
for _state in ("in_service", "coming", "going"):
    INSTANCES.labels(_state)
ABSENT = Gauge(
    "journeyman_autoscaler_absent_instances", "Instances that were ordered, and on which no worker has joined in time."
)
