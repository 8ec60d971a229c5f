"""PromQL that several dashboards share.

Each replica of the dashboard's API has read the whole log and says the same of every job: what it tells is never
added up over replicas. `exact` takes the furthest of them.
"""

from __future__ import annotations

RATE = "$__rate_interval"


def exact(series: str, by: str = "") -> str:
    """Return what the read model says, once, whichever of its replicas answer; `by` names the labels that stay."""
    return f"max by ({by}) ({series})"


def exact_rate(metric: str, labels: str, by: str = "") -> str:
    """Return the rate of a counter of the read model, its `labels` added up to those in `by`."""
    inner = exact(f"rate({metric}[{RATE}])", labels)
    return f"sum by ({by}) ({inner})"


def exact_quantile(quantile: float, histogram: str, by: str = "") -> str:
    """Return a quantile of a histogram of the read model; `histogram` may choose labels (`name{queue=~"…"}`)."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({quantile}, {_summed(histogram, labels)})"


def exact_buckets(histogram: str) -> str:
    """Return a histogram of the read model for a heatmap: how many a second in each bucket."""
    return _summed(histogram, "le")


def _summed(histogram: str, labels: str) -> str:
    rates = f"rate({bucket(histogram)}[{RATE}])"
    return f"sum by ({labels}) (max without (instance) ({rates}))"


def quantile(quantile: float, histogram: str, by: str = "") -> str:
    """Return a quantile of a histogram that each process has its own share of."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({quantile}, sum by ({labels}) (rate({bucket(histogram)}[{RATE}])))"


def mean(histogram: str) -> str:
    """Return the mean of what a histogram has observed, over all processes."""
    name, brace, choice = histogram.partition("{")
    total, count = f"{name}_sum{brace}{choice}", f"{name}_count{brace}{choice}"
    return f"sum(rate({total}[{RATE}])) / sum(rate({count}[{RATE}]))"


def bucket(histogram: str) -> str:
    """Return the buckets of a histogram: `name{…}` becomes `name_bucket{…}`."""
    name, brace, choice = histogram.partition("{")
    return f"{name}_bucket{brace}{choice}"
