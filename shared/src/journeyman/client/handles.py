"""What `submit` returns: the job's id and first facts, with the client's calls about this one job at hand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from journeyman.client.views import AcceptedView, EventView, ExplanationView, JobView

if TYPE_CHECKING:
    from journeyman.client.awaited import AsyncClient
    from journeyman.client.sync import Client


class _Handle:
    """A job that was accepted. `accepted` is the server's answer; the rest is asked for anew each time."""

    def __init__(self, accepted: AcceptedView) -> None:
        self.accepted = accepted

    @property
    def id(self) -> str:
        """The id of the job."""
        return self.accepted.id

    @property
    def type(self) -> str:
        """The type of the job."""
        return self.accepted.type

    @property
    def submitted_at(self) -> datetime | None:
        """When the job was submitted, by the server's clock; None for a job of a batch."""
        return self.accepted.submitted_at

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.type} {self.id}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Handle) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)


class Job(_Handle):
    """A submitted job, as the blocking client returns it."""

    def __init__(self, client: Client, accepted: AcceptedView) -> None:
        super().__init__(accepted)
        self._client = client

    def view(self) -> JobView:
        """Read what is known of the job now."""
        return self._client.job(self.id)

    def wait(self, timeout: float | None = None) -> JobView:
        """Wait until the job has ended; see `Client.wait`."""
        return self._client.wait(self.id, timeout)

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the job and return its result; see `Client.result`."""
        return self._client.result(self.id, timeout)

    def history(self) -> tuple[EventView, ...]:
        """Read the job's events."""
        return self._client.history(self.id)

    def explain(self) -> ExplanationView:
        """Read why the job is where it is."""
        return self._client.explain(self.id)

    def cancel(self) -> None:
        """Ask that the job does not run, or not go on."""
        self._client.cancel(self.id)


class AsyncJob(_Handle):
    """A submitted job, as the async client returns it."""

    def __init__(self, client: AsyncClient, accepted: AcceptedView) -> None:
        super().__init__(accepted)
        self._client = client

    async def view(self) -> JobView:
        """Read what is known of the job now."""
        return await self._client.job(self.id)

    async def wait(self, timeout: float | None = None) -> JobView:
        """Wait until the job has ended; see `AsyncClient.wait`."""
        return await self._client.wait(self.id, timeout)

    async def result(self, timeout: float | None = None) -> Any:
        """Wait for the job and return its result; see `AsyncClient.result`."""
        return await self._client.result(self.id, timeout)

    async def history(self) -> tuple[EventView, ...]:
        """Read the job's events."""
        return await self._client.history(self.id)

    async def explain(self) -> ExplanationView:
        """Read why the job is where it is."""
        return await self._client.explain(self.id)

    async def cancel(self) -> None:
        """Ask that the job does not run, or not go on."""
        await self._client.cancel(self.id)
