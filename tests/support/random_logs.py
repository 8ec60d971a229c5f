"""Logs of commits in which anything may follow anything, as hypothesis draws them."""

from __future__ import annotations

from hypothesis import strategies as st

from journeyman import events as e

T = 1_732_000_000_000
JOBS = [letter * 22 + "00" for letter in "abc"]

job_ids = st.sampled_from(JOBS)
attempts = st.integers(1, 3)
workers = st.sampled_from(["w-1", "w-2"])
queues = st.sampled_from(["images", "mail"])
errors = st.builds(e.Error, st.sampled_from(["ValueError", "Poison"]), st.just("no"))
an_event: st.SearchStrategy[e.Event] = st.one_of(
    st.builds(
        e.JobSubmitted,
        job_ids,
        st.just("t"),
        queues,
        payload=st.sampled_from(["{}", "[1]"]),
        depends_on=st.lists(job_ids, max_size=2).map(tuple),
        due_ms=st.sampled_from([0, T + 10**6]),
        tags=st.dictionaries(st.just("k"), st.just("v")),
    ),
    st.builds(e.JobBlocked, job_ids),
    st.builds(e.JobReleased, job_ids, attempts, st.integers(0, 20), st.integers(0, 1)),
    st.builds(e.JobStarted, job_ids, attempts, workers),
    st.builds(e.JobStarted, job_ids, attempts, workers),
    st.builds(e.JobProgressed, job_ids, attempts, workers, st.floats(0, 100), st.just("m")),
    st.builds(e.JobSucceeded, job_ids, attempts, workers, st.sampled_from(["null", "7"]), st.integers(0, 10**6)),
    st.builds(e.JobFailed, job_ids, attempts, workers, errors, st.integers(0, 10**6)),
    st.builds(e.JobReturned, job_ids, attempts, workers, back=st.booleans()),
    st.builds(e.JobLost, job_ids, attempts, workers),
    st.builds(e.JobRetryScheduled, job_ids, attempts, st.just(T + 5_000), st.just(5_000)),
    st.builds(e.JobDeadLettered, job_ids, attempts, st.just("permanent"), errors),
    st.builds(e.JobCancelRequested, job_ids),
    st.builds(e.JobCancelled, job_ids),
    st.builds(e.JobReprioritised, job_ids, st.integers(0, 20)),
    st.builds(e.JobRedriven, job_ids, st.just(2), attempts, st.just("t"), queues, st.just(10), st.just(3)),
    st.builds(e.QueuePaused, queues),
    st.builds(e.QueueResumed, queues),
    st.builds(
        e.WorkerJoined,
        workers,
        st.just("h"),
        st.just(1),
        st.just("1"),
        st.just(("images",)),
        st.just(("t",)),
        st.just(4),
        st.sampled_from(
            ["", "{", '{"t":{"schema":{"type":"object"},"description":"does it"}}', '{"t":{"queue":"mail"}}']
        ),
    ),
    st.builds(e.WorkerDraining, workers),
    st.builds(e.WorkerLost, workers),
    st.builds(e.FleetScaled, st.just("local"), st.just(2), st.just(1), st.just("busy")),
)


@st.composite
def logs(draw: st.DrawFn) -> list[e.Entry]:
    """Draw a log of commits in which anything may follow anything."""
    entries: list[e.Entry] = []
    at = T
    for events in draw(st.lists(st.lists(an_event, min_size=1, max_size=4), min_size=1, max_size=25)):
        at += draw(st.sampled_from([0, 1, 700, 12_000]))
        entries.append(e.Entry(e.Offset(at, len(entries)), list(events)))
    return entries
