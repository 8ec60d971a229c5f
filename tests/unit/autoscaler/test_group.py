"""What is asked of an Auto Scaling group: how many instances, and which of them it may take."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from journeyman_autoscaler.providers import Held
from journeyman_autoscaler.providers.group import (
    HELD_BACK,
    IN_SERVICE,
    PATIENCE_FIRST_S,
    PATIENCE_LEAST_S,
    Arrivals,
    Group,
    Instance,
    by_state,
    clamped,
    left_behind,
    plan,
)


def group(*instances: Instance, least: int = 0, most: int = 10, wanted: int | None = None) -> Group:
    return Group(least, most, len(instances) if wanted is None else wanted, instances)


def serving(*ids: str, protected: str = "") -> list[Instance]:
    return [Instance(id, IN_SERVICE, id in protected.split()) for id in ids]


def on(instance: str, running: int = 0, *, draining: bool = False) -> Held:
    return Held("h", 1, instance, running, draining)


def test_the_number_is_kept_within_the_groups_own_bounds() -> None:
    bounded = group(least=2, most=5)

    assert [clamped(bounded, desired) for desired in (0, 2, 4, 5, 9)] == [2, 2, 4, 5, 5]


def test_more_instances_are_asked_for_and_only_the_busy_are_protected() -> None:
    asked = plan(group(*serving("a", "b")), 4, [on("a", 3), on("b", 0)])

    assert asked == (("a",), (), 4)


def test_what_became_idle_is_protected_no_more() -> None:
    assert plan(group(*serving("a", "b", protected="a b")), 2, [on("a", 1)]) == ((), ("b",), 2)


def test_before_fewer_are_asked_for_all_but_the_least_busy_are_protected() -> None:
    asked = plan(group(*serving("a", "b", "c")), 2, [on("a", 2), on("b", 1), on("c", 5)])

    assert asked == (("a", "c"), (), 2)


def test_idle_ones_go_before_busy_ones_and_what_is_kept_is_protected_though_it_is_idle() -> None:
    asked = plan(group(*serving("a", "b", "c", protected="c")), 1, [on("a"), on("b", 4), on("c")])

    assert asked == (("b",), ("c",), 1)


def test_several_workers_on_an_instance_are_busy_together() -> None:
    asked = plan(group(*serving("a", "b")), 1, [on("a", 1), on("a", 1), on("b", 1)])

    assert asked.protect == ("a",)


def test_an_instance_whose_worker_drains_is_the_first_to_go() -> None:
    asked = plan(group(*serving("a", "b")), 1, [on("a", 0), on("b", 7, draining=True)])

    assert asked.protect == ("a",)


def test_instances_that_are_coming_count_and_are_neither_protected_nor_released() -> None:
    asked = plan(group(*serving("a"), Instance("b", "Pending:Wait", False)), 1, [on("a", 1)])

    assert asked == ((), (), 1)


def test_instances_that_are_going_are_left_alone() -> None:
    going = Instance("b", HELD_BACK, True)

    assert plan(group(*serving("a"), going), 1, [on("a"), on("b", 3)]) == ((), (), 1)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), max_size=12),
    st.integers(0, 12),
    st.integers(0, 3),
    st.integers(3, 12),
)
def test_as_many_as_are_too_many_may_be_taken_and_none_busier_than_one_that_is_kept(
    instances: list[tuple[int, bool, bool]], desired: int, least: int, most: int
) -> None:
    described = [Instance(f"i-{n}", IN_SERVICE, protected) for n, (_, protected, _) in enumerate(instances)]
    busy = {f"i-{n}": -1 if draining else running for n, (running, _, draining) in enumerate(instances)}
    workers = [on(f"i-{n}", running, draining=draining) for n, (running, _, draining) in enumerate(instances)]

    asked = plan(group(*described, least=least, most=most), desired, workers)

    assert least <= asked.wanted <= most
    shielded = ({each.id for each in described if each.protected} | set(asked.protect)) - set(asked.release)
    free = set(busy) - shielded
    surplus = len(described) - asked.wanted
    if surplus > 0:
        assert len(free) == surplus
        assert max(busy[id] for id in free) <= min((busy[id] for id in shielded), default=99)
    else:
        assert shielded == {id for id, running in busy.items() if running > 0}
    assert plan(group(*(Instance(id, IN_SERVICE, id in shielded) for id in busy)), asked.wanted, workers)[:2] == (
        (),
        (),
    )


def test_an_instance_that_a_hook_holds_is_left_behind_only_when_no_worker_is_there() -> None:
    held = [Instance("a", HELD_BACK, False), Instance("b", HELD_BACK, False), *serving("c")]

    assert left_behind(group(*held), [on("a", 1, draining=True)]) == ["b"]


def test_an_instance_that_does_not_join_in_time_is_told_of_once() -> None:
    arrivals = Arrivals()
    two = group(*serving("a", "b"))

    assert arrivals.look(two, {"a"}, 1_000.0) == ([], [])
    assert arrivals.look(two, {"a"}, 1_000.0 + PATIENCE_FIRST_S) == ([], [])
    assert arrivals.look(two, {"a"}, 1_001.0 + PATIENCE_FIRST_S) == (["b"], ["b"])
    assert arrivals.look(two, {"a"}, 1_002.0 + PATIENCE_FIRST_S) == (["b"], [])
    assert arrivals.look(two, {"a", "b"}, 1_003.0 + PATIENCE_FIRST_S) == ([], [])


def test_how_long_is_waited_is_learned_from_those_that_joined() -> None:
    arrivals = Arrivals()
    arrivals.look(group(*serving("a")), set(), 100.0)
    arrivals.look(group(*serving("a")), {"a"}, 170.0)
    assert arrivals.patience_s == 210.0

    arrivals.look(group(*serving("b")), set(), 200.0)
    arrivals.look(group(*serving("b")), {"b"}, 201.0)
    assert arrivals.patience_s == 210.0


def test_what_was_there_from_the_beginning_says_nothing_of_how_long_it_takes() -> None:
    arrivals = Arrivals()
    arrivals.look(group(*serving("a")), {"a"}, 100.0)
    assert arrivals.patience_s == PATIENCE_FIRST_S

    arrivals.look(group(*serving("a", "b")), {"a"}, 200.0)
    arrivals.look(group(*serving("a", "b")), {"a", "b"}, 201.0)
    assert arrivals.patience_s == PATIENCE_LEAST_S


def test_instances_are_counted_by_what_they_do() -> None:
    described = [*serving("a"), Instance("b", "Pending", False), Instance("c", HELD_BACK, False)]

    assert by_state(group(*described)) == {"in_service": 1, "coming": 1, "going": 1}
