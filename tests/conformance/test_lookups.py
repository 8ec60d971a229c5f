"""Looking things up: open jobs have bodies, ended ones outcomes, and nothing has both."""

from __future__ import annotations

from support.driver import UNKNOWN, Driver, succeeded


def test_a_job_has_a_body_or_an_outcome_or_is_unknown(driver: Driver) -> None:
    driver.join()
    done = driver.submitted()
    driver.finish("w", succeeded(driver.claim()[0]))
    dead, dropped, waiting = (driver.submitted() for _ in range(3))
    driver.bury(dead)
    driver.discard(dropped)
    everyone = [done, dead, dropped, waiting, UNKNOWN]
    outcomes = driver.log.outcomes(everyone)
    assert {job_id: outcome.status for job_id, outcome in outcomes.items()} == {
        done: "completed",
        dead: "failed",
        dropped: "cancelled",
    }
    assert list(driver.log.bodies(everyone)) == [waiting]
    assert [letter.job_id for letter in driver.log.dead_letters()] == [dead]


def test_nothing_is_found_where_nothing_is_asked(driver: Driver) -> None:
    assert driver.log.bodies([]) == {}
    assert driver.log.outcomes([]) == {}
    assert list(driver.log.dead_letters()) == []
    assert driver.log.beats() == []
    assert driver.log.silent(1 << 50) == []


def test_many_are_looked_up_in_one_call(driver: Driver) -> None:
    jobs = [driver.job() for _ in range(2_500)]
    driver.submit(*jobs)
    for job in jobs[:3]:
        driver.bury(job.job_id)
    ids = [job.job_id for job in jobs]
    assert len(driver.log.bodies(ids)) == 2_497
    assert list(driver.log.outcomes(ids)) == ids[:3]
    assert driver.log.health().open_jobs == 2_497


def test_the_health_of_a_log_counts_open_jobs(driver: Driver) -> None:
    assert driver.log.health().open_jobs == 0
    driver.submitted()
    health = driver.log.health()
    assert (health.open_jobs, health.durable) == (1, True)
