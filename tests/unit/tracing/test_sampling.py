"""Whose traces are kept."""

from __future__ import annotations

import pytest

from journeyman.errors import SettingsError
from journeyman.ids import IdMaker
from journeyman.tracing.ids import trace_id_of, within
from journeyman.tracing.sampling import NAMES, Sampler

LOW, HIGH = "a" * 16 + "0" * 16, "0" * 16 + "f" * 16
SPAN = "00f067aa0ba902b7"


def keeps(name: str, trace_id: str = LOW, traceparent: str = "", ratio: str = "0.5") -> bool:
    environ = {"OTEL_TRACES_SAMPLER": name, "OTEL_TRACES_SAMPLER_ARG": ratio}
    return Sampler.from_environ(environ).keeps(trace_id, traceparent)


def test_everything_is_kept_where_nobody_says_otherwise() -> None:
    assert Sampler.from_environ({}).keeps(HIGH, "")
    assert Sampler.from_environ({}) == Sampler()


@pytest.mark.parametrize("name", NAMES)
def test_without_a_parent_the_root_sampler_decides(name: str) -> None:
    kept = [keeps(name, LOW), keeps(name, HIGH), keeps(name, HIGH, within(HIGH))]

    expected = [True] * 3 if name.endswith("on") else [False] * 3 if name.endswith("off") else [True, False, False]
    assert kept == expected


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("parentbased_")])
def test_the_submitters_flag_decides_where_parents_are_heeded(name: str) -> None:
    assert keeps(name, HIGH, f"00-{HIGH}-{SPAN}-01")
    assert not keeps(name, LOW, f"00-{LOW}-{SPAN}-00")


def test_the_submitters_flag_says_nothing_where_parents_are_not_heeded() -> None:
    assert keeps("always_on", LOW, f"00-{LOW}-{SPAN}-00")
    assert not keeps("always_off", LOW, f"00-{LOW}-{SPAN}-01")
    assert keeps("traceidratio", LOW, f"00-{LOW}-{SPAN}-00")


def test_a_ratio_that_nobody_gave_is_all() -> None:
    assert keeps("traceidratio", HIGH, ratio="")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ratio", ["0", "0.01", "0.5", "1"])
@pytest.mark.parametrize("traceparent", ["", within(LOW), within(HIGH), f"00-{HIGH}-{SPAN}-01"])
def test_the_quick_answer_is_the_same(name: str, ratio: str, traceparent: str) -> None:
    sampler = Sampler.from_environ({"OTEL_TRACES_SAMPLER": name, "OTEL_TRACES_SAMPLER_ARG": ratio})

    for job_id in IdMaker().make_many(1_700_000_000_000, 1 << 58, 500):
        assert sampler.keeps_job(job_id, traceparent) == sampler.keeps(trace_id_of(job_id, traceparent), traceparent)


def test_where_half_a_traces_chance_does_not_tell_the_whole_of_it_does() -> None:
    [job_id] = IdMaker().make_many(1_700_000_000_000, 1 << 58, 1)
    whole = int(trace_id_of(job_id, "")[16:], 16)

    assert not Sampler(whole).keeps_job(job_id, "")
    assert Sampler(whole + 1).keeps_job(job_id, "")


@pytest.mark.parametrize("ratio", ["much", "-0.1", "1.1", "nan"])
def test_what_is_no_ratio_is_refused(ratio: str) -> None:
    with pytest.raises(SettingsError, match="OTEL_TRACES_SAMPLER_ARG"):
        keeps("traceidratio", ratio=ratio)


def test_what_is_no_sampler_is_refused() -> None:
    with pytest.raises(SettingsError, match="'sometimes' is none of always_on"):
        keeps("sometimes")
