"""Receiving places from SQS, where the transport is `sqs`: dramatiq-sqs receives, the log is asked for each place."""
