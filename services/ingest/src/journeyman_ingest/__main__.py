"""`journeyman-ingest`: reads the command line and serves."""

from __future__ import annotations

import argparse
from typing import NoReturn

from journeyman.process import run_service
from journeyman_ingest.server import serve


def main() -> NoReturn:
    """Parse the command line and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="journeyman-ingest", description="Accept jobs over HTTP.")
    parser.add_argument("--host", help="address to bind to (JOURNEYMAN_INGEST_HOST)")
    parser.add_argument("--port", type=int, help="port to bind to, 0 for any (JOURNEYMAN_INGEST_PORT)")
    parser.add_argument("--redis-url", help="server of the log (JOURNEYMAN_REDIS_URL)")
    options = parser.parse_args()
    run_service("ingest", serve, ingest_host=options.host, ingest_port=options.port, redis_url=options.redis_url)


if __name__ == "__main__":
    main()
