"""What a scheduler makes of a server that lost keys, functions or everything, and of a log that holds damage."""

from __future__ import annotations

from journeyman import events as e
from journeyman.admission import admit
from journeyman.errors import RebuildNeededError
from journeyman.log.rebuild import demand_rebuild
from journeyman.proposals import Gate, Idempotency, Interrupt, Open, Proposal, Valve, Waiting
from journeyman.verify import verify
from support.driver import UNKNOWN, Driver, failed, given_back, succeeded
from support.schedulers import Schedulers, derived_state
from support.waiting import wait_for

LATER_MS = 1 << 50
#: The first words of the keys that a rebuild writes, of those that these tests bring about.
DERIVED = {"bodies", "held", "paused", "beats", "dead", "ended", "ready", "queues", "worker", "stop", "meta"}


def live_through_everything(schedulers: Schedulers) -> None:
    """Bring jobs into every phase, and wait until nothing is left to decide."""
    driver = schedulers.driver
    driver.join()
    jobs = [driver.job(priority=10 + number) for number in range(7)]
    patient = e.Backoff(80_000_000, 1.0, 80_000_000, False)
    retried = e.JobSubmitted(jobs[6].job_id, jobs[6].type, jobs[6].queue, 16, backoff=patient)
    driver.submit(*jobs[:6], retried)
    claimed = {job.body.job_id: job for job in driver.claim(count=7)}
    done, dead, running_, back, stopping, dropped = (claimed[job.job_id] for job in jobs[:6])
    fatal = failed(dead)
    fatal = type(fatal)(e.JobFailed(dead.body.job_id, 1, "w", e.Error("Bad", fingerprint="f"), 0, False))
    driver.finish("w", succeeded(done), fatal, given_back(back), failed(claimed[retried.job_id]))
    for job in (stopping, dropped):
        driver.append(cancelling(job.body.job_id))
    driver.finish("w", given_back(dropped))
    driver.submit(e.JobSubmitted(driver.job().job_id, "letter", "mail", due_ms=LATER_MS))
    driver.submit(driver.job(depends_on=running_.body.job_id), driver.job(depends_on=UNKNOWN))
    moved = driver.submitted(priority=1)
    driver.append(Proposal((e.JobReprioritised(moved, 19),), Waiting(moved)))
    driver.append(Proposal((e.QueuePaused("mail"),), None, (Gate("mail", open=False),)))
    driver.append(Proposal((e.BreakerOpened("parcel", "manual"),), None, (Valve("parcel", "manual"),)))
    soon = e.BreakerOpened("leaflet", "probe_failed", 1, 1, driver.log.now_ms() + 1)
    driver.append(Proposal((soon,), None, (Valve("leaflet", "automatic"),)))
    wanted = {"breaker.half_opened": 1, "job.dead_lettered": 1, "job.cancelled": 2, "job.retry_scheduled": 1}
    wait_for(lambda: {tag: driver.tags().count(tag) for tag in wanted} == wanted, "all decisions")
    wait_for(lambda: driver.tags(moved).count("job.released") == 2, "the move")


def cancelling(job_id: str) -> Proposal:
    return Proposal((e.JobCancelRequested(job_id),), Open(job_id), (Interrupt(job_id),))


def works_again(driver: Driver) -> bool:
    try:
        driver.append()
    except RebuildNeededError:
        return False
    return True


def test_deleted_keys_are_rebuilt_from_the_log_as_they_were(schedulers: Schedulers) -> None:
    schedulers.start_leader(heartbeat_timeout_ms=60_000)
    live_through_everything(schedulers)
    before = derived_state(schedulers.log)
    assert schedulers.log.drop_derived() > 8
    wait_for(lambda: works_again(schedulers.driver), "the rebuild")
    wait_for(lambda: schedulers.log.elect("nobody", lease_ms=1).epoch is None, "a leader")
    assert derived_state(schedulers.log) == before
    assert verify(schedulers.driver.entries()).violations == []


