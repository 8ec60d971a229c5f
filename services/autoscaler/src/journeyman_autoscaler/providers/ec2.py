"""The instances of an Auto Scaling group: one instance, one worker.

`apply` only leaves word; a thread of the provider's own speaks with AWS, of the latest word and never of an older one.
More instances are asked for at once (SetDesiredCapacity). Before fewer are, all but the least busy are protected from
scale-in, so that the group takes those. Which instance is how busy, the log says: workers tell theirs when they join.
What the group takes away is held by its termination lifecycle hook until the worker there has drained (the worker's
own doing, `journeyman_worker.instance`).

What happens when:

- *AWS does not answer, throttles, or refuses*: nothing changes in the group; decisions go on being made and recorded.
  `trouble` says so (readiness), and it is tried again, after 1 s, then ever later up to a minute. Then the latest
  number is asked for.
- *Protecting fails*: the number is raised, and not lowered, in that round.
- *The group's own bounds are narrower than the settings'*: decisions keep to them as soon as they are known (`bounds`).
  One made before, or after they were changed, is applied as far as they allow; told once.
- *The group does not exist, or may not be touched*: `trouble`, and tried again.
- *Somebody else changes the desired capacity*: it is set back within `LOOK_EVERY_S`.
- *All that would go are busy by then* (a job began between the look and the group's choice): the hook lets it drain.
- *An instance is held by the hook, and no worker is there any more* (it died, or never joined): it is let go after
  `LEFT_BEHIND_S`, so that nobody pays for it until the hook runs out. Where that fails, it is tried with each look.
- *An instance does not join* within three times what others took: one line in the log, and a metric. What is wrong with
  it, only its own log knows.
- *The autoscaler ends or dies*: the group stays as it is, and the next one begins with the number decided last.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from threading import Condition, Thread

from journeyman import failpoints
from journeyman.errors import CloudError, JourneymanError
from journeyman.settings import Settings
from journeyman_autoscaler import metrics
from journeyman_autoscaler.cloud import GroupCalls
from journeyman_autoscaler.limits import Bounds
from journeyman_autoscaler.providers import Held
from journeyman_autoscaler.providers.group import Arrivals, Group, by_state, left_behind, plan

#: Between two looks at the group while nothing is to be changed. It bounds how old the protection is.
LOOK_EVERY_S = 15.0
#: A description as old as this is good enough to ask for more instances by.
FRESH_S = 10.0
#: How long an instance without a worker may be held by the hook: its own worker may be about to let it go.
LEFT_BEHIND_S = 30.0
RETRY_FIRST_S = 1.0
RETRY_MOST_S = 60.0
CLOSE_S = 2.0

_log = logging.getLogger(__name__)


class Ec2Provider:
    """Has an Auto Scaling group run as many instances as workers are wanted."""

    name = "ec2"
    applies = True
    outlasts = True

    def __init__(
        self, group: GroupCalls, clock: Callable[[], float] = time.monotonic, look_every_s: float = LOOK_EVERY_S
    ) -> None:
        """Start the thread. It does nothing before the first `apply`."""
        self._calls = group
        self._clock = clock
        self._look_every_s = look_every_s
        self._word = Condition()
        self._wanted: tuple[int, Mapping[str, Held]] | None = None
        self._closed = False
        self._trouble = ""
        self._bounds: Bounds | None = None
        self._failed = 0
        # The rest belongs to the thread.
        self._asked = -1
        self._group: Group | None = None
        self._described_at = 0.0
        self._told = ""
        self._arrivals = Arrivals()
        self._held_since: dict[str, float] = {}
        self._thread = Thread(target=self._run, name="ec2", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str:
        """What keeps AWS from doing what was decided."""
        return self._trouble

    @property
    def bounds(self) -> Bounds | None:
        """The group's own bounds, as they were when it was last looked at; None before that."""
        return self._bounds

    def apply(self, desired: int, workers: Mapping[str, Held]) -> None:
        """Leave word of how many instances there should be, and of who is there."""
        with self._word:
            changed = self._wanted is None or self._wanted[0] != desired
            self._wanted = (desired, workers)
            if changed:
                self._word.notify()

    def close(self) -> None:
        """End the thread; a call under way is left behind. The group stays as it is."""
        with self._word:
            self._closed = True
            self._word.notify()
        self._thread.join(CLOSE_S)
        self._calls.close()

    def _run(self) -> None:
        due = 0.0
        while (word := self._next(due)) is not None:
            try:
                self._round(*word)
            except JourneymanError as error:
                due = self._clock() + self._fail(str(error))
            except Exception:  # noqa: BLE001 - a loop's runner; it is logged
                _log.exception("the group could not be dealt with")
                due = self._clock() + self._fail("speaking with AWS failed; the log has more")
            else:
                if self._trouble:
                    _log.info("AWS answers again")
                self._trouble, self._failed = "", 0
                due = self._clock() + self._look_every_s

    def _next(self, due: float) -> tuple[int, Mapping[str, Held]] | None:
        """Wait until it is time, or earlier for a new number where the last round was good; None at the end."""
        with self._word:
            while not self._closed:
                wanted = self._wanted
                if wanted is not None and (self._clock() >= due or (not self._failed and wanted[0] != self._asked)):
                    return wanted
                self._word.wait(max(0.0, due - self._clock()) if wanted is not None else None)
            return None

    def _fail(self, why: str) -> float:
        """Note that a round failed; return how long to wait."""
        if why != self._trouble:
            _log.warning("the group could not be asked for what was decided: %s", why)
        self._trouble = why
        self._failed += 1
        self._group = None
        return min(RETRY_MOST_S, RETRY_FIRST_S * 2.0 ** min(self._failed - 1, 10)) * random.uniform(0.75, 1.25)

    def _round(self, desired: int, workers: Mapping[str, Held]) -> None:
        group = self._look(desired)
        steps = plan(group, desired, workers.values())
        if steps.wanted > group.wanted:
            failpoints.hit("autoscaler.before_start")
            self._want(steps.wanted, group)
            failpoints.hit("autoscaler.after_start")
        if steps.protect:
            self._calls.protect(steps.protect, protected=True)
        if steps.release:
            self._calls.protect(steps.release, protected=False)
        if steps.wanted < group.wanted:
            failpoints.hit("autoscaler.before_stop")
            self._want(steps.wanted, group)
            failpoints.hit("autoscaler.after_stop")
        self._asked = desired
        self._tell_bounds(group, desired, steps.wanted)
        self._let_go(group, workers)
        self._miss(group, workers)

    def _want(self, count: int, group: Group) -> None:
        self._calls.want(count)
        _log.info("asked for %d instances instead of %d", count, group.wanted)
        self._group = None

    def _look(self, desired: int) -> Group:
        """Return the group as it is; for more instances, as it was a moment ago."""
        known = self._group
        if known is None or desired <= known.wanted or self._clock() - self._described_at > FRESH_S:
            known = self._group = self._calls.describe()
            self._described_at = self._clock()
            self._bounds = Bounds(known.least, known.most, "the Auto Scaling group")
            for state, count in by_state(known).items():
                metrics.INSTANCES.labels(state).set(count)
        return known

    def _tell_bounds(self, group: Group, desired: int, wanted: int) -> None:
        metrics.ASKED.set(wanted)
        told = f"{desired} of {group.least} to {group.most}" if wanted != desired else ""
        if told and told != self._told:
            _log.warning(
                "%d instances are wanted; the group's own bounds are %d to %d: asking for %d",
                desired,
                group.least,
                group.most,
                wanted,
            )
        self._told = told

    def _let_go(self, group: Group, workers: Mapping[str, Held]) -> None:
        now = self._clock()
        held = left_behind(group, workers.values())
        self._held_since = {id: self._held_since.get(id, now) for id in held}
        for id, since in self._held_since.items():
            if now - since >= LEFT_BEHIND_S:
                _log.info("%s is held by the lifecycle hook and no worker is there; letting it go", id)
                try:
                    self._calls.let_go(id)
                except CloudError as error:
                    _log.warning("%s could not be let go: %s", id, error)

    def _miss(self, group: Group, workers: Mapping[str, Held]) -> None:
        joined = {worker.instance for worker in workers.values() if worker.instance}
        late, fresh = self._arrivals.look(group, joined, self._clock())
        metrics.ABSENT.set(len(late))
        if fresh:
            _log.warning(
                "instances without a worker, %.0f s after they were ordered: %s",
                self._arrivals.patience_s,
                ", ".join(fresh[:10]),
            )


def ec2_provider(settings: Settings) -> Ec2Provider:
    """Return the provider for the group that the settings name. Raises SettingsError where AWS could never be asked."""
    group = GroupCalls(settings.autoscaling_group, settings.lifecycle_hook)
    group.check()
    return Ec2Provider(group)
