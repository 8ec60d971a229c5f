"""No screen has a serious fault that axe-core finds, in either look."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from support.browser import Opener

SCREENS = ["/", "/jobs", "/queues", "/workers", "/types", "/dead-letters", "/submit"]
GRAVE = {"serious", "critical"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_is_for_everybody(look: Opener, screen: str, scheme: str) -> None:
    view = look(screen, scheme=scheme).live()
    found = Axe().run(view.page).response["violations"]

    faults = [
        f"{one['id']}: {node['html'][:160]} — {node['failureSummary'][:200]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"][:3]
    ]
    assert faults == []
