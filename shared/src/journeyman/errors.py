"""Everything that can be wrong, named for what is so. Adapters translate their libraries' errors to these."""

from __future__ import annotations


class JourneymanError(Exception):
    """The root of every error this project raises on purpose."""


class SettingsError(JourneymanError):
    """A setting is unknown, malformed or contradicts another. The process ends with exit code 2."""


class ServerUnavailableError(JourneymanError):
    """The server cannot be reached, refused the password, or did not answer in time."""


class UnsuitableServerError(JourneymanError):
    """The server answers, but is too old, may evict keys, or cannot keep the promised durability."""


class ServerRefusedError(JourneymanError):
    """The server is alive and declines to write: out of memory, disk full, read-only, or loading."""


class ServerFullError(ServerRefusedError):
    """The server has reached its memory limit: it takes no new jobs, and everything else goes on."""


class RebuildNeededError(JourneymanError):
    """The log is there and the keys derived from it are not; a scheduler must rebuild them first."""


class EpochPassedError(JourneymanError):
    """A later scheduler has been elected; this one's decisions are refused."""

    def __init__(self, epoch: int, current: int) -> None:
        super().__init__(f"epoch {epoch} has passed: the scheduler of epoch {current} decides now")
        self.epoch = epoch
        self.current = current


class HistoryLostError(JourneymanError):
    """The log does not hold what was read of it: its server lost the end of it. What was decided on that is refused."""


class WorkerLostError(JourneymanError):
    """The log holds this worker to be lost; it must stop what it runs and join again under a new id."""

    def __init__(self, worker: str) -> None:
        super().__init__(f"worker {worker} was declared lost")
        self.worker = worker


class UndecodableEntryError(JourneymanError):
    """A log entry, or one event of it, cannot be understood by this version."""


class BlobMissingError(JourneymanError):
    """A payload or result was stored outside the log and is not there, or not what was stored."""


class ArchiveDamagedError(JourneymanError):
    """A segment of the archive is missing, or is not what was written."""


class ArchiveUnavailableError(JourneymanError):
    """The archive cannot be read or written."""


class ArchiveAheadError(JourneymanError):
    """Somebody else has extended the archive meanwhile."""


class OtherLogError(JourneymanError):
    """The log on the server is not the one that the archive is of: it was emptied or replaced."""


class CloudError(JourneymanError):
    """A call of one of Amazon's services did not do what it should."""


class CloudUnavailableError(CloudError):
    """The service cannot be reached, is throttling or not well, or has been left alone after failing for some time."""


class CloudRefusedError(CloudError):
    """The service answers and says no: something is missing, malformed, or not permitted."""

    def __init__(self, text: str, *, code: str = "", status: int = 0) -> None:
        super().__init__(text)
        self.code = code
        self.status = status
