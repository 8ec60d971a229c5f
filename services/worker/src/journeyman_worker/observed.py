"""What a worker process tells of its jobs beside the log: spans of their own code, lines with their ids."""

from __future__ import annotations

from typing import NamedTuple

from journeyman_worker.job_lines import JobLevels
from journeyman_worker.job_tracing import JobTracing


class Observed(NamedTuple):
    """tracing: None where no spans are sent. levels: None where nobody set up log lines."""

    tracing: JobTracing | None = None
    levels: JobLevels | None = None


UNOBSERVED = Observed()
