"""What `journeyman up` starts, and what it tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.errors import SettingsError
from journeyman.settings import Settings, load
from journeyman_local.plan import BACKOFF_MAX_S, backoff_s, environment, server, server_config, services, with_options


def test_children_see_the_settings_that_are_not_defaults_and_nothing_of_the_callers_own() -> None:
    inherited = {"PATH": "/bin", "JOURNEYMAN_WORKERS_MAX": "99"}
    environ = environment(load({}, ingest_port=9000, durability="power-loss"), inherited)

    assert environ["PATH"] == "/bin"
    assert {name: value for name, value in environ.items() if name.startswith("JOURNEYMAN_")} == {
        "JOURNEYMAN_INGEST_PORT": "9000",
        "JOURNEYMAN_DURABILITY": "power-loss",
        "JOURNEYMAN_LOG_FORMAT": "json",
    }


def test_what_children_see_reads_back_as_the_same_settings() -> None:
    settings = load({}, memory_headroom=0.5, worker_tasks="a,b", workers_min=0, data_dir="/x y", log_format="json")

    assert load(environment(settings, {})) == settings


@pytest.mark.parametrize(
    ("workers", "expected"),
    [(None, ("local", 1, 10)), (3, ("local", 3, 3)), (0, ("none", 0, 10))],
)
def test_a_number_of_workers_fixes_it_and_none_leaves_it_to_the_autoscaler(
    workers: int | None, expected: tuple[str, int, int]
) -> None:
    settings = with_options(Settings(), workers=workers, tasks=())

    assert (settings.autoscaler_provider, settings.workers_min, settings.workers_max) == expected


def test_task_modules_of_the_command_line_replace_the_samples() -> None:
    assert with_options(Settings(), workers=None, tasks=["shop.jobs", "mail"]).worker_tasks == "shop.jobs,mail"


def test_every_child_has_the_same_absolute_data_directory() -> None:
    assert Path(with_options(Settings(), workers=None, tasks=()).data_dir).is_absolute()


def test_workers_stop_first_and_the_server_last() -> None:
    specs = [*services(Settings(), {}), server(Path("c"), Path("r"), Settings(), {})]

    by_stage = sorted(specs, key=lambda spec: spec.stage)
    assert [spec.name for spec in by_stage] == ["autoscaler", "ingest", "dashboard", "scheduler", "server"]


def test_the_autoscaler_may_take_as_long_to_stop_as_its_workers_may_drain() -> None:
    specs = {spec.name: spec for spec in services(load({}, drain_timeout_ms=120_000), {})}

    assert specs["autoscaler"].stop_s > 120


@pytest.mark.parametrize(
    ("durability", "fsync"), [("memory", "everysec"), ("process-crash", "everysec"), ("power-loss", "always")]
)
def test_the_embedded_server_keeps_what_the_durability_promises(durability: str, fsync: str) -> None:
    config = server_config(load({}, durability=durability), Path("/data"), Path("/data/sock")).splitlines()

    assert {"appendonly yes", f"appendfsync {fsync}", "maxmemory-policy noeviction", "port 0"} <= set(config)


def test_the_embedded_server_refuses_to_promise_replicas() -> None:
    with pytest.raises(SettingsError, match="--redis-url"):
        server_config(load({}, durability="replica"), Path("/data"), Path("/data/sock"))


def test_restarts_come_ever_more_slowly_up_to_a_bound() -> None:
    pauses = [backoff_s(failures) for failures in range(1, 50)]

    assert pauses[:4] == [0.2, 0.4, 0.8, 1.6]
    assert pauses == sorted(pauses)
    assert pauses[-1] == BACKOFF_MAX_S
