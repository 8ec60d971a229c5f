"""Ask this container's service whether it is ready. `healthy.py VARIABLE PORT`: which variable may name another port.

It runs every few seconds beside the service, so it imports little: an HTTP client would cost ten times as much.
"""

import os
import socket
import sys

_, variable, usual = sys.argv
port = int(os.environ.get(variable) or usual)
answer = b""
with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
    connection.sendall(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    while more := connection.recv(4096):
        answer += more
sys.exit(b" 200 " not in answer.partition(b"\r\n")[0])
