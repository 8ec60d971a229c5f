"""The UI at `/` and its files, as its build left them in `ui_dist`. It loads nothing from elsewhere.

Its screens are behind the `#` of the address, so `/` is its only page. No inline script runs; styles that its component
library writes carry a nonce, new with every answer. Names of assets say what is in them: they are kept for good. Where
the UI was not built, `/` says how to.
"""

from __future__ import annotations

import re
import secrets
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from journeyman_dashboard.routes.about import Surroundings

NOT_BUILT = "The dashboard's UI was not built: run `make ui`, or `npm run build` in services/dashboard-api/ui.\n"
#: Where the build left room for a nonce.
NONCE_PLACE = "CSP_NONCE"

_MEDIA_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
_ASSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.(css|js|json|svg|woff2)")
_ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_ASK_AGAIN = {"Cache-Control": "no-cache"}
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}


def content_security_policy(nonce: str, *peers: str) -> str:
    """Return what the page may do: run its own scripts, and speak with this server and its `peers`, nobody else."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'nonce-{nonce}'",
            "font-src 'self'",
            "img-src 'self'",
            "manifest-src 'self'",
            " ".join(("connect-src 'self'", *(peer for peer in peers if peer))),
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


@get("/", include_in_schema=False, sync_to_thread=True)
def index(request: Request[Any, Any, Any]) -> Response[str]:
    """Serve the page."""
    page = _ui() / "index.html"
    if not page.is_file():
        return Response(NOT_BUILT, media_type="text/plain", headers=_ALWAYS | _ASK_AGAIN)
    nonce = secrets.token_urlsafe(18)
    known: Surroundings = request.app.state["surroundings"]
    policy = content_security_policy(nonce, _origin(known.ingest_for(request)))
    headers = {**_ALWAYS, "Cache-Control": "no-store", "Content-Security-Policy": policy}
    return Response(page.read_text().replace(NONCE_PLACE, nonce), media_type="text/html", headers=headers)


@get("/assets/{name:str}", include_in_schema=False, sync_to_thread=True)
def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """Serve a script, style or font, compressed where the browser takes that."""
    found = _ASSET.fullmatch(name)
    if found is None:
        raise NotFoundException
    headers = _ALWAYS | _KEEP | {"Vary": "Accept-Encoding"}
    folder = _ui() / "assets"
    packed = folder / f"{name}.gz"
    if "gzip" in request.headers.get("accept-encoding", "") and packed.is_file():
        return Response(
            packed.read_bytes(), media_type=_MEDIA_TYPES[found[1]], headers=headers | {"Content-Encoding": "gzip"}
        )
    return _file(folder / name, _MEDIA_TYPES[found[1]], headers)


@get("/config.json", include_in_schema=False, sync_to_thread=True)
def addresses() -> Response[bytes]:
    """Serve the file that tells a UI on a host of its own where the services are. Here it says nothing."""
    return _file(_ui() / "config.json", "application/json", _ALWAYS | _ASK_AGAIN)


@get("/icon.svg", include_in_schema=False, sync_to_thread=True)
def icon() -> Response[bytes]:
    """Serve its icon."""
    return _file(_ui() / "icon.svg", "image/svg+xml", _ALWAYS | _ASK_AGAIN)


ROUTES = [index, asset, addresses, icon]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _ui() -> Traversable:
    return resources.files("journeyman_dashboard") / "ui_dist"


def _file(path: Traversable, media_type: str, headers: dict[str, str]) -> Response[bytes]:
    if not path.is_file():
        raise NotFoundException
    return Response(path.read_bytes(), media_type=media_type, headers=headers)
