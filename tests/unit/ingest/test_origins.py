"""Pages in browsers: those of allowed origins are let in, others may change nothing, programs are not concerned."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from journeyman.errors import SettingsError
from journeyman.settings import load
from journeyman_ingest.origins import Origins
from journeyman_ingest.replies import Reply

DASHBOARD = "http://127.0.0.1:8001"
ALLOWED = {"origin": DASHBOARD}
STRANGER = {"origin": "https://elsewhere.example"}


def ask(method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """Ask an application that accepts everything."""

    async def asked() -> httpx.Response:
        app = Origins(Reply(202, b"{}", (b"journeyman-offset", b"1-0/0")), [DASHBOARD])
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(asked())


def test_a_program_is_answered_as_if_nothing_were_there() -> None:
    answer = ask("POST", "/queues/q/pause")

    assert answer.status_code == 202
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_dashboards_page_may_write_and_read_what_was_written_where() -> None:
    asked = ask("OPTIONS", "/jobs", headers={**ALLOWED, "access-control-request-method": "POST"})
    answer = ask("POST", "/jobs", headers=ALLOWED)

    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == DASHBOARD
    assert "idempotency-key" in asked.headers["access-control-allow-headers"]
    assert answer.status_code == 202
    assert answer.headers["access-control-allow-origin"] == DASHBOARD
    assert "Journeyman-Offset" in answer.headers["access-control-expose-headers"]
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://127.0.0.1:8001.evil.example", ""])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_no_other_page_changes_anything(method: str, origin: str) -> None:
    answer = ask(method, "/queues/q/pause", headers={"origin": origin})

    assert answer.status_code == 403
    assert answer.json()["type"].endswith("foreign-origin")
    assert "access-control-allow-origin" not in answer.headers


def test_no_other_page_is_permitted_or_told_anything() -> None:
    asked = ask("OPTIONS", "/jobs", headers={**STRANGER, "access-control-request-method": "POST"})
    read = ask("GET", "/health/live", headers=STRANGER)

    assert "access-control-allow-origin" not in asked.headers
    assert "access-control-allow-origin" not in read.headers


def test_the_dashboards_own_origin_is_allowed_by_each_of_its_names() -> None:
    assert load({}, dashboard_port=8101).origins() == {"http://127.0.0.1:8101", "http://localhost:8101"}
    assert load({}, dashboard_url="https://jobs.example/").origins() == {"https://jobs.example"}
    settings = load({"JOURNEYMAN_CORS_ORIGINS": "https://a.example, http://b.example:81"}, dashboard_url="https://c.d")
    assert settings.origins() == {"https://a.example", "http://b.example:81", "https://c.d"}


@pytest.mark.parametrize(
    "wrong", ["*", "a.example", "https://a.example/", "https://a.example/x", "ftp://a", "https://u@a"]
)
def test_what_is_no_origin_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(SettingsError, match="CORS_ORIGINS"):
        load({"JOURNEYMAN_CORS_ORIGINS": wrong})
