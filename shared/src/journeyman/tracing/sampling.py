"""Whose traces are kept, as the standard settings `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` say. Pure.

Whoever makes spans of a job (the dashboard, the worker) asks the same of the same, and so they agree without talking.
The rule of the ratio is that of OpenTelemetry's SDK, so spans that it makes under a job's agree too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from journeyman.errors import SettingsError
from journeyman.tracing.ids import RANKS, quick_chance, read_traceparent, trace_id_of

SAMPLER = "OTEL_TRACES_SAMPLER"
ARGUMENT = "OTEL_TRACES_SAMPLER_ARG"
NAMES = (
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
)
DEFAULT = "parentbased_always_on"

_PARENT_BASED = "parentbased_"
_LOW = (1 << 64) - 1


@dataclass(frozen=True)
class Sampler:
    """bound: traces whose id's lower half is below it are kept. heeds_parent: the submitter's flag says it, if any."""

    bound: int = _LOW + 1
    heeds_parent: bool = True
    #: Which jobs with a trace of their own may be kept, by `quick_chance`: no others are.
    maybe: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        edge = self.bound >> 54
        object.__setattr__(self, "maybe", frozenset(pair for pair, rank in RANKS.items() if rank <= edge))

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Sampler:
        """Read the standard settings. Raises SettingsError for what is no sampler, or no ratio."""
        name = environ.get(SAMPLER, "").strip().lower() or DEFAULT
        if name not in NAMES:
            raise SettingsError(f"{SAMPLER}: {name!r} is none of {', '.join(NAMES)}")
        root = name.removeprefix(_PARENT_BASED)
        ratio = _ratio(environ) if root == "traceidratio" else float(root == "always_on")
        return cls(round(ratio * (_LOW + 1)), name.startswith(_PARENT_BASED))

    def keeps(self, trace_id: str, traceparent: str) -> bool:
        """Tell whether the trace of a job that was submitted with this `traceparent` is kept."""
        if self.heeds_parent and traceparent:
            parent = read_traceparent(traceparent)
            if parent is not None and parent.is_real:
                return parent.sampled
        return int(trace_id[16:], 16) < self.bound

    def keeps_job(self, job_id: str, traceparent: str) -> bool:
        """Tell whether the trace of a job is kept. Quick where it has a trace of its own, as most jobs do."""
        if not traceparent and quick_chance(job_id) not in self.maybe:
            return False
        return self.keeps(trace_id_of(job_id, traceparent), traceparent)


def _ratio(environ: Mapping[str, str]) -> float:
    text = environ.get(ARGUMENT, "").strip() or "1"
    try:
        ratio = float(text)
    except ValueError:
        ratio = math.nan
    if not 0 <= ratio <= 1:
        raise SettingsError(f"{ARGUMENT}: {text!r} is not a number from 0 to 1")
    return ratio
