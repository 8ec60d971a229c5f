"""The whole of Journeyman on one machine: the embedded server, every service, and who looks after them."""

from journeyman_local.up import run_up

__all__ = ["run_up"]
