"""`journeyman up`: the embedded server and every service on this machine, kept running until told to stop.

Stopping (Ctrl-C, SIGTERM) drains the workers first and ends the server last; a second Ctrl-C hurries. Whatever is
killed instead leaves no orphans: children hold a lifeline to this process, and the next start ends what an earlier
one left (see docs/adr/0001-workspace.md).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from journeyman.errors import JourneymanError, SettingsError
from journeyman.process import FAILED, OK, WRONG_USAGE
from journeyman.settings import PREFIX, Settings
from journeyman_local.addresses import server_answers, settle_ports
from journeyman_local.datadir import DataDir, read_run, server_run_file
from journeyman_local.leftovers import end
from journeyman_local.output import Output
from journeyman_local.plan import server, server_config, services, with_options
from journeyman_local.signals import StopRequests
from journeyman_local.supervisor import StartFailedError, Supervisor

if TYPE_CHECKING:
    from journeyman_local.demo import Demo

#: Loading the largest log that fits a machine takes minutes; not answering at all is told by the server ending.
SERVER_READY_S = 600.0
READY_S = 90.0
#: Where the jobs of `--demo` are; known by default, and beside modules that were asked for.
SAMPLES = "journeyman_worker.samples"


def run_up(
    settings: Settings,
    *,
    workers: int | None = None,
    tasks: Sequence[str] = (),
    demo: bool = False,
    log_format: str = "text",
    embedded: bool | None = None,
    partitions: int | None = None,
) -> int:
    """Run everything until a signal; returns the exit code.

    embedded: whether to start a server (None: unless `JOURNEYMAN_REDIS_URL` or `settings` name another one).
    workers: their fixed number (None: as many as the backlog needs). tasks: modules whose jobs the workers know.
    partitions: of the embedded server (None: as many as it has had).
    """
    output = Output(log_format)
    requests = StopRequests()
    try:
        data = DataDir(Path(settings.data_dir))
        try:
            _end_leftovers(data, output)
            modules = [*tasks, SAMPLES] if demo and tasks else tasks
            settings = settle_ports(with_options(settings, workers=workers, tasks=modules))
            if embedded is None:
                embedded = _embedded(settings)
            if embedded:
                if partitions is None and f"{PREFIX}PARTITIONS" in os.environ:
                    partitions = settings.partitions
                settings = msgspec.structs.replace(settings, partitions=data.settle_partitions(partitions))
            return _Up(settings, data, output, requests).run(embedded=embedded, demo=demo)
        finally:
            data.close()
    except SettingsError as error:
        return _say(error, WRONG_USAGE)
    except StartFailedError as error:
        return _say(error, error.code)
    except JourneymanError as error:
        return _say(error, FAILED)


class _Up:
    """One run, from start to stop."""

    def __init__(self, settings: Settings, data: DataDir, output: Output, requests: StopRequests) -> None:
        self._settings = settings
        self._data = data
        self._output = output
        self._requests = requests
        self._supervisor = Supervisor(data.run_file, output, requests)

    def run(self, *, embedded: bool, demo: bool) -> int:
        sample = self._sample() if demo else None
        try:
            if embedded:
                self._start_server()
            if sample:
                self._settings = msgspec.structs.replace(self._settings, smtp_url=sample.start_mailbox())
            for spec in services(self._settings, os.environ):
                self._supervisor.start(spec)
            self._supervisor.await_ready(["ingest", "dashboard"], READY_S)
            if not self._requests.asked:
                self._announce()
                if sample:
                    sample.start(self._settings)
            self._supervisor.run()
        finally:
            self._output.note("stopping: workers first, the server last (Ctrl-C again to hurry)")
            self._supervisor.stop()
            if sample:
                sample.close()
        return OK

    def _sample(self) -> Demo:
        from journeyman_local.demo import Demo  # the samples' libraries are not needed otherwise

        return Demo(self._data.path / "samples", self._output, self._requests)

    def _start_server(self) -> None:
        socket = self._data.socket()
        url = f"unix://{socket}?db=0"
        self._settings = msgspec.structs.replace(self._settings, redis_url=url)
        config = server_config(self._settings, self._data.server_directory, socket)
        self._data.server_config.write_text(config)
        self._data.url_file.write_text(url + "\n")
        self._supervisor.start(server(self._data.server_config, self._data.run_file, self._settings, os.environ))
        self._supervisor.await_condition(lambda: server_answers(socket), "the embedded server", SERVER_READY_S)

    def _announce(self) -> None:
        settings, say = self._settings, self._output.say
        say()
        say(f"  dashboard   [bold]{settings.dashboard_address()}[/]")
        say(f"  submit to   [bold]{settings.ingest_address()}/jobs[/]   (OpenAPI at /schema)")
        say(f"  log         {settings.redis_url}")
        if settings.partitions > 1:
            say(f"  partitions  {settings.partitions}")
        say(f"  data        {self._data.path}")
        say("  Ctrl-C stops; every job is kept")
        say()


def _embedded(settings: Settings) -> bool:
    """Say whether nobody named a server."""
    return PREFIX + "REDIS_URL" not in os.environ and settings.redis_url == Settings().redis_url


def _end_leftovers(data: DataDir, output: Output) -> None:
    """End what an earlier run left behind, the server last."""
    recorded = read_run(data.run_file)
    services_left = [process for process in recorded if process.name != "server"]
    servers_left = [process for process in recorded if process.name == "server"]
    ended = end(services_left) + end(servers_left + read_run(server_run_file(data.run_file)))
    if ended:
        output.note(f"ended {len(ended)} processes that an earlier run had left behind", "warning")


def _say(error: Exception, code: int) -> int:
    if str(error):
        print(f"journeyman up: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the command's own error line
    return code
