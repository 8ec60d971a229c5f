"""Every command and where it is. Nothing here imports a command, so `--help` starts fast."""

from __future__ import annotations

from typing import NamedTuple

from cyclopts import App

from journeyman import __version__


class Command(NamedTuple):
    """A command as the user writes it (`queue pause`), one line about it, and the function behind it."""

    words: str
    about: str
    function: str


GROUPS = {
    "queue": "Queues: see them, hold them back, let them go on.",
    "breaker": "Circuit breakers of types of jobs: see them, open them, close them.",
    "worker": "Workers: see them, drain them.",
    "blobs": "The bucket of large payloads and results.",
    "dead-letter": "Jobs that failed for good: see them, run them again.",
}

COMMANDS = (
    Command("up", "Start the whole system on this machine.", "up:up"),
    Command("submit", "Submit a job and print its id.", "submit:submit"),
    Command("status", "Show what is known of a job.", "jobs:status"),
    Command("wait", "Wait until jobs have ended.", "wait:wait"),
    Command("result", "Print what a job returned.", "jobs:result"),
    Command("explain", "Say why a job is where it is.", "jobs:explain"),
    Command("history", "Show everything that happened to a job.", "jobs:history"),
    Command("list", "List jobs.", "listing:list_jobs"),
    Command("export", "Write all jobs that match, one as JSON a line.", "export:export"),
    Command("stats", "Show counts, rates and latencies.", "listing:stats"),
    Command("cancel", "Ask that jobs do not run, or not go on.", "changes:cancel"),
    Command("retry", "Run failed or cancelled jobs again.", "changes:retry"),
    Command("reprioritise", "Change the priority of a waiting job.", "changes:reprioritise"),
    Command("tail", "Read the log.", "tail:tail"),
    Command("dead-letter list", "List the jobs that failed for good.", "dead_letter:list_dead_letters"),
    Command("dead-letter redrive", "Run dead letters again.", "dead_letter:redrive"),
    Command("queue list", "List the queues.", "queue:list_queues"),
    Command("queue pause", "Hold back the jobs of queues.", "queue:pause"),
    Command("queue resume", "Let the jobs of queues run again.", "queue:resume"),
    Command("breaker list", "List the circuit breakers.", "breaker:list_breakers"),
    Command("breaker open", "Hold back the jobs of types.", "breaker:open_breakers"),
    Command("breaker close", "Let the jobs of types run again.", "breaker:close_breakers"),
    Command("worker list", "List the workers.", "worker:list_workers"),
    Command("worker drain", "Tell workers to finish what they run and end.", "worker:drain"),
    Command("blobs lifecycle", "Show or make the lifecycle rules of the bucket.", "blobs:lifecycle"),
    Command("scaling", "List what the autoscaler decided, and why.", "scaling:scaling"),
    Command("simulate-scaling", "Simulate the autoscaler on traffic.", "simulate_scaling:simulate_scaling"),
    Command("bench", "Measure how fast the running system is.", "bench:bench"),
    Command("verify", "Check the promises on a log.", "verify:verify"),
    Command("rebuild", "Drop and rebuild everything that is derived from the log.", "rebuild:rebuild"),
)


def build() -> App:
    """Return the command line with all its commands."""
    options = {"help_format": "plaintext", "version_flags": [], "suppress_keyboard_interrupt": False}
    top = App(
        name="journeyman",
        help="A distributed job queue that keeps a journal.",
        **{**options, "version_flags": ["--version"]},  # type: ignore[arg-type]
        version=__version__,
    )
    groups = {name: App(name=name, help=about, **options) for name, about in GROUPS.items()}  # type: ignore[arg-type]
    for group in groups.values():
        top.command(group)
    for words, about, function in COMMANDS:
        name, _, rest = words.partition(" ")
        owner = groups[name] if rest else top
        owner.command(f"journeyman.cli.{function}", name=rest or name, help=about, version_flags=[])
    return top
