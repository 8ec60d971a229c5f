"""The termination lifecycle hook that holds this instance while it drains: extended, and completed in the end."""

from __future__ import annotations

from journeyman.aws import Calls
from journeyman.errors import CloudRefusedError

#: Each call has one try: whoever calls comes again, and must not be kept from looking at the time.
ANSWER_S = 3.0


class LifecycleHook:
    """The hook of one group, for one instance. Calls raise CloudUnavailableError and CloudRefusedError."""

    def __init__(self, group: str, hook: str, instance: str) -> None:
        self._whose = {"AutoScalingGroupName": group, "LifecycleHookName": hook, "InstanceId": instance}
        self._calls = Calls("autoscaling", timeout_s=ANSWER_S, tries=1)

    def check(self) -> None:
        """Raise SettingsError where no call could ever be made: without boto3, without a region."""
        _ = self._calls.client

    def extend(self) -> None:
        """Have the hook wait for another of its timeouts (RecordLifecycleActionHeartbeat)."""
        self._calls("record_lifecycle_action_heartbeat", **self._whose)

    def complete(self) -> None:
        """Let the instance go (CompleteLifecycleAction). Nothing where no hook holds it any more."""
        try:
            self._calls("complete_lifecycle_action", LifecycleActionResult="CONTINUE", **self._whose)
        except CloudRefusedError as error:
            # "No active Lifecycle Action found": it ran out, or somebody else let it go.
            if error.code != "ValidationError":
                raise
