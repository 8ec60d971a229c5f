"""Amazon's services on this machine: moto as a server, which real boto3 clients talk to over HTTP.

    def test_…(aws: MotoServer, aws_environ: dict[str, str]) -> None:
        bucket = aws.bucket()                   a new one, of a name that nobody else has
        aws.client("sqs")                       a boto3 client for the test itself
        subprocess.Popen(…, env=os.environ | aws_environ)

One server a session, in a thread; everything in it is shared, so tests name their things by `aws.unique(…)`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any

from journeyman import aws

REGION = "eu-west-1"


class MotoServer:
    """A running moto server. It has neither delays nor faults of its own; `support.tcp_proxy` adds them."""

    def __init__(self) -> None:
        # Imported here, for it takes a second that tests of other things need not wait.
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.port = port
        self.endpoint_url = f"http://{host}:{port}"
        self._clients: dict[str, Any] = {}

    def environ(self, endpoint_url: str = "") -> dict[str, str]:
        """Return the variables that point a process here, or at something that stands before this."""
        return {
            "AWS_ENDPOINT_URL": endpoint_url or self.endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "AKIAJOURNEYMANTESTS0",
            "AWS_SECRET_ACCESS_KEY": "a-key-for-tests",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def client(self, name: str) -> Any:
        """Return a boto3 client for the test itself, which needs no environment and does not retry."""
        if name not in self._clients:
            self._clients[name] = self._new_client(name)
        return self._clients[name]

    def _new_client(self, name: str) -> Any:
        import boto3
        from botocore.config import Config

        environ = self.environ()
        return boto3.session.Session().client(
            name,
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def unique(self, prefix: str = "test") -> str:
        """Return a name that nothing else has: lower case, fit for buckets, queues and groups."""
        return f"{prefix}-{secrets.token_hex(6)}"

    def bucket(self) -> str:
        """Make a bucket; return its name."""
        name = self.unique("bucket")
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name

    def stop(self) -> None:
        """End the server."""
        self._server.stop()


def aws_settings(environ: dict[str, str], set_one: Callable[[str, str], None]) -> None:
    """Set the variables, and forget the session that this process has made of others."""
    for name, value in environ.items():
        set_one(name, value)
    aws.forget_session()
