"""What metrics count since the log's beginning: exactly, under a bounded number of names, and never less."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from journeyman import events as e
from journeyman.exposition import Family
from journeyman.tracing.conventions import NAMES_MAX, OTHER
from journeyman_dashboard import retention, store
from journeyman_dashboard.exemplars import Exemplars
from journeyman_dashboard.job_metrics import BUCKETS, COUNTING, STANDING, counting, standing
from journeyman_dashboard.projection import Next
from journeyman_dashboard.queries.figures import read_figures
from journeyman_dashboard.rows import JobRow, Rollup
from journeyman_dashboard.totals import BOUNDS_US, PAIRS_MAX, Spread, Total, Totals, read_totals
from support.read_model import Model


def samples(model: Model) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and the values of its labels, in the order of the labels' names."""
    figures = read_figures(model.connection, model.at)
    metrics = [*counting(figures.totals), *standing(figures, model.at)]
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for metric in metrics
        for sample in metric.samples
    }


@given(st.lists(st.integers(0, 2 * BOUNDS_US[-1]) | st.sampled_from(BOUNDS_US)))
def test_every_measurement_is_in_the_bucket_of_its_bound_and_in_the_sum(measured: list[int]) -> None:
    spread = Spread()
    spread.take(list(measured[: len(measured) // 2]))
    spread.take(list(measured[len(measured) // 2 :]))

    for index, bound in enumerate(BOUNDS_US):
        assert sum(spread.counts[: index + 1]) == sum(value <= bound for value in measured)
    assert sum(spread.counts) == len(measured)
    assert spread.sum_us == sum(measured)


def test_jobs_are_counted_by_how_they_ended_and_attempts_by_how_long_they_took() -> None:
    model = Model()
    model.complete(model.submit("a"))
    model.kill(model.submit("b", queue="mail", type="send"))
    waiting = model.submit("c")

    found = samples(model)

    assert found["journeyman_jobs_submitted_total", "default", "t"] == 2
    assert found["journeyman_jobs_total", "completed", "default", "t"] == 1
    assert found["journeyman_jobs_total", "failed", "mail", "send"] == 1
    assert found["journeyman_jobs_total", "failed", "default", "t"] == 0
    assert found["journeyman_queue_wait_seconds_count", "mail"] == 1
    assert found["journeyman_queue_wait_seconds_sum", "mail"] == 1
    assert found["journeyman_run_seconds_bucket", "0.001", "succeeded", "t"] == 1
    assert found["journeyman_run_seconds_count", "failed", "send"] == 1
    assert found["journeyman_jobs_now", "pending"] == 1
    assert found["journeyman_dead_letters",] == 1
    assert found["journeyman_queue_depth", "10", "default"] == 1
    assert found["journeyman_queue_depth", "10", "mail"] == 0
    assert (
        found["journeyman_queue_oldest_wait_seconds", "default"] == (model.at - model.row(waiting).ready_at_ms) / 1000
    )


def test_retention_takes_nothing_from_what_was_counted() -> None:
    model = Model()
    for name in "abc":
        model.complete(model.submit(name))
    before = {key: value for key, value in samples(model).items() if key[0].endswith(("_total", "_count", "_bucket"))}

    retention.delete_small(model.connection, model.at + 10**9, model.at + 10**9)
    assert retention.delete_step(model.connection, 0, model.at) == 0

    after = samples(model)
    assert after["journeyman_jobs_now", "completed"] == 0
    assert {key: after[key] for key in before} == before


def test_what_was_undone_is_not_counted_when_it_is_done_again() -> None:
    model = Model()
    job = e.JobSubmitted("a".ljust(24, "0"), type="t")
    written = store.Store(model.connection)
    for _ in range(2):
        model.connection.execute("BEGIN")
        written.project([e.Entry(e.Offset(model.at, 0), [job])], Next())
        model.connection.execute("ROLLBACK")
        written.forget()
    model.commit(job)

    assert read_totals(model.connection) == {("default", "t"): Total(submitted=1)}


def test_only_so_many_names_are_told_apart_and_whoever_has_one_keeps_it() -> None:
    model = Model()
    totals = Totals(model.connection)
    for number in range(3 * NAMES_MAX):
        totals.take({(0, f"q{number}", f"t{number}"): Rollup(submitted=1)})
    totals.forget()
    totals.take({(0, "q0", "t0"): Rollup(submitted=1), (0, f"q{2 * NAMES_MAX}", "t0"): Rollup(submitted=1)})

    found = read_totals(model.connection)

    assert len({queue for queue, _ in found}) == len({kind for _, kind in found}) == NAMES_MAX + 1
    assert found["q0", "t0"].submitted == 2
    assert found[OTHER, "t0"].submitted == 1
    assert found[OTHER, OTHER].submitted == 2 * NAMES_MAX
    assert sum(total.submitted for total in found.values()) == 3 * NAMES_MAX + 2


def test_only_so_many_pairs_of_names_are_told_apart() -> None:
    model = Model()
    totals = Totals(model.connection)
    totals.take(
        {(0, f"q{queue}", f"t{kind}"): Rollup(submitted=1) for queue in range(NAMES_MAX) for kind in range(NAMES_MAX)}
    )

    found = read_totals(model.connection)

    assert len(found) <= PAIRS_MAX + 1
    assert sum(total.submitted for total in found.values()) == NAMES_MAX**2


def test_metrics_have_a_bounded_number_of_series_whatever_clients_call_their_queues() -> None:
    model = Model()
    for number in range(NAMES_MAX + 50):
        model.submit(f"j{number}x", queue=f"q{number}", type=f"t{number}")

    figures = read_figures(model.connection, model.at)
    for metric in [*counting(figures.totals), *standing(figures, model.at)]:
        for label in ("queue", "type"):
            assert len({sample.labels.get(label) for sample in metric.samples}) <= NAMES_MAX + 2, metric.name
    assert samples(model)["journeyman_queue_depth", "10", OTHER] == 50


def test_every_metric_of_jobs_is_told_with_the_labels_it_says_it_has() -> None:
    model = Model()
    model.complete(model.submit("a"))
    model.commit(e.QueuePaused("default"), e.BreakerOpened("t", "ratio", 1, 1, 0))
    figures = read_figures(model.connection, model.at)
    told = [*counting(figures.totals), *standing(figures, model.at)]
    described: tuple[Family, ...] = (*COUNTING, *STANDING)

    for family, metric in zip(described, told, strict=True):
        assert metric.type == family.kind
        assert metric.samples, family.name
        assert all(set(sample.labels) - {"le"} == set(family.labels) for sample in metric.samples)


class Everything:
    def keeps_job(self, job_id: str, traceparent: str) -> bool:
        return True


def test_a_bucket_comes_with_the_trace_of_a_sampled_job_that_was_counted_in_it() -> None:
    model = Model()
    job_id = model.submit("a", traceparent=f"00-{'ab' * 16}-{'cd' * 8}-01")
    model.complete(job_id)
    row: JobRow = model.row(job_id)
    exemplars = Exemplars(Everything())
    exemplars.look([row])

    metrics = list(counting(read_totals(model.connection), exemplars.of))

    examples = [(sample, sample.exemplar) for metric in metrics for sample in metric.samples if sample.exemplar]
    assert [sample.name for sample, _ in examples] == [
        "journeyman_queue_wait_seconds_bucket",
        "journeyman_run_seconds_bucket",
    ]
    for sample, exemplar in examples:
        assert exemplar.labels == {"trace_id": "ab" * 16}
        below = BUCKETS[BUCKETS.index(sample.labels["le"]) - 1] if sample.labels["le"] != BUCKETS[0] else "-1"
        assert float(below) < exemplar.value <= float(sample.labels["le"])


def test_where_nothing_is_traced_no_bucket_has_an_example() -> None:
    model = Model()
    job_id = model.submit("a")
    model.complete(job_id)
    exemplars = Exemplars(None)
    exemplars.look([model.row(job_id)])

    assert not [s for m in counting(read_totals(model.connection), exemplars.of) for s in m.samples if s.exemplar]
