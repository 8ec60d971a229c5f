"""Does a log keep the promises? One linear pass over its entries, and the offset of whatever breaks one.

    I2  one submission per idempotency key within its time, one per job id
    I3  an outcome comes only from the attempt that has authority at that offset; only a worker that is there starts one
    I4  one end per generation, and nothing after it
    I5  epochs of scheduler commits rise, each with an election, and only a scheduler decides
    I6  the fold of the log is in one piece: every event fits the state the ones before it left
    I8  no start before the parents ended well enough, nor before the due time, nor without a release, nor out of a
        queue that is paused

Of a trimmed log the beginnings of some lives are gone; what cannot be judged without them is left unjudged. Parents
are judged for a job's first generation: who redrives a job wants it to run.

Pure. `Verifier` takes entries in order, so it works on a live log, an archive, or a simulated one. What it knows at an
offset (`Verifier.book`) is what keys and read model must say at that offset; `journeyman.log.audit` and
`journeyman.read_model` ask them.

Profiling shaped this code. Decoding is a tenth of a pass (msgspec, a whole commit in one call). What costs is Python
per event, so an event costs one look-up of its check and one of its job; a record or an offset is made only where
something is wrong; a job's state is one mutable struct that the garbage collector does not follow; and the usual start
is asked one question. A job that has ended is an entry of a dictionary and its id: about 130 bytes, so a log of five
million jobs is verified in some 650 MB.
"""

from journeyman.verify.findings import Report as Report
from journeyman.verify.findings import Violation as Violation
from journeyman.verify.requests import IDEMPOTENCY_KEPT_MS as IDEMPOTENCY_KEPT_MS
from journeyman.verify.verifier import Verifier as Verifier
from journeyman.verify.verifier import verify as verify
