"""Journeyman's worker: claims jobs and runs them as dramatiq actors.

```python
import journeyman_worker as jm

@jm.job("image.thumbnail", queue="images", timeout="30s", max_attempts=5)
def thumbnail(path: str, width: int = 256) -> dict[str, str]:
    jm.progress(50, "resizing")
    return {"path": path}
```
"""

from typing import TYPE_CHECKING

from journeyman_worker.actors import Job, job
from journeyman_worker.broker import JourneymanBroker
from journeyman_worker.context import CurrentJob, current, progress
from journeyman_worker.exceptions import InvalidPayload, NotInAJobError, Permanent, RetryAfter
from journeyman_worker.interrupts import Cancelled, Drained, Interrupt, Lost, TimeLimitExceeded

if TYPE_CHECKING:
    from journeyman_worker import testing

__all__ = [
    "Cancelled",
    "CurrentJob",
    "Drained",
    "Interrupt",
    "InvalidPayload",
    "Job",
    "JourneymanBroker",
    "Lost",
    "NotInAJobError",
    "Permanent",
    "RetryAfter",
    "TimeLimitExceeded",
    "current",
    "job",
    "progress",
    "testing",
]


def __getattr__(name: str) -> object:
    if name == "testing":
        import importlib

        return importlib.import_module("journeyman_worker.testing")
    raise AttributeError(name)