def test_jobs_flow_on_after_a_rebuild(schedulers: Schedulers) -> None:
    schedulers.start_leader(heartbeat_timeout_ms=60_000)
    driver = schedulers.driver
    driver.join()
    running_, waiting = driver.submitted(), driver.submitted()
    (job,) = driver.claim()
    schedulers.log.drop_derived()
    wait_for(lambda: works_again(driver), "the rebuild")
    assert driver.finish("w", succeeded(job)) == [True]
    assert driver.claimed_ids() == [waiting]
    assert schedulers.log.outcomes([running_])[running_].status == "completed"
    schedulers.decides()
    assert verify(driver.entries()).violations == []


def test_any_one_derived_key_that_was_deleted_is_healed_by_a_rebuild(schedulers: Schedulers) -> None:
    schedulers.start_leader(heartbeat_timeout_ms=60_000)
    live_through_everything(schedulers)
    log = schedulers.log
    before = derived_state(log)
    names = [key.decode() for key in log.client.scan_iter(log.keys.prefix + "*")]
    derived = [name for name in names if name.removeprefix(log.keys.prefix).split(":")[0] in DERIVED]
    assert len(derived) > 8
    for name in derived:
        log.client.delete(name)
        demand_rebuild(log)
        wait_for(lambda: works_again(schedulers.driver), f"the rebuild of {name}")
        assert derived_state(log) == before, name
    assert verify(schedulers.driver.entries()).violations == []


def test_a_rebuild_keeps_what_the_log_does_not_tell(schedulers: Schedulers) -> None:
    schedulers.start_leader()
    driver, log = schedulers.driver, schedulers.log
    driver.join()
    job = driver.job()
    key = Idempotency("k" * 64, "as asked", "the answer", 60_000)
    (first,) = driver.append(admit([job], log.now_ms(), key))
    numbered = log.append([Proposal((e.QueuePaused("other"),), None, ())], caller="somebody", number=7)
    log.checkpoint("dashboard@here/1", log.end())
    demand_rebuild(log)
    wait_for(lambda: works_again(driver), "the rebuild")
    (again,) = driver.append(admit([driver.job()], log.now_ms(), key))
    assert (again.offset, again.replayed) == (first.offset, "the answer")
    assert log.append([], caller="somebody", number=7) == numbered
    assert "dashboard@here/1" in log.readers()


def test_a_rebuild_that_is_killed_half_way_is_done_by_the_next_scheduler(schedulers: Schedulers) -> None:
    pid = schedulers.start_leader(heartbeat_timeout_ms=60_000)
    live_through_everything(schedulers)
    log = schedulers.log
    before = derived_state(log)
    assert schedulers.stop(pid) == 0
    demand_rebuild(log)
    log.client.rpush(log.keys.of("rebuild", "ready", "mail", "10", "letter"), "half")
    log.client.set(log.keys.of("leader"), "one that died", px=500)
    schedulers.start_leader(heartbeat_timeout_ms=60_000)
    wait_for(lambda: works_again(schedulers.driver), "the rebuild")
    assert derived_state(log) == before
    assert not list(log.client.scan_iter(log.keys.of("rebuild", "*")))


def test_a_deleted_log_is_noticed_and_the_keys_are_derived_from_the_one_there_is(schedulers: Schedulers) -> None:
    pid = schedulers.start_leader()
    driver = schedulers.driver
    driver.join()
    lost = driver.submitted()
    schedulers.decides()
    wait_for(lambda: schedulers.log.noted("added") > 2, "the scheduler to note how long the log is")
    schedulers.log.client.delete(schedulers.log.keys.log)
    wait_for(lambda: "was deleted or replaced" in schedulers.said(), "it to be noticed")
    # It asks for a rebuild after it said so, and before it leads the log that there is now.
    wait_for(lambda: schedulers.leader() == pid, "it to lead again")
    wait_for(lambda: works_again(driver), "the rebuild")
    schedulers.decides()
    assert schedulers.alive(pid)
    assert lost.encode() not in schedulers.log.client.hkeys(schedulers.log.keys.bodies)
    assert verify(driver.entries()).violations == []


