"""Handing released jobs to workers through Amazon SQS: what the scheduler, which sends, and the workers share.

Needs `journeyman[aws]`; nothing here is imported unless `JOURNEYMAN_TRANSPORT` is `sqs`. See docs/adr/0022.
"""
