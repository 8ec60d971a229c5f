"""Hypothesis profiles: `quick` for every run, `thorough` for a night. Chosen by HYPOTHESIS_PROFILE.

Where CI is set, `quick` takes the same examples each time: what fails there then fails for what was changed.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def load() -> None:
    """Register the profiles and load the one the environment names."""
    settings.register_profile(
        "quick", deadline=None, max_examples=100, suppress_health_check=_SLOW, derandomize=bool(os.environ.get("CI"))
    )
    settings.register_profile("thorough", deadline=None, max_examples=2_000, suppress_health_check=_SLOW)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def share(of_quick: int) -> int:
    """Return how many examples an expensive test takes where a cheap one takes the profile's number."""
    return max(of_quick * settings().max_examples // 100, 1)
