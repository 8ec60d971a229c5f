"""The sample run of `journeyman up --demo`: a mailbox, the sample jobs, their progress, and where the results are.

It runs on a thread of its own beside the supervisor, and talks to the system as any client does: over HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import msgspec
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from journeyman.client import Client, calls
from journeyman.client.views import JobView
from journeyman.errors import JourneymanError
from journeyman.settings import Settings
from journeyman_local.output import Output
from journeyman_local.signals import StopRequests
from journeyman_worker.samples.mailbox import Mailbox
from journeyman_worker.samples.workflow import workflow

_POLL_S = 0.15
_TIMEOUT_S = 10.0
_COLOURS = {"pending": "dim", "processing": "cyan", "completed": "green", "failed": "red", "cancelled": "yellow"}


class _Submitted(msgspec.Struct):
    ids: list[str]


class Demo:
    """One sample run, whose files go to `directory`."""

    def __init__(self, directory: Path, output: Output, requests: StopRequests) -> None:
        self._directory = directory
        self._output = output
        self._requests = requests
        self._mailbox = Mailbox(directory / "mails")

    def start_mailbox(self) -> str:
        """Start a mail server for the `email-sending` sample; returns its URL."""
        return f"smtp://127.0.0.1:{self._mailbox.start()}"

    def start(self, settings: Settings) -> None:
        """Submit the sample jobs and follow them to their ends, beside whatever else goes on."""
        Thread(target=self._run, args=(settings,), name="demo", daemon=True).start()

    def close(self) -> None:
        """End the mail server."""
        self._mailbox.close()

    def _run(self, settings: Settings) -> None:
        jobs = workflow(str(self._directory))
        names = [str(job.get("ref") or f"{job['type']} {number}") for number, job in enumerate(jobs, 1)]
        mails_before = len(self._mailbox.messages())
        try:
            with Client(
                settings.ingest_address(), dashboard_url=settings.dashboard_address(), timeout=_TIMEOUT_S
            ) as client:
                ids = _submit(client, jobs)
                self._output.note(f"submitted {len(ids)} sample jobs")
                views = self._follow(client, dict(zip(names, ids, strict=True)))
        except JourneymanError as error:
            self._output.say(f"sample jobs: could not be followed: {error}")
            return
        if not self._requests.asked:
            self._conclude(views, mails_before)

    def _follow(self, client: Client, ids: Mapping[str, str]) -> dict[str, JobView]:
        views: dict[str, JobView] = {}
        console = self._output.console
        live = Live(console=console, transient=False, auto_refresh=False) if console.is_terminal else None
        if live and not self._output.json:
            live.start()
        try:
            while not (len(views) == len(ids) and all(view.ended for view in views.values())):
                if self._requests.wait(_POLL_S):
                    break
                for name, job_id in ids.items():
                    if name not in views or not views[name].ended:
                        view = client.job(job_id)
                        if live is None and (name not in views or views[name].status != view.status):
                            self._output.say(f"sample jobs: {name}: {view.status}")
                        views[name] = view
                if live:
                    live.update(_table(views), refresh=True)
        finally:
            if live:
                live.stop()
        return views

    def _conclude(self, views: Mapping[str, JobView], mails_before: int) -> None:
        say = self._output.say
        broken = {name: view for name, view in views.items() if not view.succeeded}
        if not broken:
            say("sample jobs: all completed")
        for name, view in broken.items():
            why = f"{view.error.type}: {view.error.message}" if view.error else "no error was recorded"
            say(f"sample jobs: {name} ({view.id}) {view.status}: {why}")
        for report in sorted(self._directory.rglob("report.html")):
            say(f"  report      {report}")
        if mails := self._mailbox.messages()[mails_before:]:
            say(f"  mails       {len(mails)} in {self._mailbox.directory}")
        say(f"  all files   {self._directory}")


def _submit(client: Client, jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    body = msgspec.json.encode({"jobs": jobs})
    return msgspec.json.decode(client.fetch(calls.submit_batch(body, uuid4().hex)), type=_Submitted).ids


def _table(views: Mapping[str, JobView]) -> Table:
    table = Table(title="sample jobs", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading, width in (("job", 21), ("status", 10), ("", 20), ("", 12)):
        table.add_column(heading, no_wrap=True, min_width=width)
    for name, view in views.items():
        percent = 100.0 if view.succeeded else view.progress.percent if view.progress else 0.0
        message = view.error.message if view.error else view.progress.message if view.progress else ""
        status = Text(view.phase, style=_COLOURS.get(view.status, ""))
        words = Text("" if view.succeeded else message[:60], "dim")
        table.add_row(name, status, ProgressBar(100, percent, width=20), words)
    return table
