"""`docker compose up`: the whole system in containers, mistreated. One stack for all; each test leaves it healthy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from journeyman.client import NewJob
from support.compose import SERVICES, Stack, Traffic, docker, eventually, need_docker

pytestmark = [pytest.mark.containers, pytest.mark.timeout(900)]

#: What an image may have beyond its base, by the goal.
ADDED_MAX = 120_000_000
#: A build after a change of code only: the goal is 60 s, on a machine that is not busy with tests.
WARM_BUILD_MAX_S = 180
BASE = "python:3.13-slim"
EVERY_CONTAINER = ("valkey", *SERVICES)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Give the system in containers, built and healthy."""
    need_docker()
    stack = Stack()
    try:
        stack.build()
        stack.up()
        yield stack
        assert refused_by_acl(stack) == []
    finally:
        stack.close()


def size(image: str) -> int:
    return int(docker("image", "inspect", "--format", "{{.Size}}", image))


def refused_by_acl(stack: Stack) -> list[Any]:
    """Return what a service was not allowed to do: `ACL LOG` without what tests have tried themselves."""
    entries: list[dict[str, Any]] = json.loads(stack.valkey("-3", "--json", "ACL", "LOG"))
    return [entry for entry in entries if entry["object"] not in ("flushall", "keys", "config|set", "shutdown")]


def test_images_are_small_and_built_anew_quickly(stack: Stack, record_property: Callable[[str, object], None]) -> None:
    begun = time.monotonic()
    stack.build(revision="second")
    took_s = time.monotonic() - begun
    added = {service: size(f"{stack.project}-{service}") - size(BASE) for service in SERVICES}
    record_property("warm_build_s", round(took_s, 1))
    record_property("added_bytes", added)
    assert took_s < WARM_BUILD_MAX_S
    assert max(added.values()) <= ADDED_MAX, added


@pytest.mark.parametrize("service", EVERY_CONTAINER)
def test_a_container_has_no_more_rights_than_it_needs(stack: Stack, service: str) -> None:
    about = stack.inspect(service)
    host = about["HostConfig"]
    assert about["Config"]["User"] not in ("", "0", "root")
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert not host["Ulimits"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert about["Config"]["Healthcheck"]["Test"]


@pytest.mark.parametrize("user", SERVICES)
@pytest.mark.parametrize("command", ["FLUSHALL", "KEYS *", "CONFIG SET save 1", "SHUTDOWN", "GET elsewhere"])
def test_the_user_of_a_service_may_do_nothing_else(stack: Stack, user: str, command: str) -> None:
    assert "NOPERM" in stack.valkey(*command.split(), user=user)


def test_nobody_comes_in_without_a_password(stack: Stack) -> None:
    answer = stack.compose("exec", "-T", "valkey", "valkey-cli", "GET", "jm:{0}:meta")
    assert "NOAUTH" in answer


def test_a_workflow_submitted_over_http_completes(stack: Stack) -> None:
    jobs = [NewJob(type="synthetic", ref="first", payload={"echo": "begin"})]
    jobs += [
        NewJob(
            type="synthetic",
            ref=f"middle-{n}",
            payload={"fail_times": 1, "echo": n},
            depends_on=["ref:first"],
            backoff={"initial_ms": 100},
        )
        for n in range(8)
    ]
    jobs.append(
        NewJob(type="synthetic", payload={"result_bytes": 100_000}, depends_on=[f"ref:middle-{n}" for n in range(8)])
    )
    with stack.client() as client:
        handles = client.submit_many(jobs)
        assert len(handles[-1].result(timeout=120)["data"]) == 100_000
        assert {client.job(handle.id).attempt for handle in handles[1:-1]} == {2}


def test_pages_and_descriptions_are_served_and_pages_may_write(stack: Stack) -> None:
    page = httpx.get(stack.dashboard_url, trust_env=False)
    assert "<html" in page.text
    assert httpx.get(f"{stack.dashboard_url}/config", trust_env=False).json()["ingest_url"] == stack.ingest_url
    for url in (stack.ingest_url, stack.dashboard_url):
        assert "openapi" in httpx.get(f"{url}/schema/openapi.json", trust_env=False).text
    answer = httpx.post(
        f"{stack.ingest_url}/jobs", json={"type": "synthetic"}, headers={"Origin": stack.dashboard_url}, trust_env=False
    )
    assert answer.headers["Access-Control-Allow-Origin"] == stack.dashboard_url


@pytest.mark.parametrize("service", EVERY_CONTAINER)
def test_killing_a_container_loses_nothing(stack: Stack, service: str) -> None:
    with Traffic(stack) as traffic:
        stack.kill(service)
        if service not in ("valkey", "ingest"):
            traffic.goes_on()
        stack.up("--no-recreate")
        traffic.goes_on()
    stack.verify()


@pytest.mark.parametrize("service", SERVICES)
def test_rolling_a_service_to_a_rebuilt_image_loses_nothing(stack: Stack, service: str) -> None:
    before = stack.inspect(service)["Image"]
    stack.build(service, revision=f"rolled-{service}")
    with Traffic(stack) as traffic:
        stack.up("--no-deps", service)
        traffic.goes_on()
    about = stack.inspect(service)
    assert about["Image"] != before
    assert about["Config"]["Labels"]["org.opencontainers.image.revision"] == f"rolled-{service}"
    stack.verify()


def test_four_workers_are_one_command_and_none_is_killed_when_they_go(stack: Stack) -> None:
    with stack.client() as client:
        stack.up("--no-recreate", "--scale", "worker=4")
        eventually(lambda: len([one for one in client.workers() if one.state == "joined"]) == 4, "four workers")
        with Traffic(stack):
            gone = stack.containers("worker")
            stack.up("--no-recreate", "--scale", "worker=1")
        assert len(set(gone) - set(stack.containers("worker"))) == 3
        eventually(lambda: len([one for one in client.workers() if one.state == "joined"]) == 1, "one worker")
    stack.verify()


def test_a_stopped_worker_drains_and_ends_in_good_order(stack: Stack) -> None:
    stack.compose("stop", "worker")
    try:
        assert stack.inspect("worker")["State"]["ExitCode"] == 0
    finally:
        stack.up("--no-recreate")
