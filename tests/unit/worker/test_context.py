"""What user code may ask."""

from __future__ import annotations

import pytest

import journeyman_worker as jm


def test_outside_of_a_job_there_is_no_current_one() -> None:
    with pytest.raises(jm.NotInAJobError):
        jm.current()
    with pytest.raises(jm.NotInAJobError):
        jm.progress(3)
