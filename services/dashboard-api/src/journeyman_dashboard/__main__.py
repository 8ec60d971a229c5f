"""`journeyman-dashboard`: reads the command line and serves."""

from __future__ import annotations

import argparse
from typing import NoReturn

from journeyman.process import run_service
from journeyman_dashboard.server import serve


def main() -> NoReturn:
    """Parse the command line and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="journeyman-dashboard", description="Serve the read model and its page.")
    parser.add_argument("--host", help="address to bind to (JOURNEYMAN_DASHBOARD_HOST)")
    parser.add_argument("--port", type=int, help="port to bind to, 0 for any (JOURNEYMAN_DASHBOARD_PORT)")
    parser.add_argument("--redis-url", help="server of the log (JOURNEYMAN_REDIS_URL)")
    parser.add_argument("--data", help="directory of the read model (JOURNEYMAN_DATA_DIR)")
    options = parser.parse_args()
    run_service(
        "dashboard",
        serve,
        dashboard_host=options.host,
        dashboard_port=options.port,
        redis_url=options.redis_url,
        data_dir=options.data,
    )


if __name__ == "__main__":
    main()
