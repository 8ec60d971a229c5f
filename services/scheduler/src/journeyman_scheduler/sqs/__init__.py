"""Handing released jobs to SQS: a thread beside the scheduler's loop, where the transport is `sqs`. See ADR 0022."""