def test_a_rebuild_of_a_trimmed_log_keeps_the_bodies_that_stand_beside_it(schedulers: Schedulers) -> None:
    pid = schedulers.start_leader(heartbeat_timeout_ms=60_000)
    live_through_everything(schedulers)
    log = schedulers.log
    before = derived_state(log)
    assert schedulers.stop(pid) == 0
    log.keep([job_id.decode() for job_id in log.client.hkeys(log.keys.bodies)])
    log.client.xtrim(log.keys.log, minid=log.readers()["scheduler"].entry, approximate=False)
    schedulers.start_leader(heartbeat_timeout_ms=60_000)
    demand_rebuild(log)
    wait_for(lambda: works_again(schedulers.driver), "the rebuild")
    after = derived_state(log)
    assert {name: after[name] for name in after if name != "bodies"} == {
        name: before[name] for name in before if name != "bodies"
    }
    bodies, kept = before["bodies"], after["bodies"]
    assert isinstance(bodies, dict)
    assert isinstance(kept, dict)
    assert set(kept) == set(bodies)


def test_a_restart_reads_the_snapshot_and_the_tail_of_the_log(schedulers: Schedulers) -> None:
    pid = schedulers.start_leader()
    driver = schedulers.driver
    due_ms = schedulers.log.now_ms() + 2_500
    jobs = [e.JobSubmitted(driver.job().job_id, "letter", "mail", due_ms=due_ms) for _ in range(20)]
    driver.submit(*jobs)
    schedulers.decides()
    assert schedulers.stop(pid) == 0
    snapshot = schedulers.log.readers()["scheduler"]
    # What only the snapshot holds now must come from there.
    schedulers.log.client.xtrim(schedulers.log.keys.log, minid=snapshot.entry, approximate=False)
    schedulers.start_leader()
    wait_for(lambda: all(schedulers.released(job.job_id) for job in jobs), "the jobs of the snapshot")
    schedulers.decides()


def test_a_snapshot_that_is_damaged_or_gone_is_made_up_for_by_the_log(schedulers: Schedulers) -> None:
    pid = schedulers.start_leader()
    schedulers.decides()
    assert schedulers.stop(pid) == 0
    blobs = [path for path in (schedulers.directory / "blobs").rglob("*") if path.is_file()]
    assert blobs
    for path in blobs:
        path.write_bytes(b"damaged")
    schedulers.start_leader()
    schedulers.decides()
    assert "snapshot cannot be used" in schedulers.said()
    assert verify(schedulers.driver.entries()).violations == []


def test_deleted_functions_are_loaded_again(schedulers: Schedulers) -> None:
    pid = schedulers.start_leader()
    schedulers.log.client.function_flush()
    schedulers.decides()
    assert schedulers.alive(pid)


def test_an_emptied_server_is_begun_anew_without_ghosts(schedulers: Schedulers) -> None:
    pid = schedulers.start_leader()
    driver = schedulers.driver
    ghost = e.JobSubmitted(driver.job().job_id, "letter", "mail", due_ms=schedulers.log.now_ms() + 1_500)
    driver.submit(ghost)
    schedulers.decides()
    schedulers.log.client.flushall()
    schedulers.decides()
    wait_for(lambda: schedulers.log.now_ms() > ghost.due_ms + 300, "the ghost's time")
    schedulers.decides()
    assert driver.tags(ghost.job_id) == []
    assert schedulers.alive(pid)
    assert verify(driver.entries()).violations == []


def test_damage_in_the_log_is_quarantined_once_and_jobs_flow_on(schedulers: Schedulers) -> None:
    pid = schedulers.start_leader()
    client, key = schedulers.log.client, schedulers.log.keys.log
    damage = [
        client.xadd(key, {"c": b"\xc1"}),
        client.xadd(key, {"hello": "world"}),
        client.xadd(key, {"c": b"\x92\x92\xaajob.unheard\x01\x92\xabworker.left\xa1w"}),
    ]
    schedulers.decides()
    reported = [event.offset for event in schedulers.driver.events() if isinstance(event, e.LogQuarantined)]
    assert reported == [f"{entry.decode()}/0" for entry in damage]
    schedulers.kill(pid)
    schedulers.start_leader()
    schedulers.decides()
    assert schedulers.driver.tags().count("log.quarantined") == 3
    assert len(verify(schedulers.driver.entries()).undecodable) == 3
