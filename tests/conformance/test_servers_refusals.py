"""What only a real server does: lose keys, run out of memory, forget the functions, hold foreign entries."""

from __future__ import annotations

import pytest

from journeyman import events as e
from journeyman.errors import RebuildNeededError, ServerUnavailableError
from journeyman.log.connect import connect
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Proposal
from support.driver import LEASE_MS, QUEUE, TYPE, Driver, succeeded
from support.servers import free_port


def test_every_call_refuses_while_the_derived_keys_are_missing(real: Driver) -> None:
    real.join()
    real.submitted()
    (job,) = real.claim()
    epoch = real.elect()
    assert real.log.drop_derived() > 3  # type: ignore[union-attr]
    end = real.log.end()
    for call in (
        lambda: real.submit(real.job()),
        real.claim,
        lambda: real.finish("w", succeeded(job)),
        lambda: real.log.beat("w", {}),
        lambda: real.log.elect("s", lease_ms=LEASE_MS),
        lambda: real.log.commit([], epoch=epoch, number=99, cursor=e.BEGINNING),
    ):
        with pytest.raises(RebuildNeededError):
            call()
    assert real.log.end() == end


def test_what_a_leader_notes_in_passing_does_not_stand_for_the_keys_that_are_missing(real_log: RedisLog) -> None:
    driver = Driver(real_log)
    driver.submitted()
    driver.elect()
    real_log.drop_derived()
    real_log.remember_for(1_000)
    with pytest.raises(RebuildNeededError):
        driver.submit(driver.job())


def test_an_emptied_server_is_a_new_log(real: Driver) -> None:
    real.submitted()
    real.log.client.flushall()  # type: ignore[union-attr]
    real.submitted()
    assert real.tags() == ["job.submitted", "job.released"]


def test_functions_that_were_deleted_are_loaded_again(real: Driver) -> None:
    real.submitted()
    real.log.client.function_flush()  # type: ignore[union-attr]
    real.submitted()
    assert real.tags().count("job.submitted") == 2


def test_finishing_and_deciding_go_on_when_the_memory_is_full(real_log: RedisLog) -> None:
    driver = Driver(real_log)
    driver.join()
    job_id = driver.submitted()
    driver.elect()
    (job,) = driver.claim()
    before = real_log.client.config_get("maxmemory")["maxmemory"]
    real_log.client.config_set("maxmemory", "1mb")
    try:
        assert driver.finish("w", succeeded(job)) == [True]
        assert driver.commit(Proposal((e.WorkerDraining("w"),))).verdicts[0].accepted
        assert real_log.health().maxmemory == 1 << 20
    finally:
        real_log.client.config_set("maxmemory", before)
    assert real_log.outcomes([job_id])[job_id].status == "completed"


def test_foreign_entries_are_read_as_undecodable_with_their_offset(real_log: RedisLog) -> None:
    driver = Driver(real_log)
    real_log.client.xadd(real_log.keys.log, {"hello": "world"})
    real_log.client.xadd(real_log.keys.log, {"c": b"\xc1", "e": "soon", "i": b"\xff"})
    real_log.client.hset(real_log.keys.meta, "schema", "1")
    driver.submitted()
    foreign, damaged, good = real_log.read(e.BEGINNING)
    assert [found.offset for found in foreign.undecodable] == [foreign.offset]
    assert [found.offset for found in damaged.undecodable] == [damaged.offset]
    assert damaged.epoch is None
    assert (len(good.events), good.undecodable) == (2, ())
    assert real_log.at(foreign.offset) is None
    assert real_log.at(damaged.offset) is None


def test_a_server_that_is_not_there_is_unavailable() -> None:
    log = RedisLog(connect(f"redis://127.0.0.1:{free_port()}/0"))
    with pytest.raises(ServerUnavailableError):
        log.claim("w", 1, 1, queues=[QUEUE], types=[TYPE])
    log.close()
