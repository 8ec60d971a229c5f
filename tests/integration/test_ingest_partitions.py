"""Ingest over four partitions: where jobs go, and what is asked of all of them; in memory and on one real server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journeyman import events as e
from journeyman.ids import compose, partition_of
from journeyman.proposals import Join, Proposal
from support.ingest import Api, end, events, log_of, problem, records, serving_over
from support.servers import TestServer

PARTITIONS = 4


@pytest.fixture(params=["memory", "valkey"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Api]:
    url = request.getfixturevalue("server_url") if request.param == "valkey" else ""
    with serving_over(url, tmp_path, partitions=PARTITIONS) as running:
        yield running


def submitted(api: Api) -> list[list[e.JobSubmitted]]:
    """Return what was submitted to each partition."""
    return [
        [event for event in events(log_of(api, number)) if isinstance(event, e.JobSubmitted)]
        for number in range(PARTITIONS)
    ]


def home(api: Api, job_id: str) -> list[e.Event]:
    """Return the events of the partition in which a job lives."""
    return events(log_of(api, partition_of(job_id)))


def offset_text(api: Api, partition: int) -> str:
    """Return the place of the last event of a partition as a header has it."""
    return e.write_offset(partition, records(log_of(api, partition))[-1].offset)


def test_jobs_take_turns_and_each_lives_where_its_id_says(api: Api) -> None:
    answers = [api.post("/jobs", json={"type": "t"}) for _ in range(8)]
    ids = [answer.json()["id"] for answer in answers]
    assert Counter(partition_of(job_id) for job_id in ids) == dict.fromkeys(range(PARTITIONS), 2)
    for number, jobs in enumerate(submitted(api)):
        assert [job.job_id for job in jobs] == [job_id for job_id in ids if partition_of(job_id) == number]
    for answer, number in [(answers[partition + 4], partition) for partition in range(PARTITIONS)]:
        assert answer.headers["journeyman-offset"] == offset_text(api, number)
    assert answers[7].headers["journeyman-offset"].startswith("3:")


def test_a_batch_stays_together_and_the_next_one_goes_elsewhere(api: Api) -> None:
    batch = {"jobs": [{"type": "t", "ref": "a"}, {"type": "t"}, {"type": "t", "depends_on": ["ref:a"]}]}
    answers = [api.post("/jobs/batch", json=batch) for _ in range(PARTITIONS)]
    homes = [{partition_of(job_id) for job_id in answer.json()["ids"]} for answer in answers]
    assert homes == [{0}, {1}, {2}, {3}]
    assert [len(jobs) for jobs in submitted(api)] == [3] * PARTITIONS
    assert answers[2].headers["journeyman-offset"] == offset_text(api, 2)


@pytest.mark.parametrize("path", ["/jobs", "/jobs/batch"])
def test_a_key_meets_its_first_answer_wherever_the_turn_is(api: Api, path: str) -> None:
    job: dict[str, Any] = {"type": "t"}
    body = {"jobs": [job, job]} if path == "/jobs/batch" else job
    keys = [f"order-{number}" for number in range(12)]
    first = [api.post(path, json=body, headers={"idempotency-key": key}) for key in keys]
    api.submit()
    again = [api.post(path, json=body, headers={"idempotency-key": key}) for key in keys]
    assert [answer.json() for answer in again] == [answer.json() for answer in first]
    assert [answer.headers["journeyman-offset"] for answer in again] == [
        answer.headers["journeyman-offset"] for answer in first
    ]
    assert {answer.headers.get("idempotency-replayed") for answer in again} == {"true"}
    assert len([jobs for jobs in submitted(api) if jobs]) == PARTITIONS
    problem(
        api.post(path, json={"jobs": [job]} if "jobs" in body else {"type": "x"}, headers={"idempotency-key": keys[0]}),
        422,
    )


def test_a_child_goes_to_its_first_parent_and_keeps_its_foreign_ones(api: Api) -> None:
    parents = [api.submit() for _ in range(3)]
    for first in parents:
        others = [parent for parent in parents if parent != first]
        child = api.submit(depends_on=[first, *others])
        assert partition_of(child) == partition_of(first)
        (event,) = [event for event in home(api, child) if isinstance(event, e.JobSubmitted) and event.job_id == child]
        assert event.depends_on == (first, *others)
        assert not event.released
    batch = [{"type": "t", "ref": "a"}, {"type": "t", "depends_on": ["ref:a", parents[2]]}]
    ids = api.post("/jobs/batch", json={"jobs": batch}).json()["ids"]
    assert {partition_of(job_id) for job_id in ids} == {partition_of(parents[2])}


def test_a_parent_that_lives_nowhere_is_left_to_the_schedulers(api: Api) -> None:
    nowhere = compose(1_732_247_000_000, 1, 900)
    child = api.submit(depends_on=[nowhere])
    assert partition_of(child) < PARTITIONS


def test_a_key_goes_before_parents(api: Api) -> None:
    parent = api.submit()
    job = {"type": "t", "depends_on": [parent]}
    homes = {
        partition_of(api.post("/jobs", json=job, headers={"idempotency-key": f"{number}"}).json()["id"])
        for number in range(12)
    }
    assert len(homes) > 1


def test_changes_go_where_the_job_lives(api: Api) -> None:
    for job_id in [api.submit() for _ in range(PARTITIONS)]:
        number = partition_of(job_id)
        assert api.patch(f"/jobs/{job_id}", json={"priority": 3}).status_code == 202
        cancelled = api.delete(f"/jobs/{job_id}")
        assert home(api, job_id)[-2:] == [e.JobReprioritised(job_id, 3), e.JobCancelRequested(job_id)]
        assert cancelled.headers["journeyman-offset"] == offset_text(api, number)
        end(api, job_id, "cancelled")
        retried = api.post(f"/jobs/{job_id}/retry")
        assert retried.json()["generation"] == 2
        assert retried.headers["journeyman-offset"] == offset_text(api, number)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/jobs/{}/cancel"), ("DELETE", "/jobs/{}"), ("PATCH", "/jobs/{}"), ("POST", "/jobs/{}/retry")],
)
def test_a_job_of_a_partition_that_is_not_there_is_not_found(api: Api, method: str, path: str) -> None:
    body = {"json": {"priority": 1}} if method == "PATCH" else {}
    for partition in (PARTITIONS, 1023):
        problem(api.request(method, path.format(compose(1_732_247_000_000, 1, partition)), **body), 404)


def test_a_queue_is_paused_everywhere_and_again_and_resumed(api: Api) -> None:
    for path, event in [("pause", e.QueuePaused), ("pause", e.QueuePaused), ("resume", e.QueueResumed)]:
        answer = api.post(f"/queues/images/{path}")
        assert answer.status_code == 202
        assert [events(log_of(api, number))[-1] for number in range(PARTITIONS)] == [event("images")] * PARTITIONS
        assert answer.headers["journeyman-offset"] == ", ".join(
            offset_text(api, number) for number in range(PARTITIONS)
        )


def test_a_breaker_is_opened_and_closed_everywhere(api: Api) -> None:
    for path, event in [("open", e.BreakerOpened), ("close", e.BreakerClosed)]:
        assert api.post(f"/breakers/mail.send/{path}").status_code == 202
        told = [events(log_of(api, number))[-1] for number in range(PARTITIONS)]
        assert told == [event("mail.send", "manual")] * PARTITIONS


def test_a_worker_is_drained_wherever_it_is_registered(api: Api) -> None:
    joined = e.WorkerJoined("w-1", "host", 1, "0", ("default",), ("t",), 1)
    join = Proposal((joined,), None, (Join("w-1", ("default",), ("t",)),))
    for number in (1, 2):
        log_of(api, number).append([join], caller="test", number=1)
    answer = api.post("/workers/w-1/drain")
    assert answer.json() == {"id": "w-1", "status": "draining"}
    assert answer.headers["journeyman-offset"] == ", ".join(offset_text(api, number) for number in (1, 2))
    assert [events(log_of(api, number)) for number in (0, 3)] == [[], []]
    problem(api.post("/workers/w-2/drain"), 404)


def test_dead_letters_of_all_partitions_are_redriven_as_one(api: Api) -> None:
    for job_id in [api.submit() for _ in range(8)]:
        end(api, job_id, "failed")

    def redrive(**wanted: Any) -> Any:
        answer = api.post("/dead-letter/redrive", json=wanted)
        assert answer.status_code == 202, answer.text
        return answer.json()["matched"], answer.json()["redriven"]

    assert redrive(dry_run=True) == (8, 0)
    assert redrive(limit=3) == (8, 3)
    assert redrive(rate_per_s=1) == (5, 5)
    assert redrive() == (0, 0)
    redriven = [
        event
        for number in range(PARTITIONS)
        for event in events(log_of(api, number))
        if isinstance(event, e.JobRedriven)
    ]
    assert len({event.job_id for event in redriven}) == 8
    due = sorted(event.due_ms for event in redriven if event.due_ms)
    assert [later - due[0] for later in due] == [0, 1_000, 2_000, 3_000], "spread over time as if there were one log"


def test_generated_jobs_come_in_batches_that_take_turns(api: Api) -> None:
    answer = api.post("/dev/generate-jobs", json={"count": 1_200, "type": "t", "payload_template": {"n": "{i}"}})
    assert answer.status_code == 202
    assert [len(jobs) for jobs in submitted(api)] == [500, 500, 200, 0]
    assert answer.headers["journeyman-offset"] == ", ".join(offset_text(api, number) for number in range(3))
    assert partition_of(answer.json()["first_id"]) == 0
    assert partition_of(answer.json()["last_id"]) == 2


def test_a_server_is_asked_once_however_many_partitions_it_has(server: TestServer, tmp_path: Path) -> None:
    def asked(command: str) -> int:
        with server.client() as client:
            return int(client.info("commandstats").get(f"cmdstat_{command}", {"calls": 0})["calls"])

    with serving_over(server.url, tmp_path, partitions=PARTITIONS) as api:
        before = asked("info"), asked("time")
        for _ in range(5):
            api.run(api.intake.pressure.look())
        looks_by_itself = asked("time") - before[1] - 5
        questions = asked("info") - before[0]
    assert 0 <= looks_by_itself <= 10, "it also looks every second"
    assert questions <= 5 + looks_by_itself + 4, "four of them are this test's own"
