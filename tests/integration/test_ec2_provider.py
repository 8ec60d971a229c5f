"""The provider `ec2`, with real boto3 calls to moto."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from journeyman.events import BEGINNING, FleetScaled
from journeyman.log.memory_log import MemoryLog
from journeyman_autoscaler import metrics
from journeyman_autoscaler.cloud import GroupCalls
from journeyman_autoscaler.limits import Bounds, Limits
from journeyman_autoscaler.loop import Loop
from journeyman_autoscaler.providers import Held
from journeyman_autoscaler.providers.ec2 import Ec2Provider
from support.aws import MotoServer
from support.lifecycle_actions import COMPLETE, LifecycleActions
from support.scaling_groups import ScalingGroup
from support.tcp_proxy import TcpProxy
from support.waiting import wait_for

Provide = Callable[..., Ec2Provider]


@pytest.fixture
def provide(aws_environ: dict[str, str]) -> Iterator[Provide]:
    """Start providers, which end with the test."""
    started: list[Ec2Provider] = []

    def provide(group: str, hook: str = "", look_every_s: float = 0.3, **more: Any) -> Ec2Provider:
        provider = Ec2Provider(GroupCalls(group, hook), look_every_s=look_every_s, **more)
        started.append(provider)
        return provider

    yield provide
    for provider in started:
        provider.close()


def on(instance: str, running: int = 0) -> Held:
    return Held("host", 1, instance, running)


def calls(operation: str, ended: str = "done") -> float:
    return float(metrics.CLOUD_CALLS.labels(operation, ended)._value.get())


def test_a_group_is_scaled_up_at_once_and_down_again(aws: MotoServer, provide: Provide) -> None:
    group = ScalingGroup(aws)
    provider = provide(group.name, look_every_s=60.0)

    provider.apply(3, {})
    wait_for(lambda: len(group.instances()) == 3, "three instances")
    provider.apply(5, {})
    wait_for(lambda: len(group.instances()) == 5, "five instances")
    provider.apply(0, {})
    wait_for(lambda: not group.instances(), "no instance")
    assert provider.trouble == ""


def test_nothing_is_asked_for_before_there_was_a_decision(aws: MotoServer, provide: Provide) -> None:
    group = ScalingGroup(aws, wanted=2)
    before = calls("describe_auto_scaling_groups")
    provide(group.name)
    other = ScalingGroup(aws)
    provide(other.name).apply(1, {})
    wait_for(lambda: len(other.instances()) == 1, "an instance of the other")

    assert group.wanted() == 2
    assert calls("describe_auto_scaling_groups") > before


def test_the_group_keeps_within_its_own_bounds(aws: MotoServer, provide: Provide) -> None:
    group = ScalingGroup(aws, least=1, most=4, wanted=2)
    provider = provide(group.name)

    assert provider.bounds is None
    provider.apply(9, {})
    wait_for(lambda: group.wanted() == 4, "the group's most")
    assert provider.bounds == Bounds(1, 4, "the Auto Scaling group")
    provider.apply(0, {})
    wait_for(lambda: group.wanted() == 1, "the group's least")
    assert provider.trouble == ""


def test_a_smaller_group_loses_its_idle_instances_and_keeps_the_busy_ones(aws: MotoServer, provide: Provide) -> None:
    group = ScalingGroup(aws, wanted=6)
    busy, lightly, *idle = sorted(group.instances())
    workers = {
        busy: on(busy, 4),
        lightly: on(lightly, 1),
        **{id: on(id) for id in idle},
    }
    provider = provide(group.name)

    provider.apply(2, workers)
    wait_for(lambda: group.instances() == {busy, lightly}, "the idle ones to go")
    assert group.protected() == {busy, lightly}

    provider.apply(1, {id: workers[id] for id in (busy, lightly)})
    wait_for(lambda: group.instances() == {busy}, "the less busy one to go")


def test_many_instances_are_protected_in_batches(aws: MotoServer, provide: Provide) -> None:
    group = ScalingGroup(aws, most=70, wanted=60)
    before = calls("set_instance_protection")
    provider = provide(group.name, look_every_s=60.0)

    provider.apply(60, {id: on(id, 1) for id in group.instances()})

    wait_for(lambda: len(group.protected()) == 60, "sixty protected instances")
    assert calls("set_instance_protection") - before == 2


def test_who_is_busy_is_protected_and_who_no_longer_is_is_not(aws: MotoServer, provide: Provide) -> None:
    group = ScalingGroup(aws, wanted=2)
    first, second = sorted(group.instances())
    provider = provide(group.name)

    provider.apply(2, {"a": on(first, 1), "b": on(second)})
    wait_for(lambda: group.protected() == {first}, "the busy one to be protected")
    provider.apply(2, {"a": on(first), "b": on(second, 1)})
    wait_for(lambda: group.protected() == {second}, "the other one to be protected")


def test_what_somebody_else_changed_is_set_back(aws: MotoServer, provide: Provide) -> None:
    group = ScalingGroup(aws)
    provide(group.name).apply(2, {})
    wait_for(lambda: group.wanted() == 2, "two instances")

    group.calls.set_desired_capacity(AutoScalingGroupName=group.name, DesiredCapacity=5)
    wait_for(lambda: group.wanted() == 2, "two instances again")


def test_while_aws_is_away_decisions_go_on_and_afterwards_the_latest_number_is_asked_for(
    aws: MotoServer, provide: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = ScalingGroup(aws)
    log = MemoryLog()
    proxy = TcpProxy(aws.port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
    provider = provide(group.name)
    loop = Loop([log], provider, Limits(workers_min=2))
    stop = threading.Event()
    thread = threading.Thread(target=loop.run, args=(stop,))
    try:
        proxy.refuse()
        for desired in (3, 7):
            began = time.monotonic()
            provider.apply(desired, {})
            assert time.monotonic() - began < 3.0
        thread.start()
        wait_for(lambda: "; not applied: " in loop.ready()[1], "the trouble to be told", timeout_s=40)
        assert not loop.ready()[0]
        scaled = [event for entry in log.read(BEGINNING, count=100) for event in entry.events]
        assert [(event.provider, event.desired) for event in scaled if isinstance(event, FleetScaled)] == [("ec2", 2)]
        assert group.wanted() == 0

        proxy.heal()
        wait_for(lambda: group.wanted() == 2, "the latest number", timeout_s=60)
        wait_for(lambda: loop.ready()[0], "the trouble to be over")
    finally:
        stop.set()
        thread.join(10)
        proxy.close()


def test_a_group_that_is_not_there_is_told_of_and_found_when_it_is(aws: MotoServer, provide: Provide) -> None:
    provider = provide("nowhere")
    provider.apply(1, {})

    wait_for(lambda: provider.trouble == "there is no Auto Scaling group nowhere", "the trouble to be told")


def test_an_instance_that_a_hook_holds_and_whose_worker_is_gone_is_let_go(
    aws: MotoServer, provide: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    """moto neither holds instances nor lets them go: the state is set in it, the call is taken beside it."""
    group = ScalingGroup(aws, wanted=2)
    left, kept = sorted(group.instances())
    _hold(group.name, left, kept)
    actions = LifecycleActions()
    now = [1_000.0]
    try:
        asked = GroupCalls(group.name, "drain")
        asked.check()
        monkeypatch.setenv("AWS_ENDPOINT_URL", actions.url)
        letting_go = GroupCalls(group.name, "drain")
        letting_go.check()
        monkeypatch.setattr(asked, "let_go", letting_go.let_go)
        provider = Ec2Provider(asked, look_every_s=0.0, clock=lambda: now[0])
        try:
            workers: Mapping[str, Held] = {"w": Held("h", 1, kept, 1, draining=True)}
            before = calls("describe_auto_scaling_groups")
            provider.apply(0, workers)
            wait_for(lambda: calls("describe_auto_scaling_groups") > before + 1, "two looks")
            assert actions.of(COMPLETE) == []
            now[0] += 31.0
            wait_for(lambda: actions.of(COMPLETE), "the instance to be let go")
            assert {action.instance for action in actions.of(COMPLETE)} == {left}
        finally:
            provider.close()
    finally:
        actions.close()


def _hold(group: str, *instances: str) -> None:
    from moto.backends import get_backend

    backend: Any = get_backend("autoscaling")
    for account in backend.values():
        for region in account.values():
            if group in region.autoscaling_groups:
                for state in region.autoscaling_groups[group].instance_states:
                    if state.instance.id in instances:
                        state.lifecycle_state = "Terminating:Wait"
