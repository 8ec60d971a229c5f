"""The page at `/` and its files. It loads nothing from elsewhere and runs no inline script."""

from __future__ import annotations

from importlib import resources

from litestar import Response, get

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def _file(name: str, media_type: str) -> Response[bytes]:
    content = resources.files("journeyman_dashboard").joinpath("page", name).read_bytes()
    return Response(content, media_type=media_type, headers=_HEADERS)


@get("/", include_in_schema=False, sync_to_thread=True)
def index() -> Response[bytes]:
    """Serve the page."""
    return _file("index.html", "text/html")


@get("/page/dashboard.css", include_in_schema=False, sync_to_thread=True)
def style() -> Response[bytes]:
    """Serve its style."""
    return _file("dashboard.css", "text/css")


@get("/page/dashboard.js", include_in_schema=False, sync_to_thread=True)
def script() -> Response[bytes]:
    """Serve its script."""
    return _file("dashboard.js", "text/javascript")


@get("/page/icon.svg", include_in_schema=False, sync_to_thread=True)
def icon() -> Response[bytes]:
    """Serve its icon."""
    return _file("icon.svg", "image/svg+xml")
