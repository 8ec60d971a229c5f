"""A small cloud: an Auto Scaling group of moto's, and for each of its instances a machine: a real worker process.

What moto leaves out is done here, by looking at the group again and again, as EC2 does it:

- an instance that appears is a machine that starts: a metadata service, and `journeyman-worker`;
- one that disappears (moto takes it away at once) is held by the group's lifecycle hook: its metadata say
  `Terminated`; the machine goes down (SIGTERM) when the hook is completed, or by force when it has run out.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from support.aws import MotoServer
from support.fake_imds import FakeImds
from support.lifecycle_actions import COMPLETE, LifecycleActions
from support.scaling_groups import ScalingGroup
from support.system import System
from support.waiting import wait_for

HOOK = "drain"
LOOK_EVERY_S = 0.1
HOOK_S = 60.0


class SmallCloud:
    """The group, its machines and its hook. `environ` is for `System`; then `run` it, and `close` it in the end."""

    def __init__(self, aws: MotoServer, **group: Any) -> None:
        self.aws = aws
        self.group = ScalingGroup(aws, **group)
        self.actions = LifecycleActions()
        self.machines: dict[str, FakeImds] = {}
        #: Instances that went down, in order; and those that had to be switched off.
        self.gone: list[str] = []
        self.switched_off: list[str] = []
        self._system: System | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="small cloud", daemon=True)
        self._waiting: list[threading.Thread] = []

    def settings(self) -> dict[str, Any]:
        """Return the settings of a system on this cloud."""
        return {"autoscaler_provider": "ec2", "autoscaling_group": self.group.name, "lifecycle_hook": HOOK}

    def environ(self, name: str) -> Mapping[str, str]:
        """Return what the environment of a process says: of the autoscaler, and of the worker on a machine."""
        instance = name.removeprefix("worker-")
        if instance not in self.machines:
            return self.aws.environ()
        return {
            **self.aws.environ(),
            "AWS_ENDPOINT_URL_AUTO_SCALING": self.actions.url,
            "JOURNEYMAN_INSTANCE_METADATA": "imds",
            "JOURNEYMAN_INSTANCE_METADATA_URL": self.machines[instance].url,
        }

    def run(self, system: System) -> None:
        """Start and end machines from here on."""
        self._system = system
        self._thread.start()

    def _run(self) -> None:
        assert self._system is not None
        while not self._closed.wait(LOOK_EVERY_S):
            there = self.group.instances()
            for instance in sorted(there - set(self.machines) - set(self.gone)):
                self.machines[instance] = FakeImds(instance)
                self._system.start(f"worker-{instance}")
            for instance, imds in list(self.machines.items()):
                if instance not in there and imds.target_state != "Terminated":
                    imds.target_state = "Terminated"
                    thread = threading.Thread(target=self._go_down, args=(instance,), daemon=True)
                    self._waiting.append(thread)
                    thread.start()

    def _go_down(self, instance: str) -> None:
        assert self._system is not None
        try:
            wait_for(lambda: self.actions.of(COMPLETE, instance), "the hook", timeout_s=HOOK_S)
        except AssertionError:
            self.switched_off.append(instance)
            self._system.kill(f"worker-{instance}")
        else:
            self._system.stop(f"worker-{instance}")
        self.machines[instance].close()
        del self.machines[instance]
        self.gone.append(instance)

    def close(self) -> None:
        """Look no more; the machines that run are the system's to end."""
        self._closed.set()
        if self._thread.ident is not None:
            self._thread.join(10)
        for thread in self._waiting:
            thread.join(10)
        for imds in list(self.machines.values()):
            imds.close()
        self.actions.close()
