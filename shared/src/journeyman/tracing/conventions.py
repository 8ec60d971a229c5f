"""What spans, attributes and the labels of metrics are called: every name, once. Pure.

Those that OpenTelemetry's semantic conventions know (messaging, exceptions, services) are theirs; what they do not
know begins with `journeyman.`.
"""

from __future__ import annotations

from typing import Final, Literal

SYSTEM: Final = "journeyman"

# --- spans: names ----------------------------------------------------------------------------------------

#: The whole of a job, from submission to end.
JOB: Final = "job {type}"
#: An execution: "process {queue}" in the conventions' order, operation and destination.
ATTEMPT: Final = "process {queue}"
#: What it waited for, by the kind of the span.
WAITS: Final = ("blocked", "scheduled", "queued", "held", "backoff")

Outcome = Literal["succeeded", "failed", "lost", "returned", "cancelled"]
OUTCOMES: Final = ("succeeded", "failed", "lost", "returned", "cancelled")

# --- attributes: the conventions' ------------------------------------------------------------------------

MESSAGING_SYSTEM: Final = "messaging.system"
DESTINATION: Final = "messaging.destination.name"
PARTITION: Final = "messaging.destination.partition.id"
MESSAGE_ID: Final = "messaging.message.id"
CLIENT_ID: Final = "messaging.client.id"
OPERATION_NAME: Final = "messaging.operation.name"
OPERATION_TYPE: Final = "messaging.operation.type"
ERROR_TYPE: Final = "error.type"
EXCEPTION: Final = "exception"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
EXCEPTION_STACKTRACE: Final = "exception.stacktrace"
SERVICE_NAME: Final = "service.name"
SERVICE_NAMESPACE: Final = "service.namespace"
SERVICE_VERSION: Final = "service.version"
SERVICE_INSTANCE: Final = "service.instance.id"

#: Values of `messaging.operation.type` and `.name`.
PROCESS: Final = "process"
SEND: Final = "send"

# --- attributes: ours ------------------------------------------------------------------------------------

JOB_ID: Final = "journeyman.job.id"
JOB_TYPE: Final = "journeyman.job.type"
JOB_STATUS: Final = "journeyman.job.status"
JOB_GENERATION: Final = "journeyman.job.generation"
JOB_PRIORITY: Final = "journeyman.job.priority"
JOB_ATTEMPTS: Final = "journeyman.job.attempts"
#: Why it ended as it did: a dead letter's or a cancellation's reason.
JOB_REASON: Final = "journeyman.job.reason"
#: Before the name of each tag.
TAG: Final = "journeyman.tag."
ATTEMPT_NUMBER: Final = "journeyman.attempt.number"
ATTEMPT_OUTCOME: Final = "journeyman.attempt.outcome"
ATTEMPT_REASON: Final = "journeyman.attempt.reason"
#: Time in the job's own code, in microseconds, as the worker measured it.
ATTEMPT_RUN_US: Final = "journeyman.attempt.run_us"
WORKER: Final = "journeyman.worker.id"
WAIT: Final = "journeyman.wait"
#: Parents that a blocked job waited for.
WAIT_ON: Final = "journeyman.wait.on"
WAIT_DELAY_MS: Final = "journeyman.wait.delay_ms"
PROGRESS: Final = "progress"
PERCENT: Final = "journeyman.progress.percent"
MESSAGE: Final = "journeyman.progress.message"
#: What a link leads to: `dependency`, or the job's own former `generation`.
LINK: Final = "journeyman.link"
LINK_DEPENDENCY: Final = "dependency"
LINK_GENERATION: Final = "generation"

# --- services, as `service.name` says them ---------------------------------------------------------------

#: Whose the spans of jobs are: the system's, since no single service has a job.
SERVICE_JOBS: Final = "journeyman-jobs"
SERVICE_INGEST: Final = "journeyman-ingest"
SERVICE_SCHEDULER: Final = "journeyman-scheduler"
SERVICE_WORKER: Final = "journeyman-worker"
SERVICE_AUTOSCALER: Final = "journeyman-autoscaler"
SERVICE_DASHBOARD: Final = "journeyman-dashboard"

# --- labels of metrics -----------------------------------------------------------------------------------

LABEL_TYPE: Final = "type"
LABEL_QUEUE: Final = "queue"
LABEL_OUTCOME: Final = "outcome"
LABEL_STATUS: Final = "status"
LABEL_PRIORITY: Final = "priority"
LABEL_STATE: Final = "state"
LABEL_DIRECTION: Final = "direction"
LABEL_SERVICE: Final = "service"
LABEL_VERSION: Final = "version"
#: In an exemplar: the trace that it is an example of.
LABEL_TRACE: Final = "trace_id"
#: At most so many types and queues have a name of their own in metrics; the rest share this one.
NAMES_MAX: Final = 100
OTHER: Final = "other"
