"""Did every redrive that may stop do as it was told? A second opinion, from the events alone."""

from __future__ import annotations

from collections.abc import Iterable

from journeyman import events as e


class _Member:
    def __init__(self, redriven: e.JobRedriven) -> None:
        self.redrive = redriven.redrive
        self.stop_on = redriven.stop_on_failures
        self.fingerprint = redriven.error.fingerprint if redriven.error else ""
        self.started = False


def assert_stopped_as_told(entries: Iterable[e.Entry]) -> int:
    """Fail where a job was released or given up against its redrive's word; return how many were given up."""
    members: dict[str, _Member] = {}
    failed: dict[str, int] = {}
    stopped_in: dict[str, e.Offset] = {}
    given_up = 0
    for entry in entries:
        for event in entry.events:
            if isinstance(event, e.JobRedriven):
                members.pop(event.job_id, None)
                if event.stop_on_failures:
                    members[event.job_id] = _Member(event)
                continue
            member = members.get(getattr(event, "job_id", ""))
            if member is None:
                continue
            stopped = stopped_in.get(member.redrive)
            match event:
                case e.JobStarted():
                    member.started = True
                case e.JobReleased() if stopped and entry.epoch is not None and not member.started:
                    assert stopped == entry.offset, f"{event.job_id} was released though {member.redrive} had stopped"
                case e.JobDeadLettered(reason="redrive_stopped"):
                    given_up += 1
                    assert not member.started, f"{event.job_id} was given up though it had started"
                    assert stopped, f"{event.job_id} was given up though {member.redrive} had not stopped"
                    assert event.error.fingerprint == member.fingerprint
                    del members[event.job_id]
                case e.JobDeadLettered():
                    assert member.started
                    failed[member.redrive] = failed.get(member.redrive, 0) + 1
                    if failed[member.redrive] == member.stop_on:
                        stopped_in[member.redrive] = entry.offset
                    del members[event.job_id]
                case e.JobSucceeded() | e.JobCancelled():
                    del members[event.job_id]
                case _:
                    pass
    return given_up
