import inspect
import subprocess
import sys

import pytest

import journeyman
from journeyman.client import AsyncClient, AsyncJob, Client, Job


def public(kind: type) -> dict[str, inspect.Signature]:
    return {
        name: inspect.signature(member)
        for name, member in vars(kind).items()
        if callable(member) and not name.startswith("_")
    }


@pytest.mark.parametrize(("sync", "awaited"), [(Client, AsyncClient), (Job, AsyncJob)])
def test_both_clients_have_the_same_methods_and_arguments(sync: type, awaited: type) -> None:
    ours, theirs = public(sync), public(awaited)
    assert ours.keys() == theirs.keys()
    for name, signature in ours.items():
        assert signature.parameters == theirs[name].parameters, name


def test_the_clients_are_at_hand_at_the_top() -> None:
    assert journeyman.Client is Client
    assert journeyman.AsyncClient is AsyncClient
    with pytest.raises(AttributeError, match="Klient"):
        _ = journeyman.Klient


def test_the_package_itself_loads_no_http_library() -> None:
    code = "import sys, journeyman; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
