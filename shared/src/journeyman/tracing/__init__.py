"""What a trace of a job is made of: ids that are derived, names, who is sampled, and the spans that events tell. Pure.

Nothing here knows OpenTelemetry's packages: whoever sends spans (`journeyman.otel`, the dashboard) turns these into
theirs.
"""
