"""Ports and sockets of this machine: is one free, does somebody answer."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import msgspec

from journeyman.errors import SettingsError
from journeyman.settings import Settings


def settle_ports(settings: Settings) -> Settings:
    """Return the settings with a free port wherever it was 0. Raises SettingsError where a port is taken."""
    ports = {}
    # Each is held until both are known: the system may give a port that was let go of at once to the next who asks.
    with ExitStack() as held:
        for service in ("ingest", "dashboard"):
            host, port = getattr(settings, f"{service}_host"), getattr(settings, f"{service}_port")
            probe = held.enter_context(_bound(host, port, f"--{service}-port"))
            ports[f"{service}_port"] = int(probe.getsockname()[1])
    if ports["ingest_port"] == ports["dashboard_port"]:
        raise SettingsError(f"port {ports['ingest_port']} cannot be both --ingest-port and --dashboard-port")
    return msgspec.structs.replace(settings, **ports)


def _bound(host: str, port: int, option: str) -> socket.socket:
    probe = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    if port:
        # What somebody else let go of a moment ago will do where it is asked for, but is not offered.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((host, port))
    except OSError as error:
        probe.close()
        raise SettingsError(f"cannot listen on {host}:{port}: {error.strerror}; choose with {option}") from None
    return probe


def server_answers(path: Path) -> bool:
    """Say whether a server listens on this socket and has loaded its data."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1.0)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False
