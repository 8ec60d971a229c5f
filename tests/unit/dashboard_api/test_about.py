"""What the dashboard tells of the system around it: from the settings, which are checked at the start."""

from __future__ import annotations

import pytest

from journeyman.errors import SettingsError
from journeyman.settings import load
from journeyman_dashboard.routes.about import surroundings


def test_where_traces_are_shown_is_told_as_it_is_set() -> None:
    assert surroundings(load({})).trace_url == ""
    url = "https://tempo.example:3000/explore?trace={trace_id}&org=1"
    assert surroundings(load({"JOURNEYMAN_TRACE_URL": url})).trace_url == url


@pytest.mark.parametrize(
    "wrong",
    [
        "https://tempo.example/trace",
        "tempo.example/{trace_id}",
        "javascript:alert('{trace_id}')",
        "https:///{trace_id}",
        "https://{trace_id}.example/",
        "https://tempo.example/\n{trace_id}",
    ],
)
def test_what_is_no_place_of_traces_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(SettingsError, match="JOURNEYMAN_TRACE_URL"):
        load({"JOURNEYMAN_TRACE_URL": wrong})
