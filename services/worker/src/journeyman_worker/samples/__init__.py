"""Jobs that do real work, and the files they do it on. Importing this package declares the five types.

`jobs.py` has the jobs; each one's work is a module of its own. `workflow.py` strings them together into a demo,
`mailbox.py` is the mail server it sends to. docs/samples.md shows them from the outside.
"""

from journeyman_worker.samples.jobs import (
    data_processing,
    email_sending,
    image_processing,
    report_generation,
    synthetic_job,
)

__all__ = ["data_processing", "email_sending", "image_processing", "report_generation", "synthetic_job"]
