"""Make the virtual environment of one service's image: what that service needs, and nothing else.

Runs in the build stage of services/*/Dockerfile, with the base image's own Python and pip. Two steps, so that a change
of code leaves the layer of the first as it is:

`install.py dependencies services/NAME`: what requirements.lock pins and the service needs, checked against its hashes.
`install.py service services/NAME`: the distribution `journeyman` and the service's own, from their source.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

ENVIRONMENT = Path("/opt/journeyman")
#: What builds our own distributions. It is not part of the image.
TOOLS = Path("/opt/tools")
SHARED = Path("shared")
#: Besides what the service itself asks of `journeyman`.
EXTRAS = {"aws", "otel"}
#: What comes with packages and is never imported here, a third of the whole: the second implementation of zstandard,
#: what Litestar makes examples for its schemas with where it is asked to, tests, and headers.
UNUSED = ("zstandard/_cffi*.so", "faker", "polyfactory", "**/test", "**/tests", "**/include")
#: Of the descriptions of some four hundred services of Amazon, 27 MB, those that we call, and those that credentials
#: may come from; of each the latest. What belongs to no single service stays.
SERVICES = {"autoscaling", "cloudwatch", "ec2", "s3", "signin", "sqs", "sso", "sso-oidc", "sts"}


class Pinned(NamedTuple):
    """An entry of the lock: its lines, and the packages that need it."""

    lines: list[str]
    needed_by: list[str]


def name_of(requirement: str) -> str:
    """Return the normalised name that a requirement begins with."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def extras_of(requirement: str) -> set[str]:
    """Return the extras that a requirement names."""
    found = re.match(r"[A-Za-z0-9._-]+\[([^]]*)\]", requirement)
    return {extra.strip() for extra in found[1].split(",")} if found else set()


def read_lock(text: str) -> dict[str, Pinned]:
    """Return the entries of the lock by name."""
    entries: dict[str, Pinned] = {}
    entry = Pinned([], [])
    for line in text.splitlines():
        if line[:1].isalnum():
            entry = entries[name_of(line)] = Pinned([line], [])
        elif (comment := line.strip()).startswith("#"):
            entry.needed_by.append(name_of(comment.lstrip("# ").removeprefix("via").strip()))
        else:
            entry.lines.append(line)
    return entries


def closure(lock: dict[str, Pinned], roots: set[str]) -> set[str]:
    """Return the names in the lock that are roots, or needed by one of those."""
    wanted = roots & lock.keys()
    while more := {name for name, entry in lock.items() if wanted.intersection(entry.needed_by)} - wanted:
        wanted |= more
    return wanted


def requirements(project: dict[str, Any], extras: set[str]) -> list[str]:
    """Return what a project needs, with those of these extras that it has."""
    optional: dict[str, list[str]] = project.get("optional-dependencies", {})
    return [*project["dependencies"], *[line for extra in sorted(extras & optional.keys()) for line in optional[extra]]]


def project_in(folder: Path) -> dict[str, Any]:
    """Return what a distribution says of itself."""
    project: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return project


def pip(environment: Path, *arguments: str) -> None:
    """Run pip for an environment that has none itself."""
    python = str(environment / "bin/python")
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *arguments], check=True)


def install_pinned(environment: Path, lock: dict[str, Pinned], names: set[str]) -> None:
    """Make an environment with these entries of the lock. pip refuses where one of them needs something else."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    listed = environment / "requirements.txt"
    listed.write_text("".join(f"{line}\n" for name in sorted(names) for line in lock[name].lines))
    options = ("--quiet", "--no-cache-dir", "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:")
    pip(environment, "install", *options, "-r", str(listed))


def install_dependencies(service: Path) -> None:
    """Make both environments: the image's, and that of the tools."""
    lock = read_lock(Path("requirements.lock").read_text())
    own = requirements(project_in(service), EXTRAS)
    extras = EXTRAS.union(*[extras_of(line) for line in own if name_of(line) == "journeyman"])
    shared = requirements(project_in(SHARED), extras)
    roots = {name_of(line) for line in [*own, *shared]} - {"journeyman"}
    if missing := roots - lock.keys():
        sys.exit(f"requirements.lock does not have {', '.join(sorted(missing))}: run `make lock`")
    install_pinned(ENVIRONMENT, lock, closure(lock, roots))
    install_pinned(TOOLS, lock, closure(lock, {"hatchling"}))
    strip(ENVIRONMENT)


def install_service(service: Path) -> None:
    """Build `journeyman` and the service, and install both."""
    wheels = Path("/tmp/wheels")  # noqa: S108 - of the build stage, which nobody else is in
    pip(
        TOOLS, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(wheels), f"./{SHARED}", f"./{service}"
    )
    built = [str(wheel) for wheel in sorted(wheels.glob("*.whl"))]
    pip(ENVIRONMENT, "install", "--quiet", "--no-deps", "--no-index", *built)
    strip(ENVIRONMENT)


def strip(environment: Path) -> None:
    """Remove what nothing needs while the service runs, and let everybody read the rest."""
    (packages,) = environment.glob("lib/python3*/site-packages")
    for unused in [path for pattern in UNUSED for path in packages.glob(pattern)]:
        if unused.is_dir():
            shutil.rmtree(unused, ignore_errors=True)
        else:
            unused.unlink()
    for models in (packages / "botocore/data", packages / "boto3/data"):
        strip_models(models)
    for path in environment.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))


def strip_models(models: Path) -> None:
    """Remove the descriptions of services that nothing calls."""
    for service in models.glob("*/"):
        versions = sorted(service.glob("*/")) if service.name in SERVICES else []
        for unused in [service] if not versions else versions[:-1]:
            shutil.rmtree(unused)


if __name__ == "__main__":
    steps = {"dependencies": install_dependencies, "service": install_service}
    steps[sys.argv[1]](Path(sys.argv[2]))
