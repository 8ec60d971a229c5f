"""Lines as they are seen by somebody who hands places out."""

from __future__ import annotations

from journeyman.log.handing import Line, Lines, Served
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Gate, Proposal, Valve, place
from support.driver import QUEUE, TYPE, Driver


def test_lines_can_be_looked_at_without_taking_anything(real: Driver, real_log: RedisLog) -> None:
    lines = Lines(real_log)
    assert (lines.standing(), lines.served()) == ([], [])
    real.join()
    assert lines.served() == [Served(frozenset({QUEUE}), frozenset({TYPE}))]
    jobs = [real.submitted() for _ in range(3)]
    urgent, shut = real.submitted("x", "r", 20), real.submitted("y", priority=0)
    real.append(Proposal((), None, (Gate("r", open=False), Valve("y", "automatic"))))
    usual = Line(QUEUE, 10, TYPE)
    assert [tuple(each) for each in lines.standing()] == [
        (Line("r", 20, "x"), 1, place(urgent, 1), True),
        (usual, 3, place(jobs[0], 1), False),
        (Line(QUEUE, 0, "y"), 1, place(shut, 1), True),
    ]
    assert lines.places(usual, 1, 10) == [place(job, 1) for job in jobs[1:]]
    assert lines.behind(usual, place(jobs[1], 1)) == 2
    assert real.claimed_ids(count=2) == jobs[:2]
    assert lines.behind(usual, place(jobs[1], 1)) is None
    lines.close()


def test_a_worker_serves_what_it_has_joined_for() -> None:
    every, some = Served(frozenset("*"), frozenset("ab")), Served(frozenset({"q"}), frozenset("ab"))
    assert [each.takes(queue, type_) for each in (every, some) for queue in "qr" for type_ in "ac"] == [
        *(True, False, True, False),
        *(True, False, False, False),
    ]
