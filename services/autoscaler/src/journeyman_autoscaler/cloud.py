"""The calls of Amazon's services that the autoscaler makes, counted: an Auto Scaling group's, and CloudWatch's.

Each goes through `journeyman.aws`: bounded timeouts, a bounded number of retries, a circuit breaker. It raises
CloudUnavailableError (no answer, throttled; it may pass) or CloudRefusedError (no; somebody has to mend something).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from journeyman.aws import Calls
from journeyman.errors import CloudRefusedError, CloudUnavailableError
from journeyman_autoscaler import metrics
from journeyman_autoscaler.providers.group import Group, Instance

#: What SetInstanceProtection takes at once.
PROTECTED_AT_ONCE = 50
#: What a call may take for itself; there are three tries.
ANSWER_S = 5.0


class CountedCalls:
    """Calls of one service. Every call is counted with how it ended."""

    def __init__(self, service: str) -> None:
        self._calls = Calls(service, timeout_s=ANSWER_S)

    def check(self) -> None:
        """Raise SettingsError where no call could ever be made: without boto3, without a region."""
        _ = self._calls.client

    def __call__(self, operation: str, **arguments: Any) -> Any:
        """Make a call."""
        ended = "failed"
        try:
            answer = self._calls(operation, **arguments)
            ended = "done"
        except CloudUnavailableError:
            ended = "unavailable"
            raise
        except CloudRefusedError:
            ended = "refused"
            raise
        finally:
            metrics.CLOUD_CALLS.labels(operation, ended).inc()
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._calls.close()


class GroupCalls:
    """What is asked of one Auto Scaling group."""

    def __init__(self, name: str, hook: str) -> None:
        self.name = name
        self._hook = hook
        self._calls = CountedCalls("autoscaling")

    def check(self) -> None:
        """Raise SettingsError where no call could ever be made."""
        self._calls.check()

    def describe(self) -> Group:
        """Return the group as it is (DescribeAutoScalingGroups)."""
        answer = self._calls("describe_auto_scaling_groups", AutoScalingGroupNames=[self.name])
        if not answer["AutoScalingGroups"]:
            raise CloudRefusedError(f"there is no Auto Scaling group {self.name}", code="NoSuchGroup")
        told = answer["AutoScalingGroups"][0]
        instances = (
            Instance(each["InstanceId"], each["LifecycleState"], bool(each.get("ProtectedFromScaleIn")))
            for each in told.get("Instances", ())
        )
        return Group(told["MinSize"], told["MaxSize"], told["DesiredCapacity"], tuple(instances))

    def want(self, count: int) -> None:
        """Have the group make it so many instances, whatever its cooldown says (SetDesiredCapacity)."""
        self._calls("set_desired_capacity", AutoScalingGroupName=self.name, DesiredCapacity=count, HonorCooldown=False)

    def protect(self, instances: Sequence[str], *, protected: bool) -> None:
        """Keep the group from taking these away, or let it (SetInstanceProtection, in batches)."""
        for start in range(0, len(instances), PROTECTED_AT_ONCE):
            self._calls(
                "set_instance_protection",
                AutoScalingGroupName=self.name,
                InstanceIds=list(instances[start : start + PROTECTED_AT_ONCE]),
                ProtectedFromScaleIn=protected,
            )

    def let_go(self, instance: str) -> None:
        """Have an instance go that the group's hook holds (CompleteLifecycleAction). Nothing where it went already."""
        if not self._hook:
            return
        try:
            self._calls(
                "complete_lifecycle_action",
                AutoScalingGroupName=self.name,
                LifecycleHookName=self._hook,
                InstanceId=instance,
                LifecycleActionResult="CONTINUE",
            )
        except CloudRefusedError as error:
            if error.code != "ValidationError":
                raise

    def close(self) -> None:
        """Close the connections."""
        self._calls.close()
