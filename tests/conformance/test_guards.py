"""Guards: each compares one thing at the moment of the append and says why it refuses."""

from __future__ import annotations

from journeyman import events as e
from journeyman.proposals import Alive, Ended, Guard, Held, Open, Orphaned, Proposal, Silent, Standing, Waiting
from support.driver import UNKNOWN, Driver, failed, given_back, handed_over, succeeded


def refusal(driver: Driver, guard: Guard) -> str:
    """Return why the guard refuses; empty where it holds. Nothing is appended where it refuses."""
    end = driver.log.end()
    verdict = driver.append(Proposal((e.WorkerDraining("w"),), guard))[0]
    assert (driver.log.end() > end) is verdict.accepted
    return verdict.reason


def words(driver: Driver, job_id: str) -> list[str]:
    """Return what the four guards about a job's state say of it."""
    return [refusal(driver, guard(job_id)) for guard in (Open, Waiting, Standing, Ended)]


def test_of_an_unknown_job_nothing_holds(driver: Driver) -> None:
    assert words(driver, UNKNOWN) == ["unknown"] * 4


def test_a_ready_job_is_open_waiting_and_standing(driver: Driver) -> None:
    assert words(driver, driver.submitted()) == ["", "", "", "open"]


def test_a_held_job_is_open_only(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    driver.claim()
    assert words(driver, job_id) == ["", "held", "held", "open"]


def test_a_job_whose_attempt_failed_waits_but_stands_nowhere_until_it_is_released(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    driver.finish("w", failed(driver.claim()[0]))
    assert words(driver, job_id) == ["", "", "spent", "open"]
    driver.release(job_id, 2)
    assert words(driver, job_id) == ["", "", "", "open"]


def test_a_job_that_was_handed_over_stands_nowhere_and_one_given_back_stands_again(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    driver.finish("w", given_back(driver.claim()[0]))
    assert words(driver, job_id) == ["", "", "", "open"]
    driver.finish("w", handed_over(driver.claim()[0]))
    assert words(driver, job_id) == ["", "", "spent", "open"]


def test_a_completed_job_is_none_of_them_and_a_failed_or_cancelled_one_has_ended(driver: Driver) -> None:
    driver.join()
    done = driver.submitted()
    driver.finish("w", succeeded(driver.claim()[0]))
    dead, dropped = driver.submitted(), driver.submitted()
    driver.bury(dead)
    driver.discard(dropped)
    assert words(driver, done) == ["completed"] * 4
    assert words(driver, dead) == ["failed"] * 3 + [""]
    assert words(driver, dropped) == ["cancelled"] * 3 + [""]


def test_held_names_job_attempt_and_worker(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    assert refusal(driver, Held(job_id, 1, "w")) == "not_held"
    driver.claim()
    assert refusal(driver, Held(job_id, 1, "w")) == ""
    assert refusal(driver, Held(job_id, 2, "w")) == "not_held"
    assert refusal(driver, Held(job_id, 1, "v")) == "not_held"


def test_alive_is_who_has_joined_and_not_left(driver: Driver) -> None:
    assert refusal(driver, Alive("w")) == "unknown"
    driver.join()
    assert refusal(driver, Alive("w")) == ""
    driver.leave("w")
    assert refusal(driver, Alive("w")) == "unknown"


def test_silent_is_who_has_not_beaten_since(driver: Driver) -> None:
    assert refusal(driver, Silent("w", 1 << 50)) == "unknown"
    driver.join()
    (beat,) = driver.log.beats()
    assert refusal(driver, Silent("w", beat.at_ms - 1)) == "beating"
    assert refusal(driver, Silent("w", beat.at_ms)) == ""


def test_orphaned_is_an_attempt_whose_worker_is_gone(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    assert refusal(driver, Orphaned(job_id, 1, "w")) == "not_held"
    driver.claim()
    assert refusal(driver, Orphaned(job_id, 1, "w")) == "alive"
    driver.leave("w")
    assert refusal(driver, Orphaned(job_id, 1, "w")) == ""
    assert refusal(driver, Orphaned(job_id, 2, "w")) == "not_held"
