"""What makes a sample job fail for good: its input, not its surroundings."""

from __future__ import annotations

from journeyman.errors import JourneymanError
from journeyman_worker.exceptions import Permanent


class UnusableInputError(Permanent):
    """The payload or a file it names cannot be worked on; the next attempt would end the same way."""


class ToldToFailError(JourneymanError):
    """A `synthetic` job fails because its payload says so; the next attempt may succeed."""
